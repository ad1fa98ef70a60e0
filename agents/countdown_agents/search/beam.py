"""Beam search: level by level, with only the most promising states of each kept."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nsmallest
from operator import itemgetter

from countdown_agents.search.exploration import Exploration
from countdown_agents.search.heuristics import make_heuristic
from countdown_gym.errors import InvalidParameterError


@dataclass(frozen=True, slots=True)
class Beam:
    """Breadth-first search of bounded width; it never returns to what it passed over.

    The width bounds each level as a whole. Stream of Search's own breadth-first search bounds the
    successors of each state and keeps all of them waiting.

    Raises:
        UnknownNameError: If there is no such heuristic.
        InvalidParameterError: If `width` is below 1.
    """

    heuristic: str = "sum"
    """Which states of a level are kept, a name in `HEURISTICS`; of equal ones the first."""
    width: int = 32
    """How many states of a level are kept."""

    def __post_init__(self) -> None:
        """Refuse what keeps nothing, and an unknown heuristic before the first puzzle."""
        make_heuristic(self.heuristic, 1)
        if self.width < 1:
            raise InvalidParameterError(f"width must be at least 1, got {self.width}")

    def explore(self, exploration: Exploration) -> None:
        """Search until the exploration is over or the last level is done."""
        heuristic = make_heuristic(self.heuristic, exploration.puzzle.target)
        level = [exploration.root]
        while level and not exploration.over:
            scored = (pair for node in level for pair in heuristic.scored(exploration.expand(node)))
            level = [node for _, node in nsmallest(self.width, scored, key=itemgetter(0))]
