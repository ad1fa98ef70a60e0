"""`tokens_of`: a normal text as tokens, cut at its numbers and at `3 + 4 = 7`.

What stands between two of them, ` - ` or `. Let me go back to `, is short, and a text repeats it
with other numbers, as does the next: such a *stretch* is scanned once and remembered. It may be
read without the text around it, but for three cases: phrases that begin with a number (`4 too
many`), hold one (`close to 4`), or end behind one (`falls 4 short`). Where one may stand, the
stretch is read together with those beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import accumulate, chain
from operator import sub
from typing import NamedTuple

from countdown_gym.behaviors.lexicon import passing_over_numbers, said_after_numbers
from countdown_gym.behaviors.scanning import scan
from countdown_gym.behaviors.tokens import MOST_WORDS, Sign, Token, Tokens, Value

_REMEMBERED = 16_384
"""How many stretches are remembered; then it begins anew."""
_LONGEST = 200
"""Longer ones are not: they hardly come again."""
_NUMBER = re.compile(
    r"([0-9](?:[0-9]{0,8}+ [-+*/] [0-9]{1,9}+ = [0-9]{1,9}+(?![0-9]|\.[0-9])"
    r"|[0-9]*+(?:\.[0-9]+)?))"
)
"""A number, or an operation with its result. Both begin with a digit, which is found fast."""
_FIRST_WORD = re.compile(r"[ \t]*([^\W\d_]+)")
_EQUATION = bytes([Sign.NUMBER, Sign.OPERATOR, Sign.NUMBER, Sign.EQUALS, Sign.NUMBER])
_ENDS = ("", "<")
"""What a region may end before: the end of the text, or a tag, which no phrase looks into."""
_ANY_NUMBER = "0"
"""Stands for the numbers beside a stretch that is read without them."""


class _Part(NamedTuple):
    """The tokens of a number, or of a stretch, as columns that are put behind one another."""

    kinds: bytes
    values: tuple[Value | str, ...]
    words: bytes
    """Of each token of a stretch and of the number after it, whose part has none."""
    steps: tuple[int, ...]
    """From the end of the token before to the start of the first, on to its end, and so forth."""


_BOUND = _Part(b"", (), b"", ())
"""What may not be read without what stands beside it."""


class _Remembered(dict[str, _Part]):
    """Parts by what is written there, each read when it is first asked for."""

    def __init__(self, read: Callable[[str], _Part]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, written: str) -> _Part:
        part = self._read(written)
        if len(written) < _LONGEST:
            if len(self) == _REMEMBERED:
                self.clear()
            self[written] = part
        return part


def tokens_of(text: str, regions: Iterable[tuple[int, int]]) -> Tokens:
    """Return the tokens of some regions of a normal text."""
    tokens = Tokens(b"", [], [], [], b"")
    for start, end in regions:
        parts = _parts_of(_NUMBER.split(text[start:end]), text[end : end + 1])
        if parts is None:
            parts = [_part_of(scan(text, start, end), start)]
        kinds, values, words, steps = zip(*parts, strict=True)
        bounds = [*accumulate(chain.from_iterable(steps), initial=start)]
        tokens.kinds += b"".join(kinds)
        tokens.starts += bounds[1::2]
        tokens.ends += bounds[2::2]
        tokens.values += chain.from_iterable(values)
        tokens.words += b"".join(words)
    return tokens


def _parts_of(written: list[str], after: str) -> list[_Part] | None:
    """Return a region's stretches and numbers in turns; None if it is to be scanned as a whole.

    Args:
        written: The region, cut at its numbers.
        after: What stands behind it.
    """
    if after not in _ENDS:
        return None
    if len(written) == 1:
        parts = [_WHOLES[after][written[0]]]
    else:
        parts = [_FIRSTS[written[0]]] * len(written)
        parts[1::2] = map(_NUMBERS.__getitem__, written[1::2])
        parts[2:-1:2] = map(_BETWEEN.__getitem__, written[2:-1:2])
        parts[-1] = _LASTS[after][written[-1]]
    for low, past in reversed(_bound(parts)):
        if past < len(written):
            read = _BETWEEN if low else _FIRSTS
        else:
            read = (_LASTS if low else _WHOLES)[after]
        part = read["".join(written[low:past])]
        if part is _BOUND:
            return None
        parts[low:past] = [part]
    return parts


def _bound(parts: Sequence[_Part]) -> list[tuple[int, int]]:
    """Return which parts are to be read as one, each run from a stretch to a stretch."""
    runs: list[tuple[int, int]] = []
    for at in [at for at, part in enumerate(parts) if part is _BOUND]:
        reach = 1 if at % 2 else 2  # a number reaches to the stretches beside it
        low, past = max(0, at - reach), min(len(parts), at + reach + 1)
        if runs and low < runs[-1][1]:
            low = runs.pop()[0]
        runs.append((low, past))
    return runs


def _number(written: str) -> _Part:
    """Return an operation with its result, or a number, unless it is too long for one."""
    if " " in written:
        left, operator, right, equals, result = written.split(" ")
        steps = len(left), 1, 1, 1, len(right), 1, 1, 1, len(result)
        values = int(left), operator, int(right), equals, int(result)
        return _Part(_EQUATION, values, bytes(4), steps)
    tokens = scan(written, 0, len(written))
    return _part_of(tokens, 0)._replace(words=b"", steps=(len(written),)) if tokens else _BOUND


def _stretch(written: str, *, before: str = _ANY_NUMBER, after: str = _ANY_NUMBER) -> _Part:
    """Return a stretch between numbers or ends of a text, unless it may say anything of them."""
    first = _FIRST_WORD.match(written)
    if first is not None and first[1] in said_after_numbers():
        return _BOUND
    if passing_over_numbers().search(written) is not None:
        return _BOUND
    text = before + written + after
    start, end = len(before), len(before) + len(written)
    numbered = after == _ANY_NUMBER
    tokens = scan(text, 0, end + numbered)
    if before and not _is_any_number(tokens[0], 0):
        return _BOUND
    if numbered and not _is_any_number(tokens[-1], end):
        return _BOUND
    part = _part_of(tokens[start:], start)
    if not numbered:
        return part
    return part._replace(kinds=part.kinds[:-1], values=part.values[:-1], steps=part.steps[:-1])


def _is_any_number(token: Token, start: int) -> bool:
    return token.kind == Sign.NUMBER and (token.start, token.end) == (start, start + 1)


def _part_of(tokens: Sequence[Token], start: int) -> _Part:
    """Return some tokens, the first of which is told from an offset."""
    if not tokens:
        return _Part(b"", (), b"", ())
    kinds, starts, ends, values, words = zip(*tokens, strict=True)
    bounds = [start, *chain.from_iterable(zip(starts, ends, strict=True))]
    steps = tuple(map(sub, bounds[1:], bounds))
    return _Part(bytes(kinds), values, bytes([min(each, MOST_WORDS) for each in words]), steps)


_NUMBERS = _Remembered(_number)
_FIRSTS, _BETWEEN = _Remembered(partial(_stretch, before="")), _Remembered(_stretch)
_LASTS, _WHOLES = (
    {after: _Remembered(partial(_stretch, before=before, after=after)) for after in _ENDS}
    for before in (_ANY_NUMBER, "")
)
"""By what stands behind them."""
