"""The gold passages: texts about puzzles with the habits marked by hand, and how to read them.

A file holds passages one after another. A header line opens each:

    === id: long-01 | style: long-thinking | numbers: 25 30 3 4 | target: 32

and its text goes on to the next header, less the empty lines around it. In the text `⟦v … ⟧` marks
a span of verification, `⟦b` backtracking, `⟦s` a subgoal and `⟦c` backward chaining; the letter and
the one space after it belong to the mark. `⟧` closes the mark that was opened last. Where two spans
overlap and neither holds the other, `⟦/v⟧` closes the mark `v` by its letter. Spans of one habit
never overlap. What the habits are: `docs/behaviors.md`.

This module knows nothing of any instrument.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from countdown_gym.errors import InvalidParameterError

FOLDER = Path(__file__).parent / "gold"
HALVES = ("open", "held_out")
"""The names of the two halves: one to build an instrument with, one to try it on at the end."""
UNSEEN = "unseen"
"""Written when the held-out half had been opened, and scored once before it was opened, too."""
FINAL = "final"
"""Written when the unseen set had been scored and opened, for one score of its own at the end."""
SETS = (*HALVES, "fresh", UNSEEN, FINAL)
"""All sets; the third was written when a first instrument had been, to find its misses."""
READ_TWICE = (*HALVES, UNSEEN, FINAL)
"""The sets whose texts were labelled a second time without their marks."""
STYLES = (
    "base-model",
    "chat",
    "long-thinking",
    "priming",
    "stream-of-search",
    "symbolic",
    "rl-late",
    "structured",
    "multilingual",
    "student",
    "other",
)

_HEADER = re.compile(
    r"=== id: (?P<id>[a-z0-9-]+) \| style: (?P<style>[a-z-]+)"
    r" \| numbers: (?P<numbers>\d+(?: \d+)*) \| target: (?P<target>\d+)"
)
_MARK = re.compile(r"⟦(?P<opens>[vbsc]) |⟦/(?P<closes>[vbsc])⟧|(?P<last>⟧)|(?P<broken>⟦)")


class Habit(StrEnum):
    """The four habits, each by the letter of its mark."""

    VERIFICATION = "v"
    BACKTRACKING = "b"
    SUBGOAL = "s"
    CHAINING = "c"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a text, from the offset `start` up to, not including, `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One text and what a labeller found in it."""

    id: str
    style: str
    numbers: tuple[int, ...]
    target: int
    text: str
    """The text without the marks."""
    spans: Mapping[Habit, tuple[Span, ...]]
    """For each habit its spans in the text, in order."""


@dataclass(slots=True)
class _Marking:
    """A text whose marks are being taken out, up to some point."""

    text: str = ""
    open: list[tuple[Habit, int]] = field(default_factory=list)
    """The marks that are not closed yet, each with the offset where it began."""
    spans: dict[Habit, list[Span]] = field(default_factory=lambda: {each: [] for each in Habit})

    def read(self, mark: re.Match[str]) -> str | None:
        """Open or close a mark; return what is wrong with it, if anything."""
        if mark["broken"]:
            return "a mark must open with ⟦v, ⟦b, ⟦s or ⟦c and a space"
        if mark["opens"]:
            return self._begin(Habit(mark["opens"]))
        return self._end(Habit(mark["closes"]) if mark["closes"] else None)

    def _begin(self, habit: Habit) -> str | None:
        if any(habit is other for other, _ in self.open):
            return f"spans of one habit must not overlap, got a second ⟦{habit} inside the first"
        self.open.append((habit, len(self.text)))
        return None

    def _end(self, habit: Habit | None) -> str | None:
        candidates = [each for each in self.open if habit in (None, each[0])]
        if not candidates:
            return "a mark must be open before it is closed"
        self.open.remove(candidates[-1])
        closed, start = candidates[-1]
        if not self.text[start:].strip():
            return f"a span must hold some text, got an empty ⟦{closed}"
        self.spans[closed].append(Span(start, len(self.text)))
        return None


def read(path: Path) -> tuple[Passage, ...]:
    """Return the passages of a file, in order.

    Raises:
        InvalidParameterError: Something in the file breaks the format; the message names the line.
    """
    passages: dict[str, Passage] = {}
    for number, header, body in _blocks(path):
        found = _HEADER.fullmatch(header)
        if not found:
            rule = "a header must read '=== id: … | style: … | numbers: … | target: …'"
            raise InvalidParameterError(f"{path}:{number}: {rule}, got {header!r}")
        if found["style"] not in STYLES:
            rule = f"a style must be one of {', '.join(STYLES)}"
            raise InvalidParameterError(f"{path}:{number}: {rule}, got {found['style']!r}")
        if found["id"] in passages:
            rule = "an id must be given once"
            raise InvalidParameterError(f"{path}:{number}: {rule}, got {found['id']!r} again")
        text, spans = _unmark(path, number + 1, body)
        numbers = tuple(int(each) for each in found["numbers"].split())
        passages[found["id"]] = Passage(
            found["id"], found["style"], numbers, int(found["target"]), text, spans
        )
    return tuple(passages.values())


def marked(passage: Passage) -> str:
    """Return the passage as it stands in a file: reading it again gives an equal one."""
    events: dict[int, str] = {}
    spans = [(span, habit) for habit, found in passage.spans.items() for span in found]
    for span, habit in sorted(spans, key=lambda each: (each[0].end, each[1])):
        events[span.end] = f"{events.get(span.end, '')}⟦/{habit}⟧"
    for span, habit in sorted(spans, key=lambda each: (each[0].start, each[1])):
        events[span.start] = f"{events.get(span.start, '')}⟦{habit} "
    cuts = sorted({0, len(passage.text), *events})
    pieces = (
        f"{events.get(start, '')}{passage.text[start:end]}"
        for start, end in zip(cuts, [*cuts[1:], None], strict=True)
    )
    header = (
        f"=== id: {passage.id} | style: {passage.style}"
        f" | numbers: {' '.join(map(str, passage.numbers))} | target: {passage.target}"
    )
    return f"{header}\n{''.join(pieces)}\n"


def _blocks(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield the line number of each header, the header, and what follows it."""
    lines = path.read_text(encoding="utf-8").split("\n")
    starts = [index for index, line in enumerate(lines) if line.startswith("===")]
    if not starts or any(line.strip() for line in lines[: starts[0]]):
        raise InvalidParameterError(f"{path}:1: a file must begin with a header, got {lines[0]!r}")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield start + 1, lines[start], "\n".join(lines[start + 1 : end])


def _unmark(path: Path, number: int, body: str) -> tuple[str, Mapping[Habit, tuple[Span, ...]]]:
    """Return the text of a passage without its marks, and the spans that they marked."""
    leading = len(body) - len(body.lstrip("\n"))
    number, body = number + leading, body.strip("\n")
    if not body:
        raise InvalidParameterError(f"{path}:{number}: a passage must hold some text, got none")
    marking, position = _Marking(), 0
    for mark in _MARK.finditer(body):
        marking.text += body[position : mark.start()]
        position = mark.end()
        if wrong := marking.read(mark):
            line = number + body.count("\n", 0, mark.start())
            raise InvalidParameterError(f"{path}:{line}: {wrong}")
    marking.text += body[position:]
    if marking.open:
        habit, start = marking.open[0]
        line = number + marking.text.count("\n", 0, start)
        raise InvalidParameterError(f"{path}:{line}: a mark must be closed, got an open ⟦{habit}")
    spans = {habit: tuple(sorted(found)) for habit, found in marking.spans.items()}
    return marking.text, MappingProxyType(spans)
