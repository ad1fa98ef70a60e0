"""Backward chaining: an inverse operation on the target, or what the rest would have to make."""

from __future__ import annotations

from countdown_gym.behaviors.computations import any_of, number_of, places_of
from countdown_gym.behaviors.lexicon.kinds import Cue
from countdown_gym.behaviors.reading import Reading, Span, parted
from countdown_gym.behaviors.search import Moment, Role
from countdown_gym.behaviors.tokens import Sign

_FROM_TARGET = any_of((Cue.REST, Cue.LAST, Cue.USE, Cue.TARGET, Cue.IS))
_SPLIT = 4
"""How many tokens `319 is 300 and 19` has."""
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
            else:
                found.append(span)
        elif _misses_partner(reading, moment):
            found.append(Span(computation.start, computation.end))
        before = moment
    return found


def _misses_partner(reading: Reading, moment: Moment) -> bool:
    """Whether a computation supposes a number that is not there: `30 + 2 would be 32`."""
    computation = moment.computation
    if moment.role != Role.ASIDE and moment.legal:
        return False
    if computation.result != reading.puzzle.target:
        return False
    around = reading.text[max(reading.start, computation.start - 30) : computation.end + 10]
    return "would" in around


def _in_words(reading: Reading) -> list[Span]:
    found: list[Span] = []
    tokens = reading.tokens
    for place in places_of(_FROM_TARGET, reading.kinds):
        kind = tokens[place].kind
        if kind == Cue.REST or (kind == Cue.LAST and _wants_after(reading, place)):
            found.append(reading.clause(place, place))
        elif kind == Cue.IS and _is_split(reading, place):
            found.append(reading.clause(place, place + 2))
        elif kind == Cue.USE and _leaves_rest(reading, place):
            found.append(reading.clause(place, place + 1))
        elif kind == Cue.TARGET and place + 2 < len(tokens):
            operator, number = tokens[place + 1], tokens[place + 2]
            if operator.kind == Sign.OPERATOR and number.kind == Sign.NUMBER and not operator.words:
                found.append(reading.clause(place, place + 2))
    return found


def _is_split(reading: Reading, place: int) -> bool:
    """Whether `319 is 300 and 19` is said of the target."""
    parts = reading.tokens[max(0, place - 1) : place + 3]
    if len(parts) != _SPLIT or any(parts[at].kind != Sign.NUMBER for at in (0, 2, 3)):
        return False
    whole, _, first, second = parts
    return (
        whole.value == reading.puzzle.target == number_of(first) + number_of(second)
        and max(first.words, second.words) <= 1
    )


def _leaves_rest(reading: Reading, place: int) -> bool:
    """Whether `leaves 2` says what is left of the target, not which numbers are."""
    tokens, target = reading.tokens, reading.puzzle.target
    if not str(tokens[place].value).startswith("leaves") or place + 1 >= len(tokens):
        return False
    number = tokens[place + 1]
    listed = place + 2 < len(tokens) and tokens[place + 2].kind == Sign.PAUSE
    if (
        number.kind != Sign.NUMBER
        or number.words
        or listed
        or number.value in reading.puzzle.numbers
    ):
        return False
    rest = target - number_of(number)
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
