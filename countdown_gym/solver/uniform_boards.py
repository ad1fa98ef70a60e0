"""Uniform boards: what is drawn before anybody asks whether it can be solved."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Numbers = tuple[int, ...]
BoardDrawer = Callable[[np.random.Generator, int], tuple[int, Numbers, int] | None]
"""Draws boards, at most so many, until one is as wanted: how many were refused, numbers, target."""
FirstBoard = tuple[int, Numbers, int, bytes]
"""How many boards were refused before it, its numbers and target, and its puzzle's content."""


class UniformBoards(NamedTuple):
    """How many numbers there are, each number, and the target, drawn in this order."""

    min_numbers: int
    """The fewest numbers on a board."""
    max_numbers: int
    """The most numbers on a board."""
    smallest: int
    """The smallest number."""
    largest: int
    """The largest number."""
    min_target: int
    """The smallest target."""
    max_target: int
    """The largest target."""

    def draw(self, rng: np.random.Generator) -> tuple[Numbers, int]:
        """Return the numbers and the target of one board."""
        size = int(rng.integers(self.min_numbers, self.max_numbers + 1))
        # one by one: asked for an array, numpy takes longer to find out how many four are
        numbers = [int(rng.integers(self.smallest, self.largest + 1)) for _ in range(size)]
        return tuple(numbers), int(rng.integers(self.min_target, self.max_target + 1))
