"""The environments in which a language model is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gymnasium as gym
from stable_baselines3.common.vec_env import DummyVecEnv

import countdown_gym  # noqa: F401 - makes the environment ids known
from countdown_gym.envs.tokens import TokenLevel
from countdown_gym.envs.turns import PlainTurns, Turns
from countdown_gym.symbols import Tokenizer

_MEASURED_PROMPTS = 256
"""How many prompts are looked at to see how long they are."""


def make_token_env(
    env_id: str,
    tokenizer: Tokenizer,
    *,
    completions: int,
    max_completion_tokens: int,
    max_prompt_tokens: int | None = None,
    max_tokens: int | None = None,
    turns: Turns | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
) -> DummyVecEnv:
    """Return a vector of token-level environments for stable-baselines3.

    Args:
        env_id: A text environment, such as `Countdown-v0`.
        tokenizer: The tokenizer of the model that will write.
        completions: How many environments: the completions of a batch.
        max_completion_tokens: The budget of a completion.
        max_prompt_tokens: Room for the prompt; None measures prompts of the environment and leaves
            a quarter more.
        max_tokens: Room for a whole episode; None takes what a single turn needs.
        turns: How prompts and feedback become tokens, such as
            `countdown_agents.language_model.turns.turns_of(tokenizer)`; None encodes texts as they
            are.
        env_kwargs: Arguments of the text environment.
    """

    def text() -> gym.Env[Any, Any]:
        return gym.make(env_id, disable_env_checker=True, **(env_kwargs or {}))

    put = PlainTurns(tokenizer) if turns is None else turns
    room = max_prompt_tokens or _prompt_room(text(), put)

    def make() -> gym.Env[Any, Any]:
        return TokenLevel(text(), tokenizer, room, max_completion_tokens, max_tokens, put)

    makers: list[Callable[[], gym.Env[Any, Any]]] = [make] * completions
    return DummyVecEnv(makers)


def _prompt_room(env: gym.Env[Any, Any], turns: Turns) -> int:
    """Return a quarter more tokens than the longest of some prompts has."""
    prompt, _ = env.reset(seed=0)
    longest = len(turns.opening(prompt))
    for _ in range(_MEASURED_PROMPTS - 1):
        prompt, _ = env.reset()
        longest = max(longest, len(turns.opening(prompt)))
    return longest + -(-longest // 4)
