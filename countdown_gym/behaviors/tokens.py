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
    r"(?:([^\W\d_]+)"  # 1: a word
    r"|(\d{1,9}+) *+([-+*/]) *+(\d{1,9}+)(?!\d|\.\d)"  # 2-4: an operation on two numbers
    r"(?: *+(=) *+(\d{1,9}+)(?!\d|\.\d))?"  # 5, 6: with its result
    r"|(\d+(?:\.\d+)?)"  # 7: a number
    r"|(=/=|!=|==?>|==|=|≠|≈|->|→|--+>)"  # 8: equality
    r"|([.!;]+|\n+|[,:\"“”…()\[\]{}+*/|✓✗←-]|\?+"  # 9: another sign
    r"|<<|[<>](?= *(?:\d|t\b|target|goal)))"
    r") *"
)
_WORD, _NUMBER, _EQUALITY = 1, 7, 8
_SIGNS = {
    **dict.fromkeys(".!;\n…", Sign.STOP),
    **dict.fromkeys(',:"“”', Sign.PAUSE),
    **dict.fromkeys("-+*/", Sign.OPERATOR),
    **dict.fromkeys("([{", Sign.OPEN),
    **dict.fromkeys(")]}", Sign.CLOSE),
    **dict.fromkeys("<>", Cue.ORDER),
    **dict.fromkeys(("<<", "←"), Cue.TURN),
    "?": Sign.QUESTION,
    "|": Sign.BAR,
    "✓": Sign.TICK,
    "✗": Sign.CROSS,
}
"""What signs are; a run of several is what its first is."""
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
            group, start = match.lastindex or 0, match.start()
            if group == _WORD:
                word = match[_WORD]
                if word >= _RUN_ON_START:
                    at = _run_on(text, match, found, words)
                elif (cues := cues_of(word)) is None or (cue := cues.match(text, start)) is None:
                    words += 1
                    continue
                elif (kind := cues.kinds[cue.lastindex or 0]) > Cue.DIVIDE and word != "t":
                    at = cue.end()
                    put(_made((kind, start, at, cue[0], words)))
                else:
                    at = _doubtful(text, cue, kind, found, words)
            elif group >= _EQUALITY:
                said = match[group]
                kind = Sign.EQUALS if group == _EQUALITY else _SIGNS.get(said) or _SIGNS[said[0]]
                put(_made((kind, start, start + len(said), said, words)))
                words = 0
                continue
            else:
                at = (_number if group == _NUMBER else _operation)(text, match, found, words)
            words = 0 if at else words + 1
            if at > match.end(group):  # the rest of a phrase
                break
        else:
            break
    return found


def _operation(_text: str, match: re.Match[str], found: list[Token], words: int) -> int:
    """Take an operation on two numbers at once; half of all tokens stand in such.

    Returns:
        Where it ends.
    """
    left, operator, right, equals, result = match.group(2, 3, 4, 5, 6)
    number, start = Sign.NUMBER, match.start()
    found.append(_made((number, start, start + len(left), int(left), words)))
    start = match.start(3)
    found.append(_made((Sign.OPERATOR, start, start + 1, operator, 0)))
    start = match.start(4)
    found.append(_made((number, start, start + len(right), int(right), 0)))
    if result is not None:
        start = match.start(5)
        found.append(_made((Sign.EQUALS, start, start + 1, equals, 0)))
        start = match.start(6)
        found.append(_made((number, start, start + len(result), int(result), 0)))
    return match.end(match.lastindex or 0)


def _is_target(text: str, at: int, found: Sequence[Token], words: int) -> bool:
    """Whether a `t` stands for the target: before an operation, or beside a comparison."""
    compared = bool(found) and not words and found[-1].kind in _BEFORE_T
    return compared or _T_AND_NUMBER.match(text, at) is not None


def _number(text: str, match: re.Match[str], found: list[Token], words: int) -> int:
    """Read a number, with what is said of it: `4 too many`; return where to read on."""
    number, start = match[_NUMBER], match.start()
    end, past = start + len(number), match.end()
    if end - start > MAX_DIGITS:
        return 0
    if past > end and text[past : past + 1].isalpha():
        is_result = bool(found) and not words and found[-1].kind in _BEFORE_RESULTS
        if not is_result and (read_on := _cue(text, start, "#", found, words)):
            return read_on
    value = Fraction(number) if "." in number else int(number)
    found.append(_made((Sign.NUMBER, start, end, value, words)))
    return end


def _cue(text: str, at: int, word: str, found: list[Token], words: int) -> int:
    """Take the cue that begins at an offset with a word; return its end, or 0 if none does."""
    cues = cues_of(word)
    cue = None if cues is None else cues.match(text, at)
    if cue is None or cues is None:
        return 0
    return _take(text, cue, cues.kinds[cue.lastindex or 0], found, words)


def _doubtful(text: str, cue: re.Match[str], kind: int, found: list[Token], words: int) -> int:
    """Take a cue that may be none here, and return its end or 0."""
    if cue[0] == "t" and not _is_target(text, cue.start(), found, words):
        return 0
    return _take(text, cue, kind, found, words)


def _take(text: str, cue: re.Match[str], kind: int, found: list[Token], words: int) -> int:
    """Take a cue and return its end; 0 for a word for an operator that is none here."""
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
        past = _cue(text, at, text[at], found, words)
        at, words = (past, 0) if past > at else (at + 1, words + 1)
    return at if len(found) > known else 0
