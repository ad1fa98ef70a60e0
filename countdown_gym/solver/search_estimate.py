"""How far a random-order depth-first search walks, estimated where the tree is too large to walk.

Nothing here plays the search out, which may take millions of states. The recursion of `SearchTree`
holds for expectations, so each of its sums may be replaced by one random child times their number;
which children are solvable the oracle says without searching.
"""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from typing import NamedTuple

import numpy as np

from countdown_gym.puzzles import Rules
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.search_tree import SearchTree
from countdown_gym.solver.value_moves import Ratio, Values

MAX_WALKED_NODES = 5_000
"""Below a state with at most so many nodes nothing is drawn: about four numbers, milliseconds."""


class Estimate(NamedTuple):
    """A mean over samples."""

    mean: float
    """Unbiased, in nodes."""
    standard_error: float
    """Of the mean, in nodes, from the spread of the samples."""


class SearchEstimate:
    """Unbiased samples of the expected nodes of a search.

    A sample goes down at random: of a solvable state's children it follows one solvable child and
    one that is not; of any other state's children it follows one and multiplies by their number,
    which is Knuth's estimate of the size of a tree (1975, *Estimating the efficiency of backtrack
    programs*, https://doi.org/10.1090/S0025-5718-1975-0373371-6).

    Args:
        rules: What an operation may do.
        target: What is looked for.
        rng: The only source of randomness; it is moved.
    """

    def __init__(self, rules: Rules, target: Ratio, rng: np.random.Generator) -> None:
        """Start with nothing worked out."""
        self._tree = SearchTree(rules, target)
        self._oracle = Oracle(rules)
        self._target = Fraction(*target)
        self._rng = rng
        self._children: dict[Values, tuple[list[Values], list[Values]]] = {}

    def solvable(self, state: Values) -> bool:
        """Whether the oracle finds that the state can reach the target."""
        return self._oracle.solvable([Fraction(*value) for value in state], self._target)

    def estimate(self, state: Values, samples: int) -> Estimate:
        """Return the mean of `samples` samples, at least 2."""
        drawn = np.array([self._sample(state) for _ in range(samples)])
        return Estimate(float(drawn.mean()), float(drawn.std(ddof=1)) / sqrt(samples))

    def _sample(self, state: Values) -> float:
        """Return a number of nodes whose expectation is that of the search."""
        moves = self._tree.moves
        if moves.most_nodes(len(state)) <= MAX_WALKED_NODES:
            return self._tree.subtree(state).nodes
        if moves.reached(state, self._tree.target):
            return 1.0
        succeeding, failing = self._parted(state)
        nodes = 1.0
        if failing:
            nodes += len(failing) * self._sample(self._pick(failing)) / (len(succeeding) + 1)
        if succeeding:
            nodes += self._sample(self._pick(succeeding))
        return nodes

    def _pick(self, states: list[Values]) -> Values:
        return states[int(self._rng.integers(len(states)))]

    def _parted(self, state: Values) -> tuple[list[Values], list[Values]]:
        """Return the children that the oracle finds solvable, and the others."""
        if state not in self._children:
            succeeding: list[Values] = []
            failing: list[Values] = []
            for child in self._tree.moves.successors(state):
                (succeeding if self.solvable(child) else failing).append(child)
            self._children[state] = succeeding, failing
        return self._children[state]
