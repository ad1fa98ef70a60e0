"""Search cost against a search that is really carried out, and the rest of a grade."""

from __future__ import annotations

from fractions import Fraction
from math import log2

import numpy as np
import pytest

from countdown_gym.errors import InvalidParameterError
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver.grading import SearchCost, _moves, grade, search_cost
from countdown_gym.solver.oracle import Oracle

RATIONALS = Oracle(Rules())
NATURALS = Oracle(Rules(intermediates=Intermediates.NATURALS))


def visited(
    values: tuple[Fraction, ...], target: int, generator: np.random.Generator
) -> tuple[bool, int]:
    """Carry out one random-order search with all numbers used; return success and states seen."""
    if len(values) == 1:
        return values[0] == target, 1
    moves = list(_moves(NATURALS.rules, values))
    count = 1
    for at in generator.permutation(len(moves)):
        solved, below = visited(moves[at], target, generator)
        count += below
        if solved:
            return True, count
    return False, count


def test_two_numbers_are_costed_by_hand() -> None:
    # 3 and 4 lead to 7, -1, 1, 12, 3/4 and 4/3; one of six solves, on average after 2.5 others
    cost = search_cost(RATIONALS, (3, 4), 12, np.random.default_rng(0))
    assert cost == SearchCost(log2(1 + 5 / 2 + 1), 0.0)


def test_a_hopeless_puzzle_costs_its_whole_tree() -> None:
    cost = search_cost(RATIONALS, (3, 4), 11, np.random.default_rng(0))
    assert cost == SearchCost(log2(1 + 6), 0.0)


@pytest.mark.parametrize(("board", "target"), [((3, 5, 7), 22), ((2, 9, 11, 4), 50)])
def test_the_exact_cost_is_the_mean_of_searches_carried_out(
    board: tuple[int, ...], target: int
) -> None:
    draw = np.random.default_rng(1)
    values = tuple(map(Fraction, board))
    counts = [visited(values, target, draw)[1] for _ in range(400)]
    expected = 2 ** search_cost(NATURALS, board, target, draw).bits
    assert expected == pytest.approx(np.mean(counts), abs=float(4 * np.std(counts) / 20))


def test_the_estimate_is_within_its_stated_error() -> None:
    exact = search_cost(NATURALS, (2, 9, 11, 4), 50, np.random.default_rng(2))
    estimate = search_cost(
        NATURALS, (2, 9, 11, 4), 50, np.random.default_rng(2), dives=600, exact_numbers=3
    )
    assert 0 < estimate.standard_error < 0.2
    assert abs(estimate.bits - exact.bits) < 4 * estimate.standard_error


def test_a_grade_tells_what_answers_have_in_common() -> None:
    found = grade(RATIONALS, (3, 3, 8, 8), 24, np.random.default_rng(0))
    assert found.needs_fraction is True
    assert found.unique is True
    assert (found.numbers, found.fewest_operations, found.fewest_products) == (4, 3, 2)
    assert found.largest_intermediate == 24


def test_the_grade_of_a_hopeless_puzzle_has_no_answers() -> None:
    found = grade(RATIONALS, (1, 1, 1), 50, np.random.default_rng(0))
    assert found.fewest_operations is None
    assert found.unique is None


def test_leaving_out_numbers_in_order_has_no_search_cost() -> None:
    oracle = Oracle(Rules(keep_order=True, use_all=False))
    with pytest.raises(InvalidParameterError, match="all numbers to be used"):
        search_cost(oracle, (1, 2, 3), 6, np.random.default_rng(0))
