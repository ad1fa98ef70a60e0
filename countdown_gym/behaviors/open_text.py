"""`analyze_text`: which habits a text shows that is about no puzzle.

Without a target there is no board to follow, so words weigh more here than in `analyze`, and the
evidence beside them is looser: an equation, a number, a computation that can be re-executed.
`docs/curation.md` says what counts, how well it is found, and what is known to be missed.
Deterministic, without a model or a network, total, and linear in the length of the text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from countdown_gym.behaviors.computations import Computation, computations, number_of
from countdown_gym.behaviors.lexicon.kinds import Cue
from countdown_gym.behaviors.normalizing import normalized
from countdown_gym.behaviors.open_phrases import Mark, Phrase, phrases_of
from countdown_gym.behaviors.reading import Span
from countdown_gym.behaviors.stretches import tokens_of
from countdown_gym.behaviors.tokens import Sign, Token, Tokens, Value
from countdown_gym.traces.habits import Habit

_BESIDE = 60
"""How far an outcome may stand behind the value that it is about."""
_AFTER_CHECK = 240
"""How far behind the announcement of a check its outcome may stand."""
_RECENT = 240
"""How far a failure may stand before the words that begin anew."""
_AROUND = 400
"""How far mathematics may be from a passage that reasons about it."""
_ONE_BREATH = 80
"""How far passages of one habit may stand apart and still be one."""
_STRONG_CUES: Mapping[int, Mark] = {
    Cue.HIT: Mark.OUTCOME,
    Sign.TICK: Mark.OUTCOME,
    Sign.CROSS: Mark.OUTCOME,
    Cue.TURN: Mark.SHIFT,
}
"""What some cues of the lexicon, of whatever language, say where there is no board."""


@dataclass(frozen=True)
class OpenAnalysis:
    """What was found in a text."""

    text: str = field(repr=False)
    spans: Mapping[Habit, tuple[Span, ...]]
    """Where each habit is shown, in order; spans of one habit do not overlap."""
    computations: int
    """How many computations it carries out."""
    right: int
    """How many of them are right, or claim nothing."""

    @property
    def counts(self) -> dict[Habit, int]:
        """How often each habit is shown."""
        return {habit: len(found) for habit, found in self.spans.items()}


def analyze_text(text: str) -> OpenAnalysis:
    """Return what a text shows, whatever it is about.

    Example:
        >>> found = analyze_text("2x + 3 = 9, so x = 3. To check, 2 * 3 + 3 = 9, as required.")
        >>> [found.text[start:end] for start, end in found.spans[Habit.VERIFICATION]]
        ['To check, 2 * 3 + 3 = 9, as required']
    """
    page = _Page(normalized(text))
    spans = {
        Habit.VERIFICATION: _merged(_checks(page), breath=30),
        Habit.BACKTRACKING: _merged(_turns(page)),
        Habit.SUBGOAL_SETTING: _merged(_aims(page), breath=0),
        Habit.BACKWARD_CHAINING: _merged(_steps_back(page)),
    }
    return OpenAnalysis(
        text,
        MappingProxyType(spans),
        len(page.computations),
        sum(each.right for each in page.computations),
    )


def count_habits(texts: Sequence[str]) -> list[dict[Habit, int]]:
    """Return how often each text shows each habit: this instrument as a scorer of documents."""
    return [analyze_text(text).counts for text in texts]


class _Page:
    """A normal text with all that the rules look at."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: Tokens = tokens_of(text, [(0, len(text))])
        self.computations: Sequence[Computation] = computations(self.tokens)
        self.phrases: list[Phrase] = sorted(
            (*phrases_of(text), *_cue_phrases(self.tokens)), key=lambda each: each.start
        )
        self.equalities = [token.start for token in self.tokens if token.kind == Sign.EQUALS]
        self.values = [t.end for t in self.tokens if t.kind in (Sign.NUMBER, Sign.EQUALS)]

    def has_equation(self, start: int, end: int) -> bool:
        """Whether an equality stands between two offsets."""
        return _any_between(self.equalities, start, end)

    def has_value(self, start: int, end: int) -> bool:
        """Whether a number or an equality ends between two offsets."""
        return _any_between(self.values, start, end)

    def is_mathematical(self, phrase: Phrase) -> bool:
        """Whether an equation stands in the neighbourhood of a phrase."""
        return self.has_equation(phrase.start - _AROUND, phrase.end + _AROUND)


def _any_between(offsets: Sequence[int], start: int, end: int) -> bool:
    return bisect_left(offsets, start) < bisect_right(offsets, end)


def _cue_phrases(tokens: Iterable[Token]) -> list[Phrase]:
    """Return what the lexicon's cues say here."""
    found: list[Phrase] = []
    for token in tokens:
        mark = _STRONG_CUES.get(token.kind)
        if mark is None and token.kind == Cue.SIDE and "too " in str(token.value):
            mark = Mark.OUTCOME
        if mark is not None:
            found.append(Phrase(mark, token.start, token.end))
    return found


