"""Puzzles that grow with whoever solves them: a staircase towards a target solve rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import gymnasium as gym

from countdown_gym.curriculum import Staircase, families_by_level
from countdown_gym.envs.source import PuzzleSource
from countdown_gym.errors import InvalidParameterError


class _Drawing(Protocol):
    source: PuzzleSource


class Curriculum(gym.Wrapper[Any, Any, Any, Any], gym.utils.RecordConstructorArgs):
    """Draws harder puzzles after a success and easier ones after a failure.

    The difficulty is a number from 0 to the last level. A solved puzzle raises it by
    `step · (1 - target_solve_rate)`, one that is not solved lowers it by `step ·
    target_solve_rate`: it stands still on average exactly where the solve rate is the target
    (Kaernbach 1991, *Simple adaptive testing with the weighted up-down method*, Perception &
    Psychophysics 49). Puzzles come from the level nearest to the difficulty.

    Nothing is drawn at random but the puzzles: the difficulty follows from the outcomes, and
    `state_dict` and `load_state_dict` carry it over to another run. An episode that is broken off,
    or whose puzzle was given to `reset`, changes nothing. `reset` adds `level` to the information.

    Args:
        env: An environment that draws puzzles.
        levels: For each level, from easy to hard, the fields of the family that it sets; the others
            stay as they are. `countdown_gym.curriculum.search_cost_levels` writes levels of rising
            search cost.
        target_solve_rate: How many puzzles should be solved, between 0 and 1.
        step: How far one outcome moves the difficulty, in levels.
        start: The difficulty at the beginning.

    Raises:
        InvalidParameterError: If there are no levels, a level makes no family, or a number is out
            of range.
        UnknownNameError: If a level sets a field that the family does not have.

    Example:
        >>> import countdown_gym
        >>> levels = [{"max_numbers": 3}, {"min_numbers": 4}]
        >>> env = Curriculum(gym.make("Countdown-v0"), levels, step=1.0)
        >>> _, info = env.reset(seed=0)
        >>> info["level"], len(info["puzzle"].numbers)
        (0, 3)
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        levels: Sequence[Mapping[str, Any]],
        target_solve_rate: float = 0.5,
        step: float = 0.1,
        start: float = 0.0,
    ) -> None:
        gym.utils.RecordConstructorArgs.__init__(
            self, levels=levels, target_solve_rate=target_solve_rate, step=step, start=start
        )
        super().__init__(env)
        source = getattr(env.unwrapped, "source", None)
        if not isinstance(source, PuzzleSource):
            raise InvalidParameterError(f"{env} must draw puzzles from a family")
        self._staircase = Staircase(len(levels), target_solve_rate, step, start)
        self._sources = tuple(
            PuzzleSource(family, source.split)
            for family in families_by_level(source.family, levels)
        )
        self._counts = False  # whether the episode that is under way says something

    @property
    def difficulty(self) -> float:
        """The difficulty, from 0 to the number of levels less 1."""
        return self._staircase.difficulty

    @property
    def level(self) -> int:
        """The level from which the next puzzle comes; half-way the harder one."""
        return self._staircase.level

    def state_dict(self) -> dict[str, float]:
        """Return what a run must know to go on, as JSON."""
        return {"difficulty": self.difficulty}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Go on from what `state_dict` returned.

        Raises:
            InvalidParameterError: If the difficulty is beyond the levels, or there is none.
        """
        if set(state) != {"difficulty"}:
            raise InvalidParameterError(f"a state holds the difficulty, got {sorted(state)}")
        self._staircase.difficulty = state["difficulty"]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Put a puzzle of the present level."""
        level = self.level
        cast("_Drawing", self.env.unwrapped).source = self._sources[level]
        self._counts = (options or {}).get("puzzle") is None
        observation, info = self.env.reset(seed=seed, options=options)
        return observation, {**info, "level": level}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:  # noqa: ANN401 - the environment's
        """Play on; the end of an episode moves the difficulty."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        if (terminated or truncated) and self._counts:
            self._staircase.note(float(info["solved"]))
            self._counts = False
        return observation, float(reward), terminated, truncated, info
