"""How often the completions of a run show each habit, along its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from countdown_agents.records import read_records
from countdown_gym.behaviors import analyze
from countdown_gym.traces.habits import Habit


@dataclass(frozen=True, slots=True)
class HabitPoint:
    """What held-out puzzles say of a model's habits after some batches."""

    batches: int
    """How many batches it had been trained on."""
    counts: Mapping[Habit, tuple[int, ...]]
    """How often each completion shows each habit, puzzle by puzzle."""

    def mean(self, habit: Habit) -> float:
        """Return how often a completion shows a habit."""
        return fmean(self.counts[habit])


def habit_curve(run: Path) -> tuple[HabitPoint, ...]:
    """Return the points of a run's learning curve, read by the instrument of `countdown_gym`."""
    return tuple(_point(file) for file in sorted((run / "curve").glob("*.jsonl")))


def _point(file: Path) -> HabitPoint:
    found = [analyze(record.puzzle, record.completion).counts for record in read_records(file)]
    counts = {habit: tuple(of_one[habit] for of_one in found) for habit in Habit}
    return HabitPoint(int(file.stem), counts)
