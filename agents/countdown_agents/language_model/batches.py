"""From prompts and completions in token ids to padded batches of like length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from countdown_gym.errors import InvalidParameterError
from countdown_gym.symbols import Tokenizer


@dataclass(frozen=True, slots=True)
class Example:
    """One text to learn from: the prompt is given, the completion is learnt.

    Raises:
        InvalidParameterError: If the prompt or the completion is empty.
    """

    prompt: tuple[int, ...]
    completion: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse an example that predicts nothing or predicts from nothing."""
        if not self.prompt or not self.completion:
            raise InvalidParameterError(
                "an example needs a prompt and a completion of at least one token, "
                f"got {len(self.prompt)} and {len(self.completion)}"
            )

    def __len__(self) -> int:
        """Return the number of tokens."""
        return len(self.prompt) + len(self.completion)


def encode_example(prompt: str, completion: str, tokenizer: Tokenizer) -> Example:
    """Return both texts as ids, the end of sequence after the completion."""
    return Example(
        tuple(tokenizer.encode(prompt)), (*tokenizer.encode(completion), tokenizer.eos_id)
    )


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts side by side, padded on the right."""

    tokens: Tensor  # (B, T) ids
    mask: Tensor  # (B, T) bool: True on completion tokens
    num_tokens: int
    """Prompt and completion tokens, padding left out."""


def collate(examples: Sequence[Example], pad_id: int) -> Batch:
    """Return the examples as one batch, as wide as the longest."""
    width = max(len(example) for example in examples)
    tokens = np.full((len(examples), width), pad_id, dtype=np.int64)
    mask = np.zeros((len(examples), width), dtype=bool)
    for row, example in enumerate(examples):
        start, end = len(example.prompt), len(example)
        tokens[row, :start] = example.prompt
        tokens[row, start:end] = example.completion
        mask[row, start:end] = True
    return Batch(
        torch.from_numpy(tokens), torch.from_numpy(mask), sum(len(example) for example in examples)
    )


def shuffled_batches(
    examples: Sequence[Example], batch_size: int, pad_id: int, rng: np.random.Generator
) -> Iterator[Batch]:
    """Yield batches without end, epoch after epoch, every example once an epoch.

    Texts of like length share a batch where that saves padding: an epoch's random order is cut
    into stretches of eight batches, and each stretch is sorted by length. A last batch that is
    not full is filled up from the next epoch.
    """
    stretch = 8 * batch_size
    waiting: list[Example] = []
    while True:
        while len(waiting) < stretch:
            waiting.extend(examples[i] for i in rng.permutation(len(examples)))
        window, waiting = sorted(waiting[:stretch], key=len), waiting[stretch:]
        for start in rng.permutation(8) * batch_size:
            yield collate(window[start : start + batch_size], pad_id)


def token_batches(
    examples: Iterator[Example], tokens_per_batch: int, pad_id: int, rng: np.random.Generator
) -> Iterator[Batch]:
    """Yield batches of about equally many tokens from a stream, until it ends.

    A pool of 2,048 examples at a time is sorted by length and cut, and the cuts are shuffled.
    """
    while pool := [example for _, example in zip(range(2048), examples, strict=False)]:
        pool.sort(key=len)
        cuts: list[list[Example]] = [[]]
        for example in pool:
            if (len(cuts[-1]) + 1) * len(example) > tokens_per_batch and cuts[-1]:
                cuts.append([])
            cuts[-1].append(example)
        for cut in rng.permutation(len(cuts)):
            yield collate(cuts[cut], pad_id)
