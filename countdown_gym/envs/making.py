"""Vector environments by id, with the settings under which Gymnasium gets texts right."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode

from countdown_gym.errors import InvalidParameterError, UnknownNameError


def make_vec(
    env_id: str | EnvSpec,
    num_envs: int = 1,
    vectorization_mode: str | gym.VectorizeMode | None = None,
    autoreset_mode: str | AutoresetMode = AutoresetMode.SAME_STEP,
    vector_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,  # noqa: ANN401 - those of the environment
) -> gym.vector.VectorEnv[Any, Any, Any]:
    """Return `gymnasium.make_vec(…)` with defaults that suit this game.

    A one-turn environment that resets in the step after its end throws every second completion
    away, so `SAME_STEP` is the default. `AsyncVectorEnv` with shared memory, Gymnasium's default,
    turns every text into "000…", so memory is not shared. Its vector environments take
    `reset_mask` out of the options of whoever calls, so that `RecordEpisodeStatistics` around them
    forgets episodes that go on; here they get options of their own.

    Args:
        env_id: A registered id, with a module to import before it as in `package:Env-v0`, or a
            specification.
        num_envs: How many environments.
        vectorization_mode: `vector_entry_point`, `sync` or `async`; None takes the first where
            there is one that can do what is asked, else `sync`.
        autoreset_mode: When an environment that ended is reset.
        vector_kwargs: Further arguments of `SyncVectorEnv` or `AsyncVectorEnv`.
        **kwargs: Arguments of the environment, and `wrappers` for each.

    Raises:
        InvalidParameterError: If texts are to pass through shared memory.
        UnknownNameError: If there is no such mode.

    Example:
        >>> envs = make_vec("Countdown-v0", num_envs=2)
        >>> prompts, infos = envs.reset(seed=0)
        >>> len(prompts)
        2
    """
    mode = AutoresetMode(autoreset_mode)
    spec = _spec(env_id)
    way = _way(vectorization_mode, spec, several=bool(vector_kwargs or kwargs.get("wrappers")))
    if way is gym.VectorizeMode.VECTOR_ENTRY_POINT:
        return gym.make_vec(
            spec,
            num_envs,
            way,
            vector_kwargs=dict(vector_kwargs or {}),
            autoreset_mode=mode.value,
            **kwargs,
        )
    settings = {"autoreset_mode": mode, **(vector_kwargs or {})}
    if way is gym.VectorizeMode.ASYNC:
        settings.setdefault("shared_memory", False)
    if settings.get("shared_memory") and _shows_text(spec, kwargs):
        raise InvalidParameterError(
            "shared_memory must be false where observations are texts: Gymnasium would return "
            f"'000…' for every one of {spec.id}"
        )
    return _OwnOptions(gym.make_vec(spec, num_envs, way, vector_kwargs=settings, **kwargs))


class _OwnOptions(gym.vector.VectorWrapper[Any, Any, Any]):
    """Leaves the options of a reset as they are, for wrappers around it to read."""

    def reset(
        self,
        *,
        seed: int | list[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        own = None if options is None else dict(options)
        return self.env.reset(seed=seed, options=own)  # type: ignore[arg-type]  # takes a list, too


def _spec(env_id: str | EnvSpec) -> EnvSpec:
    """Return the specification of an id, as Gymnasium finds it."""
    if isinstance(env_id, EnvSpec):
        return env_id
    module, _, name = env_id.rpartition(":")
    if module:
        import_module(module)
    return gym.spec(name)


def _way(
    asked: str | gym.VectorizeMode | None, spec: EnvSpec, *, several: bool
) -> gym.VectorizeMode:
    """Return how environments become one; `several` if each must be an environment of its own."""
    if asked is None:
        native = spec.vector_entry_point is not None and not several
        return gym.VectorizeMode.VECTOR_ENTRY_POINT if native else gym.VectorizeMode.SYNC
    try:
        return gym.VectorizeMode(asked)
    except ValueError as unknown:
        known = [mode.value for mode in gym.VectorizeMode]
        raise UnknownNameError("vectorization mode", str(asked), known) from unknown


def _shows_text(spec: EnvSpec, kwargs: Mapping[str, Any]) -> bool:
    own = {name: value for name, value in kwargs.items() if name != "wrappers"}
    return isinstance(gym.make(spec, **own).observation_space, gym.spaces.Text)
