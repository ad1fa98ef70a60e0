"""Process labels: which step of a working left the target reachable, and which one lost it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from fractions import Fraction

from countdown_gym.expressions import Operator, Step
from countdown_gym.solver.oracle import Oracle


class StepLabel(StrEnum):
    """What a step did to the chance of reaching the target."""

    KEEPS = "keeps"
    """The target was reachable before the step and still is."""
    LOSES = "loses"
    """The target was reachable before the step and no longer is."""
    TOO_LATE = "too_late"
    """The target was out of reach already."""
    ILLEGAL = "illegal"
    """The step takes a value that is not there, miscalculates or breaks the rules."""


def label_steps(
    oracle: Oracle, numbers: Sequence[int], target: int, working: Iterable[Step]
) -> tuple[StepLabel, ...]:
    """Return a label for each step of a working, carried out from the numbers on the board.

    A step replaces two values by its result, which stands in the place of the first of them. An
    illegal step is not carried out. Where order is kept, a step takes two neighbours, or values
    between which every number is left out.

    Raises:
        InvalidParameterError: If the oracle does not take the board.

    Example:
        >>> from countdown_gym.expressions import Number, Operation, steps
        >>> from countdown_gym.puzzles import Rules
        >>> answer = Oracle(Rules()).solve((3, 3, 8, 8), 24)
        >>> [str(label) for label in label_steps(Oracle(Rules()), (3, 3, 8, 8), 24, steps(answer))]
        ['keeps', 'keeps', 'keeps']
    """
    values = [Fraction(number) for number in numbers]
    reachable = oracle.solvable(values, target)
    labels: list[StepLabel] = []
    for step in working:
        after = _after(oracle, values, step)
        if after is None:
            labels.append(StepLabel.ILLEGAL)
            continue
        values = after
        still = reachable and oracle.solvable(values, target)
        labels.append(
            StepLabel.KEEPS if still else StepLabel.LOSES if reachable else StepLabel.TOO_LATE
        )
        reachable = still
    return tuple(labels)


def _after(oracle: Oracle, values: list[Fraction], step: Step) -> list[Fraction] | None:
    """Return the values after a step, or None if it is illegal."""
    rules = oracle.rules
    if step.operator not in rules.operators or (
        step.operator is Operator.DIVIDE and step.right == 0
    ):
        return None
    result = step.operator.apply(step.left, step.right)
    if result != step.result or not rules.admit(result):
        return None
    places = _places(values, step, keep_order=rules.keep_order, use_all=rules.use_all)
    if places is None:
        return None
    first, last = min(places), max(places)
    if rules.keep_order:
        return [*values[:first], result, *values[last + 1 :]]
    return [*values[:first], result, *values[first + 1 : last], *values[last + 1 :]]


def _places(
    values: list[Fraction], step: Step, *, keep_order: bool, use_all: bool
) -> tuple[int, int] | None:
    """Return where the operands stand: the nearest such pair where order is kept."""
    pairs = [
        (i, j)
        for i, left in enumerate(values)
        for j, right in enumerate(values)
        if i != j and left == step.left and right == step.right
    ]
    if keep_order:
        pairs = [(i, j) for i, j in pairs if j == i + 1 or (j > i and not use_all)]
    return min(pairs, key=lambda pair: abs(pair[1] - pair[0]), default=None)
