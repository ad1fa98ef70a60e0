"""Where an answer stands in a completion, and what can be read there."""

from __future__ import annotations

import inspect
import sys

import pytest

from countdown_gym.expressions import Number, Operation
from countdown_gym.faults import Fault
from countdown_gym.parsing import (
    MAX_ANSWER_CHARS,
    MAX_COMPLETION_CHARS,
    MAX_DEPTH,
    Answer,
    CutCompletion,
    Unreadable,
    parse_answer,
    parse_expression,
    read_answer,
)
from countdown_gym.puzzles import MAX_NUMBERS


def found(completion: str, convention: str = "answer_tag") -> str:
    """Return what was read, printed; or the fault."""
    answer = read_answer(completion, convention)
    return answer.fault.value if isinstance(answer, Unreadable) else str(answer.expression)


@pytest.mark.parametrize(
    ("completion", "read"),
    [
        ("<answer>1 + 2</answer>", "1 + 2"),
        ("so <answer>1 + 2</answer> it is", "1 + 2"),
        ("<answer>\n1 + 2\n</answer>\n", "1 + 2"),
        # the last complete one counts
        ("<answer>1</answer><answer>2</answer>", "2"),
        ("<answer>1</answer> no: <answer>2", "1"),
        ("<answer>1</answer></answer>", "1"),
        ("<answer><answer>1</answer></answer>", "1"),
        ("<answer>1<answer>2</answer></answer>", "2"),
        ("<answer>1<answer>2</answer>", "2"),
        ("</answer><answer>1</answer>", "1"),
        ("<answer>1</answer><answer></answer>", "no_answer"),
        ("<answer>1</answer><answer>none</answer>", "unreadable"),
        # thinking is no answering
        ("<think><answer>1</answer></think><answer>2</answer>", "2"),
        ("<think><answer>1</answer></think>", "no_answer"),
        ("<think><answer>1</think></answer>", "no_answer"),
        ("<answer>1</answer></think>", "no_answer"),
        ("</think></think><answer>1</answer>", "1"),
        ("<think><answer>1</answer>", "1"),  # never closed: there is no thinking to tell from it
        # incomplete
        ("", "no_answer"),
        ("1 + 2", "no_answer"),
        ("<answer>1 + 2", "no_answer"),
        ("1 + 2</answer>", "no_answer"),
        ("</answer>1<answer>", "no_answer"),
        ("<answer></answer>", "no_answer"),
        ("<answer> \n </answer>", "no_answer"),
        ("<ANSWER>1</ANSWER>", "no_answer"),
        ("<answer >1</answer >", "no_answer"),
    ],
)
def test_the_answer_is_the_last_complete_tag_after_the_thinking(completion: str, read: str) -> None:
    assert found(completion) == read


@pytest.mark.parametrize(
    ("completion", "read"),
    [
        (r"so \boxed{1 + 2}.", "1 + 2"),
        (r"\boxed{1} or \boxed{2}", "2"),
        (r"\boxed{\frac{1}{2}}", "1 / 2"),
        (r"$\boxed{\frac{1 + 2}{3} \times 4}$", "(1 + 2) / 3 * 4"),
        (r"\boxed{}", "no_answer"),
        (r"\boxed{1", "no_answer"),
        (r"\boxed{1 + 2} or \boxed{3", "1 + 2"),
        (r"\boxed{\boxed{3} + 1}", "3"),
        (r"} \boxed{1 + 2} {", "1 + 2"),
        (r"\boxed{\frac{1}{2}", "no_answer"),
        (r"boxed{1}", "no_answer"),
        ("", "no_answer"),
    ],
)
def test_the_boxed_answer_has_balanced_braces(completion: str, read: str) -> None:
    assert found(completion, "boxed") == read


@pytest.mark.parametrize(
    ("completion", "read"),
    [
        ("first\n1 + 2", "1 + 2"),
        ("first\n1 + 2\n \n", "1 + 2"),
        ("1 + 2", "1 + 2"),
        ("1 + 2\ndone", "unreadable"),
        ("", "no_answer"),
        ("\n\n", "no_answer"),
    ],
)
def test_the_last_line_is_the_last_that_is_not_blank(completion: str, read: str) -> None:
    assert found(completion, "last_line") == read


def test_the_whole_text_may_be_the_answer() -> None:
    assert found("\n1 +\n2\n", "whole_text") == "1 + 2"
    assert found("I say 1 + 2", "whole_text") == "unreadable"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("3 × 4", "3 * 4"),  # noqa: RUF001 - the signs models write
        ("3 · 4 ⋅ 5 ∗ 6", "3 * 4 * 5 * 6"),  # noqa: RUF001
        ("8 ÷ 4 ∕ 2", "8 / 4 / 2"),  # noqa: RUF001
        ("8 − 4", "8 - 4"),  # noqa: RUF001
        (r"3 \times 4 \cdot 5 \div 6", "3 * 4 * 5 / 6"),
        (r"\left(3 + 4\right) \times 5", "(3 + 4) * 5"),
        (r"\frac{30 - 25}{3}", "(30 - 25) / 3"),
        (r"\dfrac{1}{2} + \tfrac{3}{4}", "1 / 2 + 3 / 4"),
        (r"\frac{\frac{1}{2}}{3}", "1 / 2 / 3"),
        ("$3 + 4$", "3 + 4"),
        ("$$3 + 4$$", "3 + 4"),
        (r"\(3 + 4\)", "3 + 4"),
        (r"\[ 3 + 4 \]", "3 + 4"),
        ("`3 + 4`", "3 + 4"),
        ("```\n3 + 4\n```", "3 + 4"),
        ("```python\n3 + 4\n```", "3 + 4"),
        ("``` $3 + 4$ ```", "3 + 4"),
        ("007 + 04", "7 + 4"),
        ("((3)) + ((4))", "3 + 4"),
        ("3\n+\r\n4\t", "3 + 4"),
        ("3\u00a0+\u20034", "3 + 4"),  # no-break space and em space
        ("3+4=7", "3 + 4"),
        ("3 - 4 = -1", "3 - 4"),
        ("3 - 4 = −1", "3 - 4"),  # noqa: RUF001
        ("$3 + 4 = 7$", "3 + 4"),
    ],
)
def test_the_spellings_of_models_are_read(text: str, printed: str) -> None:
    assert found(text, "whole_text") == printed


