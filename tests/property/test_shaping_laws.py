"""Shaping leaves the best policy what it is: Ng, Harada and Russell 1999, theorem 1, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countdown_gym.envs.steps import CountdownStepsEnv, Snapshot
from countdown_gym.envs.wrappers import OracleShaping
from countdown_gym.envs.wrappers.oracle_shaping import POTENTIALS, operations_left
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.puzzles import Puzzle, Rules

TURNS = 4
PUZZLES = (
    Puzzle((2, 3, 4), 20),
    Puzzle((1, 2, 3), 9),
    Puzzle((5, 5, 2), 12, Rules(intermediates="naturals")),  # type: ignore[arg-type]
    Puzzle((3, 4, 6), 6, Rules(use_all=False)),  # solved where it begins
    Puzzle((2, 7, 8), 3, Rules(keep_order=True)),
    Puzzle((1, 1, 1), 50),  # out of reach
)


def made(potential: str | None, gamma: float = 1.0) -> gym.Env[object, int]:
    env = gym.make("CountdownSteps-v0", max_numbers=3, max_turns=TURNS)
    return env if potential is None else OracleShaping(env, potential, gamma)  # type: ignore[return-value]


def base(env: gym.Env[object, int]) -> CountdownStepsEnv:
    assert isinstance(env.unwrapped, CountdownStepsEnv)
    return env.unwrapped


def start(env: gym.Env[object, int], puzzle: Puzzle) -> Snapshot:
    env.reset(seed=0, options={"puzzle": puzzle})
    return base(env).get_state()


@settings(max_examples=100)
@given(st.sampled_from(PUZZLES), st.sampled_from(sorted(POTENTIALS)), st.integers(0, 2**32 - 1))
def test_every_return_falls_by_the_potential_of_the_beginning(
    puzzle: Puzzle, potential: str, seed: int
) -> None:
    plain, shaped = made(None), made(potential)
    beginning = POTENTIALS[potential](start(plain, puzzle))
    start(shaped, puzzle)
    rng, totals, ended = np.random.default_rng(seed), [0.0, 0.0], False
    while not ended:
        action = int(rng.integers(19))  # forbidden ones and undoing included
        for place, env in enumerate((plain, shaped)):
            _, reward, terminated, truncated, _ = env.step(action)
            totals[place] += float(reward)
            ended = terminated or truncated
    assert totals[1] == totals[0] - beginning


class Solver:
    """The value of every state and action by trying them all."""

    def __init__(self, env: gym.Env[object, int], gamma: Fraction) -> None:
        self._env = env
        self._gamma = gamma
        self.best: dict[tuple[object, ...], frozenset[int]] = {}
        self._values: dict[tuple[object, ...], Fraction] = {}

    def value(self, moment: Snapshot) -> Fraction:
        """Return the best return from a moment, and note the actions that reach it."""
        key = (moment.turns, *(position.values for position in moment.positions))
        if key not in self._values:
            returns = dict(self._returns(moment))
            self._values[key] = max(returns.values())
            self.best[key] = frozenset(a for a, r in returns.items() if r == max(returns.values()))
        return self._values[key]

    def _returns(self, moment: Snapshot) -> Iterator[tuple[int, Fraction]]:
        for action in range(19):
            base(self._env).set_state(moment)
            _, reward, terminated, truncated, _ = self._env.step(action)
            rest = Fraction(0)
            if not (terminated or truncated):
                rest = self.value(base(self._env).get_state())
            yield action, Fraction(float(reward)) + self._gamma * rest


@pytest.mark.parametrize("puzzle", PUZZLES, ids=str)
@pytest.mark.parametrize("potential", sorted(POTENTIALS))
@pytest.mark.parametrize("gamma", [1.0, 0.5])
def test_the_best_actions_are_the_same_in_every_state(
    puzzle: Puzzle, potential: str, gamma: float
) -> None:
    solvers, values = [], []
    for shaping in (None, potential):
        env = made(shaping, gamma)
        solver = Solver(env, Fraction(gamma))
        values.append(solver.value(start(env, puzzle)))
        solvers.append(solver)
    plain, shaped = solvers
    assert shaped.best == plain.best
    assert len(plain.best) > 10 or puzzle.rules != Rules()
    beginning = Fraction(POTENTIALS[potential](start(made(None), puzzle)))
    assert values[1] == values[0] - beginning


def test_this_test_can_fail() -> None:
    """Pay for nearness that is not a difference of potentials changes what is best."""

    class PaidForBeingNear(gym.Wrapper[object, int, object, int]):
        def step(self, action: int) -> tuple[object, float, bool, bool, dict[str, object]]:
            observation, reward, terminated, truncated, info = self.env.step(action)
            left = None if terminated else operations_left(base(self.env).get_state())
            return observation, float(reward) + (left is not None), terminated, truncated, info

    puzzle = PUZZLES[0]
    plain, loitering = (
        Solver(env, Fraction(1)) for env in (made(None), PaidForBeingNear(made(None)))
    )
    for solver in (plain, loitering):
        solver.value(start(solver._env, puzzle))
    assert loitering.best != plain.best


def test_the_potential_falls_and_rises_with_what_is_in_reach() -> None:
    env = made("nearness")
    env.reset(options={"puzzle": PUZZLES[0]})
    told = [env.step(action)[4]["shaping"] for action in (3, 18, 0)]  # 2 * 3, undo, 2 + 3
    assert told == [-1.0, 1.0, 1.0]
    assert all(later >= -2 for _, later in pairwise(told))


def test_running_out_of_turns_keeps_its_potential_for_learners_that_bootstrap() -> None:
    for bootstraps, last in ((False, -1.0), (True, 0.0)):
        env = OracleShaping(
            gym.make("CountdownSteps-v0", max_numbers=3, max_turns=2), bootstraps=bootstraps
        )
        env.reset(options={"puzzle": PUZZLES[0]})
        env.step(0)
        _, _, _, truncated, info = env.step(18)
        assert truncated
        assert info["shaping"] == last


def test_shaping_needs_steps_a_potential_and_a_discount() -> None:
    with pytest.raises(InvalidParameterError, match="OracleShaping is for CountdownSteps-v0"):
        OracleShaping(gym.make("Countdown-v0"))
    with pytest.raises(UnknownNameError, match="did you mean 'reachable'"):
        made("reachabel")
    with pytest.raises(InvalidParameterError, match="gamma"):
        made("nearness", 1.5)
    with pytest.raises(InvalidParameterError, match="scale"):
        OracleShaping(gym.make("CountdownSteps-v0"), scale=float("inf"))
