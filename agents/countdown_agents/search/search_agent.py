"""A search strategy as a player: it searches, then writes what it did and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from countdown_agents.search.account import completion
from countdown_agents.search.budget import Budget
from countdown_agents.search.exploration import Exploration
from countdown_agents.search.result import SearchResult
from countdown_gym.puzzles import Puzzle


@runtime_checkable
class Searcher(Protocol):
    """Says what a search cost; agents that do are listed with their nodes in comparisons."""

    def search(self, puzzle: Puzzle) -> SearchResult:
        """Return what was found and what it cost."""


class Strategy(Protocol):
    """Decides which state is expanded next."""

    def explore(self, exploration: Exploration) -> None:
        """Expand states, from `exploration.root` on, until it is over or there is no more."""


@dataclass(frozen=True, slots=True)
class SearchAgent:
    """An agent and a searcher.

    The same puzzle always gets the same answer, unless the budget is one of seconds.
    """

    strategy: Strategy
    """How it searches."""
    budget: Budget = field(default=Budget())
    """What it may spend on each puzzle."""

    def search(self, puzzle: Puzzle) -> SearchResult:
        """Return what was found within the budget."""
        exploration = Exploration(puzzle, self.budget)
        self.strategy.explore(exploration)
        return SearchResult.of(exploration)

    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        """Return `<think>…</think><answer>…</answer>` for each puzzle.

        The answer is the solution or else the nearest that was met, and empty if none was.
        """
        return [completion(self.search(puzzle)) for puzzle in puzzles]
