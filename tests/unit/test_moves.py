"""Which moves a state allows, and where they lead."""

from __future__ import annotations

from fractions import Fraction

import pytest

from countdown_gym.expressions import Operator
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver.moves import Move, joined, legal_moves, play, step_of
from countdown_gym.solver.state import State


def written(board: tuple[int, ...], rules: Rules) -> list[str]:
    values = State.read(board).values
    return [str(step_of(values, move)) for move in legal_moves(values, rules)]


def test_sums_and_products_come_once_and_the_others_in_both_orders() -> None:
    assert written((6, 4), Rules()) == [
        "6 + 4 = 10",
        "6 - 4 = 2",
        "4 - 6 = -2",
        "6 * 4 = 24",
        "6 / 4 = 3/2",
        "4 / 6 = 2/3",
    ]


def test_every_pair_is_joined_where_the_order_is_free() -> None:
    assert written((1, 2, 3), Rules("+")) == ["1 + 2 = 3", "1 + 3 = 4", "2 + 3 = 5"]  # type: ignore[arg-type]  # Rules converts


def test_nothing_is_divided_by_zero() -> None:
    assert written((0, 5), Rules("/")) == ["0 / 5 = 0"]  # type: ignore[arg-type]  # as above
    assert written((0, 0), Rules("/")) == []  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    ("intermediates", "differences"),
    [
        (Intermediates.POSITIVE_INTEGERS, []),
        (Intermediates.NATURALS, ["5 - 5 = 0", "5 - 5 = 0"]),
    ],
)
def test_a_forbidden_result_is_no_move(
    intermediates: Intermediates, differences: list[str]
) -> None:
    rules = Rules(frozenset({Operator.SUBTRACT}), intermediates=intermediates)
    assert written((5, 5), rules) == differences


def test_the_largest_result_binds_on_both_sides_of_zero() -> None:
    rules = Rules(frozenset({Operator.SUBTRACT, Operator.MULTIPLY}), largest_intermediate=6)
    assert written((9, 2), rules) == []
    assert written((8, 2), rules) == ["8 - 2 = 6", "2 - 8 = -6"]


def test_neighbours_alone_are_joined_where_all_are_used_in_order() -> None:
    rules = Rules(frozenset({Operator.SUBTRACT}), keep_order=True)
    assert written((1, 2, 3), rules) == ["1 - 2 = -1", "2 - 3 = -1"]


def test_what_stands_between_is_left_out_where_order_is_kept_and_not_all_are_used() -> None:
    rules = Rules(frozenset({Operator.SUBTRACT}), keep_order=True, use_all=False)
    state = State.read((9, 7, 5, 3))
    outer = next(m for m in legal_moves(state.values, rules) if (m.left, m.right) == (0, 2))
    after = play(state, outer)
    assert after.values == (Fraction(4), Fraction(3))
    assert [str(expression) for expression in after.expressions] == ["9 - 5", "3"]


@pytest.mark.parametrize(("left", "right"), [(0, 2), (2, 0)])
def test_the_result_stands_where_the_earlier_operand_stood(left: int, right: int) -> None:
    move = Move(Operator.ADD, left, right, Fraction(13))
    assert joined((8, 6, 5, 1), move, 13) == (13, 6, 1)


def test_playing_leaves_the_state_before_as_it_was() -> None:
    state = State.read((8, 3))
    before = state.values, state.expressions
    (move,) = legal_moves(state.values, Rules(frozenset({Operator.ADD})))
    assert str(play(state, move).expressions[0]) == "8 + 3"
    assert (state.values, state.expressions) == before


def test_one_number_allows_no_move() -> None:
    assert written((7,), Rules()) == []
