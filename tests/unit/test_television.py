"""The television table: shipped, complete, and equal to what the solver works out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from countdown_gym.solver import searching, television
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.state import State, exact

ORACLE = Oracle(television.RULES)


def test_every_published_count_of_the_game_is_in_the_table() -> None:
    whole = television.table()
    solvable = whole > 0
    assert whole.shape == (13_243, 899)
    assert whole.size == 11_905_457
    assert solvable.sum() == 10_858_746
    assert np.bincount(whole.ravel())[1:].tolist() == [
        57_482,
        700_961,
        3_144_019,
        4_597_226,
        2_359_058,
    ]
    assert solvable.all(axis=1).sum() == 1_226
    assert solvable[:, 947 - television.LOWEST_TARGET].sum() == 9_017
    (hopeless,) = np.flatnonzero(~solvable.any(axis=1))
    assert television.boards()[hopeless] == (1, 1, 2, 2, 3, 3)


def test_the_shipped_table_is_at_most_three_megabytes() -> None:
    assert television.PATH.stat().st_size <= 3_000_000


def test_ranks_count_the_boards_in_order() -> None:
    boards = television.boards()
    assert len(boards) == television.BOARDS
    assert [television.rank(board) for board in boards] == list(range(television.BOARDS))


@pytest.mark.parametrize(
    "numbers", [(1, 1, 1, 2, 3, 4), (11, 1, 2, 3, 4, 5), (1, 2, 3), (-1, 1, 2, 3, 4, 5)]
)
def test_what_is_no_board_has_no_rank(numbers: tuple[int, ...]) -> None:
    assert television.rank(numbers) is None
    assert television.look_up(numbers, 500) is None


def test_the_table_and_the_compiled_search_agree() -> None:
    draw = np.random.default_rng(7)
    for _ in range(1_000):
        numbers = draw.choice(television.TILES, 6, replace=False).tolist()
        target = int(draw.integers(101, 1000))
        searched = searching.fewest_operations(
            television.RULES, State.read(numbers).values, exact(target)
        )
        assert ORACLE.fewest_operations(numbers, target) == searched


def test_the_famous_952_takes_five_operations() -> None:
    assert ORACLE.fewest_operations((25, 50, 75, 100, 3, 6), 952) == 5


@pytest.mark.slow
def test_building_the_table_anew_gives_the_shipped_one(tmp_path: Path) -> None:
    rebuilt = television.build()
    assert (rebuilt == television.table()).all()
    television.write(rebuilt, tmp_path / "table")
    assert (tmp_path / "table").stat().st_size <= 3_000_000
