"""Solvers side by side: puzzles in, one trial for each out, with what it cost.

A trial counts as solved if the referee says so; what a solver says of itself is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import Any

from countdown_agents.agent import Agent
from countdown_agents.asking import ask
from countdown_agents.intervals import Interval, wilson_interval
from countdown_agents.search import Searcher, SearchResult
from countdown_gym.checking import check, judge
from countdown_gym.errors import InvalidParameterError
from countdown_gym.parsing import Answer
from countdown_gym.puzzles import Puzzle


@dataclass(frozen=True, slots=True)
class Trial:
    """One puzzle put to one solver."""

    solved: bool
    """Whether the answer is exactly right."""
    seconds: float
    """How long the solver took, in wall-clock time; reading and judging are not counted."""
    nodes: int | None
    """How many states it expanded; None if it does not say."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What came of putting several puzzles to one solver.

    Raises:
        InvalidParameterError: If there is no trial.
    """

    trials: tuple[Trial, ...]
    """One for each puzzle, in their order."""

    def __post_init__(self) -> None:
        """Refuse to summarise nothing."""
        if not self.trials:
            raise InvalidParameterError("a standing needs at least one trial, got none")

    @property
    def solved(self) -> int:
        """How many puzzles were solved."""
        return sum(trial.solved for trial in self.trials)

    @property
    def solve_rate(self) -> float:
        """The share of the puzzles that were solved."""
        return self.solved / len(self.trials)

    def interval(self, confidence: float = 0.95) -> Interval:
        """Return Wilson's interval of the solve rate over puzzles like these."""
        return wilson_interval(self.solved, len(self.trials), confidence)

    @property
    def median_nodes(self) -> float | None:
        """The median of the nodes, unsolved puzzles included; None if they are not known of all."""
        nodes = [trial.nodes for trial in self.trials if trial.nodes is not None]
        return median(nodes) if len(nodes) == len(self.trials) else None

    @property
    def median_seconds(self) -> float:
        """The median of the seconds, unsolved puzzles included."""
        return median(trial.seconds for trial in self.trials)

    def to_dict(self) -> dict[str, Any]:
        """Return the standing and its trials as plain JSON values."""
        return {
            "solved": self.solved,
            "solve_rate": self.solve_rate,
            "interval": list(self.interval()),
            "median_nodes": self.median_nodes,
            "median_seconds": self.median_seconds,
            "trials": [asdict(trial) for trial in self.trials],
        }


def measure(
    agent: Agent, puzzles: Iterable[Puzzle], on_trial: Callable[[Trial], object] | None = None
) -> Standing:
    """Put puzzles to an agent, one at a time.

    Args:
        agent: Who solves; a `Searcher` is asked for its nodes too.
        puzzles: What is asked.
        on_trial: Called with each trial as soon as it is there.

    Raises:
        InvalidParameterError: If there is no puzzle, or the agent does not return what it should.
    """
    trials = []
    for puzzle in puzzles:
        trial = _searched(agent, puzzle) if isinstance(agent, Searcher) else _asked(agent, puzzle)
        trials.append(trial)
        if on_trial is not None:
            on_trial(trial)
    return Standing(tuple(trials))


def _searched(agent: Searcher, puzzle: Puzzle) -> Trial:
    """Let an agent search; the time that its result claims is not looked at either."""
    started = perf_counter()
    result = agent.search(puzzle)
    seconds = perf_counter() - started
    if not isinstance(result, SearchResult):
        raise InvalidParameterError(
            f"search must return a SearchResult, got {type(result).__name__}"
        )
    found = result.expression
    solved = found is not None and check(puzzle, Answer.of(found)).solved
    return Trial(solved, seconds, result.nodes)


def _asked(agent: Agent, puzzle: Puzzle) -> Trial:
    """Let an agent answer."""
    started = perf_counter()
    (completion,) = ask(agent, (puzzle,))
    seconds = perf_counter() - started
    return Trial(judge(puzzle, completion).verdict.solved, seconds, None)
