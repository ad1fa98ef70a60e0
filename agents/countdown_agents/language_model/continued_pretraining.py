"""Continued pre-training: a model reads on in whole texts, such as the sets of `curate select`.

Texts are read anew for every pass, so they need not fit into memory. What `curate rewrite` made has
prompts and completions and is learnt as priming is: `countdown_agents.finetuning.finetune`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel

from countdown_agents.language_model.batches import Example, token_batches
from countdown_agents.language_model.training import Progress, TrainingConfig, train
from countdown_gym.errors import InvalidParameterError
from countdown_gym.symbols import Tokenizer


@dataclass(frozen=True, slots=True)
class ContinuedPretrainingConfig:
    """How a model reads on.

    Raises:
        InvalidParameterError: If a value is outside its range.
    """

    training: TrainingConfig
    """Updates, learning rate and their like."""
    max_tokens: int = 1_024
    """How much of a text is read at a time; longer ones are cut into pieces, all of them read."""
    tokens_per_batch: int = 16_384
    """About how many tokens an update learns from."""
    seed: int = 0
    """Decides the order of the batches, and dropout where the model has it."""

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        if self.max_tokens < 2:
            raise InvalidParameterError(f"max_tokens must be at least 2, got {self.max_tokens}")
        if self.tokens_per_batch < self.max_tokens:
            raise InvalidParameterError(
                f"tokens_per_batch must be at least max_tokens = {self.max_tokens}, "
                f"got {self.tokens_per_batch}"
            )
        if self.seed < 0:
            raise InvalidParameterError(f"seed must not be negative, got {self.seed}")


def text_examples(texts: Iterable[str], tokenizer: Tokenizer, max_tokens: int) -> Iterator[Example]:
    """Yield texts in pieces of at most `max_tokens`, all but the first token of each learnt.

    The end of sequence follows the last token of a text. Neighbouring pieces share a token, so that
    every token of a text but its first is learnt once.
    """
    for text in texts:
        ids = [*tokenizer.encode(text), tokenizer.eos_id]
        for start in range(0, len(ids) - 1, max_tokens - 1):
            piece = ids[start : start + max_tokens]
            yield Example((piece[0],), tuple(piece[1:]))


def continue_pretraining(
    model: PreTrainedModel,
    texts: Callable[[], Iterable[str]],
    tokenizer: Tokenizer,
    config: ContinuedPretrainingConfig,
    progress: Callable[[Progress], None] | None = None,
) -> Progress:
    """Train in place on all tokens of some texts; return where training ended.

    Args:
        model: Any causal language model; in evaluation mode afterwards.
        texts: Returns the texts from the first on, each time that it is called.
        tokenizer: The model's.
        config: How it reads.
        progress: Called after every update.

    Raises:
        InvalidParameterError: If there are no texts.
    """
    batches = token_batches(
        _without_end(texts, tokenizer, config.max_tokens),
        config.tokens_per_batch,
        tokenizer.pad_id,
        np.random.default_rng(config.seed),
    )
    with torch.random.fork_rng(devices=[]):  # dropout draws from torch's global generator
        torch.manual_seed(config.seed)
        return train(model, batches, config.training, progress)


def _without_end(
    texts: Callable[[], Iterable[str]], tokenizer: Tokenizer, max_tokens: int
) -> Iterator[Example]:
    while True:
        empty = True
        for example in text_examples(texts(), tokenizer, max_tokens):
            empty = False
            yield example
        if empty:
            raise InvalidParameterError("continued pre-training needs at least one text, got none")
