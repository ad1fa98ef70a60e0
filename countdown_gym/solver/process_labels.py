"""Process labels: which step of a working left the target reachable, and which threw it away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from fractions import Fraction
from itertools import combinations, permutations

from countdown_gym.expressions import Operator, Step
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.solver.oracle import Oracle

Board = tuple[Fraction, ...]
"""The values still free; sorted where their order is free."""


class StepLabel(StrEnum):
    """What a step did to the chance of reaching the target."""

    KEEPS = "keeps"
    """The target could be reached before and can be reached after."""
    LOSES = "loses"
    """It could be reached before and cannot be reached after: the mistake."""
    LOST = "lost"
    """It could not be reached before: nothing was left to lose."""
    ILLEGAL = "illegal"
    """The step cannot be taken: a value is not there or not where order wants it, the operation is
    not allowed or divides by zero, or the result is wrong or not admitted."""


def label_steps(puzzle: Puzzle, steps: Iterable[Step]) -> tuple[StepLabel, ...]:
    """Return a label for each step, taken one after another from the puzzle's board.

    An illegal step changes nothing: the next one is taken from the same board. Where order is kept
    and equal numbers make it ambiguous on which of them a step works, the steps so far are given
    the best of all readings: the target counts as reachable if it is in one of them. The oracle
    decides, so `loses` is a proof.

    Raises:
        InvalidParameterError: If there are more numbers than the oracle combines.

    Example:
        >>> from countdown_gym.expressions import Operator
        >>> nine = Step(Operator.ADD, Fraction(3), Fraction(6), Fraction(9))
        >>> three = Step(Operator.DIVIDE, Fraction(9), Fraction(3), Fraction(3))
        >>> [str(label) for label in label_steps(Puzzle((3, 6, 3), 27), (nine, three))]
        ['keeps', 'loses']
    """
    rules, oracle = puzzle.rules, Oracle(puzzle.rules)

    def reachable(boards: frozenset[Board]) -> bool:
        return any(oracle.solvable(board, puzzle.target) for board in sorted(boards))

    boards = frozenset({_board(rules, (Fraction(number) for number in puzzle.numbers))})
    before = reachable(boards)
    labels = []
    for step in steps:
        after = frozenset(board for b in boards for board in _after(rules, b, step))
        if not after:
            labels.append(StepLabel.ILLEGAL)
            continue
        boards = after
        if not before:
            labels.append(StepLabel.LOST)
            continue
        before = reachable(boards)
        labels.append(StepLabel.KEEPS if before else StepLabel.LOSES)
    return tuple(labels)


def boards_after(puzzle: Puzzle, steps: Iterable[Step]) -> frozenset[Board]:
    """Return the boards that steps may leave, taken one after another from the puzzle's board.

    More than one only where order is kept and equal numbers make it ambiguous; an illegal step
    changes nothing, as in `label_steps`.
    """
    rules = puzzle.rules
    boards = frozenset({_board(rules, (Fraction(number) for number in puzzle.numbers))})
    for step in steps:
        boards = frozenset(after for b in boards for after in _after(rules, b, step)) or boards
    return boards


def _board(rules: Rules, values: Iterable[Fraction]) -> Board:
    return tuple(values) if rules.keep_order else tuple(sorted(values))


def _after(rules: Rules, board: Board, step: Step) -> Iterator[Board]:
    """Yield the boards that a step may leave; none if it is illegal."""
    if not _true_and_allowed(rules, step):
        return
    for i, j in _operands(rules, len(board)):
        if (board[i], board[j]) != (step.left, step.right):
            continue
        if rules.keep_order:  # what stands between is left out
            yield (*board[:i], step.result, *board[j + 1 :])
        else:
            rest = (value for k, value in enumerate(board) if k not in (i, j))
            yield _board(rules, (*rest, step.result))


def _true_and_allowed(rules: Rules, step: Step) -> bool:
    if step.operator not in rules.operators:
        return False
    if step.operator is Operator.DIVIDE and step.right == 0:
        return False
    return step.operator.apply(step.left, step.right) == step.result and rules.admit(step.result)


def _operands(rules: Rules, count: int) -> Iterator[tuple[int, int]]:
    """Yield the positions that may be the left and the right operand."""
    if not rules.keep_order:
        yield from permutations(range(count), 2)
    elif rules.use_all:
        yield from ((i, i + 1) for i in range(count - 1))
    else:
        yield from combinations(range(count), 2)
