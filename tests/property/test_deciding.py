"""The compiled decision on three and four numbers against the plain reference."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countdown_gym.expressions import Operator
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver import searching
from countdown_gym.solver.oracle import NONE, Oracle
from countdown_gym.solver.reference import Reference
from countdown_gym.solver.state import State

boards = st.lists(st.integers(1, 9) | st.integers(1, 100), min_size=3, max_size=4)


@settings(max_examples=40, deadline=None)
@given(boards, st.sampled_from(Intermediates))
def test_every_target_is_decided_as_the_reference_does(
    board: list[int], kind: Intermediates
) -> None:
    rules = Rules(intermediates=kind)
    reachable = Reference(rules, State.read(board)).reachable()
    expected = [len(board) - 1 if Fraction(t) in reachable else NONE for t in range(1, 200)]
    asked = searching.decision_kind(rules)
    assert [searching.decide(asked, tuple(board), t) for t in range(1, 200)] == expected
    repeated = np.tile(board, (199, 1))
    assert searching.decide_batch(asked, repeated, np.arange(1, 200)).tolist() == expected


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers(1, 1_000), min_size=3, max_size=4),
    st.lists(st.sampled_from(Operator), min_size=3, max_size=3),
    st.booleans(),
)
def test_what_large_numbers_make_is_found(
    numbers: list[int], operators: list[Operator], in_pairs: bool
) -> None:
    values = [Fraction(number) for number in numbers]
    try:
        first = operators[0].apply(values[0], values[1])
        if len(values) == 3:
            made = operators[1].apply(values[2], first)
        elif in_pairs:
            made = operators[1].apply(first, operators[2].apply(values[2], values[3]))
        else:
            made = operators[2].apply(values[3], operators[1].apply(first, values[2]))
    except ZeroDivisionError:
        return
    if made.denominator == 1:
        assert Oracle(Rules()).solvable(numbers, abs(int(made)))


@pytest.mark.parametrize(
    ("entries", "target"),
    [
        ((1, 2, 0), 3),
        ((1, 2, 1_001), 3),
        ((1, 2, 3), 0),
        ((1, 2, 3), -6),
        ((1, 2, 3), 10**6 + 1),
        ((1, 2, 3), 2**70),
        ((1, 2), 3),
        ((1, 2, 3, 4, 5), 15),
        ((1, 2, Fraction(3)), 6),
        ((1, 2, True), 4),
        ((1, 2, 3), 6.0),
    ],
)
def test_what_is_not_covered_is_left_to_others(entries: tuple[object, ...], target: object) -> None:
    assert searching.decide(searching.decision_kind(Rules()), entries, target) == searching.UNSURE


@pytest.mark.parametrize(
    "rules",
    [
        Rules(use_all=False),
        Rules(keep_order=True),
        Rules(largest_intermediate=50),
        Rules(operators=frozenset({Operator.ADD, Operator.MULTIPLY})),
    ],
)
def test_other_rules_are_left_to_others(rules: Rules) -> None:
    assert searching.decision_kind(rules) is None
    assert searching.decide(None, (1, 2, 3), 6) == searching.UNSURE


def test_a_batch_answers_rows_of_every_kind() -> None:
    oracle = Oracle(Rules())
    rows = [(1, 2, 3, 4), (0, 2, 3, 4), (5_000, 1, 1, 1), (7, 7, 7, 7), (10**12, 1, 1, 1)]
    targets = [24, 24, 4_999, 1_000, 10**12 + 1]
    expected = [oracle.fewest_operations(row, t) for row, t in zip(rows, targets, strict=True)]
    assert oracle.fewest_operations_batch(rows, targets).tolist() == [
        NONE if found is None else found for found in expected
    ]
