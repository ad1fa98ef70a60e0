"""What a family of puzzles must keep, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from countdown_gym.checking import judge
from countdown_gym.families import Family
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.solution import solution
from countdown_gym.splits import Split, puzzle_at, split_of
from countdown_gym.testing.global_state import global_generators, seed_global_generators
from countdown_gym.testing.laws import Breach, smallest_breach


def check_family(
    family: Family, *, solvable: bool = True, max_examples: int = 20
) -> tuple[Breach, ...]:
    """Return the laws that a family breaks, each with the smallest seed; none if it keeps all.

    Args:
        family: What is tested.
        solvable: Whether every puzzle should have a solution; otherwise that is not looked at.
        max_examples: How many seeds each law is tried on.

    Example:
        >>> from countdown_gym.families import make_family
        >>> check_family(make_family("twenty_four"), max_examples=3)
        ()
    """
    laws: dict[str, Callable[[int], str | None]] = {
        "a puzzle is a function of split, seed and index": lambda seed: _changed(family, seed),
        "no global generator is read or moved": lambda seed: _random(family, seed),
        "a drawn puzzle is one that the family certifies": lambda seed: _uncertified(family, seed),
        "a drawn puzzle has the family's rules": lambda seed: _other_rules(family, seed),
        "a puzzle of a split belongs to it": lambda seed: _misplaced(family, seed),
        "a puzzle survives being written as JSON": lambda seed: _lost(family, seed),
    }
    if solvable:
        laws["every puzzle has a solution"] = lambda seed: _unsolved(family, seed)
    seeds = st.integers(0, 2**32 - 1)
    found = (smallest_breach(law, seeds, laws[law], max_examples) for law in laws)
    return tuple(breach for breach in found if breach is not None)


def _drawn(family: Family, seed: int) -> Puzzle:
    return family.draw(np.random.default_rng(seed))


def _changed(family: Family, seed: int) -> str | None:
    once, again = _drawn(family, seed), _drawn(family, seed)
    return None if once == again else f"seed {seed} gives {once}, then {again}"


def _random(family: Family, seed: int) -> str | None:
    drawn = []
    for other in range(2):
        seed_global_generators(other)
        before = global_generators()
        drawn.append(_drawn(family, seed))
        if global_generators() != before:
            return f"seed {seed} moves a global generator"
    return None if drawn[0] == drawn[1] else f"seed {seed} gives {drawn[0]} or {drawn[1]}"


def _uncertified(family: Family, seed: int) -> str | None:
    puzzle = _drawn(family, seed)
    return None if family.certifies(puzzle) else f"seed {seed} gives {puzzle}, which is not"


def _other_rules(family: Family, seed: int) -> str | None:
    puzzle = _drawn(family, seed)
    if puzzle.rules == family.rules:
        return None
    return f"seed {seed} gives {puzzle} with {puzzle.rules}, not {family.rules}"


def _misplaced(family: Family, seed: int) -> str | None:
    for split in Split:
        puzzle = puzzle_at(family, split, seed, 0)
        if split_of(puzzle) is not split:
            return f"seed {seed} gives {puzzle} for {split}, which belongs to {split_of(puzzle)}"
    return None


def _lost(family: Family, seed: int) -> str | None:
    puzzle = _drawn(family, seed)
    read = Puzzle.from_dict(puzzle.to_dict())
    return None if read == puzzle else f"seed {seed} gives {puzzle}, read back as {read}"


def _unsolved(family: Family, seed: int) -> str | None:
    puzzle = _drawn(family, seed)
    answer = solution(puzzle)
    if answer is not None and judge(puzzle, str(answer), convention="whole_text").verdict.solved:
        return None
    return f"seed {seed} gives {puzzle}, which has none"
