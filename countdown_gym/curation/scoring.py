"""Scoring: how often each document shows each habit, and which are refused and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple, Self

from countdown_gym.behaviors.open_text import count_habits
from countdown_gym.curation.documents import Document
from countdown_gym.datasets import Row
from countdown_gym.errors import InvalidParameterError
from countdown_gym.traces.habits import Habit

Scorer = Callable[[Sequence[str]], Sequence[Mapping[Habit, int | None]]]
"""Counts the habits of each text; None where it came to no count. `count_habits` is one."""

CountTokens = Callable[[str], int]
"""How long a text is for the model that is to read it."""

_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\w+|[^\w\s]")


def count_words(text: str) -> int:
    """Return how many words and signs a text has: about as many tokens as models make of it.

    Example:
        >>> count_words("2x + 3 = 9, so x = 3.")
        11
    """
    return sum(1 for _ in _WORD.finditer(text))


class Refusal(StrEnum):
    """Why a document is not scored, in the order that is looked."""

    EMPTY = "empty"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    FEW_NUMBERS = "few_numbers"
    NO_COUNT = "no_count"
    """The scorer came to no count."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Which documents are scored at all: the habit-poor set should be mathematics, too.

    Raises:
        InvalidParameterError: If a value is outside its range.
    """

    fewest_tokens: int = 20
    most_tokens: int = 8_192
    """Longer documents are refused and not cut: the habits of the rest would not be read."""
    fewest_numbers: int = 3
    """A text with fewer is taken for something else than mathematics."""

    def __post_init__(self) -> None:
        """Refuse limits that nothing keeps."""
        if not 1 <= self.fewest_tokens <= self.most_tokens:
            raise InvalidParameterError(
                "fewest_tokens must be from 1 to most_tokens, got "
                f"{self.fewest_tokens} and {self.most_tokens}"
            )
        if self.fewest_numbers < 0:
            raise InvalidParameterError(
                f"fewest_numbers must not be negative, got {self.fewest_numbers}"
            )

    def refusal(self, text: str, tokens: int, numbers: int) -> Refusal | None:
        """Return why a text is refused; None if it is not."""
        if not text.strip():
            return Refusal.EMPTY
        if tokens < self.fewest_tokens:
            return Refusal.TOO_SHORT
        if tokens > self.most_tokens:
            return Refusal.TOO_LONG
        return Refusal.FEW_NUMBERS if numbers < self.fewest_numbers else None


class Scored(NamedTuple):
    """A document with what was counted in it."""

    document: Document
    tokens: int
    numbers: int
    habits: Mapping[Habit, int]
    """Zero for every habit of a document that was refused."""
    refused: Refusal | None

    def to_row(self) -> dict[str, Any]:
        """Return plain JSON values; every row has the same names and types."""
        return {
            "id": self.document.id,
            "text": self.document.text,
            "tokens": self.tokens,
            "numbers": self.numbers,
            "habits": {habit.value: self.habits[habit] for habit in Habit},
            "refused": "" if self.refused is None else self.refused.value,
        }

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Return what `to_row` wrote.

        Raises:
            InvalidParameterError: If the row is no scored document.
        """
        try:
            return cls(
                Document(row["id"], row["text"]),
                int(row["tokens"]),
                int(row["numbers"]),
                {habit: int(row["habits"][habit.value]) for habit in Habit},
                Refusal(row["refused"]) if row["refused"] else None,
            )
        except (KeyError, TypeError, ValueError) as wrong:
            raise InvalidParameterError(
                "a scored document is a row that `countdown-gym curate score` wrote, got one of "
                f"{', '.join(row)}"
            ) from wrong


def score(
    documents: Iterable[Document],
    limits: Limits = Limits(),
    scorer: Scorer = count_habits,
    count_tokens: CountTokens = count_words,
    batch_size: int = 64,
) -> Iterator[Scored]:
    """Yield every document in its order, scored or refused.

    Args:
        documents: Any number of them.
        limits: Which are scored.
        scorer: What counts habits.
        count_tokens: How long a text is.
        batch_size: How many texts the scorer is given at a time, at most.

    Raises:
        InvalidParameterError: If the scorer does not return one count for each text.
    """
    rest = iter(documents)
    while batch := list(islice(rest, batch_size)):
        measured = [_measured(document, limits, count_tokens) for document in batch]
        texts = [each.document.text for each in measured if each.refused is None]
        counts = list(scorer(texts)) if texts else []
        if len(counts) != len(texts):
            raise InvalidParameterError(
                f"a scorer must count each text once, got {len(counts)} counts of {len(texts)}"
            )
        following = iter(counts)
        for each in measured:
            yield each if each.refused is not None else _counted(each, next(following))


def _measured(document: Document, limits: Limits, count_tokens: CountTokens) -> Scored:
    tokens = count_tokens(document.text)
    numbers = sum(1 for _ in _NUMBER.finditer(document.text))
    refusal = limits.refusal(document.text, tokens, numbers)
    return Scored(document, tokens, numbers, dict.fromkeys(Habit, 0), refusal)


def _counted(measured: Scored, counts: Mapping[Habit, int | None]) -> Scored:
    habits = {habit: found for habit in Habit if (found := counts[habit]) is not None}
    if len(habits) < len(Habit):
        return measured._replace(refused=Refusal.NO_COUNT)
    return measured._replace(habits=habits)
