"""Backward chaining: an inverse operation on the target, or what the rest would have to make."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping

from countdown_gym.behaviors.computations import TOLD, any_of, inverse, number_of, places_of
from countdown_gym.behaviors.lexicon.kinds import Cue
from countdown_gym.behaviors.moments import Moment, Role
from countdown_gym.behaviors.reading import Reading, Span, parted
from countdown_gym.behaviors.subgoals import NOT_MINE
from countdown_gym.behaviors.tokens import Sign

_Ends = tuple[int, int]
"""The first and the last token of what is said."""
_PAIR = 2
_NUMBERS = bytes([Sign.NUMBER]) * _PAIR
_EQUALITIES = frozenset({Sign.EQUALS, Cue.IS})
_BREATH = 80
"""How far words may stand from the computation that they belong to."""


def chaining(reading: Reading) -> tuple[Span, ...]:
    """Return where the text reasons from the target."""
    merged: list[Span] = []
    for span in sorted([*_computed(reading), *_in_words(reading)]):
        if merged and _one_breath(reading, merged[-1], span):
            merged[-1] = Span(merged[-1].start, max(span.end, merged[-1].end))
        else:
            merged.append(span)
    return parted(merged)


def _computed(reading: Reading) -> list[Span]:
    found: list[Span] = []
    before: Moment | None = None
    target = reading.puzzle.target
    for moment in reading.search.moments:
        computation = moment.computation
        if moment.role == Role.BACKWARD:
            same_chain = (
                before is not None
                and before.role == Role.BACKWARD
                and before.sentence == moment.sentence
                and before.line == moment.line
            )
            span = Span(computation.start, computation.end)
            if same_chain and found:
                found[-1] = Span(found[-1].start, span.end)
            elif target in (computation.result, *computation.operands):
                found.append(span)
        elif computation.result == target and _misses_partner(reading, moment):
            found.append(Span(computation.start, computation.end))
        before = moment
    return found


def _misses_partner(reading: Reading, moment: Moment) -> bool:
    """Whether one that makes the target supposes a number of it: `30 + 2 would be 32`."""
    computation = moment.computation
    if moment.role != Role.ASIDE and moment.legal:
        return False
    around = reading.text[max(reading.start, computation.start - 30) : computation.end + 10]
    return "would" in around


def _in_words(reading: Reading) -> list[Span]:
    found: list[Span] = []
    for place in places_of(_HEARD, reading.kinds):
        ends = _READERS[reading.kinds[place]](reading, place)
        if ends is not None:
            found.append(reading.clause(*ends))
    return found


def _rest(reading: Reading, place: int) -> _Ends | None:
    """Read what the other numbers have to make, unless a step back has just shown it."""
    return None if _is_shown(reading, place) else (place, place)


def _aim(reading: Reading, place: int) -> _Ends | None:
    """Read the same where it is said as an aim: `31 and 8 would have to make 1`."""
    of_others = str(reading.tokens.values[place]).startswith(NOT_MINE)
    return _rest(reading, place) if of_others else None


def _last_step(reading: Reading, place: int) -> _Ends | None:
    return (place, place) if _wants_after(reading, place) else None


def _factors(reading: Reading, place: int) -> _Ends | None:
    return (place, place) if _lists_factors(reading, place) else None


def _unknown(reading: Reading, place: int) -> _Ends | None:
    solved = _solves(reading, place)
    return None if solved is None else (place - 1, solved)


def _named_target(reading: Reading, place: int) -> _Ends | None:
    last = _from_target(reading, place)
    return None if last is None else (place, last)


def _split(reading: Reading, place: int) -> _Ends | None:
    return (place, place + 2) if _is_split(reading, place) else None


def _left(reading: Reading, place: int) -> _Ends | None:
    return (place, place + 1) if _leaves_rest(reading, place) else None


def _is_shown(reading: Reading, place: int) -> bool:
    """Whether what other numbers have to make was shown by a step back before."""
    number = next((t for t in reading.tokens[place + 1 : place + 4] if t.kind == Sign.NUMBER), None)
    moments = reading.search.moments
    past = bisect_right(moments, place, key=lambda each: each.computation.first)
    before = moments[past - 1] if past else None
    return (
        number is not None
        and before is not None
        and before.role == Role.BACKWARD
        and number.value in (before.value, *before.computation.operands)
    )


def _lists_factors(reading: Reading, place: int) -> bool:
    """Whether the factors of the target follow: `the factors of 32 are 1, 2, 4`."""
    said = str(reading.tokens.values[place])
    if not said.endswith("factors of") and not said.endswith("divisors of"):
        return False
    kinds = reading.kinds[place + 1 : place + 4]
    named = reading.tokens.values[place + 1] if kinds else None
    return (
        named == reading.puzzle.target
        and kinds[0] == Sign.NUMBER
        and kinds[1:2] in (bytes([Cue.IS]), bytes([Sign.PAUSE]), bytes([Sign.EQUALS]))
        and kinds[2:3] == bytes([Sign.NUMBER])
    )


def _solves(reading: Reading, place: int) -> int | None:
    """Return where an unknown is told that makes the target: `25 + ? = 32, so ? = 7`."""
    tokens, kinds = reading.tokens, reading.kinds
    at = place + 1
    if at < len(tokens.kinds) and kinds[at] in (Sign.QUESTION, Cue.NO):
        at += 1
    if not place or at + 1 >= len(tokens.kinds) or kinds[place - 1] != Sign.NUMBER:
        return None
    if kinds[at] not in _EQUALITIES or tokens.values[at + 1] != reading.puzzle.target:
        return None
    known = number_of(tokens.values[place - 1])
    unknown = inverse(str(tokens.values[place]), known, reading.puzzle.target)
    for after in range(at + 2, min(at + 8, len(tokens.kinds))):
        if tokens.kinds[after] == Sign.NUMBER and tokens.values[after] == unknown:
            return after
    return None


def _from_target(reading: Reading, place: int) -> int | None:
    """Return the last token of `subtract 25 from 32`, where the target is on the board nowhere."""
    tokens, kinds, target = reading.tokens, reading.kinds, reading.puzzle.target
    past = place + 1
    while past < min(place + 4, len(tokens.kinds)) and kinds[past] in (Sign.NUMBER, Cue.FROM):
        past += 1
    numbers = [token.value for token in tokens[place + 1 : past] if token.kind == Sign.NUMBER]
    if len(numbers) != _PAIR or target not in numbers or target in reading.puzzle.numbers:
        return None
    partner = next((each for each in numbers if each != target), None)
    return past - 1 if partner in reading.puzzle.numbers else None


def _is_split(reading: Reading, place: int) -> bool:
    """Whether `319 is 300 and 19` is said of the target."""
    tokens, whole = reading.tokens, place - 1
    if not place or tokens.values[whole] != reading.puzzle.target:
        return False
    if tokens.kinds[whole] != Sign.NUMBER or tokens.kinds[place + 1 : place + 3] != _NUMBERS:
        return False
    first, second = tokens.values[place + 1 : place + 3]
    together = number_of(first) + number_of(second) == reading.puzzle.target
    return together and max(tokens.words[place + 1 : place + 3]) <= 1


def _leaves_rest(reading: Reading, place: int) -> bool:
    """Whether `leaves 2` says what is left of the target, not which numbers are."""
    tokens, target = reading.tokens, reading.puzzle.target
    if not str(tokens.values[place]).startswith("leaves") or place + 1 >= len(tokens.kinds):
        return False
    number = tokens[place + 1]
    listed = place + 2 < len(tokens.kinds) and tokens.kinds[place + 2] == Sign.PAUSE
    if (
        number.kind != Sign.NUMBER
        or number.words
        or listed
        or number.value in reading.puzzle.numbers
    ):
        return False
    rest = target - number_of(number.value)
    return rest in reading.puzzle.numbers


def _wants_after(reading: Reading, place: int) -> bool:
    """Whether a sentence goes on to say what is wanted."""
    for token in reading.tokens[place + 1 : place + 12]:
        if token.kind in (Sign.STOP, Sign.QUESTION):
            return False
        if token.kind in (Cue.AIM, Cue.REST):
            return True
    return False


def _one_breath(reading: Reading, first: Span, second: Span) -> bool:
    """Whether words only round off the step back before them."""
    between = reading.text[first.end : second.start]
    return (
        len(between) < _BREATH
        and not any(mark in between for mark in ".;!?\n…")
        and not any(
            first.end <= moment.computation.start < second.start
            for moment in reading.search.moments
            if moment.role == Role.FORWARD
        )
    )


_READERS: Mapping[int, Callable[[Reading, int], _Ends | None]] = {
    Cue.REST: _rest,
    Cue.AIM: _aim,
    Cue.LAST: _last_step,
    Cue.NEAR: _factors,
    Cue.IS: _split,
    Cue.USE: _left,
    Sign.OPERATOR: _unknown,
    **dict.fromkeys(TOLD, _named_target),
}
"""What reads a step back that is said at a token of some kind."""
_HEARD = any_of(_READERS)
