"""Many puzzles at once: the text environment as one vector environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from countdown_gym.checking import Judgement, judge
from countdown_gym.envs.source import PuzzleSource, PuzzleStreams
from countdown_gym.envs.text import CountdownEnv, Told, told
from countdown_gym.errors import InvalidParameterError
from countdown_gym.prompts import STYLES
from countdown_gym.puzzles import Puzzle

Texts = tuple[str, ...]
Mask = NDArray[np.bool_]  # (B,)
Infos = dict[str, Any]


class CountdownVectorEnv(gym.vector.VectorEnv[Texts, Texts, NDArray[Any]]):
    """Countdown for language models, a batch of prompts and a batch of completions.

    It puts the puzzles and says of the completions what `SyncVectorEnv` of as many `CountdownEnv`s
    does. Each environment has a stream of puzzles of its own, which depends on its seed only: not
    on how many environments there are, on which of them are reset when, or on the mode. As an
    episode is one turn, every environment ends with every step; by default each puts its next
    puzzle in the same step.
    With `NEXT_STEP` the step after the end puts it, and the action of that step is not looked at.
    With `DISABLED` the caller does: `reset(options={"reset_mask": mask})`.

    Args:
        num_envs: How many puzzles stand at once.
        autoreset_mode: When the next puzzle is put, a value of `gymnasium.vector.AutoresetMode`.
        **arguments: The arguments of `CountdownEnv`.

    Raises:
        InvalidParameterError: If there is no environment, or an argument is not allowed.
        UnknownNameError: If an argument names what is not there.
    """

    def __init__(
        self,
        num_envs: int = 1,
        autoreset_mode: str | AutoresetMode = AutoresetMode.SAME_STEP,
        **arguments: Any,  # noqa: ANN401 - those of the environment, which reads them
    ) -> None:
        if num_envs < 1:
            raise InvalidParameterError(f"num_envs must be at least 1, got {num_envs}")
        self._single = CountdownEnv(**arguments)
        if self._single.render_mode == "human":
            raise InvalidParameterError("a window shows one environment: take ansi or rgb_array")
        self.source: PuzzleSource = self._single.source
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**CountdownEnv.metadata, "autoreset_mode": self.autoreset_mode}
        self.render_mode = self._single.render_mode
        self.num_envs = num_envs
        self.single_observation_space = self._single.observation_space
        self.single_action_space = self._single.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._streams = PuzzleStreams(self.source)
        self._puzzles: list[Puzzle | None] = [None] * num_envs
        self._judgements: list[Judgement | None] = [None] * num_envs
        self._prompts = [""] * num_envs

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Texts, Infos]:
        """Put a puzzle in every environment, or in those of `options["reset_mask"]`.

        Args:
            seed: One for each environment; a single one counts up from environment to environment.
            options: `reset_mask`, a boolean array with at least one true entry, and `puzzle`, as in
                `CountdownEnv`. They are left as they are.

        Raises:
            InvalidParameterError: If there are too few or too many seeds, or the mask is none.
            UnknownNameError: If there is an option of another name.
        """
        rest = dict(options or {})
        chosen = self._read_mask(rest.pop("reset_mask", np.ones(self.num_envs, np.bool_)))
        if seed is None or isinstance(seed, int | np.integer):
            seed = [None if seed is None else int(seed) + i for i in range(self.num_envs)]
        if len(seed) != self.num_envs:
            raise InvalidParameterError(f"there must be {self.num_envs} seeds, got {len(seed)}")
        for i in np.flatnonzero(chosen).tolist():
            if seed[i] is not None or i not in self._streams:
                self._streams.begin(i, gym.utils.seeding.np_random(seed[i])[0])
        infos = self._put(chosen, rest)
        return tuple(self._prompts), infos

    def step(self, actions: Sequence[str]) -> tuple[Texts, NDArray[np.float64], Mask, Mask, Infos]:
        """Judge the completions and pay them.

        Raises:
            InvalidParameterError: If there are too few or too many completions, or one is no text.
            gymnasium.error.ResetNeeded: If an environment has no puzzle, or, without autoreset, its
                puzzle was answered already.
        """
        if isinstance(actions, str) or len(actions) != self.num_envs:
            raise InvalidParameterError(f"there must be {self.num_envs} completions, got {actions}")
        for action in actions:
            if not isinstance(action, str):
                raise InvalidParameterError(f"an action is a text, got {type(action).__name__}")
        answered = np.array([judgement is not None for judgement in self._judgements])
        if any(puzzle is None for puzzle in self._puzzles) or (
            self.autoreset_mode is AutoresetMode.DISABLED and answered.any()
        ):
            raise gym.error.ResetNeeded("call reset() before step(): some puzzle is not open")
        ended, never = ~answered, np.zeros(self.num_envs, np.bool_)
        rewards, infos = self._judge(actions, ended)
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            infos = self._put(ended, {}) | {
                "final_obs": np.full(self.num_envs, "", dtype=object),
                "_final_obs": ended.copy(),
                "final_info": infos,
                "_final_info": ended.copy(),
            }
        elif answered.any():
            put = self._put(answered, {})
            infos = _merged(infos, put) if infos else put
        return tuple(self._prompts), rewards, ended, never, infos

    def render(self) -> tuple[Any, ...] | None:
        """Return each board, and the verdict where there is one, as text or as a picture."""
        if self.render_mode is None or None in self._puzzles:
            return None
        boards = zip(self._puzzles, self._judgements, strict=True)
        return tuple(self._single.show(puzzle, said) for puzzle, said in boards if puzzle)

    def _judge(self, actions: Sequence[str], chosen: Mask) -> tuple[NDArray[np.float64], Infos]:
        """Return the pay of the chosen completions, and what is told of them."""
        places, single = np.flatnonzero(chosen).tolist(), self._single
        judgements = []
        for i in places:
            if (puzzle := self._puzzles[i]) is not None:
                judgement = judge(puzzle, actions[i], convention=single.convention)
                judgements.append(judgement)
                self._judgements[i], self._prompts[i] = judgement, ""
        totals, components = single.reward.pay_each(judgements)
        rewards = np.zeros(self.num_envs)
        rewards[chosen] = totals
        if not places:
            return rewards, {}
        said = zip(*map(told, judgements), strict=True)
        infos = self._columns(chosen, dict(zip(Told._fields, said, strict=True)))
        infos["reward_components"] = self._columns(chosen, components)
        infos["_reward_components"] = chosen.copy()
        return rewards, infos

    def _put(self, chosen: Mask, options: Mapping[str, Any]) -> Infos:
        """Put new puzzles where chosen and return what `reset` tells of them."""
        places, write = np.flatnonzero(chosen).tolist(), STYLES[self._single.prompt_style]
        puzzles = self._streams.puzzles(places, options)
        for i, puzzle in zip(places, puzzles, strict=True):
            self._puzzles[i], self._judgements[i] = puzzle, None
            self._prompts[i] = write(puzzle)
        return self._columns(chosen, {"puzzle": puzzles})

    def _read_mask(self, mask: object) -> Mask:
        if not (
            isinstance(mask, np.ndarray)
            and mask.shape == (self.num_envs,)
            and mask.dtype == np.bool_
            and mask.any()
        ):
            raise InvalidParameterError(
                f"reset_mask must be a boolean array of shape ({self.num_envs},) with at least one "
                f"true entry, got {mask!r}"
            )
        return mask

    def _columns(self, chosen: Mask, said: Mapping[str, Sequence[Any]]) -> Infos:
        """Return what is said of the chosen environments as Gymnasium batches it.

        For each key an array, 0 or None where nothing is said, and under `_key` where there is.
        """
        infos: Infos = {}
        for key, values in said.items():
            kind = type(values[0]) if isinstance(values[0], bool | int | float) else object
            column = np.full(self.num_envs, None if kind is object else 0, dtype=kind)
            column[chosen] = np.fromiter(values, kind, len(values))
            infos[key], infos[f"_{key}"] = column, chosen.copy()
        return infos


def _merged(one: Infos, other: Infos) -> Infos:
    """Return the information of environments that were answered and of others that were put."""
    merged = dict(one)
    for key, column in other.items():
        if not key.startswith("_"):
            where = other[f"_{key}"]
            merged[key][where] = column[where]
            merged[f"_{key}"] = merged[f"_{key}"] | where
    return merged
