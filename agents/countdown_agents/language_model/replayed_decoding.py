"""Writing with models of the Llama kind on a CUDA device, whose steps are recorded and replayed.

Beginning an operation takes the processor longer than the device takes for a small one, and a step
has hundreds. A recording begins them all at once, but only with the shapes that it was made with:
so attention looks at a width that is a multiple of `_WIDTH` and at a mask, and what changes from
step to step is kept on the device.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from transformers import PreTrainedModel

from countdown_agents.language_model.cache import GrowingCache, GrowingLayer, Moves
from countdown_agents.language_model.decoding import Prediction
from countdown_agents.language_model.llama_decoding import LlamaBlocks, attended

_WIDTH = 256
"""The columns that attention looks at are a multiple of this."""


class ReplayedDecoder:
    """A model for which `is_llama` holds, on a CUDA device.

    Args:
        model: The model, whose weights do not change while this is used.
        cache: The keys and values of what it has read, with room for what will be written.
        mask: Which columns of the cache hold tokens, (rows, T); padding stands on the left.
        records: Whether steps are recorded; without, they are the same and begun one by one, on
            any device.
    """

    def __init__(
        self, model: PreTrainedModel, cache: GrowingCache, mask: Tensor, *, records: bool = True
    ) -> None:
        """Go on from what is in the cache."""
        self._room = cache.growing[0].get_max_length()
        self._blocks = LlamaBlocks(model, self._room)
        self._cache = cache
        cache.blank()
        self._records = records
        self._length = mask.shape[1]
        self._place = torch.tensor([self._length], device=mask.device)
        self._padding = (~mask.bool()).sum(dim=1)
        self._shape = (0, 0)
        self._recording: _Recording | None = None

    def feed(self, tokens: Tensor) -> Prediction:  # (rows,) ids
        """Append a token to each row; return what the model says of the next."""
        width = min(self._room, -(-(self._length + 1) // _WIDTH) * _WIDTH)
        self._length += 1
        shape = len(tokens), width
        if shape != self._shape:  # the first step of a shape also loads what the device lacks
            self._shape, self._recording = shape, None
            return self._step(width, tokens)
        if not self._records:
            return self._step(width, tokens)
        if self._recording is None:
            self._recording = _Recording(partial(self._step, width), tokens)
        return self._recording.replay(tokens)

    def keep(self, moves: Moves) -> None:
        """Forget all rows but those that stay."""
        self._cache.keep(moves)
        self._padding = moves.applied(self._padding)

    def _step(self, width: int, tokens: Tensor) -> Prediction:
        """Do all that a token of each row needs, in operations that depend on shapes only."""
        blocks, place = self._blocks, self._place
        columns, padding = blocks.columns[:width], self._padding[:, None]
        unseen = (columns > place) | (columns < padding)
        bias = torch.zeros(unseen.shape, dtype=blocks.dtype, device=tokens.device)
        bias = bias.masked_fill_(unseen, -torch.inf)[:, None, None]
        own = place - padding  # (rows, 1) how many tokens of its own each row has before this one
        angles = blocks.cos[own], blocks.sin[own]
        with torch.autocast(tokens.device.type, enabled=False):
            states: Tensor = blocks.embed(tokens)
            for layer, past in zip(blocks.layers, self._cache.growing, strict=True):
                states = layer(states, angles, partial(_attended, past, place, bias))
            prediction = blocks.predict(states)
        place.add_(1)
        return prediction


class _Recording:
    """The operations of a step."""

    def __init__(self, step: partial[Prediction], tokens: Tensor) -> None:
        """Record what a step would do with tokens, without doing it."""
        self._tokens = tokens.clone()
        self._graph = torch.cuda.CUDAGraph()
        aside = torch.cuda.Stream(tokens.device)
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            self._graph.capture_begin()
            self._prediction = step(self._tokens)
            self._graph.capture_end()
        torch.cuda.current_stream().wait_stream(aside)

    def replay(self, tokens: Tensor) -> Prediction:
        """Do it with other tokens."""
        self._tokens.copy_(tokens)
        self._graph.replay()
        # the next replay writes into the same memory
        return Prediction(*(said.clone() for said in self._prediction))


def _attended(
    past: GrowingLayer,
    place: Tensor,  # (1,)
    bias: Tensor,  # (rows, 1, 1, width)
    queries: Tensor,  # (rows, shared, group, d)
    new_keys: Tensor,  # (rows, shared, 1, d)
    new_values: Tensor,  # (rows, shared, 1, d)
) -> Tensor:  # (rows, shared, group, d)
    """Return what queries find in the keys and values of all columns that the mask lets through."""
    return attended(queries, *past.put(place, new_keys, new_values, bias.shape[3]), bias)
