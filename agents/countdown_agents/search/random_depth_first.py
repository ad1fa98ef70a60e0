"""Depth-first search in random order: what search costs without any idea where to look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from countdown_agents.search.exploration import Exploration
from countdown_gym.errors import InvalidParameterError


@dataclass(frozen=True, slots=True)
class RandomDepthFirst:
    """Depth-first search that takes the successors of every state in a uniformly random order.

    The order depends on the seed and the puzzle alone.

    Raises:
        InvalidParameterError: If `seed` is negative.
    """

    seed: int = 0
    """The only source of randomness, with the puzzle itself."""

    def __post_init__(self) -> None:
        """Refuse a seed that seeds nothing."""
        if self.seed < 0:
            raise InvalidParameterError(f"seed must not be negative, got {self.seed}")

    def explore(self, exploration: Exploration) -> None:
        """Search until the exploration is over or nothing is left."""
        rng = np.random.default_rng([self.seed, int(exploration.puzzle.content_hash, 16)])
        waiting = [exploration.root]
        while waiting and not exploration.over:
            successors = exploration.expand(waiting.pop()).successors
            waiting.extend(successors[place] for place in rng.permutation(len(successors)))
