"""Laws of reading: what is printed is read back, and no text makes the referee raise."""

from __future__ import annotations

import ast
import re
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from countdown_gym.checking import judge
from countdown_gym.expressions import Expression, Number, Operation, value
from countdown_gym.faults import Fault
from countdown_gym.parsing import (
    CONVENTIONS,
    Answer,
    CutCompletion,
    Unreadable,
    _read,
    bare_answer,
    parse_answer,
    parse_expression,
)
from countdown_gym.puzzles import Puzzle
from countdown_gym.testing import completions, expressions, puzzles, rules

ARTICLE = Puzzle((25, 30, 3, 4), 32)


@given(expressions())
def test_what_is_printed_is_read_back(expression: Expression) -> None:
    assert parse_expression(str(expression)) == expression


@given(expressions(), st.integers(-(10**9), 10**9))
def test_a_claimed_value_is_read_beside_its_expression(
    expression: Expression, claimed: int
) -> None:
    assert parse_answer(f"{expression} = {claimed}") == Answer.of(expression, claimed)


@given(expressions())
def test_no_parenthesis_is_printed_that_could_be_left_out(expression: Expression) -> None:
    printed = str(expression)
    for opening in (place for place, sign in enumerate(printed) if sign == "("):
        depth, closing = 1, opening
        while depth:
            closing += 1
            depth += {"(": 1, ")": -1}.get(printed[closing], 0)
        bare = printed[:opening] + printed[opening + 1 : closing] + printed[closing + 1 :]
        assert parse_expression(bare) != expression


def fully_bracketed(expression: Expression, space: str) -> str:
    if isinstance(expression, Number):
        return f"({space}0{expression.value}{space})"
    left, right = (fully_bracketed(side, space) for side in (expression.left, expression.right))
    return f"({left}{space}{expression.operator}{space}{right})"


@given(expressions(), st.sampled_from(["", " ", "\n", "\t \r\n", "\u00a0"]))
def test_parentheses_spaces_lines_and_leading_zeros_change_nothing(
    expression: Expression, space: str
) -> None:
    assert parse_expression(fully_bracketed(expression, space)) == expression


@settings(max_examples=500)
@given(st.sampled_from(sorted(CONVENTIONS)), completions(), puzzles(rules=rules()))
def test_any_text_gets_a_verdict(convention: str, completion: str, puzzle: Puzzle) -> None:
    judgement = judge(puzzle, completion, convention=convention)
    answer, verdict = judgement.answer, judgement.verdict
    assert verdict.solved == (verdict.fault is None) == (verdict.detail == "")
    assert verdict.detail.isprintable()  # one line, no lone surrogate that a log cannot hold
    if isinstance(answer, Unreadable):
        assert (verdict.fault, verdict.value) == (answer.fault, None)
    elif verdict.value is not None:
        assert isinstance(answer, Answer)  # these rules allow no extras
        assert verdict.value == value(answer.expression)


@given(completions(ARTICLE))
def test_a_cut_completion_is_never_paid(completion: str) -> None:
    assert judge(ARTICLE, CutCompletion(completion)).verdict.fault is Fault.TRUNCATED


@settings(max_examples=300)
@given(st.text(st.characters()))
def test_any_unicode_is_an_answer_or_a_fault_of_reading(text: str) -> None:
    answer = parse_answer(text)
    if isinstance(answer, Unreadable):
        assert answer.fault in {
            Fault.NO_ANSWER,
            Fault.TOO_LONG,
            Fault.TOO_DEEP,
            Fault.UNREADABLE,
        }
    else:
        assert re.search("[0-9]", text)


@given(st.text(st.characters(blacklist_categories=["Zs", "Cc", "Zl", "Zp"]), min_size=1))
def test_no_sign_outside_the_grammar_is_skipped(sign: str) -> None:
    known = set("0123456789+-*/()=×·⋅∗÷−∕$`{}\\")  # noqa: RUF001 - the signs models write
    strangers = "".join(character for character in sign if character not in known)
    for text in (f"1 {strangers}+ 2", f"{strangers}1 + 2", f"1 + 2{strangers}"):
        assert isinstance(parse_expression(text), Unreadable) == bool(strangers)


SYMBOLS = ["0", "1", "11", "007", *"+-*/()={}×∕x٣² ", "\\frac{", "}{", "\\times"]  # noqa: RUF001 - as above


@settings(max_examples=500)
@given(
    completions()
    | st.lists(st.sampled_from(SYMBOLS), max_size=12).map("".join)
    | st.tuples(expressions(), st.sampled_from(SYMBOLS), st.integers(0, 40)).map(
        lambda drawn: f"{str(drawn[0])[: drawn[2]]}{drawn[1]}{str(drawn[0])[drawn[2] :]}"
    )
)
def test_what_is_read_by_its_shape_is_what_the_grammar_reads(text: str) -> None:
    bare = bare_answer(text)
    assert parse_answer(text) == (bare if isinstance(bare, Unreadable) else _read(bare))


# An independent reader: it reduces text until one number is left, and knows no precedence.


def reduces_to_a_number(text: str) -> bool:
    reduced = re.sub(r"[0-9]+", "N", text.strip())
    reduced = re.sub(r"(?<!N) +| +(?!N)", "", re.sub(r" +", " ", reduced))
    before = ""
    while reduced != before:
        before = reduced
        reduced = re.sub(r"\(N\)|N[-+*/]N", "N", reduced)
    return reduced == "N"


def python_value(node: ast.expr) -> Fraction:
    """Return the value under Python's own precedence."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return Fraction(node.value)
    if not isinstance(node, ast.BinOp):
        pytest.fail(f"no expression of the four operations: {ast.dump(node)}")
    left, right = python_value(node.left), python_value(node.right)
    match node.op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case operator:
            pytest.fail(f"no operator of the four: {operator}")


symbol_texts = st.lists(
    st.sampled_from(["1", "2", "30", "(", ")", "+", "-", "*", "/", " "]), max_size=14
).map("".join)


@settings(max_examples=1000)
@given(symbol_texts | expressions().map(str))
@example("2**3")
@example("7//2")
@example("1 2")
@example("()")
@example("(1)(2)")
@example("-1")
@example("1 - -1")
def test_a_text_is_an_expression_exactly_if_it_reduces_to_a_number(text: str) -> None:
    expression = parse_expression(text)
    assert isinstance(expression, Number | Operation) == reduces_to_a_number(text)


@settings(max_examples=300)
@given(expressions().map(str) | symbol_texts.filter(reduces_to_a_number))
def test_precedence_is_the_usual_one(text: str) -> None:
    expression = parse_expression(text)
    assert not isinstance(expression, Unreadable)
    try:
        expected = python_value(ast.parse(text.strip(), mode="eval").body)
    except ZeroDivisionError:
        with pytest.raises(ZeroDivisionError):
            value(expression)
    else:
        assert value(expression) == expected
