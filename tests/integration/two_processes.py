"""A program for `test_processes`: one of the processes of a run; says what it ended with.

`python two_processes.py FOLDER`, started twice with RANK, WORLD_SIZE and the address of the first.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from stable_baselines3.common.callbacks import BaseCallback
from transformers import LlamaConfig

from countdown_agents.token_ppo.callbacks import BatchLog, Checkpoints
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_gym.symbols import SymbolTokenizer

pytestmark = pytest.mark.agents  # where torch is missing, pytest does not even read this

TOKENIZER = SymbolTokenizer()
CONFIG = TokenPPOConfig(
    samples_per_prompt=2, minibatches=1, kl_coefficient=0.1, kl_target=0.5, total_batches=2
)


def learner(seed: int = 0) -> TokenPPO:
    """Return a tiny model whose first weights the seed decides."""
    torch.manual_seed(seed)
    shape = LlamaConfig(
        vocab_size=TOKENIZER.vocabulary_size,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        initializer_range=0.3,
        eos_token_id=2,
    )
    env = make_token_env(
        "Countdown-v0",
        TOKENIZER,
        completions=8,
        max_prompt_tokens=8,
        max_completion_tokens=6,
        env_kwargs={"family": "n_numbers", "prompt_style": "terse"},
    )
    kwargs = {"language_model": shape.to_dict()}
    return TokenPPO(CausalLMPolicy, env, CONFIG, policy_kwargs=kwargs, seed=seed, device="cpu")


class Keep(BaseCallback):
    """Keeps what the first update was made of, and the weights before and after it."""

    kept: dict[str, object]

    def _on_step(self) -> bool:
        if isinstance(self.model, TokenPPO) and self.model.batches == 1:
            self.kept["after_first"] = self._weights()
        return True

    def _on_rollout_end(self) -> None:
        if isinstance(self.model, TokenPPO) and self.model.batches == 1:
            batch = self.model._batch
            if batch is None:
                return
            self.kept = {
                "before": self._weights(),
                "written": tuple(batch.written),
                "batch": tuple(batch[1:]),
            }

    def _weights(self) -> dict[str, torch.Tensor]:
        return {name: t.clone() for name, t in self.model.policy.state_dict().items()}


def main(folder: Path) -> None:
    """Train, and leave in the folder what the tests look at."""
    model = learner()
    keep = Keep()
    model.learn(
        callback=[
            keep,
            BatchLog(folder / "batches.jsonl"),
            Checkpoints(folder / "checkpoint.zip", every=1),
        ]
    )
    found = {
        **keep.kept,
        "after": model.policy.state_dict(),
        "kl_coefficient": model.kl_coefficient,
        "tokens": model.num_timesteps,
    }
    torch.save(found, folder / f"rank_{model.processes.rank}.pt")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
