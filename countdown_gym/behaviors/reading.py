"""A completion as the detectors see it, and the stretches of text that they point to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, cast

from countdown_gym.behaviors.computations import WITHIN, any_of
from countdown_gym.behaviors.moments import Search
from countdown_gym.behaviors.tokens import Sign, Tokens
from countdown_gym.puzzles import Puzzle

_LONGEST_CLAUSE = 24
"""How many tokens a clause may reach to either side of what it is about."""
_CLAUSE_ENDS, _LOOSE_ENDS = (
    any_of({Sign.STOP, Sign.QUESTION, Sign.PAUSE, Sign.BAR, *more}) for more in ((), {WITHIN})
)


class Span(NamedTuple):
    """A stretch of a completion, from the offset `start` up to, not including, `end`."""

    start: int
    end: int


_span = cast("Callable[[tuple[int, int]], Span]", partial(tuple.__new__, Span))
"""`Span._make`, twice as fast: it does not count the fields."""


@dataclass(slots=True)
class Reading:
    """All that was read in one stretch of text."""

    puzzle: Puzzle
    text: str
    """The normal text; offsets are those of the original."""
    start: int
    end: int
    """Where the stretch begins and ends."""
    tokens: Tokens
    kinds: bytes
    """The kind of each token; `WITHIN` for one that belongs to a computation."""
    search: Search
    _ends: bytes = field(init=False)
    """Whether a clause ends at each token."""
    _loose_ends: bytes = field(init=False)
    """The same, where a clause ends at computations as well."""

    def __post_init__(self) -> None:
        """Look for the ends of clauses."""
        self._ends = self.kinds.translate(_CLAUSE_ENDS)
        self._loose_ends = self.kinds.translate(_LOOSE_ENDS)

    def clause(self, first: int, last: int) -> Span:
        """Return the clause around some tokens, less the computations beside them."""
        tokens, kinds = self.tokens, self.kinds
        ends = self._ends if kinds[first] == WITHIN else self._loose_ends
        left = max(0, first - _LONGEST_CLAUSE)
        left = max(left, ends.rfind(1, left, first) + 1)
        start = tokens.ends[left - 1] if left else self.start
        ends = self._ends if kinds[last] == WITHIN else self._loose_ends
        past = ends.find(1, last + 1, last + 1 + _LONGEST_CLAUSE)
        if past < 0:
            past = last + 1 + _LONGEST_CLAUSE
        end = tokens.starts[past] if past < len(kinds) else self.end
        return self.trimmed(start, end)

    def trimmed(self, start: int, end: int) -> Span:
        """Return a span without white space and list marks at its ends; a sign is none."""
        whole = self.text[start:end]
        text = whole.lstrip(" \t\n\r-*•)>")
        if len(text) < len(whole) and text[:1].isdigit() and whole[-len(text) - 1] == "-":
            text = f"-{text}"
        start = end - len(text)
        return _span((start, start + len(text.rstrip())))


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
            found.append(span if start == span.start else _span((start, span.end)))
    return tuple(found)
