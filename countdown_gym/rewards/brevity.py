"""Pay for saying little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from countdown_gym.checking import Judgement
from countdown_gym.errors import InvalidParameterError


@dataclass(frozen=True, slots=True)
class Brevity:
    """1 for a right answer in a short completion, falling to 0 for a long one; else 0.

    Linear between two lengths, as the soft overlong punishment of DAPO (Yu et al. 2025, arXiv
    2503.14476, eq. 13), but in characters, and for right answers only: silence pays nothing.

    Raises:
        InvalidParameterError: If the lengths are negative or not in order.
    """

    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0

    max_chars_paid_in_full: int = 1_024
    """The longest completion that earns everything."""
    min_chars_unpaid: int = 4_096
    """The shortest completion that earns nothing."""

    def __post_init__(self) -> None:
        """Refuse lengths between which nothing can fall."""
        if not 0 <= self.max_chars_paid_in_full < self.min_chars_unpaid:
            raise InvalidParameterError(
                "max_chars_paid_in_full must be at least 0 and below min_chars_unpaid, got "
                f"{self.max_chars_paid_in_full} and {self.min_chars_unpaid}"
            )

    def score(self, judgement: Judgement) -> float:
        """Return what the length of a right answer's completion leaves."""
        if not judgement.verdict.solved:
            return 0.0
        saved = self.min_chars_unpaid - len(judgement.completion)
        span = self.min_chars_unpaid - self.max_chars_paid_in_full
        return min(1.0, max(0.0, saved / span))
