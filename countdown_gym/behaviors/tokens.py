"""A normal text as tokens: numbers, signs, ends of clauses, and cues; other words are counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from fractions import Fraction
from typing import NamedTuple

from countdown_gym.behaviors.lexicon import cues
from countdown_gym.behaviors.lexicon.kinds import Cue

Value = int | Fraction
MAX_DIGITS = 9
"""Longer numbers are no numbers of the game; they are read as words."""


class Sign(IntEnum):
    """What a token that is no cue may be; the values follow on those of `Cue`."""

    NUMBER = 100
    OPERATOR = 101
    EQUALS = 102
    OPEN = 103
    CLOSE = 104
    STOP = 105
    """The end of a sentence or line."""
    PAUSE = 106
    """The end of a clause."""
    TICK = 107
    CROSS = 108
    QUESTION = 109
    BAR = 110
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


_TOKEN = re.compile(
    r"(\d+(?:\.\d+)?)"  # 1: a number
    r"|(=/=|!=|==?>|==|=|≠|≈|->|→|--+>)"  # 2: equality
    r"|([-+*/])"  # 3: an operator
    r"|([^\W\d_]+)"  # 4: a word
    r"|(\n+|[.!;]+|…)"  # 5: a stop
    r"|([,:\"“”])"  # 6: a pause
    r"|([(\[{])"  # 7
    r"|([)\]}])"  # 8
    r"|(\?+)"  # 9
    r"|(\|)"  # 10
    r"|(✓)|(✗)"  # 11, 12
    r"|(<<|←)"  # 13: a turn in symbols
)
_SIGNS = (
    0,
    Sign.NUMBER,
    Sign.EQUALS,
    Sign.OPERATOR,
    0,
    Sign.STOP,
    Sign.PAUSE,
    Sign.OPEN,
    Sign.CLOSE,
    Sign.QUESTION,
    Sign.BAR,
    Sign.TICK,
    Sign.CROSS,
    Cue.TURN,
)
_OPERATORS = {Cue.ADD: "+", Cue.SUBTRACT: "-", Cue.MULTIPLY: "*", Cue.DIVIDE: "/"}
_NEEDS_NUMBER_BEFORE = frozenset(
    {"over", "et", "per", "durch", "entre", "x", "por", "mal", "على", "加"}
)
_RUN_ON_START = "\u0e00"
_BEFORE_RESULTS = frozenset({Sign.EQUALS, Sign.OPERATOR, Cue.IS})
_STRETCHED = re.compile(r"(\w)\1{2,}")
_NUMBER = re.compile(r"[ \t(]{0,3}\d")


def tokens_of(text: str, start: int, end: int) -> list[Token]:
    """Return the tokens of a stretch of normal text."""
    found: list[Token] = []
    words = 0
    past = start
    for match in _TOKEN.finditer(text, start, end):
        at = match.start()
        if at < past:
            continue
        group = match.lastindex or 0
        if group == 4:
            past, words = _word(text, match, found, words)
        elif group == 1:
            past, words = _number(text, match, found, words)
        else:
            found.append(Token(_SIGNS[group], at, match.end(), match[0], words))
            words = 0
    return found


def _word(text: str, match: re.Match[str], found: list[Token], words: int) -> tuple[int, int]:
    """Look a word up; return where to read on, and how many words without meaning stand there."""
    word, at = match[4], match.start()
    known = cues()
    if word >= _RUN_ON_START:
        past = _run_on(text, at, match.end(), found, words)
        return past, 0 if found and found[-1].start >= at else words + 1
    if word not in known.first_words:
        if word == "t" and found and not words and found[-1].kind == Sign.EQUALS:
            found.append(Token(Cue.TARGET, at, match.end(), word, 0))
            return match.end(), 0
        if len(word) > 3:
            word = _STRETCHED.sub(r"\1\1", word)
        if word not in known.first_words:
            return at, words + 1
    cue = known[word].match(text, at)
    token = None if cue is None else _cue(text, cue, words, found)
    if token is None:
        return at, words + 1
    found.append(token)
    return token.end, 0


def _number(text: str, match: re.Match[str], found: list[Token], words: int) -> tuple[int, int]:
    """Read a number, with what is said of it: `4 too many`."""
    number, at, end = match[1], match.start(), match.end()
    if len(number) > MAX_DIGITS:
        return at, words + 1
    is_result = bool(found) and not words and found[-1].kind in _BEFORE_RESULTS
    if not is_result and text[end : end + 1] == " ":
        cue = cues()["#"].match(text, at)
        token = None if cue is None else _cue(text, cue, words, found)
        if token is not None:
            found.append(token)
            return token.end, 0
    value = Fraction(number) if "." in number else int(number)
    found.append(Token(Sign.NUMBER, at, end, value, words))
    return end, 0


def _cue(text: str, cue: re.Match[str], words: int, found: Sequence[Token]) -> Token | None:
    """Return the token of a cue; None for a word for an operator that is none here."""
    name = cue.lastgroup or ""
    kind = int(name[1 : name.index("_")])
    if kind in _OPERATORS:
        if not _NUMBER.match(text, cue.end()):
            return None
        after_number = bool(found) and found[-1].kind in (Sign.NUMBER, Sign.CLOSE) and not words
        if cue[0] in _NEEDS_NUMBER_BEFORE and not after_number:
            return None
        return Token(Sign.OPERATOR, cue.start(), cue.end(), _OPERATORS[Cue(kind)], words)
    return Token(kind, cue.start(), cue.end(), cue[0], words)


def _run_on(text: str, start: int, end: int, found: list[Token], words: int) -> int:
    """Look up every letter of a run of letters that may hold several words; return its end."""
    known = cues()
    first_words = known.first_words
    at = start
    while at < end:
        cue = known[text[at]].match(text, at) if text[at] in first_words else None
        token = None if cue is None else _cue(text, cue, words, found)
        if token is None or token.end == at:
            at, words = at + 1, words + 1
        else:
            found.append(token)
            at, words = token.end, 0
    return at
