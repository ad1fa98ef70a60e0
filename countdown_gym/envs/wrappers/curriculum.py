"""Puzzles that grow with whoever solves them: a staircase towards a target solve rate."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, cast

import gymnasium as gym

from countdown_gym.envs.source import PuzzleSource
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families import Family


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
            stay as they are. `search_cost_levels` writes levels of rising search cost.
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
        if not levels:
            raise InvalidParameterError("a curriculum needs at least one level, got none")
        if not 0 < target_solve_rate < 1:
            raise InvalidParameterError(
                f"target_solve_rate must lie between 0 and 1, got {target_solve_rate}"
            )
        if not step > 0:
            raise InvalidParameterError(f"step must be above 0, got {step}")
        self.target_solve_rate = target_solve_rate
        self.step_size = step
        self._sources = tuple(
            PuzzleSource(_at_level(source.family, level), source.split) for level in levels
        )
        self._difficulty = self._checked(start)
        self._counts = False  # whether the episode that is under way says something

    @property
    def difficulty(self) -> float:
        """The difficulty, from 0 to the number of levels less 1."""
        return self._difficulty

    @property
    def level(self) -> int:
        """The level from which the next puzzle comes; half-way the harder one."""
        return int(self._difficulty + 0.5)

    def state_dict(self) -> dict[str, float]:
        """Return what a run must know to go on, as JSON."""
        return {"difficulty": self._difficulty}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Go on from what `state_dict` returned.

        Raises:
            InvalidParameterError: If the difficulty is beyond the levels, or there is none.
        """
        if set(state) != {"difficulty"}:
            raise InvalidParameterError(f"a state holds the difficulty, got {sorted(state)}")
        self._difficulty = self._checked(state["difficulty"])

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
            up, down = 1 - self.target_solve_rate, -self.target_solve_rate
            moved = self._difficulty + self.step_size * (up if info["solved"] else down)
            self._difficulty = min(max(moved, 0.0), len(self._sources) - 1.0)
            self._counts = False
        return observation, float(reward), terminated, truncated, info

    def _checked(self, difficulty: float) -> float:
        last = len(self._sources) - 1
        if not 0 <= difficulty <= last:
            raise InvalidParameterError(
                f"the difficulty must be from 0 to {last}, the last level, got {difficulty}"
            )
        return float(difficulty)


def search_cost_levels(*edges: float) -> list[dict[str, float]]:
    """Return levels of rising search cost, for families that draw by it.

    Args:
        edges: The bounds between the levels, rising.

    Raises:
        InvalidParameterError: If there are fewer than two or they do not rise.

    Example:
        >>> search_cost_levels(0, 4, 7)
        [{'min_search_cost': 0, 'max_search_cost': 4}, {'min_search_cost': 4, 'max_search_cost': 7}]
    """
    if len(edges) < 2 or any(low >= high for low, high in itertools.pairwise(edges)):
        raise InvalidParameterError(f"edges must be two or more and rise, got {edges}")
    return [
        {"min_search_cost": low, "max_search_cost": high} for low, high in itertools.pairwise(edges)
    ]


def _at_level(family: Family, level: Mapping[str, Any]) -> Family:
    """Return the family with the fields that a level sets."""
    known = getattr(family, "__dataclass_fields__", {})
    for name in level:
        if name not in known:
            raise UnknownNameError(f"parameter of {type(family).__name__}", name, known)
    return cast("Family", replace(cast("Any", family), **level))
