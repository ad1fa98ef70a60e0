"""Backtracking: a line of attempt is given up and another is begun."""

from __future__ import annotations

from countdown_gym.behaviors.computations import WITHIN, Computation
from countdown_gym.behaviors.lexicon.kinds import Cue
from countdown_gym.behaviors.reading import Reading, Span, parted
from countdown_gym.behaviors.tokens import Sign

_SOON = 60
_HEADING = 8
"""How many tokens the words may have that head a line."""
_SAY_MORE = frozenset(
    {WITHIN, Sign.NUMBER, Sign.CROSS, Sign.TICK, Sign.EQUALS, Sign.QUESTION, Sign.BAR}
    | {Cue.NO, Cue.YES, Cue.SIDE, Cue.ORDER, Cue.HIT, Cue.AIM, Cue.TARGET, Cue.USE, Cue.REST}
)
"""What words hold that do more than to head the line after them."""
_SENTENCE_MARKS = frozenset(".!?;\n")


def _heading(reading: Reading, computation: Computation) -> int:
    """Return where a line begins: with the words that head it, `Multiplications, then: 9 * 4`."""
    tokens, kinds = reading.tokens, reading.kinds
    for at in range(computation.first - 1, max(computation.first - _HEADING, -1), -1):
        if kinds[at] in _SAY_MORE:
            break
        if kinds[at] == Sign.STOP and at < computation.first - 1:
            start = reading.trimmed(tokens.ends[at], computation.start).start
            worded = any(c.isalpha() for c in reading.text[start : computation.start])
            return start if worded else computation.start
    return computation.start


def backtracking(reading: Reading) -> tuple[Span, ...]:
    """Return where the text turns: the words for it, with the first step of the new line."""
    found: list[Span] = []
    for turn in reading.search.turns:
        first, last, moment = turn.first, turn.last, turn.moment
        if first is None:
            if moment is not None:
                computation = moment.computation
                found.append(Span(_heading(reading, computation), computation.end))
            continue
        last = first if last is None else last
        span = reading.clause(first, last)
        if moment is not None and 0 <= moment.computation.start - span.end < _SOON:
            between = reading.text[span.end : moment.computation.start]
            if not turn.in_words or _SENTENCE_MARKS.isdisjoint(between):
                span = Span(span.start, moment.computation.end)
        elif moment is None and found and not reading.text[found[-1].end : span.start].strip(" ,"):
            # words behind the new line's first step: "let me try 30 - 25 = 5 instead"
            span = Span(found.pop().start, span.end)
        found.append(span)
    return parted(found)
