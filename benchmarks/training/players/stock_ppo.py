"""stable-baselines3's own PPO with this project's policy: one forward pass for each token."""

from __future__ import annotations

import sys

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback

from benchmarks.training.protocol import Reporter, setting_of
from benchmarks.training.work import language_model, token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy

_ENVIRONMENTS = 8
"""Of `budget` steps each: prefixes of every length, and as few tokens as its pace allows."""


class Ask(BaseCallback):
    """Waits before each rollout, and reports the one before it with its update."""

    def __init__(self, reporter: Reporter) -> None:
        """Keep whom to report to."""
        super().__init__()
        self._reporter = reporter
        self._known = 0
        self._going = True

    def _on_rollout_start(self) -> None:
        if self.num_timesteps > self._known:
            buffer = self.model.ep_info_buffer or ()
            reward = float(np.mean([episode["r"] for episode in buffer])) if buffer else 0.0
            self._reporter.report(self.num_timesteps - self._known, reward)
        self._known = self.num_timesteps
        self._going = self._reporter.wait()

    def _on_step(self) -> bool:
        return self._going


def main() -> None:
    """Train as often as asked."""
    torch.set_num_threads(1)
    setting = setting_of(sys.argv)
    tokens = _ENVIRONMENTS * setting.budget
    model = PPO(
        CausalLMPolicy,
        token_env(setting, _ENVIRONMENTS),
        learning_rate=setting.learning_rate,
        n_steps=setting.budget,
        batch_size=tokens // setting.updates,
        n_epochs=1,
        gamma=1.0,
        gae_lambda=1.0,
        max_grad_norm=1.0,
        policy_kwargs={"language_model": language_model(setting)},
        seed=setting.seed,
        device=setting.device,
    )
    model.learn(10**12, callback=Ask(Reporter(setting.device)), log_interval=None)


if __name__ == "__main__":
    main()
