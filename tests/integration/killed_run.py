"""A program for `test_killed_runs`: train a tiny model, and be killed on the way.

`python killed_run.py FOLDER` trains in the folder from its last checkpoint to the end. With
`--kills N --seed S` the training is started again and again in a process of its own and killed at
random moments, N times, before it may reach the end; how many batches had their line in the log at
each kill is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, SupportsFloat

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3.common.vec_env import DummyVecEnv
from transformers import LlamaConfig

from countdown_agents.token_ppo.callbacks import BatchLog, Checkpoints
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.puzzle_sources import AdaptiveGrade, Replay
from countdown_agents.token_ppo.schedules import Cosine, Linear
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_gym.envs.text import CountdownEnv
from countdown_gym.families import NNumbers
from countdown_gym.symbols import SymbolTokenizer

pytestmark = pytest.mark.agents  # where torch is missing, pytest does not even read this

TOKENIZER = SymbolTokenizer()
BATCHES = 48


def curriculum() -> Replay:
    """Return puzzles of two levels, and hard ones again."""
    easy = NNumbers(min_numbers=2, max_numbers=2, largest=9, min_target=1, max_target=20)
    hard = NNumbers(min_numbers=3, max_numbers=3, largest=9, min_target=1, max_target=20)
    return Replay(AdaptiveGrade([easy, hard], target_solve_rate=0.2, step=10.0), share=0.5)


def new_run() -> TokenPPO:
    """Return a run with everything that has a state: optimiser, schedules, penalty, curriculum."""
    torch.manual_seed(0)
    shape = LlamaConfig(
        vocab_size=TOKENIZER.vocabulary_size,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        initializer_range=0.3,
        eos_token_id=TOKENIZER.eos_id,
    )
    config = TokenPPOConfig(
        samples_per_prompt=2,
        learning_rate=Linear(3e-3),
        clip=Cosine(0.3, 0.1),
        kl_coefficient=0.05,
        kl_target=0.5,
        entropy_coefficient=0.01,
        total_batches=BATCHES,
    )
    return TokenPPO(
        CausalLMPolicy,
        env(),
        config,
        puzzles=curriculum(),
        policy_kwargs={"language_model": shape.to_dict()},
        seed=3,
        device="cpu",
    )


class PaysForChance(gym.Wrapper[str, str, str, str]):
    """Countdown that takes some of an untrained model's texts for solutions."""

    def step(self, action: str) -> tuple[str, SupportsFloat, bool, bool, dict[str, Any]]:
        """Pay by the length of the text."""
        observation, _, terminated, truncated, info = self.env.step(action)
        solved = len(action) % 3 == 0
        info = {**info, "solved": solved, "fault": "" if solved else "wrong_value"}
        return observation, float(solved), terminated, truncated, info


def env() -> DummyVecEnv:
    """Return sixteen environments that pay an untrained model."""
    if "PaysForChance-v0" not in gym.registry:
        gym.register("PaysForChance-v0", lambda **kwargs: PaysForChance(CountdownEnv(**kwargs)))
    return make_token_env(
        "PaysForChance-v0",
        TOKENIZER,
        completions=16,
        max_prompt_tokens=8,
        max_completion_tokens=4,
        env_kwargs={
            "family": "n_numbers",
            "prompt_style": "terse",
        },
    )


def train(folder: Path) -> None:
    """Train from the last checkpoint to the end."""
    checkpoint = folder / "checkpoint.zip"
    there = checkpoint.exists()
    model = TokenPPO.load(checkpoint, env=env(), device="cpu") if there else new_run()
    callbacks = [BatchLog(folder / "batches.jsonl"), Checkpoints(checkpoint, every=1)]
    model.learn(callback=callbacks, reset_num_timesteps=False)
    (folder / "done").touch()


def train_and_kill(folder: Path, kills: int, seed: int) -> None:
    """Start training and kill it, so many times; then let it end."""
    rng = np.random.default_rng(seed)
    # what is slow the first time: compiled kernels, lazy imports
    curriculum().draw(4, rng)
    new_run()
    reached: list[int] = []
    while len(reached) < kills:
        end = lines(folder) + rng.integers(4)  # however busy the machine: some lives are long
        child = os.fork()
        if not child:
            train(folder)
            os._exit(0)
        while lines(folder) < end and not has_ended(child):
            time.sleep(0.002)
        time.sleep(rng.uniform(0.0, 0.05))
        if not has_ended(child):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            reached.append(lines(folder))
        elif (folder / "done").exists():  # from the beginning
            for file in folder.iterdir():
                file.unlink()
        else:
            raise RuntimeError("the training ended before its end, without being killed")
    train(folder)
    sys.stdout.write(json.dumps(reached))


def has_ended(child: int) -> bool:
    """Whether a process is no more, of its own accord; asked again, it is still no more."""
    try:
        return os.waitpid(child, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def lines(folder: Path) -> int:
    """Return how many batches have their line in the log."""
    log = folder / "batches.jsonl"
    return log.read_text().count("\n") if log.exists() else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    train_and_kill(arguments.folder, arguments.kills, arguments.seed)
