"""Laws of formulas: printing and reading, the referee against other arithmetic, hostile texts."""

from __future__ import annotations

from time import process_time

import mpmath
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from countdown_gym.checking import judge
from countdown_gym.expressions import Operator
from countdown_gym.faults import Fault
from countdown_gym.formula_parsing import FormulaAnswer, parse_formula
from countdown_gym.formulas import Applied, Combined, Extra, Formula, Literal, numbers_in
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.testing import completions

ALL = Rules(extras=frozenset(Extra))


def formulas(leaves: int = 4) -> st.SearchStrategy[Formula]:
    """Return a strategy for formulas of small numbers; many have no value."""
    digits = st.text("0123456789", min_size=1, max_size=2)
    literal = digits.flatmap(
        lambda text: st.builds(Literal, st.just(text), st.integers(0, len(text)))
    )
    return st.recursive(
        literal,
        lambda inner: st.one_of(
            st.builds(
                Applied, st.sampled_from([Extra.ROOT, Extra.FACTORIAL, Extra.NEGATION]), inner
            ),
            st.builds(Combined, st.sampled_from([*Operator, Extra.POWER]), inner, inner),
        ),
        max_leaves=leaves,
    )


@given(formulas(8))
def test_what_we_print_we_can_read_back(formula: Formula) -> None:
    answer = parse_formula(str(formula))
    assert isinstance(answer, FormulaAnswer)
    assert answer.expression == formula


def puzzle_of(formula: Formula, target: int = 0) -> Puzzle:
    return Puzzle(numbers_in(formula, joined=True), target, ALL)


def estimate(formula: Formula) -> mpmath.mpf:
    """Return the value in floating point, by nothing of ours; raises where there is none."""
    if isinstance(formula, Literal):
        return mpmath.mpf(int(formula.digits)) / mpmath.mpf(10) ** formula.places
    if isinstance(formula, Applied):
        operand = estimate(formula.operand)
        if formula.sign is Extra.ROOT:
            return mpmath.sqrt(operand)
        return mpmath.factorial(operand) if formula.sign is Extra.FACTORIAL else -operand
    left, right = estimate(formula.left), estimate(formula.right)
    match formula.sign:
        case Operator.ADD:
            return left + right
        case Operator.SUBTRACT:
            return left - right
        case Operator.MULTIPLY:
            return left * right
        case Operator.DIVIDE:
            return left / right
        case _:
            return mpmath.power(left, right)


@settings(max_examples=300)
@given(formulas())
def test_the_value_is_what_floating_point_says_nearly(formula: Formula) -> None:
    verdict = judge(puzzle_of(formula), str(formula), convention="whole_text").verdict
    if not verdict.legal and not verdict.solved:
        return
    with mpmath.workdps(400):
        found = estimate(formula)
        if verdict.value is None:
            assert verdict.detail.startswith("about ")
            assert abs(found - mpmath.nint(found)) > mpmath.mpf(10) ** -300
        else:
            exact = mpmath.mpf(verdict.value.numerator) / verdict.value.denominator
            assert abs(found - exact) <= abs(exact) * mpmath.mpf(10) ** -50 + mpmath.mpf(10) ** -50


@settings(max_examples=300)
@given(formulas())
def test_a_formula_is_worth_its_value_however_it_is_written(formula: Formula) -> None:
    text = str(formula)
    verdict = judge(puzzle_of(formula), text, convention="whole_text").verdict
    whole = verdict.value is not None and verdict.value.denominator == 1
    if not whole or verdict.value is None or abs(verdict.value) > 10**9:
        return
    target = int(verdict.value)
    for spelling in (text, f"({text})", text.replace("^", "**"), text.replace("sqrt", "\\sqrt")):
        puzzle = puzzle_of(formula, target)
        assert judge(puzzle, f"{spelling} = {target}", convention="whole_text").verdict.solved


_SYMBOLS = (
    *("4", "44", ".4", "4.", "4.4", "0", "(", ")", "{", "}", "!", "!!", "^", "**", "sqrt", "√"),
    *("sqrt(", "\\sqrt{", "\\frac{", "}{", "+", "-", "*", "/", "=", " ", "\n", "²", "４", "$", "`"),  # noqa: RUF001 - digits that are not ASCII
)


