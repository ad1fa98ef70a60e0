"""Gold passages as rows, for `countdown-gym behaviors`.

`python -m benchmarks.behaviors.rows open gold.jsonl` writes a half of the gold set with the counts
of its labels.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.behaviors.passages import FOLDER, HALVES, Passage, read
from benchmarks.behaviors.passages import Habit as Mark
from countdown_gym.datasets import write_rows
from countdown_gym.errors import UnknownNameError
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.habits import Habit


def rows(half: str) -> Iterator[dict[str, Any]]:
    """Yield the passages of a half as rows with puzzle, completion and habits.

    Raises:
        UnknownNameError: If there is no such half.
    """
    if half not in HALVES:
        raise UnknownNameError("half of the gold passages", half, HALVES)
    yield from map(_row, read(FOLDER / f"{half}.txt"))


def _row(passage: Passage) -> dict[str, Any]:
    marks = zip(Habit, Mark, strict=True)
    return {
        "id": passage.id,
        "style": passage.style,
        "puzzle": Puzzle(passage.numbers, passage.target).to_dict(),
        "completion": passage.text,
        "habits": {habit.value: len(passage.spans[mark]) for habit, mark in marks},
    }


if __name__ == "__main__":
    write_rows(rows(sys.argv[1]), Path(sys.argv[2]))
