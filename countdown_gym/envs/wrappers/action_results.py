"""What each operation would come to, shown beside the board of the steps environment."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np

from countdown_gym.envs.steps import Action, Observation, steps_under
from countdown_gym.errors import InvalidParameterError


class ActionResults(
    gym.ObservationWrapper[Observation, Action, Observation], gym.utils.RecordConstructorArgs
):
    """The steps environment for agents that need not learn arithmetic.

    Adds two floats for each action to the observation: whether it is an operation that the rules
    allow now, and how far its result d lies from the target, as sign(d) · log(1 + |d|). An undo is
    no operation. Nobody is told more than one operation shows.

    Args:
        env: `CountdownSteps-v0`, wrapped or not.

    Raises:
        InvalidParameterError: If it is another environment.
    """

    def __init__(self, env: gym.Env[Observation, Action]) -> None:
        self._steps = steps_under(env, "ActionResults")
        gym.utils.RecordConstructorArgs.__init__(self)
        super().__init__(env)
        board, count = env.observation_space, self._steps.actions.count
        if not isinstance(board, gym.spaces.Box):
            raise InvalidParameterError(f"the observation must be a Box, got {board}")
        self.observation_space = gym.spaces.Box(
            np.concatenate([board.low, np.zeros(count), np.full(count, -1_000.0)]),
            np.concatenate([board.high, np.ones(count), np.full(count, 1_000.0)]),
            dtype=np.float64,
        )

    def observation(self, observation: Observation) -> Observation:
        """Return the board and what each action would come to."""
        allowed, distances = np.zeros((2, self._steps.actions.count))
        target = self._steps.get_state().puzzle.target
        for action, operation in self._steps.operations().items():
            distance = float(operation.result - target)
            allowed[action] = 1
            distances[action] = np.sign(distance) * np.log1p(abs(distance))
        return np.concatenate([observation, allowed, distances])

    def action_masks(self) -> np.ndarray[Any, np.dtype[np.bool_]]:  # (number of actions,)
        """Return which actions the rules allow now."""
        return self._steps.action_masks()
