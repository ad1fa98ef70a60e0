"""`tokens_of`: a normal text as tokens, cut at its numbers.

What stands between two numbers, ` - ` or `. Let me go back to `, is short, and a text repeats it
with other numbers, as does the next: such a *stretch* is scanned once and remembered. It may be
read without the text around it, but for three cases: phrases that begin with a number (`4 too
many`), hold one (`close to 4`), or end behind one (`falls 4 short`). Where one may stand, the
stretch is read together with those beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, chain, pairwise
from typing import NamedTuple, cast

from countdown_gym.behaviors.lexicon import passing_over_numbers, said_after_numbers
from countdown_gym.behaviors.scanning import scan
from countdown_gym.behaviors.tokens import Sign, Token, Tokens, Value

_REMEMBERED = 16_384
"""How many stretches are remembered."""
_LONGEST = 200
"""Longer ones are not: they hardly come again."""
_NUMBER = re.compile(r"([0-9]++(?:\.[0-9]+)?)")
_FIRST_WORD = re.compile(r"[ \t]*([^\W\d_]+)")
_ANY_NUMBER = "0"
"""Stands for the numbers beside a stretch that is read without them."""
_ENDS = frozenset({"", "<"})
"""What a region may end before: the end of the text, or a tag, which no phrase looks into."""


class _Part(NamedTuple):
    """The tokens of a number, or of a stretch, as columns that are put behind one another."""

    kinds: bytes
    values: tuple[Value | str, ...]
    words: tuple[int, ...]
    """Of each token of a stretch and of the number after it, whose part has none."""
    steps: tuple[int, ...]
    """From the end of the token before to the start of the first, on to its end, and so forth."""


def tokens_of(text: str, regions: Iterable[tuple[int, int]]) -> Tokens:
    """Return the tokens of some regions of a normal text."""
    tokens = Tokens(b"", [], [], [], [])
    for start, end in regions:
        parts = _parts_of(_NUMBER.split(text[start:end]), text[end : end + 1])
        if not parts:
            parts = [_part_of(scan(text, start, end), start)]
        kinds, values, words, steps = zip(*parts, strict=True)
        bounds = [*accumulate(chain.from_iterable(steps), initial=start)]
        tokens.kinds += b"".join(kinds)
        tokens.starts += bounds[1::2]
        tokens.ends += bounds[2::2]
        tokens.values += chain.from_iterable(values)
        tokens.words += chain.from_iterable(words)
    return tokens


def _parts_of(written: Sequence[str], after: str) -> list[_Part]:
    """Return a region's stretches and numbers in turns; nothing if it is to be scanned as a whole.

    Args:
        written: The region, cut at its numbers.
        after: What stands behind it.
    """
    if len(written) == 1 or after not in _ENDS:
        return []
    parts = _alone(written, after)
    if None in parts:
        parts = _alone(_joined(written, parts), after)
    return [] if None in parts else cast("list[_Part]", parts)


def _alone(written: Sequence[str], after: str) -> list[_Part | None]:
    """Return each part; None for one that may not be read without the others."""
    if len(written) == 1:
        return [None]
    parts: list[_Part | None] = [None] * len(written)
    parts[1::2] = map(_number, written[1::2])
    parts[0] = _stretch(written[0], "", _ANY_NUMBER)
    parts[2:-1:2] = [
        _between(each) if len(each) < _LONGEST else _between.__wrapped__(each)
        for each in written[2:-1:2]
    ]
    parts[-1] = _stretch(written[-1], _ANY_NUMBER, after)
    return parts


def _joined(written: Sequence[str], parts: Sequence[_Part | None]) -> list[str]:
    """Return the parts, less the cuts beside those that cannot be read alone."""
    joined = [written[0]]
    for at in range(1, len(written), 2):
        if None in parts[at - 1 : at + 2]:
            joined[-1] += written[at] + written[at + 1]
        else:
            joined += written[at : at + 2]
    return joined


@lru_cache(_REMEMBERED)
def _number(written: str) -> _Part | None:
    """Return a number; None if it is too long for one."""
    tokens = scan(written, 0, len(written))
    return _part_of(tokens, 0)._replace(words=(), steps=(len(written),)) if tokens else None


def _stretch(written: str, before: str, after: str) -> _Part | None:
    """Return the first or the last stretch."""
    read = _between if len(written) < _LONGEST else _between.__wrapped__
    return read(written, before, after)


@lru_cache(_REMEMBERED)
def _between(written: str, before: str = _ANY_NUMBER, after: str = _ANY_NUMBER) -> _Part | None:
    """Return a stretch between numbers or ends of a text; None if it may say anything of them."""
    first = _FIRST_WORD.match(written)
    if first is not None and first[1] in said_after_numbers():
        return None
    if passing_over_numbers().search(written) is not None:
        return None
    text = before + written + after
    start, end = len(before), len(before) + len(written)
    numbered = after == _ANY_NUMBER
    tokens = scan(text, 0, end + numbered)
    if before and not _is_any_number(tokens[0], 0):
        return None
    if numbered and not _is_any_number(tokens[-1], end):
        return None
    part = _part_of(tokens[start:], start)
    if not numbered:
        return part
    return part._replace(kinds=part.kinds[:-1], values=part.values[:-1], steps=part.steps[:-1])


def _is_any_number(token: Token, start: int) -> bool:
    return token.kind == Sign.NUMBER and (token.start, token.end) == (start, start + 1)


def _part_of(tokens: Sequence[Token], start: int) -> _Part:
    """Return some tokens, the first of which is told from an offset."""
    bounds = [start, *chain.from_iterable([(token.start, token.end) for token in tokens])]
    return _Part(
        bytes([token.kind for token in tokens]),
        tuple([token.value for token in tokens]),
        tuple([token.words for token in tokens]),
        tuple([there - here for here, there in pairwise(bounds)]),
    )
