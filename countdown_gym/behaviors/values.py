"""Values that a text writes with several tokens, each made one number: `-2`, `8/3`, `(-8/3)`.

A dash may be a sign, a minus, a list mark or a pause, and `8/3` a value or a division. Both are
read as values where those are told as results, and where they were told before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import compress

from countdown_gym.behaviors.computations import INEQUALITIES, class_of, number_of
from countdown_gym.behaviors.lexicon.kinds import Cue
from countdown_gym.behaviors.tokens import Sign, Tokens, Value

_MAY_HOLD = (re.compile(r"-(?=\d)(?<![\w)]-)"), re.compile(r"/(?=\d)(?<=\d/)"))
"""What a text holds that has such values. Each begins with plain text, which is found fast."""
_SIGN = re.compile(b"%b(?=%b)" % (class_of(Sign.OPERATOR), class_of(Sign.NUMBER)))
_SIGNS = frozenset("-/")
_EQUALITIES = frozenset({Sign.EQUALS, Cue.IS})
_OPERANDS = frozenset({Sign.NUMBER, Sign.CLOSE})
"""What the left operand of an operator ends with."""
_STARTS = frozenset({Sign.NUMBER, Sign.OPEN})
"""What a number or a bracket begins with."""


def may_hold_values(text: str) -> bool:
    """Whether a normal text may have values of several tokens: a quick look, right where not."""
    return _MAY_HOLD[0].search(text) is not None or _MAY_HOLD[1].search(text) is not None


def with_values(tokens: Tokens, target: int) -> Tokens:
    """Return the tokens of a text with each value as one number; the same if there are none.

    Args:
        tokens: The text.
        target: Distances from it are values as well, once the value is told.
    """
    kinds = tokens.kinds
    known: set[Value] = set()
    found: list[tuple[int, int, Value]] = []
    read = 0
    for sign in _SIGN.finditer(kinds):
        at = sign.start()
        if tokens.values[at] not in _SIGNS or not _touches(tokens, at):
            continue
        for value, first, past in _readings(tokens, at):
            if first < read or not _is_value(tokens, first, past, value, known):
                continue
            if first and kinds[first - 1] in _EQUALITIES:
                away = value - target
                known |= {value, max(away, -away)}
            found.append((first, past, value))
            read = past
            break
    return _made_one(tokens, found) if found else tokens


def _made_one(tokens: Tokens, found: Iterable[tuple[int, int, Value]]) -> Tokens:
    """Return some tokens with runs of them made one number each."""
    kinds, ends, values = bytearray(tokens.kinds), tokens.ends.copy(), tokens.values.copy()
    kept = bytearray(b"\1") * len(kinds)
    for first, past, value in found:
        kinds[first], ends[first], values[first] = Sign.NUMBER, ends[past - 1], value
        kept[first + 1 : past] = bytes(past - first - 1)
    return Tokens(
        bytes(compress(kinds, kept)),
        [*compress(tokens.starts, kept)],
        [*compress(ends, kept)],
        [*compress(values, kept)],
        bytes(compress(tokens.words, kept)),
    )


def _readings(tokens: Tokens, at: int) -> Iterator[tuple[Value, int, int]]:
    """Yield what a minus or a fraction bar may be the sign of, and from where to where."""
    signed = tokens.values[at] == "-"
    if not signed and not at:
        return
    first = at if signed else at - 1
    number = first + signed
    above = tokens.values[number]
    if number + 2 < len(tokens) and tokens.values[number + 1] == "/":
        below = tokens.values[number + 2]
        one = _touches(tokens, number) and _touches(tokens, number + 1)
        if one and isinstance(above, int) and isinstance(below, int) and below and above % below:
            fraction = Fraction(above, below)
            yield -fraction if signed else fraction, *_in_brackets(tokens, first, number + 3)
    if signed:
        yield -number_of(tokens.values[number]), *_in_brackets(tokens, first, number + 1)


def _touches(tokens: Tokens, at: int) -> bool:
    """Whether nothing stands between a token and the next."""
    return tokens.ends[at] == tokens.starts[at + 1]


def _in_brackets(tokens: Tokens, first: int, past: int) -> tuple[int, int]:
    """Take the brackets around a value with it."""
    if not first or past >= len(tokens) or tokens.words[first] or tokens.words[past]:
        return first, past
    if (tokens.values[first - 1], tokens.values[past]) != ("(", ")"):
        return first, past
    return first - 1, past + 1


def _is_value(tokens: Tokens, first: int, past: int, value: Value, known: set[Value]) -> bool:
    """Whether some tokens are a value rather than an operation, a list mark or a pause."""
    before = tokens[first - 1] if first and not tokens.words[first] else None
    after = tokens[past] if past < len(tokens) and not tokens.words[past] else None
    goes_on = after is not None and after.kind == Sign.OPERATOR
    divides = isinstance(value, Fraction) and value > 0
    if before is not None and before.kind in _EQUALITIES:
        return not divides or value in known or not (goes_on or _is_computed(tokens, past))
    if before is not None and before.kind == Sign.OPERATOR:
        bound = before.end == tokens.starts[first] and tokens.values[first] != "("
        if divides:
            return value in known and not (bound and before.value in ("*", "/"))
        is_operand = first > 1 and tokens.kinds[first - 2] in _OPERANDS and not before.words
        return is_operand and (value in known or not (bound and before.value == "-"))
    if value not in known:
        return False
    if divides:
        return not _is_computed(tokens, past)
    return goes_on and (before is None or before.kind not in _OPERANDS)


def _is_computed(tokens: Tokens, past: int) -> bool:
    """Whether what stands before a token is said to equal a number: `8/3 = 2.67`."""
    if past >= len(tokens) or tokens.words[past] or tokens.kinds[past] not in _EQUALITIES:
        return False
    if tokens.values[past] in INEQUALITIES or past + 1 == len(tokens):
        return False
    return not tokens.words[past + 1] and tokens.kinds[past + 1] in _STARTS
