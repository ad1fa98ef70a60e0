"""What a way of wording is."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.events import Trace


class Wording(Protocol):
    """Words for traces, in the form of a thought and an answer."""

    @property
    def filler(self) -> str:
        """What a thought that says nothing is filled with."""
        ...

    def prompt(self, puzzle: Puzzle) -> str:
        """Return the text that asks the puzzle."""
        ...

    def thought(self, trace: Trace, rng: np.random.Generator) -> str:
        """Return all that happens before the answer."""
        ...

    def completion(self, trace: Trace, thought: str) -> str:
        """Return what follows the prompt: a thought, whatever it says, and the trace's answer."""
        ...
