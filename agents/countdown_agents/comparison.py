"""Two runs on the same puzzles: how far apart they are, and whether that is luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import comb
from typing import Any

import numpy as np

from countdown_agents.evaluation import Evaluation
from countdown_agents.intervals import Interval, bootstrap_interval
from countdown_gym.errors import InvalidParameterError

_FLIPS = 10_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """The paired difference of two runs."""

    puzzles: int
    """How many puzzles both answered."""
    first: float
    """The solve rate of the first run."""
    second: float
    """The solve rate of the second run."""
    difference: float
    """The second less the first."""
    interval: Interval
    """Where the difference lies with a confidence of 95 %, puzzles drawn anew in pairs."""
    better: int
    """How many puzzles the second run solves more often."""
    worse: int
    """How many the first does."""
    p_value: float
    """How often two equal players differ at least so much by luck."""

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain JSON values."""
        return asdict(self) | {"interval": list(self.interval)}


def compare(first: Evaluation, second: Evaluation) -> Comparison:
    """Compare two runs puzzle by puzzle, which sees far smaller differences than two intervals do.

    With one answer for each puzzle the p-value is McNemar's, exact (McNemar 1947,
    https://doi.org/10.1007/BF02295996); with several it comes of swapping the two runs puzzle by
    puzzle at random, 10,000 times.

    Raises:
        InvalidParameterError: If the puzzles are not the same.

    Example:
        >>> from countdown_agents import OracleAgent, RandomAgent
        >>> from countdown_agents.evaluation import evaluate
        >>> found = compare(evaluate(RandomAgent()), evaluate(OracleAgent()))
        >>> found.better > 80, found.worse, found.p_value < 1e-20
        (True, 0, True)
    """
    _require_same_puzzles(first, second)
    pairs = zip(first.shares, second.shares, strict=True)
    differences = [after - before for before, after in pairs]
    better = sum(difference > 0 for difference in differences)
    worse = sum(difference < 0 for difference in differences)
    if first.samples == second.samples == 1:
        p_value = mcnemar(better, worse)
    else:
        p_value = _flipped(differences)
    return Comparison(
        puzzles=len(differences),
        first=first.solve_rate,
        second=second.solve_rate,
        difference=sum(differences) / len(differences),
        interval=bootstrap_interval(differences),
        better=better,
        worse=worse,
        p_value=p_value,
    )


def mcnemar(better: int, worse: int) -> float:
    """Return the two-sided p-value of so many changes for the better and the worse.

    Raises:
        InvalidParameterError: If a count is negative.

    Example:
        >>> mcnemar(5, 1)
        0.21875
    """
    if min(better, worse) < 0:
        raise InvalidParameterError(f"counts must not be negative, got {better} and {worse}")
    changes = better + worse
    rarer = sum(comb(changes, i) for i in range(min(better, worse) + 1))
    return min(1.0, float(2 * rarer / 2**changes))


def _flipped(differences: Sequence[float]) -> float:
    """Return how often random signs make the sum at least as large, the one that is seen included.

    The generator is seeded: the same runs give the same value.
    """
    rng, sizes = np.random.default_rng(0), np.array(differences)
    seen = abs(float(sizes.sum())) - 1e-9  # sums in another order differ in their last bits
    as_large = 0
    for _ in range(_FLIPS):
        signs = rng.integers(2, size=len(sizes)) * 2 - 1
        as_large += abs(float(signs @ sizes)) >= seen
    return (1 + as_large) / (1 + _FLIPS)


def _require_same_puzzles(first: Evaluation, second: Evaluation) -> None:
    ours, theirs = first.by_puzzle, second.by_puzzle
    if len(ours) != len(theirs):
        raise InvalidParameterError(
            f"two runs are compared on the same puzzles, got {len(ours)} in one and {len(theirs)} "
            "in the other"
        )
    for one, other in zip(ours, theirs, strict=True):
        index, mine, its = one[0].index, one[0].puzzle, other[0].puzzle
        if index != other[0].index or mine.content_hash != its.content_hash:
            raise InvalidParameterError(
                f"two runs are compared on the same puzzles, but puzzle {index} is {mine} in one "
                f"and {its} in the other"
            )
