"""A language model as a player: prompts or conversations in, sampled completions out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from transformers import PreTrainedModel

from countdown_agents.conversation import Conversation, opened, transcript
from countdown_agents.counted import CountedText, counted
from countdown_agents.language_model.ending import Ending
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
        seed: Where the sampling of `respond` begins; every call goes on from there.
        batch_size: How many prompts are continued at a time.
        ending: What ends a completion; by default the tokenizer's end of sequence. A stop string
            stays, what follows it in the same token goes.
        put: How a conversation becomes token ids; by default its text is encoded.

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
        ending: Ending | None = None,
        put: Callable[[Conversation], list[int]] | None = None,
    ) -> None:
        """Seed the sampling."""
        if batch_size < 1:
            raise InvalidParameterError(f"batch_size must be at least 1, got {batch_size}")
        self.identity: Mapping[str, str] = {}
        """What tells this model from others, for those who resume a run."""
        self._model = model
        self._tokenizer = tokenizer
        self._max_new_tokens = max_new_tokens
        self._temperature = temperature
        self._batch_size = batch_size
        self._ending = ending or Ending((tokenizer.eos_id,), (), tokenizer)
        self._put = put or (lambda conversation: tokenizer.encode(transcript(conversation)))
        self._generator = torch.Generator().manual_seed(seed)

    def respond(self, prompts: Sequence[str]) -> list[str]:
        """Return one completion for each prompt, in their order.

        Each prompt is put as a conversation that it opens.
        """
        put = [self._put(opened(prompt)) for prompt in prompts]
        return [
            text
            for first in range(0, len(put), self._batch_size)
            for text in self._batch(put[first : first + self._batch_size], self._generator)
        ]

    def converse(self, conversations: Sequence[Conversation], seeds: Sequence[int]) -> list[str]:
        """Return what is said next in each conversation, in their order.

        Each depends on its conversation and its seed alone, as far as rounding lets it: a batch is
        made of conversations of like length, and padding moves logits by the last bits.
        """
        prompts = [self._put(conversation) for conversation in conversations]
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        texts = [""] * len(prompts)
        for first in range(0, len(order), self._batch_size):
            places = order[first : first + self._batch_size]
            generators = [torch.Generator().manual_seed(seeds[i]) for i in places]
            written = self._batch([prompts[i] for i in places], generators)
            for place, text in zip(places, written, strict=True):
                texts[place] = text
        return texts

    def _batch(
        self,
        prompts: Sequence[Sequence[int]],
        generator: torch.Generator | Sequence[torch.Generator],
    ) -> list[str]:
        completions = generate(
            self._model,
            prompts,
            max_new_tokens=self._max_new_tokens,
            eos_id=self._ending,
            pad_id=self._tokenizer.pad_id,
            temperature=self._temperature,
            generator=generator,
        )
        ended = completions.ended.tolist()
        return [self._text(row, end) for row, end in zip(completions.rows(), ended, strict=True)]

    def _text(self, tokens: Sequence[int], ended: bool) -> CountedText:
        text = self._ending.text(tokens)
        said = (self._ending.cut(text) or text) if ended else CutCompletion(text)
        return counted(said, len(tokens))
