"""Judging: a puzzle and an answer make a verdict. Total and exact."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from countdown_gym.expressions import (
    Expression,
    Operator,
    as_fraction,
    steps,
)
from countdown_gym.faults import Fault
from countdown_gym.formula_parsing import FormulaAnswer, read_formula
from countdown_gym.formula_values import NoValueError, fraction_of
from countdown_gym.formulas import Extra, Formula, as_formula, numbers_in, signs
from countdown_gym.parsing import Answer, Unreadable, read_answer
from countdown_gym.puzzles import Puzzle
from countdown_gym.shapes import Shape


class Verdict(NamedTuple):
    """What the referee says of one answer; one is made for each, so it is made quickly."""

    fault: Fault | None
    """The first fault found; None if the answer is right."""
    value: Fraction | None
    """The exact value, where the answer is legal and has one that is a fraction."""
    detail: str = ""
    """What is wrong, in plain words."""

    @property
    def solved(self) -> bool:
        """Whether the answer is exactly right."""
        return self.fault is None

    @property
    def legal(self) -> bool:
        """Whether the answer keeps every rule and has a value, right or wrong."""
        return self.value is not None or self.fault in _OF_VALUES


_OF_VALUES = frozenset({Fault.WRONG_VALUE, Fault.FALSE_EQUATION})
"""The faults of answers that have a value; one that is no fraction is told in words only."""


class Judgement(NamedTuple):
    """A completion with all that was found out about it: what rewards look at."""

    puzzle: Puzzle
    completion: str
    answer: Answer | FormulaAnswer | Unreadable
    verdict: Verdict


def check(
    puzzle: Puzzle, answer: Answer | FormulaAnswer | Unreadable, *, confirm: bool = True
) -> Verdict:
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
    if puzzle.rules.extras or isinstance(answer, FormulaAnswer):
        return _check_formula(puzzle, as_formula(answer.expression), answer.claimed, confirm)
    return (
        _operator_fault(puzzle, answer.shape)
        or _number_fault(puzzle, answer.numbers)
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
    read = read_formula if puzzle.rules.extras else read_answer
    answer = read(completion, convention)
    return Judgement(puzzle, completion, answer, check(puzzle, answer, confirm=confirm))


def _result_verdict(puzzle: Puzzle, answer: Answer, *, confirm: bool) -> Verdict:
    """Return the verdict on what a legal expression comes to."""
    try:
        exact = answer.shape.value(answer.numbers)
    except ZeroDivisionError:
        return Verdict(Fault.DIVIDES_BY_ZERO, None, "division by zero")
    result = as_fraction(exact)
    if puzzle.rules.restrict_results:
        for step in steps(answer.expression):
            if not puzzle.rules.admit(step.result):
                return Verdict(Fault.FORBIDDEN_INTERMEDIATE, None, f"{step} is not allowed")
    if answer.claimed is not None and answer.claimed != exact:
        return Verdict(Fault.FALSE_EQUATION, result, f"{exact}, not {answer.claimed}")
    if exact != puzzle.target:
        return Verdict(Fault.WRONG_VALUE, result, f"{exact}, not {puzzle.target}")
    if confirm and not _confirmed(answer.expression, puzzle.target):
        return Verdict(Fault.UNCONFIRMED, result, "sympy finds another value")
    return Verdict(None, result)


def _confirmed(expression: Expression, target: int) -> bool:
    """Whether sympy finds the target too; imports sympy at the first right answer."""
    from countdown_gym.symbolic import symbolic_value

    return symbolic_value(expression) == target


_OPERATORS = tuple(Operator)


def _operator_fault(puzzle: Puzzle, shape: Shape) -> Verdict | None:
    """Return the verdict on an operator that the rules do not allow, if there is one."""
    if len(puzzle.rules.operators) == len(_OPERATORS):
        return None
    forbidden = shape.operators - puzzle.rules.operators
    if not forbidden:
        return None
    return Verdict(Fault.FORBIDDEN_OPERATOR, None, f"{' '.join(sorted(forbidden))} is not allowed")


def _number_fault(puzzle: Puzzle, used: tuple[int, ...]) -> Verdict | None:
    """Return the verdict on numbers that the puzzle does not allow, if there are such."""
    rules = puzzle.rules
    if sorted(used) == sorted(puzzle.numbers) and not rules.keep_order:
        return None
    foreign = set(used).difference(puzzle.numbers)
    if foreign:
        return Verdict(Fault.FOREIGN_NUMBER, None, f"{_listed(foreign)} not on the board")
    unused, surplus = list(puzzle.numbers), set[int]()
    for number in used:
        if number in unused:
            unused.remove(number)
        else:
            surplus.add(number)
    if surplus:
        return Verdict(Fault.REUSED_NUMBER, None, f"{_listed(surplus)} used too often")
    if rules.use_all and unused:
        return Verdict(Fault.UNUSED_NUMBER, None, f"{_listed(unused)} left out")
    if rules.keep_order and not _in_order(used, puzzle.numbers):
        return Verdict(Fault.WRONG_ORDER, None, "the order of the numbers must be kept")
    return None


def _check_formula(puzzle: Puzzle, formula: Formula, claimed: int | None, confirm: bool) -> Verdict:
    """Judge a formula: the same questions in the same order."""
    extras = puzzle.rules.extras
    forbidden = signs(formula) - puzzle.rules.operators - extras
    if forbidden:
        listed = " ".join(sorted(forbidden))
        return Verdict(Fault.FORBIDDEN_OPERATOR, None, f"{listed} is not allowed")
    used = numbers_in(formula, joined=Extra.CONCATENATION in extras)
    return _number_fault(puzzle, used) or _formula_verdict(puzzle, formula, claimed, confirm)


def _formula_verdict(
    puzzle: Puzzle, formula: Formula, claimed: int | None, confirm: bool
) -> Verdict:
    """Return the verdict on what a legal formula comes to; sympy decides what is no fraction."""
    try:
        result = fraction_of(formula)
        sure, text = not confirm, str(result)
        if result is None:
            result, text = _decided(formula)
            sure = True
    except NoValueError as none:
        return Verdict(none.fault, None, str(none))
    if claimed is not None and claimed != result:
        return Verdict(Fault.FALSE_EQUATION, result, f"{text}, not {claimed}")
    if result != puzzle.target:
        return Verdict(Fault.WRONG_VALUE, result, f"{text}, not {puzzle.target}")
    if not sure and _decided(formula)[0] != result:
        return Verdict(Fault.UNCONFIRMED, result, "sympy finds another value")
    return Verdict(None, result)


def _decided(formula: Formula) -> tuple[Fraction | None, str]:
    """Return sympy's value, None if it is no fraction, and the value in words."""
    from countdown_gym.formula_algebra import real_value

    real = real_value(formula)
    return real.fraction, str(real)


def _in_order(used: Iterable[int], board: Iterable[int]) -> bool:
    """Whether `used` is the board with nothing moved, perhaps with gaps."""
    rest = iter(board)
    return all(any(number == other for other in rest) for number in used)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
