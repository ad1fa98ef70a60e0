"""Tokens of a normal text: numbers, signs, ends of clauses, and cues; other words are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final, NamedTuple, cast, overload

Value = int | Fraction
MAX_DIGITS = 9
"""Longer numbers are no numbers of the game; they are read as words."""

MOST_WORDS = 255


class Sign:
    """What a token that is no cue may be; the values follow on those of `Cue`."""

    NUMBER: Final = 100
    OPERATOR: Final = 101
    EQUALS: Final = 102
    OPEN: Final = 103
    CLOSE: Final = 104
    STOP: Final = 105
    """The end of a sentence or line."""
    PAUSE: Final = 106
    """The end of a clause."""
    TICK: Final = 107
    CROSS: Final = 108
    QUESTION: Final = 109
    BAR: Final = 110
    """The edge of a table's cell."""


class Token(NamedTuple):
    """One piece of text that may mean something."""

    kind: int
    """A `Cue` or a `Sign`."""
    start: int
    end: int
    value: Value | str
    """A number's value; the text of anything else."""
    words: int
    """How many words without meaning stand between this token and the one before."""


new_token = cast(
    "Callable[[tuple[int, int, int, Value | str, int]], Token]", partial(tuple.__new__, Token)
)
"""`Token._make`, twice as fast: it does not count the fields."""


@dataclass(slots=True, eq=False)
class Tokens(Sequence[Token]):
    """The tokens of a text, a column for each field: what asks for one field reads its column."""

    kinds: bytes
    """The kind of each token, a byte each: the places that matter are found fast in them."""
    starts: list[int]
    ends: list[int]
    values: list[Value | str]
    words: bytes
    """How many words stand before each, a byte each: more than `MOST_WORDS` are told as so many."""

    def __len__(self) -> int:
        return len(self.kinds)

    @overload
    def __getitem__(self, at: int) -> Token: ...

    @overload
    def __getitem__(self, at: slice) -> list[Token]: ...

    def __getitem__(self, at: int | slice) -> Token | list[Token]:
        if isinstance(at, slice):
            columns = self.kinds, self.starts, self.ends, self.values, self.words
            return [*map(new_token, zip(*[column[at] for column in columns], strict=True))]
        return new_token(
            (self.kinds[at], self.starts[at], self.ends[at], self.values[at], self.words[at])
        )

    def __iter__(self) -> Iterator[Token]:
        return map(Token, self.kinds, self.starts, self.ends, self.values, self.words)
