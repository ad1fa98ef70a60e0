"""Pay for the form of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from countdown_gym.checking import Judgement
from countdown_gym.parsing import Unreadable


@dataclass(frozen=True, slots=True)
class Readable:
    """1 for an answer that is an expression, right or wrong, else 0.

    TinyZero's scorer pays its format score even for an empty `<answer></answer>`; here there must
    be an expression to read.
    """

    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0

    def score(self, judgement: Judgement) -> float:
        """Return 1 if an expression was read, else 0."""
        return 0.0 if isinstance(judgement.answer, Unreadable) else 1.0
