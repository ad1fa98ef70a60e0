"""Priming: supervised fine-tuning of a language model on a few reasoning traces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel

from countdown_agents.language_model.batches import Example, encode_example, shuffled_batches
from countdown_agents.language_model.precision import Precision
from countdown_agents.language_model.training import Progress, TrainingConfig, train
from countdown_gym.errors import InvalidParameterError
from countdown_gym.symbols import Tokenizer
from countdown_gym.traces.priming import PrimingExample


@dataclass(frozen=True, slots=True)
class FinetuningConfig:
    """How a model is primed; the defaults go over 1,000 traces eight times in half a minute.

    Raises:
        InvalidParameterError: If a value is outside its range.
    """

    steps: int = 250
    """Updates in all."""
    batch_size: int = 32
    """Traces an update learns from."""
    learning_rate: float = 1e-3
    """The largest learning rate; it falls along a cosine."""
    warmup_steps: int = 0
    """Updates over which the learning rate rises from zero."""
    seed: int = 0
    """Decides the order of the traces, and dropout where the model has it."""
    precision: Precision = "float32"
    """In what numbers forward passes multiply matrices; weights stay in their own."""

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with."""
        if self.batch_size < 1:
            raise InvalidParameterError(f"batch_size must be at least 1, got {self.batch_size}")
        if self.seed < 0:
            raise InvalidParameterError(f"seed must not be negative, got {self.seed}")
        self.training()

    def training(self) -> TrainingConfig:
        """Return the part that the training loop reads.

        Raises:
            InvalidParameterError: If a value is outside its range.
        """
        return TrainingConfig(
            self.steps, self.learning_rate, self.warmup_steps, precision=self.precision
        )


def encode_examples(examples: Sequence[PrimingExample], tokenizer: Tokenizer) -> list[Example]:
    """Return texts as token ids, each ended by the end of sequence."""
    return [encode_example(example.prompt, example.completion, tokenizer) for example in examples]


def finetune(
    model: PreTrainedModel,
    examples: Sequence[Example],
    config: FinetuningConfig,
    pad_id: int,
    progress: Callable[[Progress], None] | None = None,
) -> Progress:
    """Train in place on the completions of `examples`; return where training ended.

    The loss is the cross entropy of completion tokens; the prompt is read and never predicted.

    Args:
        model: Any causal language model; in evaluation mode afterwards.
        examples: Prompts and completions; what `encode_examples` returns.
        config: Steps, batch size, learning rate, seed.
        pad_id: The id that fills a batch's shorter rows.
        progress: Called after every update.

    Raises:
        InvalidParameterError: If there are no examples.
    """
    if not examples:
        raise InvalidParameterError("fine-tuning needs at least one example, got none")
    rng = np.random.default_rng(config.seed)
    batches = shuffled_batches(examples, config.batch_size, pad_id, rng)
    with torch.random.fork_rng(devices=[]):  # dropout draws from torch's global generator
        torch.manual_seed(config.seed)
        return train(model, batches, config.training(), progress)
