"""Pay for coming near the target."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from countdown_gym.checking import Judgement
from countdown_gym.faults import Fault


@dataclass(frozen=True, slots=True)
class Closeness:
    """How much of the way to the target a legal answer covers, from 0 to 1.

    The way begins at the number of the board that is nearest to the target: an answer that comes no
    nearer than that is paid nothing. TextArena's progress, 1 - distance / 1000, pays up to 0.9 for
    doing nothing. Less than 1 for whatever is not exactly right.
    """

    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0

    def score(self, judgement: Judgement) -> float:
        """Return 1 - distance / (distance of the nearest number), at least 0."""
        verdict, puzzle = judgement.verdict, judgement.puzzle
        if verdict.solved:
            return 1.0
        if verdict.fault is not Fault.WRONG_VALUE or verdict.value is None:
            return 0.0
        beginning = min(abs(number - puzzle.target) for number in puzzle.numbers)
        distance = abs(verdict.value - puzzle.target)
        if distance >= beginning:
            return 0.0
        return min(float(1 - distance / beginning), _LESS_THAN_RIGHT)


_LESS_THAN_RIGHT = math.nextafter(1.0, 0.0)
"""What a miss is paid that is too small for a float to tell from none."""
