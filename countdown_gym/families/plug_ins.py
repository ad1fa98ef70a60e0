"""Families of other packages: entry points of the group `countdown_gym.families`.

Nothing here runs when `countdown_gym` is imported: installed packages are looked through when a
name is asked for that is not built in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, cast

from countdown_gym.errors import InvalidParameterError, MissingResourceError
from countdown_gym.families.family import Family

GROUP = "countdown_gym.families"


@cache
def offered(built_in: frozenset[str]) -> Mapping[str, EntryPoint]:
    """Return the entry point of every family that an installed package offers.

    Args:
        built_in: The names that are taken.

    Raises:
        InvalidParameterError: If a package offers a family under a taken name, or two packages
            offer different families of one name.
    """
    found: dict[str, EntryPoint] = {}
    for entry_point in entry_points(group=GROUP):
        name = entry_point.name
        other = found.setdefault(name, entry_point)
        if name in built_in or other.value != entry_point.value:
            holder = "built in" if name in built_in else f"offered by {_origin(other)}"
            raise InvalidParameterError(
                f"each family has a name of its own, but '{name}' of {_origin(entry_point)} is "
                f"already {holder}"
            )
    return MappingProxyType(found)


def load(entry_point: EntryPoint) -> Callable[..., Family]:
    """Return what makes the family, importing the package that offers it.

    Raises:
        MissingResourceError: If what the package names is not there, or what it needs.
    """
    try:
        return cast("Callable[..., Any]", entry_point.load())
    except (ImportError, AttributeError) as trouble:
        raise MissingResourceError(
            f"the family '{entry_point.name}' of {_origin(entry_point)} cannot be imported "
            f"({trouble}); mend or uninstall that package"
        ) from trouble


def _origin(entry_point: EntryPoint) -> str:
    """Return where an entry point comes from, for messages."""
    package = entry_point.dist
    return f"{entry_point.value} ({package.name if package is not None else 'unknown package'})"
