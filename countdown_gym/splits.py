"""Train, validation and test puzzles: disjoint by content, the same in every process.

The hash of a puzzle's content (its sorted numbers, target and rules) says to which split it
belongs, so no puzzle can stand in two, whatever the seeds, the families or the number drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

import numpy as np

from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families import Family
from countdown_gym.puzzles import ContentCondition, Puzzle, hash_number


class Split(StrEnum):
    """What a puzzle is for."""

    TRAIN = "train"  # eight of ten puzzles
    VALIDATION = "validation"  # one of ten: choose settings on these
    TEST = "test"  # one of ten: report on these


_BY_TENTH = (Split.TRAIN,) * 8 + (Split.VALIDATION, Split.TEST)


def split_of(puzzle: Puzzle) -> Split:
    """Return the split to which a puzzle belongs."""
    return _BY_TENTH[hash_number(puzzle.content.encode()) * 10 >> 64]


def generator(seed: int, split: Split | str, index: int) -> np.random.Generator:
    """Return the generator that draws puzzle `index` of a split; no two share their randomness.

    Raises:
        InvalidParameterError: If `seed` or `index` is negative.
        UnknownNameError: If there is no such split.
    """
    if seed < 0 or index < 0:
        raise InvalidParameterError(f"seed and index must not be negative, got {seed} and {index}")
    position = list(Split).index(_named(split))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(position, index)))


def puzzle_at(family: Family, split: Split | str, seed: int, index: int) -> Puzzle:
    """Return puzzle `index` of a split: a function of its arguments and nothing else.

    Raises:
        InvalidParameterError: If `seed` or `index` is negative.
        UnknownNameError: If there is no such split.
        ExhaustedError: If the family has no puzzle in the split.
    """
    return draw(family, split, generator(seed, split, index))


def draw(family: Family, split: Split | str, rng: np.random.Generator) -> Puzzle:
    """Return a puzzle of a split, drawn with a generator of the caller's, which is moved."""
    return family.draw(rng, _belongs(split))


def draw_each(
    family: Family, split: Split | str, rngs: Iterable[np.random.Generator]
) -> list[Puzzle]:
    """Return what `draw` returns of each generator; quicker than one after another."""
    return [puzzle for (puzzle,) in draw_ahead(family, split, rngs, proposals=1)]


def draw_ahead(
    family: Family, split: Split | str, rngs: Iterable[np.random.Generator], proposals: int
) -> list[list[Puzzle]]:
    """Return the next puzzles of each generator, as `Family.draw_ahead` does."""
    return family.draw_ahead(rngs, proposals, _belongs(split))


def puzzles(family: Family, split: Split | str, seed: int, count: int) -> Iterator[Puzzle]:
    """Yield the first `count` puzzles of a split.

    Raises:
        InvalidParameterError: If `count` or `seed` is negative.
        UnknownNameError: If there is no such split.
    """
    if count < 0:
        raise InvalidParameterError(f"count must not be negative, got {count}")
    generator(seed, split, 0)  # refuses now what would fail at the first puzzle
    return (puzzle_at(family, split, seed, index) for index in range(count))


def _belongs(split: Split | str) -> ContentCondition:
    """Return whether a puzzle is of a split, as a condition."""
    wanted = _named(split)
    return ContentCondition(lambda number: _BY_TENTH[number * 10 >> 64] is wanted)


def _named(split: Split | str) -> Split:
    if type(split) is Split:
        return split
    if split not in set(Split):
        raise UnknownNameError("split", str(split), list(Split))
    return Split(split)
