"""Texts about puzzles in files: records of an evaluation, priming sets, labelled passages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from countdown_gym.behaviors.instruments import HabitCounts, Passage
from countdown_gym.datasets import read_rows
from countdown_gym.errors import CountdownGymError, InvalidParameterError
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.habits import Habit


class LabelledPassage(NamedTuple):
    """A text, and what its file says of its habits."""

    passage: Passage
    labels: HabitCounts | None
    """How often it shows each habit, by construction or by hand; None if the file does not say."""


def read_passages(path: Path) -> Iterator[LabelledPassage]:
    """Yield the texts of a `.jsonl` or `.parquet` file, in order.

    A row holds `puzzle` (or its fields `numbers`, `target` and perhaps `rules`), `completion`, and
    perhaps `habits`; further fields are not looked at. Records of an evaluation and the rows of a
    priming set are of this kind. Of a dialogue the last attempt is read.

    Raises:
        UnknownNameError: If the ending names no kind of file.
        MissingResourceError: If the file is not there, or parquet's package is not.
        InvalidParameterError: If a row is of another kind; the message says which.
    """
    for number, row in enumerate(read_rows(path), start=1):
        try:
            yield _labelled(row)
        except CountdownGymError as wrong:
            raise InvalidParameterError(f"{path}, row {number}: {wrong}") from wrong


def _labelled(row: Mapping[str, Any]) -> LabelledPassage:
    fields = row.get("puzzle", {n: row[n] for n in ("numbers", "target", "rules") if n in row})
    completion = row.get("completion")
    if not isinstance(fields, Mapping) or not fields or not isinstance(completion, str):
        raise InvalidParameterError(
            "a row must hold a puzzle and a completion, got the fields "
            f"{', '.join(map(str, row)) or 'none'}"
        )
    return LabelledPassage(Passage(Puzzle.from_dict(fields), completion), _labels(row))


def _labels(row: Mapping[str, Any]) -> HabitCounts | None:
    habits = row.get("habits")
    if habits is None:
        return None
    known = {habit.value for habit in Habit}
    if not isinstance(habits, Mapping) or set(habits) != known:
        raise InvalidParameterError(f"habits must be a count of each of {', '.join(known)}")
    for name, count in habits.items():
        if type(count) is not int or count < 0:
            raise InvalidParameterError(f"a habit must be counted from 0, got {name}: {count!r}")
    return {habit: habits[habit.value] for habit in Habit}
