"""The tree that a depth-first search walks through, and how far it walks on average."""

from __future__ import annotations

from typing import NamedTuple

from countdown_gym.puzzles import Rules
from countdown_gym.solver.value_moves import Ratio, ValueMoves, Values


class Subtree(NamedTuple):
    """What a random-order depth-first search meets from a state on."""

    solvable: bool
    """Whether the target is reached somewhere."""
    nodes: float
    """The expected number of states visited up to the first that reaches the target, that one and
    the state itself included; where nothing reaches it, how many there are."""


class SearchTree:
    """All that legal operations can lead to, state by state; remembers what it has worked out.

    The search visits a state and asks whether it reaches the target. If not, it goes through the
    states that one legal operation makes (`ValueMoves.successors`) in uniformly random order,
    coming back from each only with empty hands. Operations that make the same state, as `2 + 2` and
    `2 * 2` do, are one child and not two, so that nothing hangs on how operations are counted; but
    a state met again elsewhere is not recognised.

    Of a state's children let k be solvable. The first of these to come is any of them alike, and a
    child that is not solvable comes before all of them with probability 1 / (k + 1), and is then
    walked through whole. So, by linearity, with nothing assumed,

        nodes = 1 + (sum of the nodes of unsolvable children) / (k + 1)
                  + (mean of the nodes of solvable children).

    Args:
        rules: What an operation may do.
        target: What is looked for.
    """

    def __init__(self, rules: Rules, target: Ratio) -> None:
        """Start with nothing worked out."""
        self.moves = ValueMoves(rules)
        self.target = target
        self._known: dict[Values, Subtree] = {}

    def subtree(self, state: Values) -> Subtree:
        """Return what the search meets from a state on."""
        found = self._known.get(state)
        if found is None:
            found = self._known[state] = self._work_out(state)
        return found

    def _work_out(self, state: Values) -> Subtree:
        if self.moves.reached(state, self.target):
            return Subtree(solvable=True, nodes=1)
        if len(state) == 2:  # most states by far: the values left over are not made into states
            results = set(self.moves.results(*state))
            hits = [1.0] if self.target in results else []
            return expected(len(results) - len(hits), hits)
        failing, succeeding = 0.0, []
        for child in self.moves.successors(state):
            solvable, nodes = self.subtree(child)
            if solvable:
                succeeding.append(nodes)
            else:
                failing += nodes
        return expected(failing, succeeding)


def expected(failing: float, succeeding: list[float]) -> Subtree:
    """Return the subtree above children: the recursion of `SearchTree`.

    Args:
        failing: The nodes of all children that are not solvable, together.
        succeeding: The expected nodes of each child that is.
    """
    if not succeeding:
        return Subtree(solvable=False, nodes=1 + failing)
    count = len(succeeding)
    return Subtree(solvable=True, nodes=1 + failing / (count + 1) + sum(succeeding) / count)
