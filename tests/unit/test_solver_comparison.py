"""Solvers side by side: what counts as solved and what as its price."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from countdown_agents import OracleAgent
from countdown_agents.search import Budget, DepthFirst, SearchAgent, SearchResult
from countdown_agents.solver_comparison import Standing, Trial, measure
from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Expression, Number
from countdown_gym.puzzles import Puzzle

SOLVABLE = [Puzzle((2, 3), 6), Puzzle((3, 3, 8, 8), 24)]
IMPOSSIBLE = Puzzle((1, 1), 9)


class Boaster:
    """A searcher that calls anything a solution."""

    def __init__(self, found: Expression | None) -> None:
        self.found = found

    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        raise NotImplementedError

    def search(self, puzzle: Puzzle) -> SearchResult:
        return SearchResult(puzzle, self.found, nodes=7, seconds=0.0)


class Broken(Boaster):
    """An agent whose method `search` is another kind of search."""

    def search(self, puzzle: Puzzle) -> SearchResult:
        return puzzle.target  # type: ignore[return-value]  # what must be refused


def test_an_agent_without_nodes_is_judged_by_its_completion() -> None:
    standing = measure(OracleAgent(), [*SOLVABLE, IMPOSSIBLE])
    assert [trial.solved for trial in standing.trials] == [True, True, False]
    assert standing.median_nodes is None
    assert standing.median_seconds > 0


def test_a_searcher_is_asked_for_its_nodes() -> None:
    agent = SearchAgent(DepthFirst(), Budget(3))
    standing = measure(agent, [*SOLVABLE, IMPOSSIBLE])
    assert [(trial.solved, trial.nodes) for trial in standing.trials] == [
        (True, 1),
        (False, 3),
        (False, 1),
    ]
    assert standing.median_nodes == 1


def test_what_a_searcher_claims_is_put_to_the_referee() -> None:
    assert measure(Boaster(Number(24)), SOLVABLE).solved == 0
    assert measure(Boaster(None), SOLVABLE).solved == 0
    assert measure(Boaster(Number(5)), [Puzzle((5,), 5)]).solved == 1


def test_another_kind_of_search_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="search must return a SearchResult, got int"):
        measure(Broken(None), SOLVABLE)


def test_each_trial_is_told_as_it_comes() -> None:
    told: list[Trial] = []
    assert measure(OracleAgent(), SOLVABLE, told.append).trials == tuple(told)


def test_a_standing_sums_up_its_trials() -> None:
    trials = (Trial(True, 0.1, 4), Trial(False, 0.4, 10), Trial(True, 0.2, 7), Trial(False, 0.3, 1))
    standing = Standing(trials)
    assert (standing.solved, standing.solve_rate) == (2, 0.5)
    assert (standing.median_nodes, standing.median_seconds) == (5.5, 0.25)
    assert standing.interval().low < 0.5 < standing.interval().high
    assert Standing((*trials, Trial(True, 0.1, None))).median_nodes is None
    written = json.loads(json.dumps(standing.to_dict()))
    assert written["trials"][1] == {"solved": False, "seconds": 0.4, "nodes": 10}


def test_no_puzzle_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="at least one trial, got none"):
        measure(OracleAgent(), [])
