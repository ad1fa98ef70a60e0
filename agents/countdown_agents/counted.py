"""Completions whose tokens were counted by whoever wrote them."""

from __future__ import annotations

from typing import Self

from countdown_gym.parsing import CutCompletion


class CountedText(str):
    """A completion that says how many tokens it took, the one that ended it included."""

    __slots__ = ("tokens",)

    tokens: int

    @classmethod
    def of(cls, text: str, tokens: int) -> Self:
        """Return the same text with its count."""
        counted = cls(text)
        counted.tokens = tokens
        return counted


class CutCountedText(CountedText, CutCompletion):
    """One that was cut by its budget."""

    __slots__ = ()


def counted(text: str, tokens: int) -> CountedText:
    """Return a completion with its count; one that was cut stays one.

    Example:
        >>> tokens_of(counted("2 + 3", 4)), tokens_of("2 + 3")
        (4, None)
    """
    kind = CutCountedText if isinstance(text, CutCompletion) else CountedText
    return kind.of(text, tokens)


def tokens_of(text: str) -> int | None:
    """Return how many tokens a completion took; None if nobody counted."""
    return text.tokens if isinstance(text, CountedText) else None
