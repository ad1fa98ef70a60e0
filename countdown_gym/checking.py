"""Judging: a puzzle and an answer make a verdict. Total and exact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from countdown_gym.expressions import (
    Expression,
    Operator,
    numbers_used,
    operators_used,
    steps,
    value,
)
from countdown_gym.faults import Fault
from countdown_gym.parsing import Answer, Unreadable, read_answer
from countdown_gym.puzzles import Puzzle


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the referee says of one answer."""

    fault: Fault | None
    """The first fault found; None if the answer is right."""
    value: Fraction | None
    """The exact value, where the answer is legal and has one."""
    detail: str = ""
    """What is wrong, in plain words."""

    @property
    def solved(self) -> bool:
        """Whether the answer is exactly right."""
        return self.fault is None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A completion with all that was found out about it: what rewards look at."""

    puzzle: Puzzle
    completion: str
    answer: Answer | Unreadable
    verdict: Verdict


def check(puzzle: Puzzle, answer: Answer | Unreadable, *, confirm: bool = True) -> Verdict:
    """Judge one answer. Total: every answer gets a verdict, none raises.

    Args:
        puzzle: What was asked.
        answer: What was read.
        confirm: Whether sympy must agree before an answer counts as solved. It always has; the
            price is some 10 microseconds for each right answer.

    Example:
        >>> from countdown_gym.parsing import parse_answer
        >>> puzzle = Puzzle((25, 30, 3, 4), 32)
        >>> check(puzzle, parse_answer("(30 - 25 + 3) * 4")).solved
        True
        >>> check(puzzle, parse_answer("30 - 25 + 3 * 4")).detail
        '17, not 32'
    """
    if isinstance(answer, Unreadable):
        return Verdict(answer.fault, None, answer.detail)
    return (
        _operator_fault(puzzle, answer.expression)
        or _number_fault(puzzle, answer.expression)
        or _result_verdict(puzzle, answer, confirm=confirm)
    )


def judge(
    puzzle: Puzzle,
    completion: str,
    *,
    convention: str = "answer_tag",
    confirm: bool = True,
) -> Judgement:
    """Read a completion and judge the answer it gives.

    Args:
        puzzle: What was asked.
        completion: What a model wrote.
        convention: Where the answer stands, a name in `countdown_gym.parsing.CONVENTIONS`.
        confirm: See `check`.

    Raises:
        UnknownNameError: If there is no such convention.
    """
    answer = read_answer(completion, convention)
    return Judgement(puzzle, completion, answer, check(puzzle, answer, confirm=confirm))


def _result_verdict(puzzle: Puzzle, answer: Answer, *, confirm: bool) -> Verdict:
    """Return the verdict on what a legal expression comes to."""
    expression = answer.expression
    try:
        result = value(expression)
    except ZeroDivisionError:
        return Verdict(Fault.DIVIDES_BY_ZERO, None, "division by zero")
    if puzzle.rules.restrict_results:
        for step in steps(expression):
            if not puzzle.rules.admit(step.result):
                return Verdict(Fault.FORBIDDEN_INTERMEDIATE, None, f"{step} is not allowed")
    if answer.claimed is not None and answer.claimed != result:
        return Verdict(Fault.FALSE_EQUATION, result, f"{result}, not {answer.claimed}")
    if result != puzzle.target:
        return Verdict(Fault.WRONG_VALUE, result, f"{result}, not {puzzle.target}")
    if confirm and not _confirmed(expression, puzzle.target):
        return Verdict(Fault.UNCONFIRMED, result, "sympy finds another value")
    return Verdict(None, result)


def _confirmed(expression: Expression, target: int) -> bool:
    """Whether sympy finds the target too; imports sympy at the first right answer."""
    from countdown_gym.symbolic import symbolic_value

    return symbolic_value(expression) == target


_OPERATORS = tuple(Operator)


def _operator_fault(puzzle: Puzzle, expression: Expression) -> Verdict | None:
    """Return the verdict on an operator that the rules do not allow, if there is one."""
    if len(puzzle.rules.operators) == len(_OPERATORS):
        return None
    forbidden = operators_used(expression) - puzzle.rules.operators
    if not forbidden:
        return None
    return Verdict(Fault.FORBIDDEN_OPERATOR, None, f"{' '.join(sorted(forbidden))} is not allowed")


def _number_fault(puzzle: Puzzle, expression: Expression) -> Verdict | None:
    """Return the verdict on numbers that the puzzle does not allow, if there are such."""
    used = numbers_used(expression)
    if sorted(used) == sorted(puzzle.numbers) and not puzzle.rules.keep_order:
        return None
    board, written = Counter(puzzle.numbers), Counter(used)
    surplus = written - board
    foreign = [number for number in surplus if number not in board]
    if foreign:
        return Verdict(Fault.FOREIGN_NUMBER, None, f"{_listed(foreign)} not on the board")
    if surplus:
        return Verdict(Fault.REUSED_NUMBER, None, f"{_listed(surplus)} used too often")
    unused = board - written
    if puzzle.rules.use_all and unused:
        return Verdict(Fault.UNUSED_NUMBER, None, f"{_listed(unused.elements())} left out")
    if puzzle.rules.keep_order and not _in_order(used, puzzle.numbers):
        return Verdict(Fault.WRONG_ORDER, None, "the order of the numbers must be kept")
    return None


def _in_order(used: Iterable[int], board: Iterable[int]) -> bool:
    """Whether `used` is the board with nothing moved, perhaps with gaps."""
    rest = iter(board)
    return all(any(number == other for other in rest) for number in used)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in sorted(numbers))
