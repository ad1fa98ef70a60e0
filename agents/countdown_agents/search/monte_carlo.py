"""Monte Carlo tree search: random playouts say where to look, with bounds on what they do not know.

UCT (Kocsis and Szepesvári 2006, *Bandit based Monte-Carlo Planning*,
https://doi.org/10.1007/11871842_29). Departures for a puzzle that is solved once and for all:

1. A state below which everything was seen is closed and never entered again, so the search ends.
2. A round is worth the nearest answer that it met, and not the one that its playout ended with.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf, log, sqrt

import numpy as np

from countdown_agents.search.exploration import Exploration, Node
from countdown_gym.errors import InvalidParameterError


@dataclass(frozen=True, slots=True)
class MonteCarlo:
    """Search by rounds: down the tree to a state that is not expanded yet, then a random playout.

    Randomness depends on the seed and the puzzle alone.

    Raises:
        InvalidParameterError: If `seed` or `curiosity` is negative.
    """

    seed: int = 0
    """The only source of randomness, with the puzzle itself."""
    curiosity: float = sqrt(2)
    """The weight of the unknown in UCB1, at least 0: larger values spread the rounds more evenly.
    Rounds are worth from 0 to 1."""

    def __post_init__(self) -> None:
        """Refuse a seed that seeds nothing and a bound that shrinks with doubt."""
        if self.seed < 0:
            raise InvalidParameterError(f"seed must not be negative, got {self.seed}")
        if not 0 <= self.curiosity < inf:
            raise InvalidParameterError(
                f"curiosity must be at least 0 and finite, got {self.curiosity}"
            )

    def explore(self, exploration: Exploration) -> None:
        """Search until the exploration is over or everything was seen."""
        rng = np.random.default_rng([self.seed, int(exploration.puzzle.content_hash, 16)])
        root = _Branch(exploration.root)
        while not exploration.over and not root.closed:
            path = self._descend(root)
            worth = path[-1].grow(exploration, rng)
            for branch in reversed(path):
                branch.credit(worth)

    def _descend(self, root: _Branch) -> list[_Branch]:
        """Return the branches from the root to one that was not expanded yet."""
        path = [root]
        while path[-1].grown:
            path.append(self._preferred(path[-1]))
        return path

    def _preferred(self, branch: _Branch) -> _Branch:
        """Return the open child with the highest upper bound; unvisited ones come first."""
        logarithm = log(branch.visits)

        def bound(child: _Branch) -> float:
            if child.visits == 0:
                return inf
            return child.worth / child.visits + self.curiosity * sqrt(logarithm / child.visits)

        return max((child for child in branch.children if not child.closed), key=bound)


class _Branch:
    """A state of the tree with what the rounds through it were worth."""

    __slots__ = ("children", "closed", "grown", "node", "visits", "worth")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.visits = 0
        self.worth = 0.0
        self.grown = False
        self.closed = False
        self.children: list[_Branch] = []

    def grow(self, exploration: Exploration, rng: np.random.Generator) -> float:
        """Expand this branch, play on at random, and return what the round was worth."""
        expansion = exploration.expand(self.node)
        successors = expansion.successors
        self.grown = True
        self.children = [_Branch(successors[place]) for place in rng.permutation(len(successors))]
        worth = _worth(expansion.nearest)
        while expansion.moves:
            move = expansion.moves[int(rng.integers(len(expansion.moves)))]
            expansion = exploration.expand(Node(expansion.state, move))
            worth = max(worth, _worth(expansion.nearest))
        return worth

    def credit(self, worth: float) -> None:
        """Count a round; closed children, the one below included, may close this branch."""
        self.visits += 1
        self.worth += worth
        self.closed = all(child.closed for child in self.children)


def _worth(distance: Fraction | None) -> float:
    """Return 1 for the target itself, less the farther away, and 0 where there is no answer."""
    return 0.0 if distance is None else float(1 / (1 + distance))
