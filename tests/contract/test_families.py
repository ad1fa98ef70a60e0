"""What every family in the registry promises."""

from __future__ import annotations

import os
import random  # noqa: TID251 - to see that nobody touches it
import subprocess
import sys
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from countdown_gym.checking import judge
from countdown_gym.families import FAMILIES, Family, make_family
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.grading import grade
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.solution import solution
from countdown_gym.splits import Split, draw, draw_ahead, draw_each, puzzle_at, puzzles, split_of

COUNT = 8
GRADED = {"make_ten", "n_numbers", "television", "three_to_four", "twenty_four"}

every_family = pytest.mark.parametrize("name", sorted(FAMILIES))
graded_families = pytest.mark.parametrize("name", sorted(GRADED))


@every_family
def test_its_knobs_are_the_fields_of_a_frozen_dataclass(name: str) -> None:
    family = make_family(name)
    assert make_family(name) == family
    knobs = getattr(FAMILIES[name], "__dataclass_fields__", {})
    assert knobs
    for knob in knobs:
        assert make_family(name, {knob: getattr(family, knob)}) == family
        with pytest.raises(FrozenInstanceError):
            setattr(family, knob, None)


@every_family
def test_every_puzzle_is_certified_and_what_the_oracle_proposes_is_solved(name: str) -> None:
    family = make_family(name)
    for puzzle in puzzles(family, "train", 0, COUNT):
        assert puzzle.rules == family.rules
        assert family.certifies(puzzle)
        answer = solution(puzzle)
        assert answer is not None
        assert judge(puzzle, f"<answer>{answer}</answer>").verdict.solved


@every_family
def test_a_puzzle_is_a_function_of_seed_split_and_index(name: str) -> None:
    again = [list(puzzles(make_family(name), split, 3, COUNT)) for split in Split]
    assert [list(puzzles(make_family(name), split, 3, COUNT)) for split in Split] == again
    assert puzzle_at(make_family(name), "test", 3, COUNT - 1) == again[-1][-1]


@every_family
def test_many_generators_give_what_each_gives_alone(name: str) -> None:
    family = make_family(name)
    alone, together = ([np.random.default_rng([7, i]) for i in range(COUNT)] for _ in range(2))
    for split in Split:
        expected = [draw(family, split, rng) for rng in alone]
        found = draw_each(family, split, together)
        assert found == expected
        assert found[0].grade == expected[0].grade
    for one, other in zip(alone, together, strict=True):
        assert one.bit_generator.state == other.bit_generator.state


@every_family
def test_what_is_drawn_ahead_is_what_would_be_drawn(name: str) -> None:
    family = make_family(name)
    alone, together = ([np.random.default_rng([7, i]) for i in range(COUNT)] for _ in range(2))
    for rng, ahead in zip(alone, draw_ahead(family, "train", together, 5), strict=True):
        assert ahead
        assert ahead == [draw(family, "train", rng) for _ in ahead]


PROGRAM = """
import json, sys
from countdown_gym.families import make_family
from countdown_gym.splits import Split, puzzles
drawn = [p.to_dict() for s in Split for p in puzzles(make_family(sys.argv[1]), s, 3, 4)]
sys.stdout.write(json.dumps(drawn))
"""


@every_family
def test_the_puzzles_are_the_same_in_every_process(name: str) -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, name],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert outputs.pop().count('"target"') == 4 * len(Split)


@every_family
def test_splits_share_no_puzzle_whatever_the_seeds(name: str) -> None:
    drawn = {
        split: {
            puzzle.content
            for seed in (0, 1)
            for puzzle in puzzles(make_family(name), split, seed, COUNT)
        }
        for split in Split
    }
    assert len(set.union(*drawn.values())) == sum(map(len, drawn.values()))
    assert {split_of(p) for p in puzzles(make_family(name), "test", 0, COUNT)} == {Split.TEST}


@every_family
def test_other_seeds_give_other_puzzles(name: str) -> None:
    drawn = [tuple(puzzles(make_family(name), "train", seed, COUNT)) for seed in range(3)]
    assert len(set(drawn)) == 3
    firsts = {puzzle_at(make_family(name), "train", 0, index) for index in range(COUNT)}
    assert len(firsts) > 1


@every_family
def test_no_global_generator_is_touched(name: str) -> None:
    before = random.getstate(), _numpy_state()
    list(puzzles(make_family(name), "train", 0, 3))
    assert (random.getstate(), _numpy_state()) == before


@every_family
def test_a_proposal_reads_no_randomness_but_what_it_is_given(name: str) -> None:
    family = make_family(name)
    one, two = np.random.default_rng(5), np.random.default_rng(5)
    assert [family.propose(one) for _ in range(20)] == [family.propose(two) for _ in range(20)]
    assert one.bit_generator.state == two.bit_generator.state


@graded_families
def test_every_puzzle_carries_its_grade(name: str) -> None:
    family = make_family(name)
    for puzzle in puzzles(family, "train", 0, 3):
        assert puzzle.grade == grade(puzzle)
        assert puzzle.grade.solvable


@graded_families
def test_puzzles_come_by_range_of_grade(name: str) -> None:
    costs = sorted(cost_of(puzzle) for puzzle in puzzles(make_family(name), "train", 0, 12))
    low, high = costs[3], costs[8]
    chosen = make_family(name, {"min_search_cost": low, "max_search_cost": high})
    assert all(low <= cost_of(puzzle) <= high for puzzle in puzzles(chosen, "test", 0, 4))
    assert not chosen.certifies(dearer_than(high, make_family(name)))


@pytest.mark.parametrize("solvable", [False, None])
@graded_families
def test_unsolvable_puzzles_come_on_request(name: str, solvable: bool | None) -> None:
    family = make_family(name, {"solvable": solvable})
    for puzzle in puzzles(family, "train", 0, 4):
        expected = Oracle(puzzle.rules).solvable(puzzle.numbers, puzzle.target)
        assert puzzle.grade is not None
        assert puzzle.grade.solvable is expected
        assert solvable is None or not expected


def cost_of(puzzle: Puzzle) -> float:
    assert puzzle.grade is not None
    return puzzle.grade.search_cost


def dearer_than(cost: float, family: Family) -> Puzzle:
    return next(puzzle for puzzle in puzzles(family, "test", 9, 200) if cost_of(puzzle) > cost)


@every_family
def test_its_puzzles_survive_json(name: str) -> None:
    family: Family = make_family(name)
    for puzzle in puzzles(family, "validation", 0, 3):
        assert Puzzle.from_dict(puzzle.to_dict()) == puzzle


def _numpy_state() -> str:
    return repr(np.random.get_state())  # noqa: NPY002 - to see that nobody touches it
