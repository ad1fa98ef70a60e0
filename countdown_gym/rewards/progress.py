"""Pay for steps in the right direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from countdown_gym.checking import Judgement
from countdown_gym.expressions import Expression, Step, steps
from countdown_gym.parsing import Answer
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.process_labels import StepLabel, boards_after, label_steps
from countdown_gym.steps_shown import steps_shown


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the work the steps of a legal answer do before the first mistake, from 0 to 1.

    What counts is a step of the answer that the completion also shows as a line of working, such as
    `30 - 25 = 5`, and that the oracle labels `keeps`: the target stays within reach. The first step
    that is not shown, or that throws the target away, ends the count. The score is the number of
    operations that these steps save, of the fewest that the puzzle needs, and writing the answer
    counts as one more: a completion whose answer misses earns less than 1, and a right answer 1,
    whatever it shows.

    Lines that the answer does not take, lines twice, and steps after which as many operations are
    needed as before, save nothing. An answer that breaks a rule, and one to a puzzle that the
    oracle cannot decide, earns 0. This project's own; the labels are those that process rewards are
    trained on (Lightman et al. 2023, arXiv 2305.20050), here with a proof for each.
    """

    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0

    def score(self, judgement: Judgement) -> float:
        """Return the share; the oracle is asked only about legal answers that miss."""
        verdict, puzzle, answer = judgement.verdict, judgement.puzzle, judgement.answer
        if verdict.solved:
            return 1.0
        if not (verdict.legal and isinstance(answer, Answer)) or puzzle.rules.extras:
            return 0.0
        oracle = Oracle(puzzle.rules)
        if len(puzzle.numbers) > oracle.max_listed_entries:
            return 0.0
        needed = oracle.fewest_operations(puzzle.numbers, puzzle.target)
        if not needed:
            return 0.0
        kept = _kept(puzzle, _leading(answer.expression, steps_shown(judgement.completion)))
        ways = (oracle.fewest_operations(b, puzzle.target) for b in boards_after(puzzle, kept))
        left = min((way for way in ways if way is not None), default=needed)
        return max(0, needed - left) / (needed + 1)


def _leading(expression: Expression, shown: tuple[Step, ...]) -> Iterator[Step]:
    """Yield the steps of an expression up to the first that is not shown."""
    lines = set(shown)
    for step in steps(expression):
        turned = Step(step.operator, step.right, step.left, step.result)
        if step not in lines and not (step.operator.commutes and turned in lines):
            return
        yield step


def _kept(puzzle: Puzzle, leading: Iterator[Step]) -> list[Step]:
    """Return the steps before the first that throws the target away."""
    taken = list(leading)
    labels = label_steps(puzzle, taken)
    mistakes = (at for at, label in enumerate(labels) if label is not StepLabel.KEEPS)
    return taken[: next(mistakes, len(taken))]
