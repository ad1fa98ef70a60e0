"""How puzzles are drawn: one file for each family, one line for each in `FAMILIES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families.family import Family
from countdown_gym.families.n_numbers import NNumbers
from countdown_gym.families.three_to_four import ThreeToFour
from countdown_gym.families.twenty_four import TwentyFour

__all__ = ["FAMILIES", "Family", "NNumbers", "ThreeToFour", "TwentyFour", "make_family"]

FAMILIES: Mapping[str, Callable[..., Family]] = MappingProxyType(
    {
        "three_to_four": ThreeToFour,
        "twenty_four": TwentyFour,
        "n_numbers": NNumbers,
    }
)
"""Every family by name; the value makes one from keyword parameters."""


def make_family(family: str | Family, parameters: Mapping[str, Any] | None = None) -> Family:
    """Return a family by name with some of its parameters set, or as it is.

    Args:
        family: A name in `FAMILIES`, or a family.
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
    if family not in FAMILIES:
        raise UnknownNameError("family", family, FAMILIES)
    make = FAMILIES[family]
    known = getattr(make, "__dataclass_fields__", {})
    for name in parameters or {}:
        if name not in known:
            raise UnknownNameError(f"parameter of {family}", name, known)
    return make(**(parameters or {}))
