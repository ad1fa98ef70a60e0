"""A text environment, one token at a time."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import countdown_gym  # noqa: F401 - makes the environment ids known
from countdown_gym.envs.tokens import TokenLevel
from countdown_gym.errors import InvalidParameterError
from countdown_gym.symbols import SymbolTokenizer

TOKENIZER = SymbolTokenizer()
PUZZLE = {"puzzle": {"numbers": [25, 30, 3, 4], "target": 32}}
RIGHT = "</think> <answer> ( 30 - 25 + 3 ) * 4 </answer>"


def token_env(budget: int = 20, **kwargs: Any) -> TokenLevel:  # noqa: ANN401 - the environment's own
    env = gym.make("Countdown-v0", prompt_style="terse", **kwargs)
    return TokenLevel(env, TOKENIZER, max_prompt_tokens=9, max_completion_tokens=budget)


def written(text: str) -> list[int]:
    return [*TOKENIZER.encode(text), TOKENIZER.eos_id]


def test_the_observation_counts_and_holds_the_tokens_so_far() -> None:
    env = token_env()
    observation, _ = env.reset(options=PUZZLE)
    prompt = TOKENIZER.encode("25 30 3 4 make 32 <think>")
    assert observation[0] == len(prompt)
    assert observation[1 : 1 + len(prompt)].tolist() == prompt
    observation, reward, terminated, truncated, info = env.step(TOKENIZER.encode("30")[0])
    assert observation[0] == len(prompt) + 1
    assert (reward, terminated, truncated, info) == (0.0, False, False, {})
    assert observation in env.observation_space


def test_the_end_of_text_hands_the_completion_to_the_referee() -> None:
    env = token_env()
    env.reset(options=PUZZLE)
    *tokens, end = written(RIGHT)
    for token in tokens:
        assert not env.step(token)[2]
    observation, reward, terminated, truncated, info = env.step(end)
    assert (reward, terminated, truncated, info["solved"]) == (1.0, True, False, True)
    assert observation in env.observation_space


def test_a_whole_completion_is_worth_what_its_tokens_are() -> None:
    one_by_one, at_once = token_env(), token_env()
    one_by_one.reset(options=PUZZLE)
    at_once.reset(options=PUZZLE)
    results = [one_by_one.step(token) for token in written(RIGHT)]
    observation, *rest = at_once.complete(written(RIGHT))
    np.testing.assert_array_equal(results[-1][0], observation)
    assert list(results[-1][1:]) == rest


def test_a_right_answer_without_an_end_is_cut_and_not_paid() -> None:
    tokens = TOKENIZER.encode(RIGHT)
    env = token_env(budget=len(tokens))
    env.reset(options=PUZZLE)
    _, reward, terminated, truncated, info = env.complete(tokens)
    assert (reward, terminated, truncated, info["fault"]) == (0.0, True, False, "truncated")


def test_an_end_on_the_last_token_of_the_budget_is_an_end() -> None:
    tokens = written(RIGHT)
    env = token_env(budget=len(tokens))
    env.reset(options=PUZZLE)
    assert env.complete(tokens)[1] == 1.0


@pytest.mark.parametrize(
    "tokens",
    [[], [50], [2, 50], [50] * 20 + [2]],
    ids=["none", "ends early", "goes on after the end", "beyond the budget"],
)
def test_what_is_not_a_whole_completion_is_refused(tokens: list[int]) -> None:
    env = token_env(budget=20)
    env.reset(options=PUZZLE)
    with pytest.raises(InvalidParameterError, match="a completion ends with token 2"):
        env.complete(tokens)


def test_a_prompt_that_does_not_fit_is_refused_with_its_length() -> None:
    env = TokenLevel(gym.make("Countdown-v0", prompt_style="terse"), TOKENIZER, 3, 5)
    with pytest.raises(InvalidParameterError, match="must be at least 7 for this prompt, got 3"):
        env.reset(options=PUZZLE)


def test_a_budget_below_one_token_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="must be at least 1, got 5 and 0"):
        TokenLevel(gym.make("Countdown-v0"), TOKENIZER, 5, 0)
