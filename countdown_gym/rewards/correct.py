"""Pay for a right answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from countdown_gym.checking import Judgement


@dataclass(frozen=True, slots=True)
class Correct:
    """1 for an answer that is exactly right, else 0."""

    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0

    def score(self, judgement: Judgement) -> float:
        """Return 1 if the puzzle is solved, else 0."""
        return 1.0 if judgement.verdict.solved else 0.0
