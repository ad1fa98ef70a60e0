"""The same episodes, paid in another way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

import gymnasium as gym

from countdown_gym.errors import InvalidParameterError
from countdown_gym.rewards import Mixture, make_reward


class _Paying(Protocol):
    reward: Mixture


class RewardMixture(gym.Wrapper[Any, Any, Any, Any], gym.utils.RecordConstructorArgs):
    """Pays by another mixture than the environment was made with.

    For environments that come ready-made; one that is made on the spot takes `reward`. The mixture
    is handed to the environment, which pays by it from then on and reports its components.

    Args:
        env: An environment that judges completions.
        reward: A name in `countdown_gym.rewards.MIXTURES`, or weights by component.

    Raises:
        InvalidParameterError: If the environment pays by no mixture, or the weights make none.
        UnknownNameError: If there is no mixture or component of that name.

    Example:
        >>> import countdown_gym
        >>> env = RewardMixture(gym.make("Countdown-v0"), {"readable": 2})
        >>> _ = env.reset(seed=0)
        >>> env.step("<answer>1</answer>")[1]
        2.0
    """

    def __init__(self, env: gym.Env[Any, Any], reward: str | Mapping[str, float]) -> None:
        gym.utils.RecordConstructorArgs.__init__(self, reward=reward)
        super().__init__(env)
        if not isinstance(getattr(env.unwrapped, "reward", None), Mixture):
            raise InvalidParameterError(f"{env} must pay by a mixture, which it does not")
        self.mixture = make_reward(reward)
        cast("_Paying", env.unwrapped).reward = self.mixture
