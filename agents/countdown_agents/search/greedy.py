"""Greedy search: the most promising move, again and again, and never back."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter

from countdown_agents.search.exploration import Exploration, Node
from countdown_agents.search.heuristics import make_heuristic


@dataclass(frozen=True, slots=True)
class Greedy:
    """One path through the game tree, so at most one node for each number but the last.

    Raises:
        UnknownNameError: If there is no such heuristic.
    """

    heuristic: str = "sum"
    """Which successor is taken, a name in `HEURISTICS`; of equal ones the first move."""

    def __post_init__(self) -> None:
        """Refuse an unknown heuristic at once and not at the first puzzle."""
        make_heuristic(self.heuristic, 1)

    def explore(self, exploration: Exploration) -> None:
        """Walk until the exploration is over or no move is left."""
        heuristic = make_heuristic(self.heuristic, exploration.puzzle.target)
        taken: Node | None = exploration.root
        while taken is not None and not exploration.over:
            scored = heuristic.scored(exploration.expand(taken))
            _, taken = min(scored, key=itemgetter(0), default=(None, None))
