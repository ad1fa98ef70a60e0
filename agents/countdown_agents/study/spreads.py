"""A mean over seeds and how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

import mpmath

from countdown_agents.intervals import Interval
from countdown_gym.errors import InvalidParameterError

_HALVINGS = 20
"""How finely an end of an interval is looked for: a millionth of where it may be."""


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
    return _sum_of_means(((-1, first), (1, second)))


def share_of_gap(
    low: Sequence[float], high: Sequence[float], reached: Sequence[float]
) -> Interval | None:
    """Return the 95 % interval of the share of a gap that something reaches, as Fieller does.

    Fieller 1954, https://doi.org/10.1111/j.2517-6161.1954.tb00159.x, with Welch's degrees of
    freedom: it holds the shares s for which `reached - low - s * (high - low)`, of means, may be 0.
    None if it has no end, since the gap itself may be 0.

    Args:
        low: One end of the gap, by seed.
        high: The other.
        reached: What is measured along it.

    Raises:
        InvalidParameterError: If there are fewer than two values anywhere.

    Example:
        >>> found = share_of_gap([0.1, 0.2], [0.9, 1.0], [0.7, 0.8])
        >>> [round(bound, 2) for bound in found]
        [0.42, 1.17]
    """
    if not apart(low, high).interval.low > 0:
        return None

    def short(share: float) -> Spread:  # by how much more than this share is reached
        return _sum_of_means(((1, reached), (share - 1, low), (-share, high)))

    share = (fmean(reached) - fmean(low)) / (fmean(high) - fmean(low))
    return Interval(
        _last(share, -1, lambda s: short(s).interval.low <= 0),
        _last(share, 1, lambda s: short(s).interval.high >= 0),
    )


def _last(inside: float, step: float, holds: Callable[[float], bool]) -> float:
    """Return how far one can go from a number in one direction until something no longer holds."""
    while holds(inside + step):
        step *= 2
    for _ in range(_HALVINGS):
        step /= 2
        if holds(inside + step):
            inside += step
    return inside


def _sum_of_means(parts: Sequence[tuple[float, Sequence[float]]]) -> Spread:
    """Return a weighted sum of means with Welch's interval, from pairs of weight and values."""
    for _, values in parts:
        _require_several(values)
    whole = sum(weight * fmean(values) for weight, values in parts)
    variances = [weight**2 * variance(values) / len(values) for weight, values in parts]
    if not any(variances):
        return Spread(whole, Interval(whole, whole))
    free = sum(variances) ** 2 / sum(
        each**2 / (len(values) - 1) for each, (_, values) in zip(variances, parts, strict=True)
    )
    half = _quantile(free, 0.95) * sum(variances) ** 0.5
    return Spread(whole, Interval(whole - half, whole + half))


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
