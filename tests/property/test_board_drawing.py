"""Boards drawn in compiled code against those drawn with numpy, one after another."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countdown_gym.errors import ExhaustedError
from countdown_gym.expressions import Operator
from countdown_gym.families import Family, NNumbers
from countdown_gym.puzzles import Intermediates, Puzzle, Rules
from countdown_gym.solver import searching
from countdown_gym.solver.grading import grade
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.uniform_boards import UniformBoards
from countdown_gym.splits import Split, draw, draw_ahead, draw_each, split_of

BIT_GENERATORS = (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox)


@st.composite
def ranges(draw: st.DrawFn, most: int) -> tuple[int, int]:
    low = draw(st.integers(1, most))
    return low, draw(st.integers(low, most))


def one_by_one(
    oracle: Oracle, rng: np.random.Generator, boards: UniformBoards, solvable: bool, most: int
) -> tuple[int, tuple[int, ...], int] | None:
    for refused in range(most):
        numbers, target = boards.draw(rng)
        if oracle.solvable(numbers, target) is solvable:
            return refused, numbers, target
    return None


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([(3, 3), (3, 4), (4, 4)]),
    ranges(12) | ranges(1_000),
    ranges(100) | ranges(1_000_000),
    st.sampled_from(Intermediates),
    st.booleans(),
    st.integers(1, 60),
    st.sampled_from(BIT_GENERATORS),
    st.integers(0, 2**32),
)
def test_the_same_boards_are_drawn_and_the_generator_is_left_alike(
    sizes: tuple[int, int],
    numbers: tuple[int, int],
    targets: tuple[int, int],
    kind: Intermediates,
    solvable: bool,
    most: int,
    bits: Any,  # noqa: ANN401 - a class of bit generators
    seed: int,
) -> None:
    boards, oracle = UniformBoards(*sizes, *numbers, *targets), Oracle(Rules(intermediates=kind))
    assert searching.draws(searching.decision_kind(oracle.rules), boards)
    one, two = np.random.Generator(bits(seed)), np.random.Generator(bits(seed))
    one.integers(2)  # from now on half of a 64-bit number lies ready
    two.integers(2)
    for _ in range(3):
        found = oracle.first_board(one, boards, solvable=solvable, most=most)
        assert found == one_by_one(oracle, two, boards, solvable, most)
    assert one.integers(2**62, size=5).tolist() == two.integers(2**62, size=5).tolist()


def test_drawing_keeps_no_references_and_refuses_what_holds_no_bits() -> None:
    drawing, rng = searching.compiled_draw(), np.random.default_rng(1)
    assert drawing is not None
    capsule, asked = rng.bit_generator.capsule, ((2, 1, 3, 4, 1, 99, 10, 100), 20_000)
    held = sys.getrefcount(capsule)
    for _ in range(1_000):
        drawing(*asked, capsule)
    assert sys.getrefcount(capsule) == held
    for other in (None, 1, np.random.bit_generator.SeedSequence(1), type(rng)):
        with pytest.raises(ValueError, match="invalid PyCapsule"):
            drawing(*asked, other)


def test_what_numpy_draws_again_is_drawn_again() -> None:
    # numpy refuses 967,296 of 2**32 numbers, as they would favour some of a million targets
    boards, oracle, count = UniformBoards(3, 3, 1, 99, 1, 1_000_000), Oracle(Rules()), 30_000
    one, two, never = np.random.default_rng(1), np.random.default_rng(1), np.random.PCG64(1)
    assert oracle.first_board(one, boards, solvable=True, most=count) is None
    for _ in range(count):
        boards.draw(two)
    never.advance(count * 2)  # four numbers of 32 bits for each board
    assert one.bit_generator.state == two.bit_generator.state
    assert one.bit_generator.state != never.state


@pytest.mark.parametrize(
    ("rules", "boards"),
    [
        (Rules(), UniformBoards(2, 4, 1, 9, 1, 9)),
        (Rules(), UniformBoards(3, 5, 1, 9, 1, 9)),
        (Rules(), UniformBoards(3, 4, 0, 9, 1, 9)),
        (Rules(), UniformBoards(3, 4, 1, 1_001, 1, 9)),
        (Rules(), UniformBoards(3, 4, 1, 9, 0, 9)),
        (Rules(), UniformBoards(3, 4, 1, 9, 1, 1_000_001)),
        (Rules(use_all=False), UniformBoards(3, 4, 1, 9, 1, 9)),
        (Rules(keep_order=True), UniformBoards(3, 4, 1, 9, 1, 9)),
        (Rules(largest_intermediate=50), UniformBoards(3, 4, 1, 9, 1, 9)),
        (Rules(operators=frozenset(Operator) - {Operator.ADD}), UniformBoards(3, 4, 1, 9, 1, 9)),
    ],
)
def test_other_boards_are_drawn_and_asked_about_one_by_one(
    rules: Rules, boards: UniformBoards
) -> None:
    assert not searching.draws(searching.decision_kind(rules), boards)
    oracle, one, two = Oracle(rules), np.random.default_rng(1), np.random.default_rng(1)
    found = oracle.first_board(one, boards, solvable=True, most=50)
    assert found == one_by_one(oracle, two, boards, True, 50)


@pytest.mark.parametrize(
    "family",
    [
        NNumbers(),
        NNumbers(max_numbers=3, largest=20, max_solutions=3, intermediates="integers"),
        NNumbers(min_numbers=4, largest=13, min_target=24, max_target=24, min_search_cost=5.0),
        NNumbers(max_numbers=3, solvable=False),
        NNumbers(smallest=0, largest=9, keep_order=True, min_target=10, max_target=10),
        NNumbers(max_numbers=3, largest=9, solvable=None),
    ],
)
def test_a_family_draws_what_it_would_by_proposing_and_certifying(family: NNumbers) -> None:
    one, two = np.random.default_rng(3), np.random.default_rng(3)
    for _ in range(5):
        drawn = family.draw(one, lambda puzzle: sum(puzzle.numbers) % 3 != 1)
        assert drawn == Family.draw(family, two, lambda puzzle: sum(puzzle.numbers) % 3 != 1)
    assert one.bit_generator.state == two.bit_generator.state


@pytest.mark.parametrize(
    "family",
    [
        NNumbers(),
        NNumbers(min_numbers=4, largest=13, min_target=24, max_target=24),
        NNumbers(smallest=900, largest=1_000, min_target=1, max_target=9_999, solvable=False),
        NNumbers(max_numbers=3, largest=12, intermediates="naturals"),
        NNumbers(min_numbers=2, largest=9),
        NNumbers(max_numbers=3, largest=9, max_solutions=3),
        NNumbers(max_numbers=3, largest=9, solvable=None),
    ],
)
@pytest.mark.parametrize("split", Split)
def test_many_are_drawn_as_one_after_another(family: NNumbers, split: Split) -> None:
    together, alone = ([rng_of(seed) for seed in range(24)] for _ in range(2))
    draw_each(family, split, together[:20])
    for rng in alone[:20]:
        draw(family, split, rng)
    drawn = draw_each(family, split, together)
    assert drawn == [draw(family, split, rng) for rng in alone]
    assert {split_of(puzzle) for puzzle in drawn} == {split}
    assert [rng.integers(2**62) for rng in together] == [rng.integers(2**62) for rng in alone]
    assert {type(number) for number in (*drawn[0].numbers, drawn[0].target)} == {int}
    assert all(puzzle.grading is grade for puzzle in drawn)


@pytest.mark.parametrize("split", Split)
def test_of_many_proposals_those_of_the_split_are_kept_in_order(split: Split) -> None:
    together, alone = ([rng_of(seed) for seed in range(24)] for _ in range(2))
    drawn = draw_ahead(NNumbers(), split, together, 10)
    assert drawn == [
        [draw(NNumbers(), split, rng) for _ in own] for rng, own in zip(alone, drawn, strict=True)
    ]
    assert {split_of(puzzle) for own in drawn for puzzle in own} == {split}
    assert (min(map(len, drawn)) > 3) == (split is Split.TRAIN)


def rng_of(seed: int) -> np.random.Generator:
    bits = BIT_GENERATORS[seed % len(BIT_GENERATORS)]
    rng = np.random.Generator(bits(seed))
    rng.integers(2)  # as above
    return rng


def test_generators_of_the_same_bits_draw_one_after_another() -> None:
    one, two = np.random.default_rng(1), np.random.default_rng(1)
    shared = [one, np.random.Generator(one.bit_generator)] * 10
    with_any = NNumbers().draw_ahead(shared, 1, lambda puzzle: split_of(puzzle) is Split.TRAIN)
    assert with_any == [[draw(NNumbers(), Split.TRAIN, two)] for _ in range(20)]
    drawn = draw_each(NNumbers(), Split.TRAIN, shared)
    assert drawn == [draw(NNumbers(), Split.TRAIN, two) for _ in range(20)]


def test_a_batch_that_draws_in_vain_says_so() -> None:
    only = NNumbers(3, 3, smallest=2, largest=2, min_target=6, max_target=6)
    here = split_of(Puzzle((2, 2, 2), 6))
    (elsewhere, _) = sorted(set(Split) - {here})
    rngs = [rng_of(seed) for seed in range(20)]
    assert len(draw_each(only, here, rngs)) == 20
    with pytest.raises(ExhaustedError):
        draw_each(only, elsewhere, rngs)
    with pytest.raises(ExhaustedError):
        draw_ahead(only, elsewhere, rngs, 4)
    never = NNumbers(3, 3, smallest=2, largest=2, min_target=7, max_target=7)
    with pytest.raises(ExhaustedError):
        draw_each(never, here, rngs)


def test_threads_that_draw_with_the_same_generators_do_not_wait_for_ever() -> None:
    rngs = [rng_of(seed) for seed in range(20)]
    with ThreadPoolExecutor(4) as pool:
        turns = [rngs, rngs[::-1]] * 10
        drawn = list(pool.map(lambda turn: draw_each(NNumbers(), "train", turn), turns, timeout=60))
    assert all(split_of(puzzle) is Split.TRAIN for puzzles in drawn for puzzle in puzzles)
