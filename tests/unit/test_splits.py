"""Train, validation and test: disjoint by content, and the same everywhere."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countdown_gym.families import NNumbers
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.splits import Split, draw, generator, puzzle_at, puzzles, split_of
from countdown_gym.testing import puzzles as any_puzzles

SMALL = NNumbers(min_numbers=2, max_numbers=3, largest=9, min_target=1, max_target=20)


@given(any_puzzles(), st.data())
def test_a_reordered_board_stands_in_the_same_split(puzzle: Puzzle, data: st.DataObject) -> None:
    numbers = tuple(data.draw(st.permutations(puzzle.numbers)))
    assert split_of(Puzzle(numbers, puzzle.target)) is split_of(puzzle)


def test_eight_of_ten_puzzles_are_for_training_and_one_each_for_the_others() -> None:
    counts = Counter(split_of(Puzzle((n, 1), target)) for n in range(100) for target in range(20))
    assert counts.total() == 2000
    assert abs(counts[Split.TRAIN] - 1600) < 90  # five standard deviations
    assert abs(counts[Split.VALIDATION] - 200) < 67
    assert abs(counts[Split.TEST] - 200) < 67


@pytest.mark.parametrize("split", list(Split))
def test_a_puzzle_is_drawn_from_the_split_that_was_asked_for(split: Split) -> None:
    assert {split_of(puzzle) for puzzle in puzzles(SMALL, split, 0, 30)} == {split}
    rng = np.random.default_rng(0)
    assert {split_of(draw(SMALL, split.value, rng)) for _ in range(30)} == {split}


def test_puzzle_at_an_index_needs_none_of_the_earlier_ones() -> None:
    in_a_row = list(puzzles(SMALL, "train", 7, 12))
    assert [puzzle_at(SMALL, "train", 7, index) for index in reversed(range(12))] == in_a_row[::-1]
    assert list(puzzles(SMALL, "train", 7, 5)) == in_a_row[:5]
    assert list(puzzles(SMALL, "train", 7, 0)) == []


def test_neighbouring_seeds_do_not_share_their_puzzles_one_index_apart() -> None:
    # reasoning-gym draws item i from seed + i, so seeds 42 and 43 share 99 of 100 items
    family = NNumbers(min_numbers=3, max_numbers=3)
    one, two = (
        [family.propose(generator(seed, "train", index)) for index in range(200)]
        for seed in (42, 43)
    )
    assert not set(one) & set(two)


def test_no_two_positions_share_their_randomness() -> None:
    draws = {
        tuple(generator(seed, split, index).integers(2**63, size=2).tolist())
        for seed in range(6)
        for split in Split
        for index in range(6)
    }
    assert len(draws) == 6 * len(Split) * 6


def test_the_rules_are_part_of_the_content() -> None:
    splits = {
        split_of(Puzzle((3, 5, 7), 22, Rules(largest_intermediate=bound))) for bound in range(1, 60)
    }
    assert splits == set(Split)


def test_the_drawing_generator_is_moved() -> None:
    rng = np.random.default_rng(0)
    assert len({draw(SMALL, "train", rng) for _ in range(10)}) > 5
