"""How sure a number is."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

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
    if not 0 < confidence < 1:
        raise InvalidParameterError(f"confidence must be between 0 and 1, got {confidence}")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, shrink = successes / trials, 1 + z * z / trials
    center = (rate + z * z / (2 * trials)) / shrink
    half = z / shrink * sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    # At the ends the bound is exact and rounding must not cross it.
    low = 0.0 if successes == 0 else center - half
    high = 1.0 if successes == trials else center + half
    return Interval(low, high)
