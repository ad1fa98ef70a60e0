"""Search agents: one file for each strategy, all under one `Budget`, all behind `SearchAgent`.

A strategy only decides which state of the game tree is expanded next; `Exploration` expands it,
counts it and notices the target. To add one, write a class with `explore(exploration)` and name it
in `countdown_agents.AGENTS`.
"""

from countdown_agents.search.beam import Beam
from countdown_agents.search.budget import Budget
from countdown_agents.search.depth_first import DepthFirst
from countdown_agents.search.exploration import Exploration
from countdown_agents.search.greedy import Greedy
from countdown_agents.search.monte_carlo import MonteCarlo
from countdown_agents.search.random_depth_first import RandomDepthFirst
from countdown_agents.search.result import SearchResult
from countdown_agents.search.search_agent import SearchAgent, Searcher, Strategy

__all__ = [
    "Beam",
    "Budget",
    "DepthFirst",
    "Exploration",
    "Greedy",
    "MonteCarlo",
    "RandomDepthFirst",
    "SearchAgent",
    "SearchResult",
    "Searcher",
    "Strategy",
]
