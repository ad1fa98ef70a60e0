"""How sure a number is."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from countdown_gym.errors import InvalidParameterError


class Interval(NamedTuple):
    """Two bounds, both included."""

    low: float
    high: float


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval of a proportion.

    Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953. Unlike the textbook interval it
    stays within 0 and 1 and has a width where all trials or none succeed. The trials must be
    independent: several answers to one puzzle are not.

    Raises:
        InvalidParameterError: If there is no trial, there are more successes than trials or fewer
            than none, or the confidence is not between 0 and 1.

    Example:
        >>> low, high = wilson_interval(8, 10)
        >>> round(low, 3), round(high, 3)
        (0.49, 0.943)
    """
    if trials < 1:
        raise InvalidParameterError(f"trials must be at least 1, got {trials}")
    if not 0 <= successes <= trials:
        raise InvalidParameterError(f"successes must be from 0 to {trials}, got {successes}")
    return _wilson(successes / trials, trials, confidence)


def clustered_interval(shares: Sequence[float], samples: int, confidence: float = 0.95) -> Interval:
    """Return Wilson's interval of a proportion whose trials come in groups of equal size.

    Answers to one puzzle resemble each other, so they weigh less than answers to as many puzzles.
    As many independent trials are taken as would give the variance that is seen between groups
    (Kish's design effect; see Miller 2024, https://arxiv.org/abs/2411.00640): from one for each
    group to all. Where no trial succeeds, or each does, nothing is seen, and one for each is taken.

    Args:
        shares: Of each group, the share of its trials that succeed.
        samples: How many trials each group has; with 1 this is `wilson_interval`.
        confidence: How often such an interval holds the truth.

    Raises:
        InvalidParameterError: If there is no group, a share is none, there is no trial, or the
            confidence is not between 0 and 1.

    Example:
        >>> low, high = clustered_interval([1.0, 0.75, 0.0, 0.25], samples=4)
        >>> round(low, 3), round(high, 3)
        (0.194, 0.806)
    """
    if not shares or samples < 1:
        raise InvalidParameterError(
            f"groups and their trials must be at least 1 each, got {len(shares)} and {samples}"
        )
    if not all(0 <= share <= 1 for share in shares):
        raise InvalidParameterError("the share of a group must be from 0 to 1")
    groups, rate = len(shares), sum(shares) / len(shares)
    between = sum((share - rate) ** 2 for share in shares) / groups**2
    if rate in {0.0, 1.0}:
        trials = float(groups)
    else:
        seen = rate * (1 - rate)
        trials = seen / max(between, seen / (groups * samples))
    return _wilson(rate, trials, confidence)


def bootstrap_interval(
    of_groups: Sequence[float], confidence: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Interval:
    """Return the percentile bootstrap interval of a mean over groups: groups are drawn anew.

    Efron 1979, https://doi.org/10.1214/aos/1176344552. The same numbers give the same interval.

    Raises:
        InvalidParameterError: If there is no group or no resample, or the confidence is not between
            0 and 1.

    Example:
        >>> low, high = bootstrap_interval([1.0, 1.0, 0.0, 0.5])
        >>> round(low, 3), round(high, 3)
        (0.25, 1.0)
    """
    _require_confidence(confidence)
    if not of_groups or resamples < 1:
        raise InvalidParameterError(
            f"groups and resamples must be at least 1 each, got {len(of_groups)} and {resamples}"
        )
    rng, groups = np.random.default_rng(seed), np.array(of_groups, np.float64)
    means = np.empty(resamples)
    evenly = np.full(len(groups), 1 / len(groups))
    for first in range(0, resamples, _RESAMPLES_AT_ONCE):
        part = means[first : first + _RESAMPLES_AT_ONCE]
        part[:] = rng.multinomial(len(groups), evenly, size=len(part)) @ groups / len(groups)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high))


_RESAMPLES_AT_ONCE = 500


def _wilson(rate: float, trials: float, confidence: float) -> Interval:
    _require_confidence(confidence)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    shrink = 1 + z * z / trials
    center = (rate + z * z / (2 * trials)) / shrink
    half = z / shrink * sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    # At the ends the bound is exact and rounding must not cross it.
    low = 0.0 if rate == 0 else center - half
    high = 1.0 if rate == 1 else center + half
    return Interval(low, high)


def _require_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise InvalidParameterError(f"confidence must be between 0 and 1, got {confidence}")
