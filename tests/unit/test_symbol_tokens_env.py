"""The token game by its id: the same as the wrapper, and what it refuses."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from countdown_gym.envs.symbol_tokens import CountdownTokensEnv
from countdown_gym.envs.text import CountdownEnv
from countdown_gym.envs.tokens import TokenLevel
from countdown_gym.errors import InvalidParameterError
from countdown_gym.puzzles import Puzzle
from countdown_gym.symbols import SymbolTokenizer

WRITTEN = SymbolTokenizer().encode("</think> <answer> ( 30 - 25 + 3 ) * 4 </answer> <eos>")


def test_it_is_the_game_that_the_wrapper_makes() -> None:
    made = gym.make("CountdownTokens-v0")
    text = CountdownEnv(family_parameters={"max_target": 99}, prompt_style="terse")
    wrapped = TokenLevel(text, SymbolTokenizer(), 16, 64)
    for seed in range(3):
        one, two = made.reset(seed=seed), wrapped.reset(seed=seed)
        assert one[0].tolist() == two[0].tolist()
        for token in WRITTEN:
            one_step, two_step = made.step(token), wrapped.step(token)
            assert one_step[0].tolist() == two_step[0].tolist()
            assert one_step[1:4] == two_step[1:4]


def test_a_right_completion_is_paid_and_shown() -> None:
    env = CountdownTokensEnv(render_mode="ansi")
    env.reset(options={"puzzle": Puzzle((25, 30, 3, 4), 32)})
    told = [env.step(token) for token in WRITTEN]
    assert [step[1] for step in told] == [0.0] * (len(WRITTEN) - 1) + [1.0]
    assert told[-1][4]["completion"] == "</think> <answer> ( 30 - 25 + 3 ) * 4 </answer>"
    assert "solved" in str(env.render())


def test_a_completion_that_is_cut_terminates_unpaid() -> None:
    env = CountdownTokensEnv(max_completion_tokens=len(WRITTEN) - 1)
    env.reset(options={"puzzle": Puzzle((25, 30, 3, 4), 32)})
    told = [env.step(token) for token in WRITTEN[:-1]]
    assert told[-1][1:4] == (0.0, True, False)
    assert told[-1][4]["fault"] == "truncated"


def test_what_the_vocabulary_cannot_say_is_refused() -> None:
    env = CountdownTokensEnv()
    with pytest.raises(InvalidParameterError, match="numbers up to 99"):
        env.reset(options={"puzzle": Puzzle((25, 30, 3, 4), 100)})
    env.reset(options={"puzzle": Puzzle((25, 30, 3, 4), 32)})
    with pytest.raises(InvalidParameterError, match="below 121, got"):
        env.step(np.int64(121))
