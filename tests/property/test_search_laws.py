"""Every search against the referee, and the complete ones against the oracle."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from countdown_agents.search import (
    Beam,
    Budget,
    DepthFirst,
    Greedy,
    MonteCarlo,
    RandomDepthFirst,
    SearchAgent,
    Strategy,
)
from countdown_agents.search.account import completion
from countdown_gym.checking import judge
from countdown_gym.faults import Fault
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.oracle import Oracle
from countdown_gym.testing import boards, puzzles, rules

COMPLETE = (DepthFirst("sum"), DepthFirst("multiply"), RandomDepthFirst(), MonteCarlo())
ALL = (*COMPLETE, DepthFirst("sum", prune=True), Beam(width=4), Beam("multiply"), Greedy())

small_puzzles = puzzles(boards(max_size=4, largest=12), rules())


@pytest.mark.parametrize("strategy", ALL, ids=str)
@settings(max_examples=25)
@given(puzzle=small_puzzles)
def test_what_a_search_says_of_its_answer_is_what_the_referee_says(
    strategy: Strategy, puzzle: Puzzle
) -> None:
    result = SearchAgent(strategy, Budget(60)).search(puzzle)
    verdict = judge(puzzle, completion(result)).verdict
    assert verdict.solved == result.solved
    assert verdict.fault in {None, Fault.WRONG_VALUE, Fault.NO_ANSWER}
    assert (verdict.fault is Fault.NO_ANSWER) == (result.nearest is None)


@pytest.mark.parametrize("strategy", COMPLETE, ids=str)
@settings(max_examples=25)
@given(puzzle=small_puzzles)
def test_a_complete_search_solves_exactly_what_can_be_solved(
    strategy: Strategy, puzzle: Puzzle
) -> None:
    result = SearchAgent(strategy, Budget(None)).search(puzzle)
    assert result.solved == Oracle(puzzle.rules).solvable(puzzle.numbers, puzzle.target)


@settings(max_examples=25)
@given(puzzle=small_puzzles)
def test_a_search_that_saw_everything_met_the_nearest_answer(puzzle: Puzzle) -> None:
    result = SearchAgent(DepthFirst(), Budget(None)).search(puzzle)
    closest = Oracle(puzzle.rules).closest(puzzle.numbers, puzzle.target)
    reached = judge(puzzle, completion(result)).verdict.value
    assert (closest is None) == (reached is None)
    if closest is not None and reached is not None:
        assert abs(reached - puzzle.target) == closest.distance
