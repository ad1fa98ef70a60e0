"""Stock PPO and MaskablePPO on CountdownSteps-v0: which puzzles, which agents, for how long."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from time import process_time
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

import countdown_gym  # noqa: F401 - makes the environment ids known
from countdown_gym.envs.wrappers.action_results import ActionResults
from countdown_gym.families import make_family
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.oracle import Oracle
from countdown_gym.splits import puzzles

Row = Mapping[str, Any]
"""Plain JSON values."""
PARAMETERS = ("processes",)
"""`processes`: how many runs at a time."""
SEEDS = (0, 1, 2)
AGENTS: Mapping[str, type[PPO]] = {"PPO": PPO, "MaskablePPO": MaskablePPO}
ENVIRONMENTS = 16
DRAWS = 2_000
"""How often a held-out puzzle is drawn; each that came counts once."""
RANDOM_EPISODES = 20
"""How often random actions try each puzzle."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Easy puzzles, and what an agent is shown of them."""

    name: str
    """What rows and tables call it."""
    numbers: int
    """How many numbers a board has."""
    largest: int
    """The largest number."""
    results: bool
    """Whether `ActionResults` shows what each operation would come to."""
    turns: int
    """Turns of training."""
    evaluations: int
    """How often held-out puzzles are asked while training, after the beginning."""

    @property
    def family(self) -> dict[str, Any]:
        """Fields of the family `n_numbers`."""
        return {
            "min_numbers": self.numbers,
            "max_numbers": self.numbers,
            "largest": self.largest,
            "operators": "+-*",
            "min_target": 1,
            "max_target": 40,
        }

    def make(self, split: str) -> gym.Env[Any, Any]:
        """Return the environment."""
        env = gym.make(
            "CountdownSteps-v0",
            disable_env_checker=True,
            family="n_numbers",
            family_parameters=self.family,
            split=split,
            max_numbers=self.numbers,
            max_turns=max(2, self.numbers - 1),
            undo=False,
        )
        return ActionResults(env) if self.results else env

    def held_out(self) -> list[Puzzle]:
        """Return the test puzzles, each once."""
        drawn = puzzles(make_family("n_numbers", self.family), "test", 0, DRAWS)
        return list({puzzle.content: puzzle for puzzle in drawn}.values())


SETTINGS = (
    Setting("two numbers", 2, 20, results=False, turns=40_960, evaluations=10),
    Setting("three numbers", 3, 9, results=False, turns=143_360, evaluations=10),
    Setting("three numbers, results shown", 3, 9, results=True, turns=143_360, evaluations=10),
)


def sweep(parameters: Mapping[str, str]) -> Iterator[Row]:
    """Yield what random actions and the oracle solve, then what each agent does as it learns."""
    for setting in SETTINGS:
        yield from references(setting)
    runs = list(product(SETTINGS, AGENTS, SEEDS))
    # forked processes of a program that holds torch's threads may hang
    method = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(int(parameters.get("processes", "1")), method) as pool:
        for rows in pool.map(learn, *zip(*runs, strict=True)):
            yield from rows


def references(setting: Setting) -> Iterator[Row]:
    """Yield what random allowed actions and the oracle solve."""
    rng = np.random.default_rng(0)
    asked, env = setting.held_out(), setting.make("test")
    tries = [
        _played(env, p, lambda _, m: int(rng.choice(np.flatnonzero(m))))
        for p in asked * RANDOM_EPISODES
    ]
    yield _row(setting, "random", 0, 0, sum(tries), len(tries))
    found = [Oracle(puzzle.rules).solvable(puzzle.numbers, puzzle.target) for puzzle in asked]
    yield _row(setting, "oracle", 0, 0, sum(found), len(found))


def learn(setting: Setting, agent: str, seed: int) -> list[Row]:
    """Return what an agent solves before, while and after it learns."""
    torch.set_num_threads(1)
    envs = DummyVecEnv([lambda: setting.make("train")] * ENVIRONMENTS)
    envs.seed(seed)
    train = VecNormalize(envs, norm_reward=False)
    model = AGENTS[agent](
        "MlpPolicy",
        train,
        1e-3,
        n_steps=128,
        batch_size=256,
        gamma=1.0,
        ent_coef=0.01,
        policy_kwargs={"net_arch": [256, 256]},
        seed=seed,
        device="cpu",
    )
    asked, env = setting.held_out(), setting.make("test")

    def choose(observation: Any, mask: Any) -> int:  # noqa: ANN401 - arrays
        seen = train.normalize_obs(observation)
        known = {"action_masks": mask} if agent == "MaskablePPO" else {}
        return int(model.predict(seen, deterministic=True, **known)[0])

    rows, began, spent = [], process_time(), 0.0
    for _ in range(setting.evaluations + 1):
        before = process_time()
        solved = sum(_played(env, puzzle, choose) for puzzle in asked)
        row = _row(setting, agent, seed, model.num_timesteps, solved, len(asked))
        rows.append({**row, "seconds": round(before - began - spent, 1)})
        spent += process_time() - before
        if model.num_timesteps < setting.turns:
            model.learn(setting.turns // setting.evaluations, reset_num_timesteps=False)
    return rows


def _played(env: gym.Env[Any, Any], puzzle: Puzzle, choose: Any) -> bool:  # noqa: ANN401 - a function
    """Return whether a puzzle is solved by who chooses an action for an observation and a mask."""
    observation, _ = env.reset(options={"puzzle": puzzle})
    while True:
        mask = env.get_wrapper_attr("action_masks")()
        observation, _, terminated, truncated, info = env.step(choose(observation, mask))
        if terminated or truncated:
            return bool(info["solved"])


def _row(
    setting: Setting, agent: str, seed: int, turns: int, solved: int, puzzles_asked: int
) -> dict[str, Any]:
    return {
        "setting": setting.name,
        "agent": agent,
        "seed": seed,
        "turns": turns,
        "solved": solved,
        "asked": puzzles_asked,
    }
