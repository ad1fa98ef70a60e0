"""Counted and listed solutions, on examples small enough to check by hand or counted elsewhere."""

from __future__ import annotations

from fractions import Fraction

import pytest

from countdown_gym.expressions import Number, Operation, Operator
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver import listing
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.partitions import plan
from countdown_gym.solver.state import Entry, State
from countdown_gym.solver.television import RULES

TELEVISION = Oracle(RULES)
ALL_USED = Oracle(Rules())


def test_952_has_the_two_solutions_that_are_known() -> None:
    board = (25, 50, 75, 100, 3, 6)
    assert TELEVISION.count_solutions(board, 952) == 2
    assert {str(each) for each in TELEVISION.solutions(board, 952)} == {
        "(3 + 100) * 6 * 75 / 50 + 25",
        "((6 + 100) * 3 * 75 - 50) / 25",
    }


def test_equal_tiles_are_interchangeable() -> None:
    forms = {str(each) for each in TELEVISION.solutions((3, 3, 25, 50, 75, 100), 996)}
    assert "((3 + 50) * 25 + 3) * 75 / 100" in forms
    assert TELEVISION.count_solutions((2, 2), 4) == 2
    assert TELEVISION.count_solutions((2, 2), 2) == 1


def test_what_multiplies_by_one_or_adds_zero_is_a_solution_of_its_own() -> None:
    assert {str(each) for each in ALL_USED.solutions((1, 5), 5)} == {"1 * 5", "5 / 1"}
    assert {str(each) for each in ALL_USED.solutions((0, 5), 5)} == {"5 + 0", "5 - 0"}


def test_a_sum_that_is_its_own_opposite_is_one_solution_and_others_worth_zero_are_two() -> None:
    whole = Oracle(Rules(operators=frozenset({Operator.ADD, Operator.SUBTRACT})))
    assert [str(each) for each in whole.solutions((4, 4), 0)] == ["4 - 4"]
    assert whole.count_solutions((1, 2, 3), 0) == 2


def test_a_solution_that_must_start_with_a_turned_subtraction_is_written() -> None:
    assert "(1 - 2) * 3" in {str(each) for each in ALL_USED.solutions((1, 2, 3), -3)}


def test_no_fraction_is_reached_among_whole_numbers() -> None:
    assert TELEVISION.count_solutions((1, 2), Fraction(1, 2)) == 0
    assert list(TELEVISION.solutions((1, 2), Fraction(1, 2))) == []
    assert ALL_USED.count_solutions((1, 2), Fraction(1, 2)) == 1


@pytest.mark.parametrize(
    ("rules", "entries", "target"),
    [
        (Rules(keep_order=True), (1, 2), 3),
        (Rules(largest_intermediate=5), (1, 2), 3),
        (Rules(operators=frozenset({Operator.SUBTRACT})), (1, 2), 1),
        (Rules(operators=frozenset({Operator.DIVIDE})), (1, 2), 2),
        (Rules(), (-1, 2), 1),
        (Rules(), (Fraction(1, 2), 2), 1),
        (Rules(), (Operation(Operator.ADD, Number(1), Number(2)), 2), 5),
        (Rules(), (10**9, 10**9), 10**9),
        (Rules(), tuple(range(1, 8)), 24),
    ],
)
def test_what_the_listing_does_not_take_is_left_to_the_reference(
    rules: Rules, entries: tuple[Entry, ...], target: int
) -> None:
    assert not listing.takes(rules, State.read(entries), Fraction(target))


def test_large_numbers_are_counted_by_the_reference_alike() -> None:
    board, target = (10**9, 10**9, 10**9), 10**9
    assert ALL_USED.count_solutions(board, target) == len(list(ALL_USED.solutions(board, target)))


@pytest.mark.parametrize(("shape", "partitions"), [((1,) * 6, 203), ((6,), 11), ((2, 2), 9)])
def test_a_board_has_as_many_partitions_as_a_set_or_multiset(
    shape: tuple[int, ...], partitions: int
) -> None:
    rows = plan(shape).rows
    assert (rows[:, 0] == rows[:, 0].max()).sum() == partitions - 1  # the board as one part is none


def test_integers_reach_a_negative_target_only_by_what_can_be_turned_round() -> None:
    whole = Oracle(Rules(intermediates=Intermediates.INTEGERS))
    assert [str(each) for each in whole.solutions((2, 5), -3)] == ["2 - 5"]
    assert whole.count_solutions((2, 5), -7) == 0
