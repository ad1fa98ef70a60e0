"""Pay for coming nearer, worked out by the oracle, which leaves the best policy what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from math import isfinite
from types import MappingProxyType
from typing import Any

import gymnasium as gym

from countdown_gym.envs.steps import Action, Observation, Snapshot, steps_under
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.puzzles import Rules
from countdown_gym.solver.oracle import Oracle


def reachable(moment: Snapshot) -> float:
    """Return 1 while the target can still be reached without taking anything back, else 0."""
    return 0.0 if operations_left(moment) is None else 1.0


def nearness(moment: Snapshot) -> float:
    """Return how many numbers a board of n is ahead: n - operations left, or 0 if out of reach."""
    left = operations_left(moment)
    return 0.0 if left is None else float(len(moment.puzzle.numbers) - left)


def operations_left(moment: Snapshot) -> int | None:
    """Return the fewest operations to the target, or None if it is out of reach."""
    puzzle = moment.puzzle
    return _fewest(puzzle.rules, moment.present.values, puzzle.target)


@lru_cache(maxsize=1 << 16)
def _fewest(rules: Rules, values: tuple[Fraction, ...], target: int) -> int | None:
    return Oracle(rules).fewest_operations(values, target)


POTENTIALS: Mapping[str, Callable[[Snapshot], float]] = MappingProxyType(
    {"reachable": reachable, "nearness": nearness}
)
"""What a moment may be worth, by name; never asked of a moment at which the episode is over."""


class OracleShaping(
    gym.Wrapper[Observation, Action, Observation, Action], gym.utils.RecordConstructorArgs
):
    """Adds F = gamma · phi(s') - phi(s) to the pay of each step, phi being a potential.

    A policy that is best with F is best without it, and the other way round: Ng, Harada and Russell
    1999, *Policy invariance under reward transformations: theory and application to reward
    shaping*, ICML, theorem 1. The sum of gamma^t F over an episode telescopes to gamma^T phi(s_T) -
    phi(s_0), and an episode's last moment has phi = 0, so every return falls by phi(s_0), whatever
    the policy does in between: undoing included, nothing is won by going back and forth. The
    theorem needs the learner's own discount for gamma.

    Running out of turns is an end as well, for the turns left are observed. A learner that adds the
    value of the last observation to a truncated episode, as stable-baselines3 does, wants its
    potential there and not 0: set `bootstraps`.

    `info["shaping"]` is F, after each step. The oracle is exact; it combines eight numbers at most.

    Args:
        env: `CountdownSteps-v0`.
        potential: `reachable` (1 while the target is in reach, else 0) or `nearness` (numbers on
            the board less operations left; 0 if out of reach).
        gamma: The learner's discount.
        scale: What the potential is multiplied by.
        bootstraps: Whether the learner adds a value after a truncated episode.

    Raises:
        InvalidParameterError: If the environment is another, `gamma` is outside 0 to 1, or `scale`
            is not finite.
        UnknownNameError: If there is no such potential.

    Example:
        >>> import countdown_gym
        >>> env = OracleShaping(gym.make("CountdownSteps-v0"))
        >>> _ = env.reset(options={"puzzle": {"numbers": [2, 3, 4], "target": 20}})
        >>> env.step(3)[1]  # 2 * 3: 6 and 4 do not make 20
        -1.0
    """

    def __init__(
        self,
        env: gym.Env[Observation, Action],
        potential: str = "reachable",
        gamma: float = 1.0,
        scale: float = 1.0,
        bootstraps: bool = False,
    ) -> None:
        gym.utils.RecordConstructorArgs.__init__(
            self, potential=potential, gamma=gamma, scale=scale, bootstraps=bootstraps
        )
        super().__init__(env)
        self._steps = steps_under(env, "OracleShaping")
        if potential not in POTENTIALS:
            raise UnknownNameError("potential", potential, POTENTIALS)
        if not 0 <= gamma <= 1:
            raise InvalidParameterError(f"gamma must be from 0 to 1, got {gamma}")
        if not isfinite(scale):
            raise InvalidParameterError(f"scale must be finite, got {scale}")
        self.potential = POTENTIALS[potential]
        self.gamma = gamma
        self.scale = scale
        self.bootstraps = bootstraps

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Do one operation, and pay for what it changes."""
        before = self.potential(self._steps.get_state())
        observation, reward, terminated, truncated, info = self.env.step(action)
        over = terminated or (truncated and not self.bootstraps)
        after = 0.0 if over else self.potential(self._steps.get_state())
        shaping = self.scale * (self.gamma * after - before)
        info = {**info, "shaping": shaping}
        return observation, float(reward) + shaping, terminated, truncated, info
