"""What each operation would come to, shown to agents that need not learn arithmetic."""

from __future__ import annotations

from fractions import Fraction

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given

import countdown_gym  # noqa: F401 - makes the environment ids known
from countdown_gym.envs.steps import CountdownStepsEnv
from countdown_gym.envs.wrappers.action_results import ActionResults
from countdown_gym.errors import InvalidParameterError
from countdown_gym.puzzles import Puzzle
from countdown_gym.testing import puzzles, rules


@given(puzzle=puzzles(rules=rules()))
def test_what_is_shown_of_an_action_is_what_it_comes_to(puzzle: Puzzle) -> None:
    bare = CountdownStepsEnv(max_numbers=max(2, len(puzzle.numbers)))
    env, count = ActionResults(bare), bare.actions.count
    observation, _ = env.reset(seed=0, options={"puzzle": puzzle})
    assert observation in env.observation_space
    board, allowed, distances = np.split(observation, [-2 * count, -count])
    moment = bare.get_state()
    assert board.tolist() == bare.set_state(moment)[0].tolist()
    assert allowed.tolist() == env.action_masks().tolist()  # there is nothing to undo yet
    assert not distances[allowed == 0].any()
    if moment.answer is None:  # else whatever is done ends the episode
        for action in np.flatnonzero(allowed):
            bare.set_state(moment)
            *_, info = bare.step(int(action))
            missed = float(Fraction(info["operation"].partition(" = ")[2]) - puzzle.target)
            assert distances[action] == np.sign(missed) * np.log1p(abs(missed))


def test_an_undo_is_no_operation() -> None:
    env = ActionResults(CountdownStepsEnv(max_numbers=2))
    env.reset(seed=0, options={"puzzle": Puzzle((6, 4), 3)})
    observation, *_ = env.step(0)
    assert env.action_masks().tolist() == [*[False] * 6, True]
    assert not observation[-14:].any()


def test_other_environments_are_refused() -> None:
    with pytest.raises(InvalidParameterError, match="ActionResults is for CountdownSteps-v0"):
        ActionResults(gym.make("Countdown-v0"))
