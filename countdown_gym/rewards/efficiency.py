"""Pay for short solutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from countdown_gym.checking import Judgement
from countdown_gym.expressions import numbers_used
from countdown_gym.formula_parsing import FormulaAnswer
from countdown_gym.parsing import Unreadable
from countdown_gym.solver.oracle import Oracle


@dataclass(frozen=True, slots=True)
class Efficiency:
    """The fewest numbers that make the target, as a share of those a right answer uses, else 0.

    One more than the operations; the oracle knows the fewest. Where every number must be used all
    right answers are equally short and earn 1, and so do formulas and those on boards too large
    for the oracle.
    This project's own; from 0 to 1.
    """

    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0

    def score(self, judgement: Judgement) -> float:
        """Return the share; the oracle is asked only where it can differ from 0 and 1."""
        answer, puzzle = judgement.answer, judgement.puzzle
        if isinstance(answer, Unreadable) or not judgement.verdict.solved:
            return 0.0
        if isinstance(answer, FormulaAnswer):
            return 1.0
        used = len(numbers_used(answer.expression))
        oracle = Oracle(puzzle.rules)
        if puzzle.rules.use_all or used == 1 or len(puzzle.numbers) > oracle.max_entries:
            return 1.0
        fewest = oracle.fewest_operations(puzzle.numbers, puzzle.target)
        return 1.0 if fewest is None else (fewest + 1) / used
