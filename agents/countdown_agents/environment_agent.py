"""A model that acts in an environment, as stable-baselines3's do, as an agent that answers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from countdown_agents.counted import counted
from countdown_gym.checking import check
from countdown_gym.envs.steps import CountdownStepsEnv, Snapshot
from countdown_gym.envs.symbol_tokens import CountdownTokensEnv
from countdown_gym.envs.tokens import TokenLevel, seen
from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import value
from countdown_gym.faults import Fault
from countdown_gym.parsing import Answer, CutCompletion
from countdown_gym.puzzles import Puzzle


class Predictor(Protocol):
    """Chooses actions, as a model of stable-baselines3 does."""

    def predict(
        self,
        observation: Any,  # noqa: ANN401 - as stable-baselines3 has it
        state: Any = None,  # noqa: ANN401 - as above
        episode_start: Any = None,  # noqa: ANN401 - as above
        deterministic: bool = False,
    ) -> tuple[Any, Any]:
        """Return an action, and the state of a recurrent model."""


class EnvironmentAgent:
    """Plays each puzzle through in an environment, and answers with what came of it.

    In `CountdownSteps-v0` its completion tells the operations and gives the solution, or else the
    entry nearest to the target; in `CountdownTokens-v0` or under `TokenLevel` it is what the model
    wrote. A puzzle that the environment has no room for gets an empty completion.

    Args:
        model: What chooses actions. If its `predict` takes `action_masks`, as that of
            sb3-contrib's `MaskablePPO` does, it is told them.
        env: An environment of the kind that the model was trained in; it is reset at each puzzle.
        observe: What the model sees of an observation, such as the `normalize_obs` of the
            `VecNormalize` that it was trained with.
        deterministic: Whether the likeliest action is taken. Otherwise stable-baselines3 draws from
            torch's global generator.

    Raises:
        InvalidParameterError: If the environment is none of these.
    """

    def __init__(
        self,
        model: Predictor,
        env: gym.Env[Any, Any],
        *,
        observe: Callable[[NDArray[Any]], Any] = lambda observation: observation,
        deterministic: bool = True,
    ) -> None:
        """Look at what kind of environment it is."""
        self._tokens = _token_level(env)
        if (
            not isinstance(env.unwrapped, CountdownStepsEnv | CountdownTokensEnv)
            and not self._tokens
        ):
            raise InvalidParameterError(
                "a model plays CountdownSteps-v0, CountdownTokens-v0 or a TokenLevel environment, "
                f"got {env}"
            )
        self._model = model
        self._env = env
        self._observe = observe
        self._deterministic = deterministic
        env.reset(seed=0)  # Gymnasium's checker breaks if its first reset meets a puzzle it refuses
        self._masked = "action_masks" in inspect.signature(model.predict).parameters

    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        """Return a completion for each puzzle, in their order."""
        return [self._play(puzzle) for puzzle in puzzles]

    def _play(self, puzzle: Puzzle) -> str:
        try:
            observation, info = self._env.reset(options={"puzzle": puzzle})
        except InvalidParameterError:  # too many numbers, or words that no token stands for
            return ""
        state, begins, told, ended = None, np.ones(1, np.bool_), [], False
        while not ended:
            action, state = self._model.predict(
                self._observe(observation), state, begins, self._deterministic, **self._masks()
            )
            observation, _, terminated, truncated, info = self._env.step(int(action))
            begins, ended = np.zeros(1, np.bool_), terminated or truncated
            told.append(str(info.get("operation", "")))
        if isinstance(self._env.unwrapped, CountdownStepsEnv):
            return _account(self._env.unwrapped.get_state(), [step for step in told if step])
        return self._written(observation, info, len(told))

    def _masks(self) -> dict[str, Any]:
        return (
            {"action_masks": self._env.get_wrapper_attr("action_masks")()} if self._masked else {}
        )

    def _written(self, observation: NDArray[np.int64], info: dict[str, Any], count: int) -> str:
        """Return the completion that ended the episode, which took so many tokens if it is one."""
        if self._tokens is None:
            text = str(info["completion"])
        else:
            tokens, written, _ = seen(observation)
            others = np.flatnonzero(~written)
            last_turn = tokens[others[-1] + 1 :] if len(others) else tokens
            text, count = self._tokens.tokenizer.decode(last_turn.tolist()), len(last_turn)
        return counted(CutCompletion(text) if info["fault"] == Fault.TRUNCATED else text, count)


def _token_level(env: gym.Env[Any, Any]) -> TokenLevel | None:
    """Return the `TokenLevel` among the wrappers of an environment, if there is one."""
    layer: Any = env
    while isinstance(layer, gym.Wrapper):
        if isinstance(layer, TokenLevel):
            return layer
        layer = layer.env
    return None


def _account(moment: Snapshot, operations: Sequence[str]) -> str:
    """Return what a reasoner would write that did these operations."""
    found = moment.answer
    if found is None:
        target = moment.puzzle.target
        found = min(
            moment.present.expressions,
            # of legal entries the nearest: one that leaves numbers out is legal on television only
            key=lambda made: (
                check(moment.puzzle, Answer.of(made)).value is None,
                abs(value(made) - target),
            ),
        )
    return "\n".join(("<think>", *operations, "</think>", f"<answer>{found}</answer>"))
