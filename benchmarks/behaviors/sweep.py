"""What is measured: the instrument on gold passages, on our own traces, and against the clock.

The final set is not read: its one score is repeated as it was recorded. `--set final=yes` scores it
again, beside that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.behaviors.agreement import labels_of, score
from benchmarks.behaviors.passages import FINAL, FOLDER, SETS, Passage, Span, read
from benchmarks.behaviors.passages import Habit as Mark
from countdown_gym.behaviors import Analysis, analyze
from countdown_gym.errors import InvalidParameterError
from countdown_gym.families import ThreeToFour
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.conditions import CONDITIONS, Told, tell
from countdown_gym.traces.habits import Habit
from countdown_gym.traces.priming import PrimingRecipe, searches
from countdown_gym.traces.search import Teacher
from countdown_gym.traces.wording import WORDINGS

Row = Mapping[str, Any]
"""Plain JSON values."""
PARAMETERS = ("final",)
"""`final=yes` scores the final set again, which otherwise nothing here opens."""
FINAL_SCORE = Path(__file__).parent / "final_score.json"
"""The final set's score, and the commit of the instrument that it is of."""
_SEARCHES = 60
_LENGTHS = (1_000, 4_000, 16_000, 32_000)
_SHORTEST = _LENGTHS[0]
_MARKED = dict(zip(Mark, Habit, strict=True))


def sweep(parameters: Mapping[str, str]) -> Iterator[Row]:
    """Yield how spans, counts and time come out.

    Raises:
        InvalidParameterError: If `final` is neither yes nor no.
    """
    again = parameters.get("final", "no")
    if again not in {"yes", "no"}:
        raise InvalidParameterError(f"final must be yes or no, got {again}")
    for name in SETS:
        if name != FINAL:
            yield from gold(name)
    yield from json.loads(FINAL_SCORE.read_text(encoding="utf-8"))["rows"]
    if again == "yes":
        yield from ({**row, "on": "final again"} for row in gold(FINAL))
    told = list(own_traces())
    yield from speed([(puzzle, each.completion) for _, puzzle, each in told])  # while they are new
    yield from recovered(told)


def gold(name: str) -> Iterator[Row]:
    """Yield how found spans match those of a set of gold passages, habit by habit."""
    passages = read(FOLDER / f"{name}.txt")
    found = {passage.id: _spans(passage) for passage in passages}
    for mark, habit in _MARKED.items():
        scored = score(found, labels_of(passages), mark)
        counts = {"matched": scored.matched, "found": scored.found, "gold": scored.gold}
        yield {"on": name, "habit": habit.value, **counts}


def _spans(passage: Passage) -> Mapping[Mark, Sequence[Span]]:
    found = analyze(Puzzle(passage.numbers, passage.target), passage.text).spans
    return {mark: [Span(*span) for span in found[habit]] for mark, habit in _MARKED.items()}


def own_traces() -> Iterator[tuple[str, Puzzle, Told]]:
    """Yield every condition and wording of some searches, whose habits are known."""
    teacher = Teacher(2, 6, solve_rate=0.6, returns=0.3, pull=1.0, tidy=True)
    recipe = PrimingRecipe(ThreeToFour(), teacher=teacher, num_traces=_SEARCHES, seed=77)
    rng = np.random.default_rng(77)
    for search in searches(recipe):
        for wording, make in WORDINGS.items():
            for condition in CONDITIONS.values():
                yield wording, search.puzzle, tell(search, condition, make(), rng)


def recovered(told: Sequence[tuple[str, Puzzle, Told]]) -> Iterator[Row]:
    """Yield how many of the known habits are found again, text by text."""
    for habit in Habit:
        matched = found = known = 0
        for _, puzzle, each in told:
            count, there = analyze(puzzle, each.completion).counts[habit], each.habits[habit]
            matched, found, known = matched + min(count, there), found + count, known + there
        counts = {"matched": matched, "found": found, "gold": known}
        yield {"on": "own traces", "habit": habit.value, **counts}


def speed(texts: Sequence[tuple[Puzzle, str]]) -> Iterator[Row]:
    """Yield processor seconds for texts of some lengths, made of traces one after another.

    The instrument remembers words and short stretches of text. So some hundred texts, of which it
    has seen none, are read once first; then the same again, and with all that can be asked of an
    analysis. All times but the first are the least of several plays.
    """
    puzzle = texts[0][0]
    whole = "\n".join(text for _, text in islice(texts, 1_000))
    new = [whole[at : at + _SHORTEST] for at in range(0, len(whole) - _SHORTEST, _SHORTEST)]
    seconds = _seconds(lambda: [analyze(puzzle, piece) for piece in new])
    yield {"on": "first reading", "characters": _SHORTEST, "seconds": seconds / len(new)}
    seconds = _fastest(lambda: [analyze(puzzle, piece) for piece in new])
    yield {"on": "further reading", "characters": _SHORTEST, "seconds": seconds / len(new)}
    seconds = _fastest(lambda: [_everything(analyze(puzzle, piece)) for piece in new])
    yield {"on": "everything", "characters": _SHORTEST, "seconds": seconds / len(new)}
    for length in _LENGTHS:
        pieces = [whole[at : at + length] for at in range(0, 10 * length, length)]
        seconds = _fastest(lambda pieces=pieces: [analyze(puzzle, piece) for piece in pieces])
        yield {"on": "time", "characters": length, "seconds": seconds / len(pieces)}


def _everything(found: Analysis) -> tuple[object, ...]:
    """Ask for all that an analysis has, but for the oracle's labels."""
    shares = found.arithmetic_accuracy, found.legal_share, found.answer_follows
    return found.counts, found.attempts, *shares


def _fastest(play: Callable[[], object]) -> float:
    """Return the least processor time of five plays."""
    return min(_seconds(play) for _ in range(5))


def _seconds(play: Callable[[], object]) -> float:
    """Return the processor time of a play."""
    started = time.process_time()
    play()
    return time.process_time() - started
