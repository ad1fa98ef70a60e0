"""`check_family` and `check_agent` find what is wrong with a part, and pass what is right."""

from __future__ import annotations

import random  # noqa: TID251 - one of the faults is to use it
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from countdown_gym.families import Family, NNumbers, make_family
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.testing import check_agent, check_family


@dataclass(frozen=True)
class Adds(Family):
    """Two numbers and their sum."""

    @property
    def rules(self) -> Rules:
        return Rules()

    def propose(self, rng: np.random.Generator) -> Puzzle:
        first, second = (int(n) for n in rng.integers(1, 50, 2))
        return Puzzle((first, second), first + second)

    def certifies(self, puzzle: Puzzle) -> bool:
        return sum(puzzle.numbers) == puzzle.target


class AddsByChance(Adds):
    def propose(self, rng: np.random.Generator) -> Puzzle:
        del rng
        first = random.randrange(50)  # noqa: S311 - the fault is the point
        return Puzzle((first, 1), first + 1)


class AddsWrongly(Adds):
    def propose(self, rng: np.random.Generator) -> Puzzle:
        return Puzzle((1, int(rng.integers(1, 50))), 10**6)

    def certifies(self, puzzle: Puzzle) -> bool:
        del puzzle
        return True


class AddsUnderOtherRules(Adds):
    @property
    def rules(self) -> Rules:
        return Rules(use_all=False)


class AddsWithoutAsking(AddsWrongly):
    def draw(self, rng: np.random.Generator, wanted: object = None) -> Puzzle:
        del wanted
        return self.propose(rng)

    def certifies(self, puzzle: Puzzle) -> bool:
        del puzzle
        return False


def broken_by(family: Family) -> set[str]:
    return {breach.law for breach in check_family(family, max_examples=5)}


@pytest.mark.parametrize("family", [Adds(), make_family("three_to_four"), NNumbers(largest=9)])
def test_a_right_family_keeps_every_law(family: Family) -> None:
    assert broken_by(family) == set()


def test_each_fault_of_a_family_is_found() -> None:
    assert "no global generator is read or moved" in broken_by(AddsByChance())
    assert broken_by(AddsWrongly()) == {"every puzzle has a solution"}
    assert broken_by(AddsUnderOtherRules()) == {"a drawn puzzle has the family's rules"}
    assert {
        "a drawn puzzle is one that the family certifies",
        "a puzzle of a split belongs to it",
    } <= broken_by(AddsWithoutAsking())
    assert check_family(AddsWrongly(), solvable=False, max_examples=5) == ()


def test_the_smallest_seed_is_the_example() -> None:
    (breach,) = check_family(AddsWrongly(), max_examples=5)
    assert breach.example.startswith("seed 0 gives Puzzle(")


class Silent:
    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        return [""] * len(puzzles)


class Forgetful(Silent):
    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        return [""] * min(len(puzzles), 2)


class Strict(Silent):
    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        return [str(1 // puzzle.numbers[0]) for puzzle in puzzles]


class Rolling(Silent):
    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        return [str(random.random()) for _ in puzzles]  # noqa: S311 - the fault is the point


class Greedy(Silent):
    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        count = len(puzzles)
        puzzles.clear()  # type: ignore[attr-defined]  # the fault is the point
        return [""] * count


def test_each_fault_of_an_agent_is_found() -> None:
    assert check_agent(Silent()) == ()
    for agent, law in (
        (Forgetful(), "each puzzle gets one completion, a text"),
        (Strict(), "each puzzle gets one completion, a text"),
        (Rolling(), "no global generator is read or moved"),
        (Greedy(), "the list of puzzles is left as it is"),
    ):
        assert [breach.law for breach in check_agent(agent)] == [law]


def test_the_smallest_list_of_puzzles_is_the_example() -> None:
    (breach,) = check_agent(Forgetful())
    assert breach.example.startswith("3 puzzles get ['', '']: Puzzle(numbers=(0,), target=0)")
