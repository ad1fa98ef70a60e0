"""Random numbers for a batch: by position, so that looking ahead costs nothing."""

from __future__ import annotations

import numpy as np
import pytest

from countdown_gym.families.n_numbers import NNumbers
from countdown_gym.families.streams import Streams
from countdown_gym.splits import draw, draw_batch


def begun(*seeds: int) -> Streams:
    streams = Streams(len(seeds))
    for place, seed in enumerate(seeds):
        streams.begin(place, np.random.default_rng(seed))
    return streams


def test_the_numbers_are_those_of_splitmix64() -> None:
    streams = Streams(1)
    streams._keys[0] = 1234567
    bits = (streams.peek(np.array([0]), 3) * 2**53).astype(int).tolist()
    published = [[6457827717110365317, 3203168211198807973, 9817491932198370423]]
    assert bits == [[number >> 11 for number in row] for row in published]


def test_looking_ahead_moves_nothing_and_moving_skips() -> None:
    streams, places = begun(1, 2, 3), np.array([2, 0])
    ahead = streams.peek(places, 10)
    assert (streams.peek(places, 4) == ahead[:, :4]).all()
    streams.move(places, np.array([3, 5]))
    assert (streams.peek(np.array([2]), 7) == ahead[0, 3:]).all()
    assert (streams.peek(np.array([0]), 5) == ahead[1, 5:]).all()
    assert (streams.peek(np.array([1]), 5) == begun(2).peek(np.array([0]), 5)).all()


def test_the_numbers_are_spread_evenly_over_streams_and_along_them() -> None:
    numbers = begun(*range(200)).peek(np.arange(200), 500)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    for sums in (numbers.mean(axis=0), numbers.mean(axis=1)):
        assert abs(sums - 0.5).max() < 5 * (1 / 12 / 200) ** 0.5
    neighbours = np.corrcoef(numbers[:-1].ravel(), numbers[1:].ravel())[0, 1]
    assert abs(neighbours) < 0.015


def test_a_stream_that_has_not_begun_is_not_read() -> None:
    streams = Streams(1)
    assert not streams.has_begun(0)
    with pytest.raises(LookupError, match="must begin"):
        streams.generator(0)


def test_puzzles_of_a_batch_are_distributed_like_those_drawn_one_by_one() -> None:
    family, rng = NNumbers(largest=9, max_target=12), np.random.default_rng(0)
    singly = [draw(family, "train", rng) for _ in range(1_000)]
    batch = draw_batch(family, "train", begun(*range(1_000)), range(1_000))
    for trait in (
        lambda puzzle: len(puzzle.numbers) == 4,
        lambda puzzle: puzzle.target == 12,
        lambda puzzle: puzzle.numbers[0] > 6,
        lambda puzzle: puzzle.numbers[-1] == 1,
    ):
        shares = [np.mean([trait(puzzle) for puzzle in drawn]) for drawn in (singly, batch)]
        assert abs(shares[0] - shares[1]) < 5 * (2 * 0.25 / 1_000) ** 0.5


def test_a_family_without_puzzles_says_so_also_in_batches() -> None:
    from countdown_gym.errors import ExhaustedError

    family = NNumbers(max_numbers=3, largest=1, min_target=50)
    with pytest.raises(ExhaustedError, match="no puzzle"):
        draw_batch(family, "train", begun(0, 1), [0, 1])
