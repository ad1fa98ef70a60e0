"""Which of several levels of difficulty is asked next: the one at which so many are solved."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families import Family


class Staircase:
    """A difficulty that rises with success and falls with failure.

    It is a number from 0 to the last level. A solve rate moves it by `step · (solve rate -
    target)`, one puzzle being a solve rate of 1 or 0: it stands still on average exactly where the
    solve rate is the target (Kaernbach 1991, *Simple adaptive testing with the weighted up-down
    method*, Perception & Psychophysics 49).

    Args:
        levels: How many levels there are.
        target_solve_rate: How many puzzles should be solved, between 0 and 1. A puzzle teaches most
            where it is a half, for there answers differ most in what they are paid.
        step: How far a solve rate of 1 would lift the difficulty above one of 0, in levels.
        start: The difficulty at the beginning.

    Raises:
        InvalidParameterError: If there are no levels, or a number is out of range.

    Example:
        >>> stairs = Staircase(levels=3, step=1.0)
        >>> stairs.note(1.0)
        >>> stairs.difficulty, stairs.level
        (0.5, 1)
    """

    def __init__(
        self, levels: int, target_solve_rate: float = 0.5, step: float = 0.1, start: float = 0.0
    ) -> None:
        """Begin at the start."""
        if levels < 1:
            raise InvalidParameterError("a curriculum needs at least one level, got none")
        if not 0 < target_solve_rate < 1:
            raise InvalidParameterError(
                f"target_solve_rate must lie between 0 and 1, got {target_solve_rate}"
            )
        if not step > 0:
            raise InvalidParameterError(f"step must be above 0, got {step}")
        self._last = levels - 1
        self._target, self._step = target_solve_rate, step
        self.difficulty = start

    @property
    def difficulty(self) -> float:
        """The difficulty, from 0 to the number of levels less 1."""
        return self._difficulty

    @difficulty.setter
    def difficulty(self, difficulty: float) -> None:
        if not 0 <= difficulty <= self._last:
            raise InvalidParameterError(
                f"the difficulty must be from 0 to {self._last}, the last level, got {difficulty}"
            )
        self._difficulty = float(difficulty)

    @property
    def level(self) -> int:
        """The level nearest to the difficulty; half-way the harder one."""
        return int(self._difficulty + 0.5)

    def note(self, solve_rate: float) -> None:
        """Move the difficulty by how it went."""
        moved = self._difficulty + self._step * (solve_rate - self._target)
        self._difficulty = min(max(moved, 0.0), float(self._last))


def families_by_level(family: Family, levels: Sequence[Mapping[str, Any]]) -> tuple[Family, ...]:
    """Return a family for each level: with the fields that it sets, the others as they are.

    Raises:
        UnknownNameError: If a level sets a field that the family does not have.
        InvalidParameterError: If a level makes no family.
    """
    return tuple(_at_level(family, level) for level in levels)


def search_cost_levels(*edges: float) -> list[dict[str, float]]:
    """Return levels of rising search cost, for families that draw by it.

    Args:
        edges: The bounds between the levels, rising.

    Raises:
        InvalidParameterError: If there are fewer than two or they do not rise.

    Example:
        >>> search_cost_levels(0, 4, 7)
        [{'min_search_cost': 0, 'max_search_cost': 4}, {'min_search_cost': 4, 'max_search_cost': 7}]
    """
    if len(edges) < 2 or any(low >= high for low, high in itertools.pairwise(edges)):
        raise InvalidParameterError(f"edges must be two or more and rise, got {edges}")
    return [
        {"min_search_cost": low, "max_search_cost": high} for low, high in itertools.pairwise(edges)
    ]


def _at_level(family: Family, level: Mapping[str, Any]) -> Family:
    known = getattr(family, "__dataclass_fields__", {})
    for name in level:
        if name not in known:
            raise UnknownNameError(f"parameter of {type(family).__name__}", name, known)
    return cast("Family", replace(cast("Any", family), **level))