def _checks(page: _Page) -> list[Span]:
    """Return checks with an outcome, and outcomes said of a value just stated."""
    found: list[Span] = []
    for place, phrase in enumerate(page.phrases):
        if phrase.mark == Mark.OUTCOME and page.has_value(phrase.start - _BESIDE, phrase.start):
            found.append(Span(phrase.start, phrase.end))
        elif phrase.mark == Mark.CHECK:
            outcome = _next(page.phrases, place, Mark.OUTCOME, _AFTER_CHECK)
            end = None if outcome is None else outcome.end
            if end is None:
                end = _end_of_equation(page, phrase.end, phrase.end + _AFTER_CHECK // 2)
            elif not page.has_value(phrase.end, end):
                continue
            if end is not None:
                found.append(Span(phrase.start, end))
    return found


def _next(phrases: Sequence[Phrase], place: int, mark: Mark, within: int) -> Phrase | None:
    """Return the first phrase of a kind that follows soon."""
    limit = phrases[place].end + within
    for phrase in phrases[place + 1 : place + 9]:
        if phrase.start > limit:
            return None
        if phrase.mark == mark:
            return phrase
    return None


def _end_of_equation(page: _Page, start: int, end: int) -> int | None:
    """Return where the first computation with a result ends that begins between two offsets."""
    at = bisect_left(page.computations, start, key=lambda each: each.start)
    for computation in page.computations[at:]:
        if computation.start > end:
            return None
        if computation.claimed is not None:
            return computation.end
    return None


def _turns(page: _Page) -> list[Span]:
    """Return where a line is given up: in words that say so, or failing and then begun anew."""
    found: list[Span] = []
    failed: Phrase | None = None
    for phrase in page.phrases:
        if phrase.mark == Mark.TURN:
            if page.is_mathematical(phrase):
                found.append(Span(phrase.start, phrase.end))
                failed = None
        elif phrase.mark == Mark.FAILS or _misses(page, phrase):
            failed = phrase
        elif phrase.mark == Mark.SHIFT and failed is not None:
            if phrase.start - failed.end < _RECENT and page.is_mathematical(phrase):
                start = failed.start if failed.mark == Mark.FAILS else phrase.start
                found.append(Span(start, phrase.end))
            failed = None
    return found


def _misses(page: _Page, phrase: Phrase) -> bool:
    """Whether an outcome says on which side of something a value is: too large."""
    return phrase.mark == Mark.OUTCOME and "too " in page.text[phrase.start : phrase.end]


def _aims(page: _Page) -> list[Span]:
    """Return where something intermediate is named as what to reach."""
    found = [
        Span(phrase.start, phrase.end)
        for phrase in page.phrases
        if phrase.mark == Mark.AIM and page.has_value(phrase.start - _AROUND, phrase.end + _AROUND)
    ]
    found += [Span(phrase.start, phrase.end) for phrase in _sufficient(page)]
    return sorted(found)


def _sufficient(page: _Page) -> list[Phrase]:
    """Return the steps back that name what is to be shown instead."""
    return [
        phrase
        for phrase in page.phrases
        if phrase.mark == Mark.BACK and page.text.startswith("it ", phrase.start)
    ]


def _steps_back(page: _Page) -> list[Span]:
    """Return where the text goes from what is wanted to what it takes."""
    found = [
        Span(phrase.start, phrase.end)
        for phrase in page.phrases
        if phrase.mark == Mark.BACK and page.has_value(phrase.start - _AROUND, phrase.end + _AROUND)
    ]
    return sorted([*found, *_undone(page)])


def _undone(page: _Page) -> list[Span]:
    """Return computations that take a value apart which the text has named as wanted."""
    wanted = _wanted(page)
    if not wanted:
        return []
    reached: set[Value] = set()
    found: list[Span] = []
    for computation in page.computations:
        value = _taken_apart(computation)
        reused = value in reached and not computation.reversed
        named = None if value is None or reused else wanted.get(value)
        if named is not None and named < computation.start:
            found.append(Span(computation.start, computation.end))
        if computation.result is not None:
            reached.add(computation.result)
    return found


def _taken_apart(computation: Computation) -> Value | None:
    """Return the value that a computation takes apart: the 24 of `24 / 4` and of `24 = 6 * 4`."""
    if computation.goes_on:
        return None
    if computation.reversed:
        return computation.claimed
    first = computation.operations[0] if computation.operations else None
    undoes = first is not None and first.operator in "-/"
    return computation.operands[0] if undoes else None


def _wanted(page: _Page) -> dict[Value, int]:
    """Return the numbers that are named as something to make, and where each is first."""
    wanted: dict[Value, int] = {}
    within = {at for each in page.computations for at in range(each.first, each.past)}
    for place in range(1, len(page.tokens)):
        token, before = page.tokens[place], page.tokens[place - 1]
        if (
            token.kind == Sign.NUMBER
            and before.kind in (Cue.MAKE, Cue.AIM, Cue.TARGET)
            and token.words <= 1
            and place not in within
        ):
            wanted.setdefault(number_of(token.value), token.start)
    return wanted


def _merged(spans: Sequence[Span], breath: int = _ONE_BREATH) -> tuple[Span, ...]:
    """Return spans in order, those that stand in one breath as one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start - found[-1].end < breath:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)