@pytest.mark.parametrize(
    "text",
    [
        *("2**3", "7//2", "7%3", "2^3", "5!", "~1", "1_000", "0x1F", "1e2", "1.5", ".5", "1."),
        *("-1", "+1", "1 + -2", "1 - -2", "(-1) + 2", "2(3)", "(2)(3)", "2 3", "x", "3 x 4"),
        *("()", "(", ")", "(1", "1)", ")1(", "1 +", "* 1", "1 + + 2", "1 (+) 2", "[1]", "{1}"),
        *("sqrt(4)", "abs(1)", "__import__('os')", "lambda: 1", "1; 2", "1 == 1", "1,000"),
        *("=", "= 3", "1 =", "1 = 1 = 1", "3 = 1 + 2", "1 = 1.0", "1 = +1", "1 = (1)", "1 = - - 1"),
        *("²", "1²", "٣", "3 + ٤", "３", "½", "Ⅳ", "四", "①"),  # noqa: RUF001 - digits not ASCII
        *("1\u200b+ 2", "\ufeff1", "1\x00", "\ud800"),
        *(r"\frac12", r"\frac{1}", r"\frac{1}{2", r"\frac(1)(2)", r"\sqrt{4}", r"\timesx 1", "\\"),
        *(r"1 \timess 2", r"1\left 2", "$1", "1$", "$$1$", "`1", "```1```", "``", "1 <br> 2"),
    ],
)  # fmt: skip
def test_what_is_no_expression_is_unreadable_and_nothing_is_guessed(text: str) -> None:
    answer = parse_answer(text)
    assert isinstance(answer, Unreadable)
    assert answer.fault is (Fault.NO_ANSWER if text == "``" else Fault.UNREADABLE)


def test_the_place_of_the_fault_is_named() -> None:
    assert parse_answer("1 + x") == Unreadable(Fault.UNREADABLE, "unexpected 'x'")
    assert parse_answer("1 +") == Unreadable(Fault.UNREADABLE, "unexpected end")
    assert parse_answer("1 2") == Unreadable(Fault.UNREADABLE, "unexpected '2'")


def test_a_claimed_value_is_no_part_of_an_expression() -> None:
    assert parse_answer("1 + 2 = 4") == Answer.of(
        Operation("+", Number(1), Number(2)),  # type: ignore[arg-type]  # equal to the member
        4,
    )
    assert parse_expression("1 + 2 = 4") == Unreadable(
        Fault.UNREADABLE, "an equation, not an expression"
    )


def test_a_cut_completion_is_not_read_even_if_its_answer_is_complete() -> None:
    cut = read_answer(CutCompletion("<answer>1 + 2</answer>"))
    assert isinstance(cut, Unreadable)
    assert cut.fault is Fault.TRUNCATED


def test_only_the_end_of_a_long_completion_is_read() -> None:
    answer = "<answer>1 + 2</answer>"
    padding = MAX_COMPLETION_CHARS - len(answer)
    assert found("x" * 10 * MAX_COMPLETION_CHARS + answer) == "1 + 2"
    assert found(answer + "x" * padding) == "1 + 2"
    assert found(answer + "x" * (padding + 1)) == "no_answer"


def test_an_answer_is_as_long_as_the_limit_and_no_longer() -> None:
    assert found(f"<answer>{'1':>{MAX_ANSWER_CHARS}}</answer>") == "1"
    assert found(f"<answer>{'1':>{MAX_ANSWER_CHARS + 1}}</answer>") == "too_long"


def test_an_answer_has_as_many_numbers_as_a_board_and_no_more() -> None:
    most = "+".join("1" * MAX_NUMBERS)
    assert isinstance(parse_answer(most), Answer)
    assert parse_answer(most + "+1") == Unreadable(
        Fault.TOO_LONG, f"more than {MAX_NUMBERS} numbers"
    )


def test_parentheses_nest_as_deep_as_the_limit_and_no_deeper() -> None:
    assert parse_expression("(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH) == Number(1)
    deeper = parse_answer("(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1))
    assert isinstance(deeper, Unreadable)
    assert deeper.fault is Fault.TOO_DEEP


def test_parentheses_side_by_side_do_not_count_as_nested() -> None:
    many = "+".join(["((1))"] * MAX_NUMBERS)
    assert isinstance(parse_answer(many), Answer)


def test_the_deepest_answer_needs_four_frames_for_each_parenthesis() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 4 * MAX_DEPTH + 50)
    try:
        answer = parse_answer("(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH)
    finally:
        sys.setrecursionlimit(limit)
    assert isinstance(answer, Answer)


def test_a_number_as_long_as_an_answer_may_be_is_read_exactly() -> None:
    digits = "9" * MAX_ANSWER_CHARS
    assert parse_expression(digits) == Number(10**MAX_ANSWER_CHARS - 1)
