"""Vector environments by id, with the settings under which Gymnasium gets texts right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
from gymnasium.vector import AutoresetMode

from countdown_gym.errors import InvalidParameterError


def make_vec(
    env_id: str,
    num_envs: int = 1,
    vectorization_mode: str | None = None,
    autoreset_mode: str | AutoresetMode = AutoresetMode.SAME_STEP,
    vector_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,  # noqa: ANN401 - those of the environment
) -> gym.vector.VectorEnv[Any, Any, Any]:
    """Return `gymnasium.make_vec(…)` with defaults that suit this game.

    A one-turn environment that resets in the step after its end throws every second completion
    away, so `SAME_STEP` is the default. `AsyncVectorEnv` with shared memory, Gymnasium's default,
    turns every text into "000…", so memory is not shared.

    Args:
        env_id: A registered id.
        num_envs: How many environments.
        vectorization_mode: `vector_entry_point`, `sync` or `async`; None takes the first where
            there is one, else `sync`.
        autoreset_mode: When an environment that ended is reset.
        vector_kwargs: Further arguments of `SyncVectorEnv` or `AsyncVectorEnv`.
        **kwargs: Arguments of the environment.

    Raises:
        InvalidParameterError: If texts are to pass through shared memory.

    Example:
        >>> envs = make_vec("Countdown-v0", num_envs=2)
        >>> prompts, infos = envs.reset(seed=0)
        >>> len(prompts)
        2
    """
    mode = AutoresetMode(autoreset_mode)
    if vectorization_mode is None:
        native = gym.spec(env_id).vector_entry_point is not None
        vectorization_mode = "vector_entry_point" if native else "sync"
    if vectorization_mode == "vector_entry_point":
        return gym.make_vec(
            env_id,
            num_envs,
            vectorization_mode,
            vector_kwargs=dict(vector_kwargs or {}),
            autoreset_mode=mode.value,
            **kwargs,
        )
    settings = {"autoreset_mode": mode, **(vector_kwargs or {})}
    if vectorization_mode == "async":
        settings.setdefault("shared_memory", False)
    if settings.get("shared_memory") and _shows_text(env_id, kwargs):
        raise InvalidParameterError(
            "shared_memory must be false where observations are texts: Gymnasium would return "
            f"'000…' for every one of {env_id}"
        )
    return gym.make_vec(env_id, num_envs, vectorization_mode, vector_kwargs=settings, **kwargs)


def _shows_text(env_id: str, kwargs: Mapping[str, Any]) -> bool:
    return isinstance(gym.make(env_id, **kwargs).observation_space, gym.spaces.Text)
