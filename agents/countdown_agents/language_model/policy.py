"""A language model as a player: prompts in, sampled completions out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import PreTrainedModel

from countdown_agents.language_model.generation import generate
from countdown_gym.errors import InvalidParameterError
from countdown_gym.parsing import CutCompletion
from countdown_gym.symbols import Tokenizer


class LanguageModelPolicy:
    """Continues prompts with a causal language model.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        max_new_tokens: The budget of a completion; one that is cut by it is a `CutCompletion`.
        temperature: What logits are divided by; 0 takes the likeliest token.
        seed: Where sampling begins; every call of `respond` goes on from there.
        batch_size: How many prompts are continued at a time.

    Raises:
        InvalidParameterError: If `batch_size` is below 1.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: Tokenizer,
        *,
        max_new_tokens: int,
        temperature: float = 1.0,
        seed: int = 0,
        batch_size: int = 256,
    ) -> None:
        """Seed the sampling."""
        if batch_size < 1:
            raise InvalidParameterError(f"batch_size must be at least 1, got {batch_size}")
        self._model = model
        self._tokenizer = tokenizer
        self._max_new_tokens = max_new_tokens
        self._temperature = temperature
        self._batch_size = batch_size
        self._generator = torch.Generator().manual_seed(seed)

    def respond(self, prompts: Sequence[str]) -> list[str]:
        """Return one completion for each prompt, in their order."""
        return [
            text
            for first in range(0, len(prompts), self._batch_size)
            for text in self._batch(prompts[first : first + self._batch_size])
        ]

    def _batch(self, prompts: Sequence[str]) -> list[str]:
        completions = generate(
            self._model,
            [self._tokenizer.encode(prompt) for prompt in prompts],
            max_new_tokens=self._max_new_tokens,
            eos_id=self._tokenizer.eos_id,
            pad_id=self._tokenizer.pad_id,
            temperature=self._temperature,
            generator=self._generator,
        )
        texts = [self._tokenizer.decode(row) for row in completions.rows()]
        ended = completions.ended.tolist()
        return [
            text if end else CutCompletion(text) for text, end in zip(texts, ended, strict=True)
        ]
