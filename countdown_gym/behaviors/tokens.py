"""A normal text as tokens: numbers, signs, ends of clauses, and cues; other words are counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Final, NamedTuple, cast

from countdown_gym.behaviors.lexicon import cues_of
from countdown_gym.behaviors.lexicon.kinds import Cue

Value = int | Fraction
MAX_DIGITS = 9
"""Longer numbers are no numbers of the game; they are read as words."""


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


_made = cast(
    "Callable[[tuple[int, int, int, Value | str, int]], Token]", partial(tuple.__new__, Token)
)
"""`Token._make`, twice as fast: it does not count the fields."""
_TOKEN = re.compile(
    r"(?:(\d{1,9}+) *+([-+*/]) *+(\d{1,9}+)(?!\d|\.\d)"  # 1-3: an operation on two numbers
    r"(?: *+(=) *+(\d{1,9}+)(?!\d|\.\d))?"  # 4, 5: with its result
    r"|([^\W\d_]+)"  # 6: a word
    r"|(\d+(?:\.\d+)?)"  # 7: a number
    r"|(=/=|!=|==?>|==|=|≠|≈|->|→|--+>)"  # 8: equality
    r"|([.!;]+|\n+|…)"  # 9: a stop
    r"|([,:\"“”])"  # 10: a pause
    r"|([-+*/])"  # 11: an operator
    r"|([(\[{])"  # 12
    r"|([)\]}])"  # 13
    r"|(\?+)"  # 14
    r"|(\|)"  # 15
    r"|(✓)|(✗)"  # 16, 17
    r"|(<<|←)"  # 18: a turn in symbols
    r"|([<>](?= *(?:\d|t\b|target|goal)))"  # 19: a comparison
    r") *"
)
_OPERATION, _WITH_RESULT, _WORD, _NUMBER = 3, 5, 6, 7
_SIGNS = (
    *(0,) * 8,
    Sign.EQUALS,
    Sign.STOP,
    Sign.PAUSE,
    Sign.OPERATOR,
    Sign.OPEN,
    Sign.CLOSE,
    Sign.QUESTION,
    Sign.BAR,
    Sign.TICK,
    Sign.CROSS,
    Cue.TURN,
    Cue.ORDER,
)
_OPERATORS = {Cue.ADD: "+", Cue.SUBTRACT: "-", Cue.MULTIPLY: "*", Cue.DIVIDE: "/"}
_NEEDS_NUMBER_BEFORE = frozenset(
    {"over", "et", "per", "durch", "entre", "x", "por", "mal", "على", "加"}
)
_RUN_ON_START = "\u0e00"
_BEFORE_RESULTS = frozenset({Sign.EQUALS, Sign.OPERATOR, Cue.IS})
_BEFORE_T = frozenset({Sign.EQUALS, Cue.ORDER})
_T_AND_NUMBER = re.compile(r"t ?[-+*/] ?\d")
_NUMBER_FOLLOWS = re.compile(r"[ \t(]{0,3}\d")


def tokens_of(text: str, start: int, end: int) -> list[Token]:
    """Return the tokens of a stretch of normal text."""
    found: list[Token] = []
    put = found.append
    words, at = 0, start
    while at < end:
        for match in _TOKEN.finditer(text, at, end):
            group = match.lastindex or 0
            if group > _NUMBER:
                start, past = match.span(group)
                put(_made((_SIGNS[group], start, past, match[group], words)))
                words = 0
            elif group <= _WITH_RESULT:
                _operation(match, group, found, words)
                words = 0
            elif group == _WORD and match[group] < _RUN_ON_START and not cues_of(match[group]):
                words += 1
            else:
                past = match.end(group)
                at = (_word if group == _WORD else _number)(text, match, found, words)
                words = 0 if at else words + 1
                if at > past:  # the rest of a phrase
                    break
        else:
            break
    return found


def _operation(match: re.Match[str], group: int, found: list[Token], words: int) -> None:
    """Take an operation on two numbers at once: half of all tokens stand in such."""
    left, sign, right = match.span(1), match.start(2), match.span(3)
    found += (
        _made((Sign.NUMBER, *left, int(match[1]), words)),
        _made((Sign.OPERATOR, sign, sign + 1, match[2], 0)),
        _made((Sign.NUMBER, *right, int(match[3]), 0)),
    )
    if group == _WITH_RESULT:
        equals = match.start(4)
        found += (
            _made((Sign.EQUALS, equals, equals + 1, "=", 0)),
            _made((Sign.NUMBER, *match.span(5), int(match[5]), 0)),
        )


def _word(text: str, match: re.Match[str], found: list[Token], words: int) -> int:
    """Look a word up; return where to read on, or 0 if it means nothing."""
    word = match[_WORD]
    if word >= _RUN_ON_START:
        return _run_on(text, match, found, words)
    cues = cues_of(word)
    cue = None if cues is None else cues.match(text, match.start())
    if cue is None or cues is None:
        return 0
    if word == "t" and not _is_target(text, match.start(), found, words):
        return 0
    return _cue(text, cue, cues.kinds, found, words)


def _is_target(text: str, at: int, found: Sequence[Token], words: int) -> bool:
    """Whether a `t` stands for the target: before an operation, or beside a comparison."""
    compared = bool(found) and not words and found[-1].kind in _BEFORE_T
    return compared or _T_AND_NUMBER.match(text, at) is not None


def _number(text: str, match: re.Match[str], found: list[Token], words: int) -> int:
    """Read a number, with what is said of it: `4 too many`; return where to read on."""
    number, (at, end), past = match[_NUMBER], match.span(_NUMBER), match.end()
    if len(number) > MAX_DIGITS:
        return 0
    is_result = bool(found) and not words and found[-1].kind in _BEFORE_RESULTS
    if past > end and not is_result and text[past : past + 1].isalpha():
        cues = cues_of("#")
        cue = None if cues is None else cues.match(text, at)
        read_on = 0 if cue is None or cues is None else _cue(text, cue, cues.kinds, found, words)
        if read_on:
            return read_on
    value = Fraction(number) if "." in number else int(number)
    found.append(_made((Sign.NUMBER, at, end, value, words)))
    return end


def _cue(
    text: str, cue: re.Match[str], kinds: Sequence[int], found: list[Token], words: int
) -> int:
    """Take a cue and return its end; 0 for a word for an operator that is none here."""
    kind = kinds[cue.lastindex or 0]
    start, end = cue.span()
    said = cue[0]
    if kind in _OPERATORS:
        if not _NUMBER_FOLLOWS.match(text, end):
            return 0
        after_number = bool(found) and found[-1].kind in (Sign.NUMBER, Sign.CLOSE) and not words
        if said in _NEEDS_NUMBER_BEFORE and not after_number:
            return 0
        kind, said = Sign.OPERATOR, _OPERATORS[kind]
    found.append(_made((kind, start, end, said, words)))
    return end


def _run_on(text: str, match: re.Match[str], found: list[Token], words: int) -> int:
    """Look up every letter of a run of letters that may hold several words.

    Returns:
        Where to read on, or 0 if nothing in it means something.
    """
    at, end = match.span(_WORD)
    known = len(found)
    while at < end:
        cues = cues_of(text[at])
        cue = None if cues is None else cues.match(text, at)
        past = 0 if cue is None or cues is None else _cue(text, cue, cues.kinds, found, words)
        at, words = (past, 0) if past > at else (at + 1, words + 1)
    return at if len(found) > known else 0
