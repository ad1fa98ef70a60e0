"""Priming sets: many searches told under one condition, with a certificate of what they show.

Sets of different conditions are comparable because nothing but the condition differs: the puzzles
and the searches depend on the family, the teacher and the seed only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families import Family
from countdown_gym.puzzles import Puzzle
from countdown_gym.splits import Split, puzzle_at, split_of
from countdown_gym.traces.conditions import (
    CONDITIONS,
    Condition,
    CountTokens,
    Told,
    count_pieces,
    tell,
)
from countdown_gym.traces.habits import Habit
from countdown_gym.traces.search import Search, Teacher
from countdown_gym.traces.wording.terse import Terse
from countdown_gym.traces.wording.wording import Wording

_SEARCH, _WORDS = 0, 1  # what a generator of a trace is for


@dataclass(frozen=True, slots=True)
class PrimingRecipe:
    """What a priming set is made of, its condition aside.

    Raises:
        InvalidParameterError: If there are no traces or the seed is negative.
    """

    family: Family
    """How puzzles are drawn; always of the training split."""
    wording: Wording = field(default_factory=Terse)
    """How events become words."""
    teacher: Teacher = field(default_factory=Teacher)
    """Who searches."""
    num_traces: int = 1_000
    """How many."""
    seed: int = 0
    """Which."""

    def __post_init__(self) -> None:
        """Refuse a set without traces."""
        if self.num_traces < 1:
            raise InvalidParameterError(f"num_traces must be at least 1, got {self.num_traces}")
        if self.seed < 0:
            raise InvalidParameterError(f"seed must not be negative, got {self.seed}")


@dataclass(frozen=True, slots=True)
class PrimingExample:
    """A text to prime with, cut where the model's part begins."""

    puzzle: Puzzle
    prompt: str
    completion: str
    habits: Mapping[Habit, int]
    """How often it shows each habit, by construction."""
    solved: bool
    """Whether its answer is right."""

    def to_dict(self) -> dict[str, Any]:
        """Return the example as plain JSON values, `messages` for chat models among them."""
        return {
            "prompt": self.prompt,
            "completion": self.completion,
            "messages": [
                {"role": "user", "content": self.prompt},
                {"role": "assistant", "content": self.completion},
            ],
            "puzzle": self.puzzle.to_dict(),
            "habits": {habit.value: count for habit, count in self.habits.items()},
            "solved": self.solved,
        }


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a priming set holds, counted while it was made."""

    condition: str
    traces: int
    puzzles: int
    """How many different puzzles there are."""
    habits: Mapping[str, int]
    """How often each habit is shown in all."""
    solved_share: float
    """The share of right answers."""
    tokens: Mapping[str, float]
    """The mean, fewest and most tokens of a completion."""
    puzzle_hash: str
    """SHA-256 of the puzzles' content hashes, in order; equal for sets of the same puzzles."""
    outside_training: int
    """How many puzzles belong to another split than training: 0."""


def searches(recipe: PrimingRecipe) -> Iterator[Search]:
    """Yield the searches of a recipe: those that every condition tells.

    Puzzles of which no search can be told with a wrong end are passed over.
    """
    found = index = 0
    while found < recipe.num_traces:
        puzzle = puzzle_at(recipe.family, Split.TRAIN, recipe.seed, index)
        search = recipe.teacher.search(puzzle, _generator(recipe.seed, index, _SEARCH))
        index += 1
        if search.spare is None:
            if index > 100 * (found + 1):
                raise InvalidParameterError(
                    f"a family for priming must have chains that miss, got {recipe.family}"
                )
            continue
        found += 1
        yield search


def priming_set(
    recipe: PrimingRecipe,
    condition: str,
    count_tokens: CountTokens = count_pieces,
    progress: Callable[[int], None] = lambda _done: None,
) -> tuple[list[PrimingExample], Certificate]:
    """Return the examples of a condition and what they hold.

    Args:
        recipe: Puzzles, teacher and wording.
        condition: A name of `CONDITIONS`.
        count_tokens: How long a text is for the model that is to be primed.
        progress: Told how many examples there are, after each.

    Raises:
        UnknownNameError: If there is no such condition.
        InvalidParameterError: If no chain of the family's boards misses its target.
    """
    if condition not in CONDITIONS:
        raise UnknownNameError("condition", condition, CONDITIONS)
    examples: list[PrimingExample] = []
    for index, search in enumerate(searches(recipe)):
        rng = _generator(recipe.seed, index, _WORDS)
        examples.append(_example(search, CONDITIONS[condition], recipe.wording, rng, count_tokens))
        progress(len(examples))
    return examples, certify(condition, examples, count_tokens)


def certify(
    condition: str, examples: list[PrimingExample], count_tokens: CountTokens
) -> Certificate:
    """Return what a set holds.

    Raises:
        InvalidParameterError: If it is empty.
    """
    if not examples:
        raise InvalidParameterError("a priming set has at least 1 example, got none")
    lengths = [count_tokens(example.completion) for example in examples]
    hashes = [example.puzzle.content_hash for example in examples]
    return Certificate(
        condition=condition,
        traces=len(examples),
        puzzles=len(set(hashes)),
        habits={h.value: sum(example.habits[h] for example in examples) for h in Habit},
        solved_share=float(np.mean([example.solved for example in examples])),
        tokens={
            "mean": float(np.mean(lengths)),
            "fewest": float(min(lengths)),
            "most": float(max(lengths)),
        },
        puzzle_hash=hashlib.sha256("".join(hashes).encode()).hexdigest(),
        outside_training=sum(split_of(example.puzzle) is not Split.TRAIN for example in examples),
    )


def _example(
    search: Search,
    condition: Condition,
    wording: Wording,
    rng: np.random.Generator,
    count_tokens: CountTokens,
) -> PrimingExample:
    told: Told = tell(search, condition, wording, rng, count_tokens)
    prompt = wording.prompt(search.puzzle)
    return PrimingExample(search.puzzle, prompt, told.completion, told.habits, told.solved)


def _generator(seed: int, index: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index, purpose)))
