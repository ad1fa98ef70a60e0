"""The compiled search against the plain reference, over all rule sets and awkward states."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countdown_gym.expressions import Operator, steps, value
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver import searching, television
from countdown_gym.solver.oracle import NONE, Oracle
from countdown_gym.solver.reference import Reference
from countdown_gym.solver.state import State

OPERATOR_SETS = [
    frozenset(operators)
    for operators in (
        Operator,
        {Operator.ADD},
        {Operator.ADD, Operator.SUBTRACT},
        {Operator.SUBTRACT, Operator.MULTIPLY},
        {Operator.SUBTRACT, Operator.DIVIDE},
        {Operator.MULTIPLY, Operator.DIVIDE},
        {Operator.ADD, Operator.MULTIPLY, Operator.DIVIDE},
    )
]
RULE_SETS = [
    Rules(operators=operators, use_all=use_all, intermediates=kind, largest_intermediate=largest)
    for operators, use_all, kind, largest in product(
        OPERATOR_SETS, (True, False), Intermediates, (None, 30)
    )
]


def agreed(rules: Rules, entries: list[int | Fraction], targets: Sequence[int | Fraction]) -> int:
    """Compare the engines on every target; return how many the compiled search settled."""
    state = State.read(entries)
    reference = Reference(rules, state)
    settled = 0
    for target in targets:
        expected = reference.fewest_operations(Fraction(target))
        try:
            found = searching.fewest_operations(rules, state.values, Fraction(target))
        except searching.UnsureError:
            continue
        assert found == expected, (rules, entries, target)
        assert Oracle(rules).fewest_operations(entries, target) == expected, (rules, entries)
        settled += 1
    return settled


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(RULE_SETS),
    st.lists(st.integers(-4, 15) | st.fractions(-3, 3, max_denominator=4), min_size=1, max_size=5),
    st.lists(st.fractions(-10, 60, max_denominator=3), min_size=1, max_size=3),
)
def test_the_compiled_search_agrees_with_the_reference(
    rules: Rules, entries: list[int | Fraction], targets: list[Fraction]
) -> None:
    agreed(rules, entries, targets)


@pytest.mark.parametrize("intermediates", list(Intermediates))
@pytest.mark.parametrize("board", [(-2, 7, 12, 3), (1, -2, 7, 12), (0, 4, 12, 3)])
def test_signs_and_quotients_agree(intermediates: Intermediates, board: tuple[int, ...]) -> None:
    # once, an integer kernel read denominators that only the other one writes
    rules = Rules(operators="-/", intermediates=intermediates)  # type: ignore[arg-type]  # converts
    assert agreed(rules, list(board), range(-20, 21)) == 41


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(RULE_SETS),
    st.integers(1, 4).flatmap(
        lambda n: st.lists(
            st.tuples(st.lists(st.integers(-2, 12), min_size=n, max_size=n), st.integers(-5, 40)),
            min_size=1,
            max_size=8,
        )
    ),
)
def test_a_batch_answers_as_its_rows_do(rules: Rules, rows: list[tuple[list[int], int]]) -> None:
    oracle = Oracle(rules)
    asked = [board for board, _ in rows], [target for _, target in rows]
    single = [oracle.fewest_operations(board, target) for board, target in rows]
    fewest = oracle.fewest_operations_batch(*asked)
    assert fewest.tolist() == [NONE if found is None else found for found in single]
    counts = oracle.count_solutions_batch(*asked)
    assert counts.tolist() == [oracle.count_solutions(board, target) for board, target in rows]
    assert oracle.solve_batch(*asked) == [oracle.solve(board, target) for board, target in rows]
    assert oracle.closest_batch(*asked) == [oracle.closest(board, target) for board, target in rows]


@pytest.mark.parametrize("count", [7, 8])
def test_more_numbers_than_one_search_takes_are_combined_first(count: int) -> None:
    oracle = Oracle(Rules())
    answer = oracle.solve(range(2, count + 2), 24)
    assert answer is not None
    assert value(answer) == 24
    assert len(steps(answer)) == count - 1
    assert not Oracle(Rules(intermediates=Intermediates.POSITIVE_INTEGERS)).solvable(
        (1,) * count, 200
    )


@pytest.mark.slow
def test_tables_kernels_and_reference_agree_on_television_boards() -> None:
    draw = np.random.default_rng(7)
    oracle, code = Oracle(television.RULES), searching.quick_code(television.RULES)
    for _ in range(40):
        board = tuple(draw.choice(television.TILES, 6, replace=False).tolist())
        targets = draw.integers(101, 1000, 60).tolist()
        covered = searching.cover(board, 101, 999)
        assert covered is not None
        for target in targets:
            searched = searching.fewest_at_once(code, board, target)
            assert searched == (oracle.fewest_operations(board, target) or NONE)
            assert searched == covered[target - 101]
    board = (3, 6, 25, 50, 75, 100)
    reference = Reference(television.RULES, State.read(board))
    for target in range(900, 1000):
        found = reference.fewest_operations(Fraction(target))
        assert oracle.fewest_operations(board, target) == found
