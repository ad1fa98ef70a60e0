"""Writing with any causal language model: a token for each row at a time."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from transformers import PreTrainedModel

from countdown_agents.language_model.attention import unplanned_attention
from countdown_agents.language_model.cache import GrowingCache, Moves


class Prediction(NamedTuple):
    """What a model says of the token after each row."""

    logits: Tensor  # (rows, V)
    states: Tensor  # (rows, H) what the output layer made the logits of


class Decoder(Protocol):
    """Rows of tokens that are being written."""

    def feed(self, tokens: Tensor) -> Prediction:  # (rows,) ids
        """Append a token to each row; return what the model says of the next."""
        ...

    def keep(self, moves: Moves) -> None:
        """Forget all rows but those that stay."""
        ...


class ModelDecoder:
    """Any causal language model of `transformers` with full attention, by its own forward pass.

    Args:
        model: The model.
        cache: The keys and values of what it has read.
        mask: Which columns of the cache hold tokens, (rows, T); padding stands on the left.
    """

    def __init__(self, model: PreTrainedModel, cache: GrowingCache, mask: Tensor) -> None:
        """Go on from what is in the cache."""
        self._model = model
        self._cache = cache
        self._positions = mask.sum(dim=1, keepdim=True)
        self._mask = mask

    def feed(self, tokens: Tensor) -> Prediction:  # (rows,) ids
        """Append a token to each row; return what the model says of the next."""
        self._mask = torch.cat([self._mask, self._mask.new_ones((len(tokens), 1))], dim=1)
        prediction = predict(self._model, tokens[:, None], self._mask, self._positions, self._cache)
        self._positions = self._positions + 1
        return prediction

    def keep(self, moves: Moves) -> None:
        """Forget all rows but those that stay."""
        self._cache.keep(moves)
        self._positions = moves.applied(self._positions)
        self._mask = moves.applied(self._mask)


def predict(
    model: PreTrainedModel,
    tokens: Tensor,  # (rows, T) ids
    mask: Tensor,  # (rows, all tokens) True on tokens, False on padding
    positions: Tensor,  # (rows, T)
    cache: GrowingCache,
) -> Prediction:
    """Read more tokens of each row; return what the model says of the one after the last."""
    seen: list[Tensor] = []
    with (
        unplanned_attention(),
        model.get_output_embeddings().register_forward_pre_hook(
            lambda _head, inputs: seen.append(inputs[0])
        ),
    ):
        logits = model(
            input_ids=tokens,
            # Without padding there is nothing to mask, and attention without a mask is faster.
            attention_mask=None if bool(mask.all()) else mask,
            position_ids=positions,
            use_cache=True,
            logits_to_keep=1,
            **{cache_argument(type(model).forward): cache},
        ).logits
    return Prediction(logits[:, -1], seen[-1][:, -1])


@lru_cache
def cache_argument(forward: Callable[..., object]) -> str:
    """Return by what name a forward pass takes its cache, which transformers 5.24 renamed."""
    return "cache" if "cache" in inspect.signature(forward).parameters else "past_key_values"
