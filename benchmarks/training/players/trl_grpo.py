"""TRL's GRPOTrainer: the same model, prompts, lengths, reward and number of updates."""

from __future__ import annotations

import sys
import tempfile
from typing import Any

import torch
from datasets import Dataset
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from benchmarks.training.protocol import Reporter, setting_of
from benchmarks.training.work import FAMILY, STYLE, pretrained
from countdown_agents.language_model.tokenizer import symbol_tokenizer
from countdown_gym.checking import judge
from countdown_gym.prompts import prompt
from countdown_gym.splits import Split, puzzles

_SAMPLES, _PUZZLES = 4, 4_800
_LARGE_AT_ONCE = 32
"""Completions of a forward pass of the large model: 32,000 tokens, as many as of ours."""


class Ask(TrainerCallback):
    """Waits before each batch, and reports the one before it."""

    def __init__(self, reporter: Reporter, updates: int) -> None:
        """Keep whom to report to, and how many updates a batch has."""
        self._reporter = reporter
        self._updates = updates
        self.tokens = 0
        self.rewards: list[float] = []

    def on_step_begin(self, _args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ANN401 - transformers' signature
        """Wait at the first update of a batch."""
        if state.global_step % self._updates == 0:
            self.tokens, self.rewards = 0, []
            control.should_training_stop = not self._reporter.wait()
            if control.should_training_stop:
                sys.exit()

    def on_step_end(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:  # noqa: ANN401 - as above
        """Report at the last."""
        if state.global_step % self._updates == 0:
            self._reporter.report(self.tokens, sum(self.rewards) / max(len(self.rewards), 1))


def main() -> None:
    """Train as often as asked."""
    torch.set_num_threads(1)
    setting = setting_of(sys.argv)
    asked = list(puzzles(FAMILY, Split.TRAIN, setting.seed, _PUZZLES))
    rows = {"prompt": [prompt(puzzle, STYLE) for puzzle in asked], "puzzle": range(len(asked))}
    told: list[Ask] = []

    def reward(
        completions: list[str], completion_ids: list[list[int]], puzzle: list[int], **_: object
    ) -> list[float]:
        paid = [
            float(judge(asked[place], text).verdict.solved)
            for place, text in zip(puzzle, completions, strict=True)
        ]
        told[0].tokens += sum(map(len, completion_ids))
        told[0].rewards += paid
        return paid

    completions = setting.rollouts // setting.updates
    at_once = min(completions, _LARGE_AT_ONCE) if setting.large else completions
    parts = completions // at_once
    with tempfile.TemporaryDirectory() as folder:
        config = GRPOConfig(
            output_dir=folder,
            per_device_train_batch_size=at_once,
            steps_per_generation=setting.updates * parts,
            gradient_accumulation_steps=parts,
            num_generations=_SAMPLES,
            max_completion_length=setting.budget,
            learning_rate=setting.learning_rate,
            lr_scheduler_type="constant",
            max_steps=10**6,
            # what its defaults would cost: half precision on a processor, forward passes made twice
            bf16=setting.large,
            gradient_checkpointing=False,
            use_cpu=setting.device == "cpu",
            report_to=[],
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
            seed=setting.seed,
        )
        trainer = GRPOTrainer(
            model=pretrained(setting),
            reward_funcs=reward,
            args=config,
            train_dataset=Dataset.from_dict(rows),
            processing_class=symbol_tokenizer(),
        )
        told.append(Ask(Reporter(setting.device), setting.updates))
        trainer.add_callback(told[0])
        trainer.train()


if __name__ == "__main__":
    main()
