"""Pay as the television show does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from countdown_gym.checking import Judgement
from countdown_gym.faults import Fault


@dataclass(frozen=True, slots=True)
class ShowPoints:
    """The points of Countdown's numbers round, in tenths: 1, 0.7, 0.5 or 0.

    Ten points for the target, seven for a legal answer at most 5 away from it, five for one at most
    10 away (Channel 4's rules, https://en.wikipedia.org/wiki/Countdown_(game_show)). A number of
    the board that happens to lie near is such an answer where not all must be used.
    """

    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0

    def score(self, judgement: Judgement) -> float:
        """Return a tenth of the points."""
        verdict = judgement.verdict
        if verdict.solved:
            return 1.0
        if verdict.fault is not Fault.WRONG_VALUE or verdict.value is None:
            return 0.0
        distance = abs(verdict.value - judgement.puzzle.target)
        if distance <= 5:
            return 0.7
        return 0.5 if distance <= 10 else 0.0
