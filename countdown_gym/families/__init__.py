"""How puzzles are drawn: one file for each family, one line for each in `FAMILIES`.

Families from elsewhere join with `register_family` or as entry points (`countdown_gym.families`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families import plug_ins
from countdown_gym.families.family import Family
from countdown_gym.families.four_fours import FourFours
from countdown_gym.families.make_ten import MakeTen
from countdown_gym.families.n_numbers import NNumbers
from countdown_gym.families.television import Television
from countdown_gym.families.three_to_four import ThreeToFour
from countdown_gym.families.twenty_four import TwentyFour

__all__ = [
    "FAMILIES",
    "Family",
    "FourFours",
    "MakeTen",
    "NNumbers",
    "Television",
    "ThreeToFour",
    "TwentyFour",
    "family_maker",
    "known_families",
    "known_names",
    "make_family",
    "register_family",
]

FAMILIES: Mapping[str, Callable[..., Family]] = MappingProxyType(
    {
        "three_to_four": ThreeToFour,
        "television": Television,
        "twenty_four": TwentyFour,
        "make_ten": MakeTen,
        "four_fours": FourFours,
        "n_numbers": NNumbers,
    }
)
"""Every built-in family by name; the value makes one from keyword parameters."""

_registered: dict[str, Callable[..., Family]] = {}


def register_family(name: str, make: Callable[..., Family]) -> None:
    """Make a family known by name in this process, as long as the process lives.

    A package that wants its family known in every process, the workers of `AsyncVectorEnv`
    included, offers it as an entry point of the group `countdown_gym.families` instead.

    Args:
        name: A name that no other family has.
        make: What makes the family from keyword parameters: a frozen dataclass.

    Raises:
        InvalidParameterError: If another family has the name; the same one twice is no error.
    """
    known = None
    if name in known_names():
        known = family_maker(name)
    if known not in (None, make):
        raise InvalidParameterError(
            f"each family has a name of its own, but '{name}' is that of {known!r}"
        )
    if known is None:
        _registered[name] = make


def known_names() -> frozenset[str]:
    """Return the name of every family: built in, registered, and offered by installed packages.

    Raises:
        InvalidParameterError: If installed packages offer families under a taken name.
    """
    return frozenset((*FAMILIES, *_registered, *plug_ins.offered(frozenset(FAMILIES))))


def known_families() -> Mapping[str, Callable[..., Family]]:
    """Return every family, the built-in first; imports the packages that offer the others.

    Raises:
        InvalidParameterError: If installed packages offer families under a taken name.
    """
    others = sorted(known_names() - FAMILIES.keys())
    return MappingProxyType({**FAMILIES, **{name: family_maker(name) for name in others}})


def family_maker(name: str) -> Callable[..., Family]:
    """Return what makes a family; installed packages are asked only for what is not built in.

    Raises:
        UnknownNameError: If there is no family of that name.
        InvalidParameterError: If installed packages offer families under a taken name.
        MissingResourceError: If the package that offers it cannot be imported.
    """
    known = FAMILIES.get(name) or _registered.get(name)
    if known is not None:
        return known
    offered = plug_ins.offered(frozenset(FAMILIES))
    if name not in offered:
        raise UnknownNameError("family", name, known_names())
    return plug_ins.load(offered[name])


def make_family(family: str | Family, parameters: Mapping[str, Any] | None = None) -> Family:
    """Return a family by name with some of its parameters set, or as it is.

    Args:
        family: A name in `known_families`, or a family.
        parameters: Fields of the family and their values; the others keep their defaults.

    Raises:
        UnknownNameError: If there is no family or no parameter of that name.
        InvalidParameterError: If the values make no family.

    Example:
        >>> make_family("twenty_four", {"largest": 10}).largest
        10
    """
    if isinstance(family, Family):
        if parameters:
            raise InvalidParameterError("parameters go with the name of a family, got a family")
        return family
    make = family_maker(family)
    known = getattr(make, "__dataclass_fields__", {})
    for name in parameters or {}:
        if name not in known:
            raise UnknownNameError(f"parameter of {family}", name, known)
    made = make(**(parameters or {}))
    if not isinstance(made, Family):
        raise InvalidParameterError(f"{family} must make a Family, got a {type(made).__name__}")
    return made
