"""Writing with models of the Llama kind: the same sums as their forward pass, in fewer steps."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers import LlamaForCausalLM, PreTrainedModel, Qwen2ForCausalLM

from countdown_agents.language_model.cache import GrowingCache, GrowingLayer, Moves
from countdown_agents.language_model.decoding import Prediction
from countdown_agents.language_model.llama_layers import (
    Layer,
    half_negated,
    head,
    in_numbers,
    is_plain,
    looks_back_on_all,
    norm,
    products_dtype,
)


def is_llama(model: PreTrainedModel) -> bool:
    """Return whether `LlamaDecoder` computes what the model's own forward pass does.

    Adapters on linear layers are no hindrance, unless they are not folded and precision is mixed.
    """
    return (
        type(model) in (LlamaForCausalLM, Qwen2ForCausalLM)
        and looks_back_on_all(model.config)
        and (products_dtype(model) == model.dtype or is_plain(model))
    )


class LlamaBlocks:
    """What decoders of the Llama kind share: all of a model but where its past is kept.

    Args:
        model: The model, whose weights do not change while this is used.
        room: How many tokens a row may have.
    """

    def __init__(self, model: PreTrainedModel, room: int) -> None:
        """Arrange the weights and look up the angles of all places."""
        trunk: Any = model.base_model
        self.dtype = products_dtype(model)
        """In what numbers matrices are multiplied."""
        self.embed = trunk.embed_tokens
        self.layers = [Layer(layer, self.dtype) for layer in trunk.layers]
        self.columns = torch.arange(room, device=model.device)
        cos, sin = trunk.rotary_emb(self.embed.weight, self.columns[None])
        self.cos, self.sin = cos[0], half_negated(sin[0])  # (room, d) each
        self._norm = norm(trunk.norm)
        self._head = head(model.get_output_embeddings(), self.dtype)

    def predict(self, states: Tensor) -> Prediction:  # (rows, H) that the last block made
        """Return what the model says of the next token."""
        states = self._norm(states)
        return Prediction(self._head(states), states)


class LlamaDecoder:
    """A model for which `is_llama` holds.

    Args:
        model: The model, whose weights do not change while this is used.
        cache: The keys and values of what it has read, with room for what will be written.
        mask: Which columns of the cache hold tokens, (rows, T); padding stands on the left.
    """

    def __init__(self, model: PreTrainedModel, cache: GrowingCache, mask: Tensor) -> None:
        """Go on from what is in the cache."""
        self._blocks = LlamaBlocks(model, cache.growing[0].get_max_length())
        self._cache = cache
        self._length = mask.shape[1]
        self._padding = self._bias = None
        if not bool(mask.all()):
            self._padding = (~mask.bool()).sum(dim=1)
            hidden = self._blocks.columns < self._padding[:, None]
            self._bias = torch.zeros(hidden.shape, dtype=self._blocks.dtype, device=mask.device)
            self._bias.masked_fill_(hidden, -torch.inf)

    def feed(self, tokens: Tensor) -> Prediction:  # (rows,) ids
        """Append a token to each row; return what the model says of the next."""
        place: int | Tensor = self._length
        bias = None
        if self._padding is not None and self._bias is not None:
            place = (self._length - self._padding)[:, None]
            bias = self._bias[:, None, None, : self._length + 1]
        blocks = self._blocks
        angles = blocks.cos[place], blocks.sin[place]
        self._length += 1
        with torch.autocast(tokens.device.type, enabled=False):
            states: Tensor = blocks.embed(tokens)
            for layer, past in zip(blocks.layers, self._cache.growing, strict=True):
                states = layer(states, angles, partial(_attended, past, bias))
            return blocks.predict(states)

    def keep(self, moves: Moves) -> None:
        """Forget all rows but those that stay."""
        self._cache.keep(moves)
        if self._padding is not None and self._bias is not None:
            self._padding, self._bias = moves.applied(self._padding), moves.applied(self._bias)


def attended(
    queries: Tensor,  # (rows, shared, group, d)
    keys: Tensor,  # (rows, shared, T, d)
    values: Tensor,  # (rows, shared, T, d)
    bias: Tensor | None,  # (rows, 1, 1, T)
) -> Tensor:  # (rows, shared, group, d)
    """Return what queries find in keys and values.

    As two products: torch's own attention takes longer for a query or few, on a CUDA device it also
    plans anew for every length.
    """
    scores = torch.bmm(queries.flatten(0, 1), keys.flatten(0, 1).transpose(1, 2))
    if bias is not None:
        scores = (scores.view(*queries.shape[:3], -1) + bias).view_as(scores)
    # half precision is summed up in single precision, by the same operation
    sums = None if scores.dtype == torch.float32 else torch.float32
    weights = in_numbers(scores.softmax(dim=-1, dtype=sums), values.dtype)
    return torch.bmm(weights, values.flatten(0, 1)).view_as(queries)


def _attended(
    past: GrowingLayer,
    bias: Tensor | None,  # (rows, 1, 1, T)
    queries: Tensor,  # (rows, shared, group, d)
    new_keys: Tensor,  # (rows, shared, 1, d)
    new_values: Tensor,  # (rows, shared, 1, d)
) -> Tensor:  # (rows, shared, group, d)
    """Return what queries find in all keys and values, which the new ones join."""
    return attended(queries, *past.update(new_keys, new_values), bias)
