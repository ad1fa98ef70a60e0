"""Laws of expressions: sympy agrees on every value, and a normal form is what it says."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from countdown_gym.expressions import (
    Expression,
    Number,
    Operation,
    Operator,
    latex,
    normal_form,
    numbers_used,
    operators_used,
    steps,
    value,
)
from countdown_gym.parsing import Unreadable, parse_expression
from countdown_gym.shapes import Shape
from countdown_gym.symbolic import symbolic_value
from countdown_gym.testing import boards, expressions

ADD, SUBTRACT = Operator.ADD, Operator.SUBTRACT
MULTIPLY, DIVIDE = Operator.MULTIPLY, Operator.DIVIDE


def value_or_none(expression: Expression) -> Fraction | None:
    try:
        return value(expression)
    except ZeroDivisionError:
        return None


@settings(max_examples=300)
@given(expressions() | boards(largest=3).flatmap(expressions))
def test_sympy_and_the_exact_path_agree(expression: Expression) -> None:
    assert symbolic_value(expression) == value_or_none(expression)


@given(expressions())
def test_latex_reads_back_to_the_same_value(expression: Expression) -> None:
    read = parse_expression(latex(expression))
    assert not isinstance(read, Unreadable)
    assert numbers_used(read) == numbers_used(expression)
    assert value_or_none(read) == value_or_none(expression)


@given(expressions())
def test_the_last_step_results_in_the_value(expression: Expression) -> None:
    exact = value_or_none(expression)
    assume(exact is not None)
    done = steps(expression)
    assert len(done) == len(numbers_used(expression)) - 1
    assert {step.operator for step in done} == operators_used(expression)
    assert all(step.operator.apply(step.left, step.right) == step.result for step in done)
    if done:
        assert done[-1].result == exact
    # whatever a step takes is a number of the board or the result of an earlier step, used once
    at_hand = [Fraction(number) for number in numbers_used(expression)]
    for step in done:
        at_hand.remove(step.left)
        at_hand.remove(step.right)
        at_hand.append(step.result)
    assert at_hand == [exact]


def rewritings(node: Expression) -> list[Expression]:
    """Return the same solution written otherwise, one rewriting at the root or below."""
    if isinstance(node, Number):
        return []
    operator, left, right = node.operator, node.left, node.right
    found: list[Expression] = [Operation(operator, other, right) for other in rewritings(left)]
    found += [Operation(operator, left, other) for other in rewritings(right)]
    if operator.commutes:
        found.append(Operation(operator, right, left))
    inverse = {ADD: SUBTRACT, SUBTRACT: ADD, MULTIPLY: DIVIDE, DIVIDE: MULTIPLY}[operator]
    if isinstance(left, Operation) and left.operator.precedence == operator.precedence:
        a, b = left.left, left.right
        if left.operator.commutes:  # (a + b) - c = a + (b - c)
            found.append(Operation(left.operator, a, Operation(operator, b, right)))
        else:  # (a - b) - c = a - (b + c), (a - b) + c = a - (b - c)
            found.append(Operation(left.operator, a, Operation(inverse, b, right)))
        found.append(Operation(left.operator, Operation(operator, a, right), b))
    if isinstance(right, Operation) and right.operator is SUBTRACT:
        swapped = Operation(SUBTRACT, right.right, right.left)
        if operator.precedence == 1:  # a - (b - c) = a + (c - b)
            found.append(Operation(inverse, left, swapped))
        elif isinstance(left, Operation) and left.operator is SUBTRACT:
            # (a - b) * (c - d) = (b - a) * (d - c)
            found.append(Operation(operator, Operation(SUBTRACT, left.right, left.left), swapped))
    return found


@settings(max_examples=400)
@given(expressions() | boards(min_size=3, largest=2).flatmap(expressions), st.data())
def test_the_same_solution_written_otherwise_keeps_its_normal_form(
    expression: Expression, data: st.DataObject
) -> None:
    form, exact = normal_form(expression), value_or_none(expression)
    other = expression
    for _ in range(data.draw(st.integers(1, 6))):
        choices = rewritings(other)
        assume(choices)
        other = data.draw(st.sampled_from(choices))
        assert normal_form(other) == form
        # where one divides by zero another may not: x / (y / 0), x * 0 / y
        if None not in (exact, value_or_none(other)):
            assert value_or_none(other) == exact


@settings(max_examples=500)
@given(st.data(), boards(min_size=2, max_size=4, largest=4))
def test_equal_normal_forms_have_equal_values(data: st.DataObject, board: tuple[int, ...]) -> None:
    one, two = (data.draw(st.permutations(board).flatmap(expressions)) for _ in range(2))
    if normal_form(one) == normal_form(two) and None not in (
        value_or_none(one),
        value_or_none(two),
    ):
        assert value(one) == value(two)


@given(expressions())
def test_a_normal_form_keeps_every_number_and_computes_nothing(expression: Expression) -> None:
    form = normal_form(expression)
    digits = "".join(character if character.isdigit() else " " for character in form)
    assert sorted(map(int, digits.split())) == sorted(numbers_used(expression))


@pytest.mark.parametrize(
    ("one", "two"),
    [("7 * 1", "7 / 1"), ("7 + 0", "7 - 0"), ("2 + 2", "2 * 2"), ("3 - 2", "2 - 3")],
)
def test_other_solutions_have_other_normal_forms(one: str, two: str) -> None:
    first, second = parse_expression(one), parse_expression(two)
    assert isinstance(first, Operation)
    assert isinstance(second, Operation)
    assert normal_form(first) != normal_form(second)


@given(expressions())
def test_a_shape_with_its_numbers_is_the_expression(expression: Expression) -> None:
    shape, numbers = Shape.of(expression), numbers_used(expression)
    assert shape.filled(numbers) == expression
    assert shape.text % numbers == str(expression)
    assert shape.operators == operators_used(expression)
    assert Shape.of(shape.filled([number + 1 for number in numbers])) == shape
    try:
        assert shape.value(numbers) == value(expression)
    except ZeroDivisionError:
        assert value_or_none(expression) is None
