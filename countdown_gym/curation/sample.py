"""A small corpus that is made here: little documents about mathematics, some with habits.

For trying the stages out and for tests. It is no corpus to train a good model on, and how well an
instrument does on it says little about found texts: the phrases are few, and the instrument's maker
knew them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np

from countdown_gym.errors import InvalidParameterError
from countdown_gym.traces.habits import Habit


class SampleKind(StrEnum):
    """What a document of the sample is."""

    PLAIN = "plain"
    """Worked examples, one after another, without any habit."""
    HABITUAL = "habitual"
    """The same with habits in them."""
    ADVERTISEMENT = "advertisement"
    """Words that look like habits, about no mathematics."""
    NOTE = "note"
    """A line or two."""
    EMPTY = "empty"
    COPY = "copy"
    """The text of another document again."""


SHARES: Mapping[SampleKind, float] = MappingProxyType(
    {
        SampleKind.PLAIN: 0.45,
        SampleKind.HABITUAL: 0.35,
        SampleKind.ADVERTISEMENT: 0.08,
        SampleKind.NOTE: 0.06,
        SampleKind.EMPTY: 0.02,
        SampleKind.COPY: 0.04,
    }
)
"""How often each kind is drawn."""


@dataclass(frozen=True, slots=True)
class SampleDocument:
    """A made document, and what is in it by construction."""

    index: int
    kind: SampleKind
    habits: Mapping[Habit, int]
    """How often each habit was written into it."""
    text: str

    def to_row(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "index": self.index,
            "kind": self.kind.value,
            "habits": {habit.value: self.habits[habit] for habit in Habit},
            "text": self.text,
        }


def sample_corpus(count: int, seed: int = 0) -> Iterator[SampleDocument]:
    """Yield so many documents; each depends on the seed and its index alone.

    Raises:
        InvalidParameterError: If the count or the seed is negative.

    Example:
        >>> [document.kind.value for document in sample_corpus(3, seed=1)]
        ['habitual', 'habitual', 'plain']
    """
    if count < 0 or seed < 0:
        raise InvalidParameterError(f"count and seed must not be negative, got {count} and {seed}")
    for index in range(count):
        yield sample_document(index, seed)


def sample_document(index: int, seed: int = 0) -> SampleDocument:
    """Return one document of a sample."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))
    kind = tuple(SHARES)[int(rng.choice(len(SHARES), p=tuple(SHARES.values())))]
    if kind is SampleKind.COPY:
        copied = sample_document(index - 1, seed) if index else None
        if copied is None:
            kind = SampleKind.PLAIN
        else:
            return SampleDocument(index, kind, copied.habits, copied.text)
    habits = dict.fromkeys(Habit, 0)
    return SampleDocument(index, kind, habits, _WRITERS[kind](rng, habits))


def _plain(rng: np.random.Generator, _: dict[Habit, int]) -> str:
    return _page(rng, [_exercise(rng) for _ in range(rng.integers(2, 9))])


def _habitual(rng: np.random.Generator, habits: dict[Habit, int]) -> str:
    paragraphs = []
    for _ in range(rng.integers(2, 8)):
        if rng.random() < 0.25:
            paragraphs.append(_exercise(rng))
            continue
        habit = tuple(Habit)[rng.integers(len(Habit))]
        habits[habit] += 1
        paragraphs.append(_HABITUAL[habit](rng))
    return _page(rng, paragraphs)


def _page(rng: np.random.Generator, paragraphs: list[str]) -> str:
    title = _one(rng, _TITLES)
    return "\n\n".join([title, *paragraphs, _one(rng, _CLOSINGS)])


def _exercise(rng: np.random.Generator) -> str:
    a, x, b = (int(n) for n in rng.integers(2, 20, size=3))
    c = a * x + b
    return _one(rng, _EXERCISES).format(a=a, x=x, b=b, c=c, d=c - b, p=a * b, s=a + b, k=2 * a)


def _verification(rng: np.random.Generator) -> str:
    a, x, b = (int(n) for n in rng.integers(2, 20, size=3))
    c = a * x + b
    solved = f"Take {a}x + {b} = {c}. Moving the {b} over gives {a}x = {c - b} and x = {x}. "
    return solved + _one(rng, _VERIFICATIONS).format(a=a, x=x, b=b, c=c)


def _backtracking(rng: np.random.Generator) -> str:
    a, b = (int(n) for n in rng.integers(2, 12, size=2))
    asked = f"We look for two numbers with sum {a + b} and product {a * b}. "
    tried = f"Halves first: the product would be {(a + b) / 2:g} * {(a + b) / 2:g} = "
    tried += f"{((a + b) / 2) ** 2:g}. "
    found = f" The numbers are roots of t^2 - {a + b}t + {a * b} = 0, that is {a} and {b}."
    return asked + tried + _one(rng, _BACKTRACKINGS) + found


