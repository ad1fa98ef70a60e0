"""Before training begins: the policy's arguments, and what does not fit together is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stable_baselines3.common.env_util import is_wrapped
from stable_baselines3.common.type_aliases import GymEnv
from stable_baselines3.common.vec_env import VecEnv

from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.critics import CriticSettings
from countdown_agents.token_ppo.policy import FromFolder
from countdown_agents.token_ppo.processes import Processes
from countdown_agents.token_ppo.puzzle_sources import FromEnvironment, PuzzleSource
from countdown_gym.envs.tokens import TokenLevel
from countdown_gym.errors import InvalidParameterError


def policy_arguments(config: TokenPPOConfig, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the policy's arguments, those that settings decide included.

    Raises:
        InvalidParameterError: If an argument is given that the settings decide.
    """
    decided = {
        "temperature": config.temperature,
        "critic": CriticSettings(
            config.critic if config.needs_critic else "none", config.value_learning_rate
        ),
    }
    for name in decided.keys() & given.keys():
        raise InvalidParameterError(
            f"{name} is decided by the settings of TokenPPO, not by policy_kwargs, which held "
            f"{given[name]!r}"
        )
    arguments = {**given, **decided}
    if isinstance(given.get("language_model"), str | Path):
        arguments["language_model"] = FromFolder(given["language_model"])
    return arguments


def require_fitting(
    config: TokenPPOConfig, num_envs: int, puzzles: PuzzleSource, together: Processes
) -> None:
    """Refuse settings that do not fit the environments or the processes.

    Raises:
        InvalidParameterError: If groups or minibatches do not divide the environments as they
            should, or processes that train together would lose step.
    """
    if num_envs % config.samples_per_prompt:
        raise InvalidParameterError(
            "the number of environments must be a multiple of samples_per_prompt = "
            f"{config.samples_per_prompt}, got {num_envs}"
        )
    if config.minibatches > max(num_envs, 1):
        raise InvalidParameterError(
            f"minibatches must not exceed the number of environments, {num_envs}, got "
            f"{config.minibatches}"
        )
    if together.count == 1:
        return
    for name in ("drop_uniform_groups", "minibatch_tokens"):
        if getattr(config, name):
            raise InvalidParameterError(
                f"{name} makes shares of different sizes, and {together.count} processes must make "
                "the same number of updates; leave it out"
            )
    if not isinstance(puzzles, FromEnvironment):
        raise InvalidParameterError(
            f"{together.count} processes take their puzzles from the environments, got "
            f"{type(puzzles).__name__}, which has a state of its own in each"
        )


def require_token_level(env: GymEnv) -> None:
    """Refuse environments whose turn is not a token of the language model.

    Raises:
        InvalidParameterError: If one is not wrapped in `TokenLevel`.
    """
    if isinstance(env, VecEnv):
        wrapped = all(env.env_is_wrapped(TokenLevel))
    else:
        wrapped = is_wrapped(env, TokenLevel)
    if not wrapped:
        raise InvalidParameterError(
            "TokenPPO trains in text environments that are wrapped in TokenLevel, such as "
            f"make_token_env('Countdown-v0', tokenizer, …) makes, got {env}"
        )
