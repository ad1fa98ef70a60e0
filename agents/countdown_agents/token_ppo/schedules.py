"""Numbers that change as training goes on: schedules that can be compared, saved and printed.

stable-baselines3 takes any function of the progress that remains, 1 at the start and 0 at the end;
so does `TokenPPOConfig`. These are such functions with settings that can be read.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

Schedule = Callable[[float], float]
"""From the progress that remains, 1 at the start and 0 at the end, to a number."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A straight line.

    Example:
        >>> Linear(1e-3, 0.0)(0.25)
        0.00025
    """

    start: float
    """The number at the start."""
    end: float = 0.0
    """The number at the end."""

    def __call__(self, remaining: float) -> float:
        """Return the number at this point."""
        return self.end + (self.start - self.end) * remaining


@dataclass(frozen=True, slots=True)
class Cosine:
    """Half a cosine: flat at both ends.

    Example:
        >>> round(Cosine(1.0, 0.0)(0.5), 9)
        0.5
    """

    start: float
    """The number at the start."""
    end: float = 0.0
    """The number at the end."""

    def __call__(self, remaining: float) -> float:
        """Return the number at this point."""
        return self.end + (self.start - self.end) * 0.5 * (1 - math.cos(math.pi * remaining))


def at_start(number: float | Schedule) -> float:
    """Return a number, or the one that a schedule starts with."""
    return number(1.0) if callable(number) else number