def _subgoal(rng: np.random.Generator) -> str:
    r, h = (int(n) for n in rng.integers(2, 15, size=2))
    asked = f"A box of height {h} has a square base of perimeter {4 * r}. What is its volume? "
    rest = f" The side is {4 * r} / 4 = {r}, the base is {r} * {r} = {r * r}, and the volume is "
    return asked + _one(rng, _SUBGOALS) + rest + f"{r * r} * {h} = {r * r * h}."


def _chaining(rng: np.random.Generator) -> str:
    a, b, x = (int(n) for n in rng.integers(2, 15, size=3))
    c = a * x + b
    asked = f"A number is multiplied by {a}, then {b} is added, and the result is {c}. "
    rest = f" {c} - {b} = {c - b}, and {c - b} / {a} = {x}."
    return asked + _one(rng, _CHAININGS).format(c=c) + rest


def _advertisement(rng: np.random.Generator, _: dict[Habit, int]) -> str:
    return " ".join(str(line) for line in rng.permutation(_ADVERTISEMENTS)[:8])


def _note(rng: np.random.Generator, _: dict[Habit, int]) -> str:
    return f"See exercise {int(rng.integers(1, 99))}."


def _empty(_rng: np.random.Generator, _: dict[Habit, int]) -> str:
    return ""


def _one(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]


_TITLES = (
    "Linear equations, worked examples",
    "Algebra notes for week 4",
    "Homework 3: solutions",
    "Arithmetic for beginners, part 2",
)
_CLOSINGS = (
    "More examples are in section 5 of the text.",
    "The exercises of the next page are similar.",
    "Tags: algebra, equations, school.",
)
_EXERCISES = (
    "Example. {a}x + {b} = {c}. Subtracting {b} from both sides, {a}x = {d}, so x = {x}.",
    "The product of {a} and {b} is {a} * {b} = {p}; their sum is {a} + {b} = {s}.",
    "A train covers {p} km in {a} hours. Its speed is {p} / {a} = {b} km per hour.",
    (
        "A rectangle of sides {a} and {b} has the area {a} * {b} = {p} and two sides of {a}, "
        "together {k}."
    ),
    "The sequence {a}, {s}, ... grows by {b} each time, since {s} - {a} = {b}.",
)
_VERIFICATIONS = (
    "To check, {a} * {x} + {b} = {c}, as required.",
    "Substituting back, {a} * {x} + {b} = {c}, which matches the right-hand side.",
    "Let's verify: {a} * {x} + {b} = {c}, and it works.",
    "Plugging x = {x} back in gives {a} * {x} + {b} = {c}, as expected.",
)
_BACKTRACKINGS = (
    "That doesn't work, so let's try a different approach.",
    "Dead end. Let me start over with an equation.",
    "This approach goes nowhere. Instead, use the roots of a polynomial.",
    "Scrap that, going back to the beginning with a polynomial.",
)
_SUBGOALS = (
    "First we need to find the side of the base.",
    "Step 1: determine the area of the base.",
    "We will first need to work out the side, and then the area of the base.",
    "Our first goal is to get the area of the base.",
)
_CHAININGS = (
    "Working backwards from {c}:",
    "Start from the end: before the last step it must have been less than {c}.",
    "To get {c} after the last step we need less before it:",
    "Reasoning backwards from the result {c},",
)
_ADVERTISEMENTS = (
    "Save 20% on all calculators until Monday.",
    "Instead of paying for shipping, pick your order up at any of our 14 stores.",
    "Check our FAQ before you call.",
    "If it does not work for you, return it within 30 days.",
    "Back to top.",
    "Try another product.",
    "First you need an account.",
    "Our goal is your success.",
    "Subscribe to our newsletter and never miss a deal.",
    "Step 1: register. Step 2: enjoy.",
    "Students love our books, and so will you.",
    "Alternatively, visit us in town.",
)

_HABITUAL: Mapping[Habit, Callable[[np.random.Generator], str]] = MappingProxyType(
    {
        Habit.VERIFICATION: _verification,
        Habit.BACKTRACKING: _backtracking,
        Habit.SUBGOAL_SETTING: _subgoal,
        Habit.BACKWARD_CHAINING: _chaining,
    }
)
_WRITERS: Mapping[SampleKind, Callable[[np.random.Generator, dict[Habit, int]], str]] = (
    MappingProxyType(
        {
            SampleKind.PLAIN: _plain,
            SampleKind.HABITUAL: _habitual,
            SampleKind.ADVERTISEMENT: _advertisement,
            SampleKind.NOTE: _note,
            SampleKind.EMPTY: _empty,
        }
    )
)
