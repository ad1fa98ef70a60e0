"""Everything that tree search needs: to search all states is to know what the oracle knows."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from countdown_gym.envs.steps import CountdownStepsEnv
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.solver.oracle import Oracle
from countdown_gym.testing import puzzles, rules


def search(env: CountdownStepsEnv) -> str | None:
    """Return the answer of some way to play from the present moment; None if no way solves."""
    moment = env.get_state()
    actions = np.flatnonzero(env.action_masks()).tolist()
    for action in actions or [0]:  # where nothing is allowed, any action shows what it is worth
        env.set_state(moment)
        _, reward, terminated, truncated, info = env.step(action)
        assert not truncated  # there are turns for everything
        if terminated:
            if reward:
                return str(info["answer"])
        elif (answer := search(env)) is not None:
            return answer
    return None


def searched(puzzle: Puzzle) -> str | None:
    env = CountdownStepsEnv(max_numbers=max(2, len(puzzle.numbers)), undo=False)
    env.reset(seed=0, options={"puzzle": puzzle})
    generator = env.np_random.bit_generator.state
    answer = search(env)
    assert env.np_random.bit_generator.state == generator
    return answer


boards = st.lists(st.integers(0, 12), min_size=1, max_size=3).map(tuple)


@settings(max_examples=150)
@given(puzzles(boards=boards, rules=rules()))
@example(Puzzle((3, 3, 8), 24))
@example(Puzzle((7, 3), 7, Rules(use_all=False)))
@example(Puzzle((5,), 5))
@example(Puzzle((0, 0), 3))
def test_an_exhaustive_search_finds_exactly_what_the_oracle_says(puzzle: Puzzle) -> None:
    solvable = Oracle(puzzle.rules).solvable(puzzle.numbers, puzzle.target)
    assert (searched(puzzle) is not None) == solvable


def test_it_finds_the_way_through_fractions() -> None:
    assert searched(Puzzle((3, 3, 8, 8), 24)) == "8 / (3 - 8 / 3)"
    assert searched(Puzzle((1, 1, 1, 1), 24)) is None
