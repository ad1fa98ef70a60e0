"""Instruments: whatever counts the four habits in texts, behind one interface.

`Analyzer` follows rules and reads everything; `countdown_agents.judge.Judge` asks a language model
and may be left without a count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from countdown_gym.behaviors.analysis import analyze
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.habits import Habit

HabitCounts = Mapping[Habit, int | None]
"""How often a text shows each habit; None where the instrument came to no count."""


class Passage(NamedTuple):
    """A text whose habits are counted."""

    puzzle: Puzzle
    """What was asked."""
    completion: str
    """What was written."""


class Instrument(Protocol):
    """Counts habits."""

    def counts(self, passages: Sequence[Passage]) -> list[HabitCounts]:
        """Return how often each passage shows each habit, in their order."""


class Analyzer:
    """The instrument of `countdown_gym.behaviors.analyze`.

    Example:
        >>> passage = Passage(Puzzle((25, 30, 3, 4), 32), "30 + 3 = 33, one too many.")
        >>> Analyzer().counts([passage])[0][Habit.VERIFICATION]
        1
    """

    def counts(self, passages: Sequence[Passage]) -> list[HabitCounts]:
        """Return how often each passage shows each habit, in their order; there is no None."""
        return [analyze(puzzle, completion).counts for puzzle, completion in passages]
