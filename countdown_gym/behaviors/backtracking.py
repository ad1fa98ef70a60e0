"""Backtracking: a line of attempt is given up and another is begun."""

from __future__ import annotations

from countdown_gym.behaviors.reading import Reading, Span, parted

_SOON = 60


def backtracking(reading: Reading) -> tuple[Span, ...]:
    """Return where the text turns: the words for it, with the first step of the new line."""
    found: list[Span] = []
    for turn in reading.search.turns:
        first, last, moment = turn.first, turn.last, turn.moment
        if first is None:
            if moment is not None:
                found.append(Span(moment.computation.start, moment.computation.end))
            continue
        last = first if last is None else last
        span = reading.clause(first, last)
        if moment is not None and 0 <= moment.computation.start - span.end < _SOON:
            between = reading.text[span.end : moment.computation.start]
            if not turn.in_words or not any(mark in between for mark in ".!?;\n"):
                span = Span(span.start, moment.computation.end)
        elif moment is None and found and not reading.text[found[-1].end : span.start].strip(" ,"):
            # words behind the new line's first step: "let me try 30 - 25 = 5 instead"
            span = Span(found.pop().start, span.end)
        found.append(span)
    return parted(found)
