"""What a benchmark is made of: entries that play the same work, and the rounds they played."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Play = Callable[[], object]
"""Does the work once and returns its answers, which must not depend on the player."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One player doing one piece of work."""

    work: str
    """What is done; entries of equal work are compared."""
    player: str
    """Who does it; this project is `countdown-gym`."""
    questions: int
    """How many questions one round answers."""
    play: Play
    """One round."""
    comparable: bool = True
    """Whether the answers must equal the other players'."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """What one entry needed, round by round."""

    work: str
    player: str
    questions: int
    seconds: tuple[float, ...]
    """Processor seconds per round, those of child processes included."""
