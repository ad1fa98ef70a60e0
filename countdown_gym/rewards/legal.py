"""Pay for keeping the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from countdown_gym.checking import Judgement


@dataclass(frozen=True, slots=True)
class Legal:
    """1 for an answer that keeps every rule of the puzzle, whatever it comes to, else 0.

    This project's own. A random legal expression earns all of it, so it can only be a small part of
    a mixture.
    """

    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0

    def score(self, judgement: Judgement) -> float:
        """Return 1 if the answer is legal and has a value, else 0."""
        return 1.0 if judgement.verdict.legal else 0.0
