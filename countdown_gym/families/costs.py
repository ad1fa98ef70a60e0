"""Choosing puzzles by their search cost: the same two fields in every family that does it."""

from __future__ import annotations

from math import inf

from countdown_gym.errors import InvalidParameterError
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.search_cost import search_cost


def require_costs(lowest: float | None, highest: float | None) -> None:
    """Refuse bounds that no cost can keep.

    Raises:
        InvalidParameterError: If a bound is negative or not finite, or the range is empty.
    """
    for name, cost in (("min_search_cost", lowest), ("max_search_cost", highest)):
        if cost is not None and not (type(cost) in {int, float} and 0 <= cost < inf):
            raise InvalidParameterError(f"{name} must be finite and at least 0, got {cost!r}")
    if lowest is not None and highest is not None and lowest > highest:
        raise InvalidParameterError(
            f"min_search_cost must not exceed max_search_cost, got {lowest} and {highest}"
        )


def costs_right(puzzle: Puzzle, lowest: float | None, highest: float | None) -> bool:
    """Whether a puzzle's search cost (`Grade.search_cost`) lies within bounds; None is no bound."""
    if lowest is None and highest is None:
        return True
    _, cost, _ = search_cost(puzzle.rules, puzzle.numbers, puzzle.target)
    return (lowest is None or cost >= lowest) and (highest is None or cost <= highest)
