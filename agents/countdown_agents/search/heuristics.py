"""How far a state seems to be from the target: the two heuristics of Stream of Search.

Gandhi et al. 2024, *Stream of Search*, https://arxiv.org/abs/2404.03683, section 3; the formulas
follow `sum_heuristic` and `mult_heuristic` in https://github.com/kanishkg/stream-of-search. Smaller
is better, and neither is a bound on anything. Both are exact, so that the order of states is the
same on every machine.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from types import MappingProxyType

from countdown_agents.search.exploration import Expansion, Node
from countdown_gym.errors import UnknownNameError


@dataclass(frozen=True, slots=True)
class Heuristic:
    """How far a state seems to be from one target, made of how far each of its values seems to be.

    Example:
        >>> near_ten = make_heuristic("sum", 10)
        >>> str(near_ten.score((Fraction(7), Fraction(2))))
        '11/2'
    """

    distance: Callable[[Fraction], Fraction]
    """The distance of one value, at least 0."""
    mean: bool
    """Whether the distances are averaged; otherwise they are added up."""

    def score(self, values: Sequence[Fraction]) -> Fraction:
        """Return the distance of a state with these values."""
        return self._combined(sum(map(self.distance, values), Fraction(0)), len(values))

    def scored(self, expansion: Expansion) -> list[tuple[Fraction, Node]]:
        """Return the successors with their scores, in the order of moves.

        What a move leaves as it was is not added up again for each successor.
        """
        distances = [self.distance(value) for value in expansion.state.values]
        total, pairs = sum(distances, Fraction(0)), []
        for node, move in zip(expansion.successors, expansion.moves, strict=True):
            gone = (move.left, move.right, *move.skipped)
            kept = total - sum(distances[place] for place in gone)
            left_over = len(distances) - len(gone) + 1
            pairs.append((self._combined(kept + self.distance(move.result), left_over), node))
        return pairs

    def _combined(self, total: Fraction, count: int) -> Fraction:
        return total / count if self.mean else total


def make_heuristic(name: str, target: int) -> Heuristic:
    """Return a heuristic by name, for one target.

    Raises:
        UnknownNameError: If there is no such heuristic.
    """
    if name not in HEURISTICS:
        raise UnknownNameError("heuristic", name, HEURISTICS)
    return HEURISTICS[name](target)


def near_target(target: int) -> Heuristic:
    """Return the heuristic `sum`: the mean distance of the values from the target."""
    return Heuristic(lambda value: abs(value - target), mean=True)


def near_factors(target: int) -> Heuristic:
    """Return the heuristic `multiply`: the summed distance of each value from its nearest factor.

    Factors are the divisors of the target from 2 upwards and the target itself. Stream of Search
    has targets above 1 only; here a negative target has the divisors of its absolute value, and
    targets from -1 to 1 have themselves alone.
    """
    factors = sorted({target, *_divisors(abs(target))})

    def gap(value: Fraction) -> Fraction:
        place = bisect_left(factors, value)
        return min(abs(value - factor) for factor in factors[max(place - 1, 0) : place + 1])

    return Heuristic(gap, mean=False)


HEURISTICS: Mapping[str, Callable[[int], Heuristic]] = MappingProxyType(
    {"sum": near_target, "multiply": near_factors}
)
"""Every heuristic by name; the value makes one for a target."""


def _divisors(number: int) -> set[int]:
    """Return the divisors from 2 upwards; none of 0 and 1."""
    small = [divisor for divisor in range(1, isqrt(number) + 1) if number % divisor == 0]
    return {*small, *(number // divisor for divisor in small)} - {1}
