"""A completion as the detectors see it, and the stretches of text that they point to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from countdown_gym.behaviors.search import Moment, Search
from countdown_gym.behaviors.tokens import Sign, Token
from countdown_gym.puzzles import Puzzle

_LONGEST_CLAUSE = 24
"""How many tokens a clause may reach to either side of what it is about."""
_SENTENCE_ENDS = frozenset({Sign.STOP, Sign.QUESTION})
_CLAUSE_ENDS = frozenset({Sign.STOP, Sign.QUESTION, Sign.PAUSE, Sign.BAR})


class Span(NamedTuple):
    """A stretch of a completion, from the offset `start` up to, not including, `end`."""

    start: int
    end: int


@dataclass(slots=True)
class Reading:
    """All that was read in one stretch of text."""

    puzzle: Puzzle
    text: str
    """The normal text; offsets are those of the original."""
    start: int
    end: int
    """Where the stretch begins and ends."""
    tokens: Sequence[Token]
    search: Search
    within: bytearray
    """For each token whether it belongs to a computation."""

    def clause(self, first: int, last: int) -> Span:
        """Return the clause around some tokens, less the computations beside them."""
        tokens, within = self.tokens, self.within
        left = first
        while left > 0 and first - left < _LONGEST_CLAUSE:
            before = tokens[left - 1]
            if before.kind in _CLAUSE_ENDS or (within[left - 1] and not within[first]):
                break
            left -= 1
        start = tokens[left - 1].end if left else self.start
        right = last
        while right + 1 < len(tokens) and right - last < _LONGEST_CLAUSE:
            after = tokens[right + 1]
            if after.kind in _CLAUSE_ENDS or (within[right + 1] and not within[last]):
                break
            right += 1
        end = tokens[right + 1].start if right + 1 < len(tokens) else self.end
        return self.trimmed(start, end)

    def trimmed(self, start: int, end: int) -> Span:
        """Return a span without white space and list marks at its ends."""
        text = self.text
        while start < end and text[start] in " \t\n\r-*•)>":
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        return Span(start, end)


def parted(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return spans in order that do not overlap: a later one gives way."""
    found: list[Span] = []
    for span in spans:
        start = span.start
        if found and start < found[-1].end:
            if span.end <= found[-1].end:
                continue
            start = found[-1].end
        if start < span.end:
            found.append(Span(start, span.end))
    return tuple(found)


def by_first_token(search: Search) -> dict[int, Moment]:
    """Return the moments by the first token of their computation."""
    return {moment.computation.first: moment for moment in search.moments}
