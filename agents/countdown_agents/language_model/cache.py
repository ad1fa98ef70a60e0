"""A key-value cache that is written in place and lets finished rows go.

`transformers`' own `DynamicCache` joins old and new at every token, which copies the whole past
each time. Here memory is taken once; reading returns a view of what has been written.
"""

from __future__ import annotations

import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin


class GrowingLayer(CacheLayerMixin):
    """The keys and values of one layer, up to a number of tokens known beforehand."""

    is_sliding = False

    def __init__(self, capacity: int) -> None:
        """Promise room for `capacity` tokens; memory is taken at the first update."""
        super().__init__()  # type: ignore[no-untyped-call]  # transformers leaves it unannotated
        self._capacity = capacity
        self._length = 0
        self._keys = torch.empty(0)
        self._values = torch.empty(0)

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Take memory of the type and on the device of the first keys and values."""
        self._keys = _room(key_states, self._capacity)
        self._values = _room(value_states, self._capacity)
        self.is_initialized = True

    def update(
        self,
        key_states: Tensor,  # (B, heads, new tokens, width)
        value_states: Tensor,  # (B, heads, new tokens, width)
        *_args: object,
        **_kwargs: object,
    ) -> tuple[Tensor, Tensor]:  # (B, heads, all tokens, width) each
        """Append new tokens; return views of everything so far."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start, self._length = self._length, self._length + key_states.shape[-2]
        self._keys[:, :, start : self._length] = key_states
        self._values[:, :, start : self._length] = value_states
        return self._keys[:, :, : self._length], self._values[:, :, : self._length]

    def keep(self, rows: Tensor) -> None:  # (kept,) indices
        """Forget all rows but these."""
        if self.is_initialized:
            self._keys = _kept(self._keys, rows, self._length)
            self._values = _kept(self._values, rows, self._length)

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Return how many keys the next query will see, and the place of the first."""
        return self._length + query_length, 0

    def get_seq_length(self) -> int:
        """Return the number of tokens so far."""
        return self._length

    def get_max_length(self) -> int:
        """Return how many tokens there is room for."""
        return self._capacity


class GrowingCache(Cache):
    """One `GrowingLayer` for each layer of a model."""

    def __init__(self, num_layers: int, capacity: int) -> None:
        """Promise room for `capacity` tokens in each of `num_layers` layers."""
        self._layers = [GrowingLayer(capacity) for _ in range(num_layers)]
        super().__init__(layers=list(self._layers))

    def keep(self, rows: Tensor) -> None:  # (kept,) indices
        """Forget all rows but these, in every layer."""
        for layer in self._layers:
            layer.keep(rows)


def _room(states: Tensor, capacity: int) -> Tensor:
    batch, heads, _, width = states.shape
    return states.new_empty((batch, heads, capacity, width))


def _kept(store: Tensor, rows: Tensor, length: int) -> Tensor:
    """Return a smaller store with the written part of the rows that are kept."""
    _, heads, capacity, width = store.shape
    smaller = store.new_empty((len(rows), heads, capacity, width))
    smaller[:, :, :length] = store[rows, :, :length]
    return smaller