@settings(max_examples=500)
@example("<answer>" + "√" * 400 + "4</answer>")
@example("<answer>" + "sqrt(" * 30 + "4" + ")" * 30 + "</answer>")
@example("<answer>" + "-" * 500 + "4</answer>")
@given(
    st.lists(st.sampled_from(_SYMBOLS), max_size=40).map(lambda s: f"<answer>{''.join(s)}</answer>")
    | completions()
)
def test_any_text_gets_a_verdict(completion: str) -> None:
    judgement = judge(Puzzle((4, 4, 4, 4), 4, ALL), completion)
    verdict = judgement.verdict
    assert verdict.solved == (verdict.fault is None) == (verdict.detail == "")
    assert verdict.detail.isprintable()


HOSTILE = {
    "4 ^ 4 ^ 4 ^ 4": Fault.OUT_OF_BOUNDS,
    "(((4!)!)!)! + 4 + 4 + 4": Fault.OUT_OF_BOUNDS,
    "((4 ^ 4) ^ (4 ^ 4))": Fault.OUT_OF_BOUNDS,
    "((4! ^ 4!) ^ 4!) ^ 4!": Fault.OUT_OF_BOUNDS,
    "4 ^ -(4 ^ 4 ^ 4)": Fault.OUT_OF_BOUNDS,
    "4444! / 1": Fault.FOREIGN_NUMBER,
    "4444!": Fault.OUT_OF_BOUNDS,
    "4444 ^ 4444": Fault.REUSED_NUMBER,
    "4 ^ 444": Fault.WRONG_VALUE,  # 888 binary digits
    "4.444 ^ (4 / 4 / 4)": Fault.REUSED_NUMBER,
    "4 ^ (4 / 44)": Fault.WRONG_VALUE,
    "4 ^ (4 / 4.44)": Fault.REUSED_NUMBER,
    "44 ^ (.4 / 4)": Fault.WRONG_VALUE,
    ".4 ^ .4 ^ .4 ^ .4": Fault.OUT_OF_BOUNDS,  # an exponent that is no fraction
    "(4!)! ^ (4 / 4!) * 4": Fault.WRONG_VALUE,
    "sqrt(4!)! + 4 + 4 + 4": Fault.UNDEFINED,
    "(-4)! + 4 + 4 + 4": Fault.UNDEFINED,
    "sqrt(4 - 4 - 4) * 4": Fault.UNDEFINED,
    "(4 - 4) ^ (4 - 4)": Fault.UNDEFINED,
    "(4 - 4) / (4 - 4)": Fault.DIVIDES_BY_ZERO,
    "4 / (4 - sqrt(4 * 4))": Fault.DIVIDES_BY_ZERO,
    "4 / (sqrt(sqrt(4)) * sqrt(sqrt(4)) - sqrt(4))": Fault.DIVIDES_BY_ZERO,
    "sqrt(sqrt(sqrt(sqrt(sqrt(sqrt(sqrt(sqrt(sqrt(4))))))))) + 4 + 4 + 4": Fault.OUT_OF_BOUNDS,
    "__import__('os').system('4')": Fault.UNREADABLE,
    "4**4**4**4**4**4**4": Fault.REUSED_NUMBER,
    "9**9**9": Fault.FOREIGN_NUMBER,
    "4!!!!": Fault.UNREADABLE,
    "gamma(4) + 4 + 4 + 4": Fault.UNREADABLE,
}
"""Formulas that hang, crash or mislead some checker, and what is said of them here."""


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_formulas_are_refused_in_time(text: str) -> None:
    puzzle = Puzzle((4, 4, 4, 4), 10**9, ALL)
    assert judge(puzzle, text, convention="whole_text").verdict.fault is HOSTILE[text], text
    before = process_time()
    judge(puzzle, text, convention="whole_text")
    assert process_time() - before < 0.05


@pytest.mark.parametrize(
    "text",
    [
        "<answer>" + "(" * 100_000 + "</answer>",
        "<answer>" + "4!" * 16_000 + "</answer>",
        "<answer>" * 4_000 + "4" + "</answer>" * 4_000,
        "<answer>" + "4" * 500 + "!</answer>",
        "<answer>" + " " * 400 + "4 ^ 4 ^ 4 ^ 4</answer>",
    ],
)
def test_long_texts_cost_what_their_cap_costs(text: str) -> None:
    puzzle = Puzzle((4, 4, 4, 4), 4, ALL)
    assert not judge(puzzle, text).verdict.solved
    assert min(_seconds(puzzle, text) for _ in range(3)) < 0.005


def _seconds(puzzle: Puzzle, text: str) -> float:
    before = process_time()
    judge(puzzle, text)
    return process_time() - before
