"""Depth-first search: the most promising successor first, and back when it leads nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter

from countdown_agents.search.exploration import Exploration
from countdown_agents.search.heuristics import make_heuristic


@dataclass(frozen=True, slots=True)
class DepthFirst:
    """Depth-first search after Stream of Search (Gandhi et al. 2024, section 3).

    Raises:
        UnknownNameError: If there is no such heuristic.
    """

    heuristic: str = "sum"
    """Which successor comes first, a name in `HEURISTICS`; of equal ones the first move."""
    prune: bool = False
    """Whether successors whose heuristic exceeds the target are dropped, as Stream of Search does
    where it writes training data. A solution may then be missed, and below a negative target
    everything is; without pruning nothing is."""

    def __post_init__(self) -> None:
        """Refuse an unknown heuristic at once and not at the first puzzle."""
        make_heuristic(self.heuristic, 1)

    def explore(self, exploration: Exploration) -> None:
        """Search until the exploration is over or nothing is left."""
        target = exploration.puzzle.target
        heuristic = make_heuristic(self.heuristic, target)
        waiting = [exploration.root]  # the next one stands last
        while waiting and not exploration.over:
            scored = heuristic.scored(exploration.expand(waiting.pop()))
            scored.sort(key=itemgetter(0))
            waiting.extend(
                node for score, node in reversed(scored) if not (self.prune and score > target)
            )
