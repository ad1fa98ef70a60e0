"""Reads the tokens of a normal text piece by piece; words without meaning are counted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from countdown_gym.behaviors.lexicon import cues_of, said_of_numbers
from countdown_gym.behaviors.lexicon.kinds import Cue
from countdown_gym.behaviors.tokens import MAX_DIGITS, Sign, Token, Value, new_token

_PIECE = re.compile(
    r"([a-z]++[^\W\d_]*+"  # a word, as most are
    r"|[0-9]++(?:\.[0-9]+)?"  # a number
    r"|[,:()+*/\"|\[\]{}“”…✓✗←≠≈→]"  # a sign by itself
    r"|[.;]++[.!;]*+|\n++|\?++|!=|!++[.!;]*+"  # ends of clauses, and an inequality among them
    r"|=(?:/=|=?>?)|(?<!-)-+>|-"  # equality, arrows, minus
    r"|[^\W\d_]++"  # a word in other letters
    r"|<<|[<>](?= *(?:\d|t\b|target|goal))"
    r")( *)"
)
"""Splits a text into what means nothing, a piece that may mean something, and spaces, in turns."""
_SIGNS = {
    **dict.fromkeys(("=/=", "!=", "=>", "==>", "==", "=", "≠", "≈", "->", "→"), Sign.EQUALS),
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
"""What signs are; a run of several is what its first is, unless it is an arrow."""
_NUMBER, _LAST_OPERATOR = Sign.NUMBER, Cue.DIVIDE
"""Compared with at every piece: a global is found faster than a constant of a class."""
_FIRST_LETTER = "a"
"""What is not less than this is a word, if it is no sign."""
_PLAIN: Mapping[str, tuple[int, Value | str]] = {
    **{sign: (kind, sign) for sign, kind in _SIGNS.items()},
    **{str(value): (Sign.NUMBER, value) for value in range(1_000)},
}
"""The kind and the value of what need not be read: signs and most numbers."""
_OPERATORS = {Cue.ADD: "+", Cue.SUBTRACT: "-", Cue.MULTIPLY: "*", Cue.DIVIDE: "/"}
_NEEDS_NUMBER_BEFORE = frozenset(
    {"over", "et", "per", "durch", "entre", "x", "por", "mal", "على", "加"}
)
_RUN_ON_START = "\u0e00"
_BEFORE_RESULTS = frozenset({Sign.EQUALS, Sign.OPERATOR, Cue.IS})
_BEFORE_T = frozenset({Sign.EQUALS, Cue.ORDER})
_T_AND_NUMBER = re.compile(r"t ?[-+*/] ?\d")
_NUMBER_FOLLOWS = re.compile(r"[ \t(]{0,3}\d")


def scan(text: str, start: int, end: int) -> list[Token]:
    """Return the tokens of a normal text between two offsets."""
    found: list[Token] = []
    put, said_of_number = found.append, said_of_numbers()
    words, read_on, place = 0, start, start
    pieces = _PIECE.split(text[start:end])
    in_turns = zip(pieces[::3], pieces[1::3], pieces[2::3], [*pieces[4::3], ""], strict=False)
    for nothing, whole, spaces, following in in_turns:
        piece, start = whole, place + len(nothing)
        past = start + len(piece)
        place = past + len(spaces)
        if start < read_on:  # within a phrase
            rest = _PIECE.match(text, read_on, end) if past > read_on else None
            if rest is None:
                continue
            start, piece = read_on, rest[1]
        plain = _PLAIN.get(piece)
        if plain is None and piece >= _FIRST_LETTER:
            if piece >= _RUN_ON_START:
                read_on = _run_on(text, start, past, found, words)
            elif (cues := cues_of(piece)) is None or (cue := cues.match(text, start)) is None:
                words += 1
                continue
            elif (kind := cues.kinds[cue.lastindex or 0]) > _LAST_OPERATOR and piece != "t":
                read_on = cue.end()
                said = piece if read_on == past else cue[0]
                put(new_token((kind, start, read_on, said, words)))
            else:
                read_on = _doubtful(text, cue, kind, found, words)
            words = 0 if read_on else words + 1
            continue
        if plain is None and (plain := _read(piece)) is None:
            words += 1
            continue
        kind, value = plain
        token = new_token((kind, start, past, value, words))
        if kind == _NUMBER and spaces and following in said_of_number:
            read_on = _number(text, token, place, found)
        else:
            put(token)
        words = 0
    return found


def _read(piece: str) -> tuple[int, Value | str] | None:
    """Return the kind and the value of a run of signs or of a number; None if it is too long."""
    if piece[0] in _SIGNS:
        return (Sign.EQUALS if piece[-1] == ">" else _SIGNS[piece[0]]), piece
    if len(piece) > MAX_DIGITS:
        return None
    return Sign.NUMBER, Fraction(piece) if "." in piece else int(piece)


def _is_target(text: str, at: int, found: Sequence[Token], words: int) -> bool:
    """Whether a `t` stands for the target: before an operation, or beside a comparison."""
    compared = bool(found) and not words and found[-1].kind in _BEFORE_T
    return compared or _T_AND_NUMBER.match(text, at) is not None


def _number(text: str, number: Token, after: int, found: list[Token]) -> int:
    """Take a number, or all that is said of it, `4 too many`; return where to read on."""
    is_result = bool(found) and not number.words and found[-1].kind in _BEFORE_RESULTS
    if text[after : after + 1].isalpha() and not is_result:
        read_on = _cue(text, number.start, "#", found, number.words)
        if read_on:
            return read_on
    found.append(number)
    return number.end


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
    found.append(new_token((kind, start, end, said, words)))
    return end


def _run_on(text: str, at: int, end: int, found: list[Token], words: int) -> int:
    """Look up every letter of a run of letters that may hold several words.

    Returns:
        Where to read on, or 0 if nothing in it means something.
    """
    known = len(found)
    while at < end:
        past = _cue(text, at, text[at], found, words)
        at, words = (past, 0) if past > at else (at + 1, words + 1)
    return at if len(found) > known else 0
