"""The environments in which a language model is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gymnasium as gym
from stable_baselines3.common.vec_env import DummyVecEnv

import countdown_gym  # noqa: F401 - makes the environment ids known
from countdown_gym.envs.tokens import TokenLevel
from countdown_gym.symbols import Tokenizer


def make_token_env(
    env_id: str,
    tokenizer: Tokenizer,
    *,
    completions: int,
    max_prompt_tokens: int,
    max_completion_tokens: int,
    env_kwargs: Mapping[str, Any] | None = None,
) -> DummyVecEnv:
    """Return a vector of token-level environments for stable-baselines3.

    Args:
        env_id: A text environment, such as `Countdown-v0`.
        tokenizer: The tokenizer of the model that will write.
        completions: How many environments: the completions of a batch.
        max_prompt_tokens: Room for the prompt.
        max_completion_tokens: The budget of a completion.
        env_kwargs: Arguments of the text environment.
    """

    def make() -> gym.Env[Any, Any]:
        env = gym.make(env_id, disable_env_checker=True, **(env_kwargs or {}))
        return TokenLevel(env, tokenizer, max_prompt_tokens, max_completion_tokens)

    makers: list[Callable[[], gym.Env[Any, Any]]] = [make] * completions
    return DummyVecEnv(makers)
