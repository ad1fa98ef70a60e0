"""A mean over seeds and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

import mpmath

from countdown_agents.intervals import Interval
from countdown_gym.errors import InvalidParameterError


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean and the interval of 95 % around it."""

    mean: float
    interval: Interval


def over_seeds(values: Sequence[float]) -> Spread:
    """Return the mean of a value for each seed, with Student's interval.

    What differs from seed to seed is in it: the traces, the prompts and what is sampled. The
    puzzles are the same for all seeds, so what other puzzles would change is not.

    Raises:
        InvalidParameterError: If there are fewer than two values.
    """
    return Spread(fmean(values), student_interval(values))


def apart(first: Sequence[float], second: Sequence[float]) -> Spread:
    """Return by how much the second mean is larger, with Welch's interval.

    Welch 1947, https://doi.org/10.1093/biomet/34.1-2.28: the two may vary by different amounts.

    Raises:
        InvalidParameterError: If there are fewer than two values on a side.

    Example:
        >>> found = apart([0.1, 0.2, 0.3], [0.5, 0.6, 0.7])
        >>> round(found.mean, 3), [round(bound, 3) for bound in found.interval]
        (0.4, [0.173, 0.627])
    """
    _require_several(first)
    _require_several(second)
    parts = [variance(values) / len(values) for values in (first, second)]
    difference = fmean(second) - fmean(first)
    if not any(parts):
        return Spread(difference, Interval(difference, difference))
    free = sum(parts) ** 2 / sum(
        part**2 / (len(values) - 1) for part, values in zip(parts, (first, second), strict=True)
    )
    half = _quantile(free, 0.95) * sum(parts) ** 0.5
    return Spread(difference, Interval(difference - half, difference + half))


def student_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return Student's interval of the mean that some values were drawn around.

    Raises:
        InvalidParameterError: If there are fewer than two values.

    Example:
        >>> low, high = student_interval([0.50, 0.52, 0.54])
        >>> round(low, 3), round(high, 3)
        (0.47, 0.57)
    """
    _require_several(values)
    half = _quantile(len(values) - 1, confidence) * (variance(values) / len(values)) ** 0.5
    return Interval(fmean(values) - half, fmean(values) + half)


def _require_several(values: Sequence[float]) -> None:
    if len(values) < 2:
        raise InvalidParameterError(f"an interval over seeds needs at least 2, got {len(values)}")


def _quantile(free: float, confidence: float) -> float:
    """Return what |t| exceeds with the rest of the confidence."""

    def outside(t: mpmath.mpf) -> mpmath.mpf:  # the chance of a larger |t|
        return mpmath.betainc(free / 2, 0.5, 0, free / (free + t * t), regularized=True)

    return float(mpmath.findroot(lambda t: outside(t) - (1 - confidence), (2, 4)))
