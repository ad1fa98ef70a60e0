"""What the one door to the solver promises, on examples small enough to check by hand."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Number, Operation, Operator, normal_form, steps, value
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver import searching
from countdown_gym.solver.oracle import MAX_ENTRIES, MAX_ORDERED_ENTRIES, NONE, Closest, Oracle

ALL_USED = Oracle(Rules())
TELEVISION = Oracle(Rules(use_all=False, intermediates=Intermediates.POSITIVE_INTEGERS))
IN_ORDER = Oracle(Rules(keep_order=True))


def test_three_three_eight_eight_makes_24_through_fractions_only() -> None:
    assert str(ALL_USED.solve((3, 3, 8, 8), 24)) == "8 / (3 - 8 / 3)"
    assert not Oracle(Rules(intermediates=Intermediates.INTEGERS)).solvable((3, 3, 8, 8), 24)


def test_every_number_must_be_used_where_the_rules_say_so() -> None:
    assert not ALL_USED.solvable((5, 5, 7), 5)
    assert TELEVISION.solvable((5, 5, 7), 5)


def test_a_number_of_the_board_is_an_answer_of_no_operation() -> None:
    assert TELEVISION.fewest_operations((100, 7), 100) == 0
    assert TELEVISION.solve((100, 7), 100) == Number(100)
    assert ALL_USED.fewest_operations((7,), 7) == 0


def test_fewest_operations_is_none_where_nothing_reaches_the_target() -> None:
    assert TELEVISION.fewest_operations((1, 1, 2), 999) is None
    assert TELEVISION.solve((1, 1, 2), 999) is None


def test_the_closest_value_comes_with_a_way_to_make_it() -> None:
    two, ten = Number(2), Number(10)
    closest = Closest(Fraction(20), Operation(Operator.MULTIPLY, two, ten), Fraction(1))
    assert TELEVISION.closest((2, 10), 19) == closest


def test_of_two_equally_near_values_the_smaller_is_closest() -> None:
    sums = Rules(operators=frozenset({Operator.ADD, Operator.SUBTRACT}))
    closest = Oracle(sums).closest((2, 5), 5)
    assert closest is not None
    assert closest.value == 3


def test_there_is_no_closest_value_where_the_rules_allow_no_answer() -> None:
    only_division = Rules(
        operators=frozenset({Operator.DIVIDE}), intermediates=Intermediates.INTEGERS
    )
    assert Oracle(only_division).closest((2, 3), 1) is None


def test_order_kept_means_neighbours_only() -> None:
    assert IN_ORDER.solvable((1, 2, 3), 7)  # 1 + 2 * 3
    assert not IN_ORDER.solvable((1, 3, 2), 4)
    assert ALL_USED.solvable((1, 3, 2), 4)  # (3 - 1) * 2


def test_leaving_a_number_out_keeps_the_order_of_the_others() -> None:
    oracle = Oracle(Rules(keep_order=True, use_all=False))
    assert str(oracle.solve((9, 4, 3), 6)) == "9 - 3"
    assert not oracle.solvable((3, 9), 6)


def test_the_last_result_is_bound_by_the_rules_too() -> None:
    assert not TELEVISION.solvable((3, 3), 0)
    assert Oracle(Rules(largest_intermediate=10)).reachable((5, 6)) == {
        Fraction(-1),
        Fraction(1),
        Fraction(5, 6),
        Fraction(6, 5),
    }


def test_reachable_bounds_are_included() -> None:
    assert ALL_USED.reachable((2, 3), low=1, high=5) == {1, Fraction(3, 2), 5}


def test_solutions_differ_in_normal_form_and_start_with_the_shortest() -> None:
    solutions = list(TELEVISION.solutions((2, 2, 4), 8))
    assert [str(s) for s in solutions[:1]] == ["2 * 4"]
    forms = {normal_form(s) for s in solutions}
    assert len(forms) == len(solutions) == TELEVISION.count_solutions((2, 2, 4), 8)
    assert all(value(s) == 8 for s in solutions)


def test_work_already_done_stands_whole_in_the_answer() -> None:
    done = Operation(Operator.SUBTRACT, Number(30), Number(25))
    assert str(ALL_USED.solve((done, 3, 4), 32)) == "4 * (30 - 25 + 3)"
    assert ALL_USED.fewest_operations((done, 3, 4), 32) == 2


def test_of_answers_as_short_one_without_negative_or_fractional_results_is_given() -> None:
    assert str(ALL_USED.solve((25, 30, 3, 4), 32)) == "4 * (30 - 25 + 3)"
    for board in ((1, 5, 7, 9), (2, 6, 8, 50), (3, 7, 11, 13)):
        answer = ALL_USED.solve(board, 24)
        wholes = Oracle(Rules(intermediates=Intermediates.NATURALS)).solvable(board, 24)
        if answer is not None and wholes:
            assert all(Intermediates.NATURALS.admits(step.result) for step in steps(answer))
    assert str(ALL_USED.solve((3, 3, 8, 8), 24)) == "8 / (3 - 8 / 3)"


def test_a_longer_answer_is_not_given_for_being_whole() -> None:
    oracle = Oracle(Rules(use_all=False))
    assert str(oracle.solve((1, 4, 9), -3)) == "1 - 4"


def test_a_bare_fraction_is_a_value_like_any_other() -> None:
    assert ALL_USED.solvable((Fraction(1, 3), 9), 3)
    assert value(ALL_USED.solve((Fraction(1, 3), 9), 3) or Number(0)) == 3


def test_too_many_numbers_are_refused_with_the_limit_and_the_remedy() -> None:
    with pytest.raises(InvalidParameterError, match=f"at most {MAX_ENTRIES} .* combine some first"):
        ALL_USED.solvable(range(1, MAX_ENTRIES + 2), 24)
    with pytest.raises(InvalidParameterError, match=f"at most {MAX_ORDERED_ENTRIES} "):
        IN_ORDER.solvable(range(1, MAX_ORDERED_ENTRIES + 2), 24)


@pytest.mark.parametrize(
    "entries", [(), (1.5, 2), (True, 2), (np.True_, 2), ("3", 2), (np.array([3]), 2)]
)
def test_what_is_no_exact_number_is_refused(entries: tuple[int, ...]) -> None:
    with pytest.raises(InvalidParameterError):
        ALL_USED.solvable(entries, 3)


def test_a_float_target_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="int or Fraction"):
        ALL_USED.solvable((1, 2), 3.0)  # type: ignore[arg-type]


def test_importing_the_oracle_imports_neither_numba_nor_sympy() -> None:
    code = (
        "import sys, countdown_gym, countdown_gym.solver.oracle\n"
        "sys.exit(bool({'numba', 'sympy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_first_answers_of_a_process_are_those_of_the_kernels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answers() -> list[tuple[object, ...]]:
        return [
            (
                oracle.solvable(board, target),
                oracle.fewest_operations(board, target),
                oracle.solve(board, target),
            )
            for oracle in (ALL_USED, TELEVISION, Oracle(Rules(largest_intermediate=20)))
            for board in ((3, 3, 8, 8), (0, 5, 5), (4, 7), (6,))
            for target in (-2, 0, 6, 24)
        ]

    compiled = answers()
    monkeypatch.setattr(searching, "decide", searching._decide_nothing)
    monkeypatch.setattr(searching, "_numba_can_wait", lambda: True)
    monkeypatch.setattr(searching, "compiled_search", None)
    assert answers() == compiled


def test_the_closest_value_of_a_hopeless_board_is_found_far_away() -> None:
    closest = TELEVISION.closest((1, 1, 2, 2, 3, 3), 999)
    assert closest is not None
    assert closest.distance == 999 - closest.value
    assert value(closest.expression) == closest.value
    reachable = TELEVISION.fewest_operations_by_target((1, 1, 2, 2, 3, 3), 1, 999)
    assert closest.value == max(np.flatnonzero(reachable >= 0)) + 1


def test_all_targets_of_a_board_are_answered_as_each_is_alone() -> None:
    for oracle in (TELEVISION, ALL_USED, IN_ORDER):
        together = oracle.fewest_operations_by_target((2, 3, 7, 10), -5, 120)
        alone = [oracle.fewest_operations((2, 3, 7, 10), target) for target in range(-5, 121)]
        assert together.tolist() == [NONE if fewest is None else fewest for fewest in alone]
    with pytest.raises(InvalidParameterError, match="high must be at least 5"):
        ALL_USED.fewest_operations_by_target((1, 2), 5, 4)


def test_1362_games_of_24_are_solvable() -> None:
    games = list(combinations_with_replacement(range(1, 14), 4))
    assert len(games) == 1_820
    assert ALL_USED.solvable_batch(games, [24] * len(games)).sum() == 1_362


def test_few_random_boards_of_the_language_model_setting_are_solvable() -> None:
    draw = np.random.default_rng(0)
    for count, share in ((3, 0.037), (4, 0.13)):
        boards = draw.integers(1, 100, (20_000, count))
        solvable = ALL_USED.solvable_batch(boards, draw.integers(10, 101, 20_000))
        assert solvable.mean() == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize(
    ("numbers", "targets"),
    [([1, 2, 3], [1]), ([[1, 2]], [1, 2]), ([[1.5, 2.0]], [3]), ([[1, 2]], [3.0])],
)
def test_a_batch_of_the_wrong_shape_or_kind_is_refused(
    numbers: ArrayLike, targets: ArrayLike
) -> None:
    with pytest.raises(InvalidParameterError):
        ALL_USED.solvable_batch(numbers, targets)


def test_a_batch_of_boards_of_several_sizes_is_refused_with_the_remedy() -> None:
    with pytest.raises(InvalidParameterError, match="rows of one length; ask about longer and"):
        ALL_USED.solvable_batch([(1, 2, 3), (1, 2, 3, 4)], [6, 24])


@pytest.mark.parametrize("kind", [np.int8, np.int32, np.int64, np.uint64])
@pytest.mark.parametrize("count", [2, 3])
def test_the_extremes_of_a_type_are_answered_in_a_batch_as_they_are_alone(
    kind: type[np.integer[Any]], count: int
) -> None:
    limits = np.iinfo(kind)
    rows = [(extreme, 2, 1)[:count] for extreme in (limits.min, limits.max)] + [(3, 7, 2)[:count]]
    for target in (limits.min, limits.max, 10, 4):
        boards, goals = np.array(rows, kind), np.array([target] * len(rows), kind)
        alone = [ALL_USED.fewest_operations(row, target) for row in rows]
        expected = [NONE if fewest is None else fewest for fewest in alone]
        assert ALL_USED.fewest_operations_batch(boards, goals).tolist() == expected


def test_whole_numbers_of_numpy_are_numbers_like_any_other() -> None:
    board, target = np.array([3, 3, 8, 8], np.int32), np.int64(24)
    assert ALL_USED.solvable(board, target)
    assert str(ALL_USED.solve(board, target)) == "8 / (3 - 8 / 3)"
    assert ALL_USED.fewest_operations(board, target) == 3
    assert ALL_USED.count_solutions(board, target) == 1
    assert TELEVISION.fewest_operations(np.array([100, 7]), np.uint8(100)) == 0
    assert ALL_USED.reachable(np.array([2, 3]), low=np.int64(1), high=np.int64(5)) == {
        1,
        Fraction(3, 2),
        5,
    }


def test_the_closest_value_to_a_target_beyond_64_bits_is_found() -> None:
    oracle = Oracle(Rules(intermediates=Intermediates.INTEGERS))
    for board in ((2, 3), (2, 10**20)):
        closest = oracle.closest(board, 10**30)
        assert closest is not None
        assert closest.value == board[0] * board[1]
