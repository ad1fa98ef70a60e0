"""What expressions are worth, how they print, and which ones count as the same solution."""

from __future__ import annotations

from fractions import Fraction

import pytest

from countdown_gym.expressions import (
    Expression,
    Number,
    Operation,
    Operator,
    normal_form,
    numbers_used,
    operators_used,
    steps,
    value,
)
from countdown_gym.parsing import Unreadable, parse_expression

ADD, SUBTRACT = Operator.ADD, Operator.SUBTRACT
MULTIPLY, DIVIDE = Operator.MULTIPLY, Operator.DIVIDE
ONE, TWO, THREE = Number(1), Number(2), Number(3)


def read(text: str) -> Expression:
    expression = parse_expression(text)
    assert not isinstance(expression, Unreadable)
    return expression


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        (Operation(SUBTRACT, Operation(SUBTRACT, ONE, TWO), THREE), "1 - 2 - 3"),
        (Operation(SUBTRACT, ONE, Operation(SUBTRACT, TWO, THREE)), "1 - (2 - 3)"),
        (Operation(ADD, ONE, Operation(ADD, TWO, THREE)), "1 + (2 + 3)"),
        (Operation(DIVIDE, ONE, Operation(DIVIDE, TWO, THREE)), "1 / (2 / 3)"),
        (Operation(DIVIDE, Operation(MULTIPLY, ONE, TWO), THREE), "1 * 2 / 3"),
        (Operation(MULTIPLY, ONE, Operation(DIVIDE, TWO, THREE)), "1 * (2 / 3)"),
        (Operation(MULTIPLY, Operation(ADD, ONE, TWO), THREE), "(1 + 2) * 3"),
        (Operation(ADD, Operation(MULTIPLY, ONE, TWO), THREE), "1 * 2 + 3"),
        (Operation(SUBTRACT, ONE, Operation(DIVIDE, TWO, THREE)), "1 - 2 / 3"),
    ],
)
def test_parentheses_stand_where_reading_back_needs_them(
    expression: Expression, printed: str
) -> None:
    assert str(expression) == printed


def test_values_are_exact() -> None:
    assert value(read("8 / (3 - 8 / 3)")) == 24
    assert value(read("1 / 3 + 1 / 3 + 1 / 3")) == 1
    assert value(read("1 / 10 + 2 / 10")) == Fraction(3, 10)


@pytest.mark.parametrize("text", ["1 / 0", "1 / (2 - 2)", "0 / 0", "0 * (1 / 0)", "1 / (1 / 0)"])
def test_a_division_by_zero_anywhere_has_no_value(text: str) -> None:
    with pytest.raises(ZeroDivisionError):
        value(read(text))
    with pytest.raises(ZeroDivisionError):
        steps(read(text))


def test_steps_come_in_an_order_in_which_they_can_be_carried_out() -> None:
    assert [str(step) for step in steps(read("(30 - 25 + 3) * (4 / 8)"))] == [
        "30 - 25 = 5",
        "5 + 3 = 8",
        "4 / 8 = 1/2",
        "8 * (1/2) = 4",
    ]
    assert steps(Number(7)) == ()


def test_numbers_are_listed_from_left_to_right_with_repetitions() -> None:
    assert numbers_used(read("(4 * 3 - 4) / 25")) == (4, 3, 4, 25)
    assert operators_used(read("(4 * 3 - 4) / 25")) == {MULTIPLY, SUBTRACT, DIVIDE}
    assert operators_used(Number(7)) == set()


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("1 + 2 + 3", "3 + (2 + 1)"),
        ("1 * 2 * 3", "3 * (2 * 1)"),
        ("9 - (5 - 2)", "2 - 5 + 9"),
        ("9 - (5 - 2)", "9 + 2 - 5"),
        ("8 / (4 / 2)", "2 * 8 / 4"),
        ("8 / 4 / 2", "8 / (4 * 2)"),
        ("(9 - 5) * (3 - 2)", "(5 - 9) * (2 - 3)"),
        ("7 - (9 - 5) * 3", "7 + (5 - 9) * 3"),
        ("6 / (5 - 9) + 7", "7 - 6 / (9 - 5)"),
        ("5 - (3 - 3)", "5 + (3 - 3)"),
        ("(3 - 3) / (5 - 9)", "(3 - 3) / (9 - 5)"),
        ("7 - (3 - 3) * 5", "7 + (3 - 3) * 5"),
        ("7 - (3 - 3 + (8 - 8) * 5) / 2", "(5 * (8 - 8) + 3 - 3) / 2 + 7"),
    ],
)
def test_reordering_regrouping_and_moving_minus_signs_keep_the_solution(one: str, two: str) -> None:
    assert normal_form(read(one)) == normal_form(read(two))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("7 * 1", "7 / 1"),
        ("7 + 0", "7 - 0"),
        ("2 + 2", "2 * 2"),
        ("3 - 2", "2 - 3"),
        ("2 * (3 + 4)", "2 * 3 + 2 * 4"),
        ("(1 + 2) * 3", "1 + 2 * 3"),
        ("6 / (3 / 2)", "6 / 3 / 2"),
        ("12 + 3", "1 + 23"),
    ],
)
def test_nothing_is_multiplied_out_or_computed(one: str, two: str) -> None:
    assert normal_form(read(one)) != normal_form(read(two))


def test_expressions_are_values() -> None:
    assert read("1 + 2") == read("(1)+(2)")
    assert len({read("1 + 2"), read("1+2"), read("2 + 1")}) == 2
