"""Counted and listed forms against the plain reference and against brute force."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countdown_gym.expressions import (
    Expression,
    Number,
    Operation,
    Operator,
    normal_form,
    numbers_used,
    steps,
    value,
)
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver import listing
from countdown_gym.solver.reference import Reference
from countdown_gym.solver.state import State

OPERATOR_SETS = [
    frozenset(map(Operator, operators))
    for operators in ("+-*/", "+-*", "+*/", "+-", "*/", "+*", "*")
]
RULE_SETS = [
    Rules(operators=operators, use_all=use_all, intermediates=kind)
    for operators, use_all, kind in product(OPERATOR_SETS, (True, False), Intermediates)
]
boards = st.lists(st.integers(0, 12), min_size=1, max_size=4)
crowded_boards = st.lists(st.integers(0, 2), min_size=1, max_size=4)


def assert_listed_like_reference(rules: Rules, board: list[int], target: Fraction) -> int:
    """Hold count and list against the reference; return how many solutions there are."""
    state = State.read(board)
    assert listing.takes(rules, state, target)
    expected = {normal_form(each) for each in Reference(rules, state).solutions(target)}
    assert listing.count(rules, state, target) == len(expected), (rules, board, target)
    written = list(listing.solutions(rules, state, target))
    assert [len(steps(each)) for each in written] == sorted(len(steps(each)) for each in written)
    forms = [normal_form(each) for each in written]
    assert len(forms) == len(set(forms)), (rules, board, target)
    assert set(forms) == expected, (rules, board, target)
    for each in written:
        assert value(each) == target
        assert all(rules.admit(step.result) for step in steps(each)), (rules, board, str(each))
        assert not set(numbers_used(each)) - set(board)
    return len(expected)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(RULE_SETS), boards | crowded_boards, st.data())
def test_forms_are_the_solutions_of_the_reference(
    rules: Rules, board: list[int], data: st.DataObject
) -> None:
    reachable = sorted(Reference(rules, State.read(board)).reachable())
    some = st.integers(-5, 30).map(Fraction)
    target = data.draw(st.sampled_from(reachable) | some if reachable else some)
    assert_listed_like_reference(rules, board, target)


def trees(leaves: tuple[int, ...], rules: Rules) -> Iterator[tuple[Expression, Fraction]]:
    """Yield every expression over the leaves in this order that keeps the rules."""
    if len(leaves) == 1:
        yield Number(leaves[0]), Fraction(leaves[0])
    for cut in range(1, len(leaves)):
        sides = product(trees(leaves[:cut], rules), trees(leaves[cut:], rules), rules.operators)
        for (left, left_value), (right, right_value), operator in sides:
            if operator is Operator.DIVIDE and right_value == 0:
                continue
            result = operator.apply(left_value, right_value)
            if rules.admit(result):
                yield Operation(operator, left, right), result


@settings(max_examples=8, deadline=None)
@given(
    st.sampled_from([rules for rules in RULE_SETS if rules.use_all]),
    st.lists(st.integers(0, 9), min_size=4, max_size=4),
)
def test_every_expression_over_four_numbers_has_its_form_counted_once(
    rules: Rules, board: list[int]
) -> None:
    forms: dict[Fraction, set[str]] = {}
    for leaves in set(permutations(board)):
        for expression, result in trees(leaves, rules):
            forms.setdefault(result, set()).add(normal_form(expression))
    state = State.read(board)
    for target in sorted(forms)[:: max(1, len(forms) // 40)]:
        assert listing.count(rules, state, target) == len(forms[target]), (rules, board, target)


@pytest.mark.slow
def test_no_difference_over_ten_thousand_random_instances() -> None:
    draw = np.random.default_rng(2027)
    compared = solved = 0
    while compared < 10_000:
        rules = RULE_SETS[draw.integers(len(RULE_SETS))]
        largest = draw.choice([2, 6, 12, 100])
        size = draw.choice([1, 2, 3, 4, 5], p=[0.05, 0.15, 0.4, 0.35, 0.05])
        board = draw.integers(0, largest + 1, size).tolist()
        reachable = sorted(Reference(rules, State.read(board)).reachable())
        targets = {Fraction(0), Fraction(1), Fraction(-1)}
        if reachable:
            targets |= {reachable[at] for at in draw.integers(0, len(reachable), 3)}
        for target in targets:
            solved += assert_listed_like_reference(rules, board, target) > 0
        compared += len(targets)
    assert solved > 0.5 * compared
