"""A key-value cache that is written in place and lets finished rows go.

`transformers`' own `DynamicCache` joins old and new at every token, which copies the whole past
each time. Here memory is taken once; reading returns a view of what has been written, and the last
rows move into the places of rows that are let go.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin


class Moves(NamedTuple):
    """How the rows that stay close the gaps of those that go: few are copied, most stay put."""

    holes: Tensor  # (moved,) places that are given up, below `left`
    movers: Tensor  # (moved,) places of the rows that come there, from `left` on
    left: int
    """How many rows stay."""

    @classmethod
    def keeping(cls, stays: Tensor, left: int) -> Moves:  # (rows,) bool, True `left` times
        """Return the moves after which exactly the rows that stay come first."""
        return cls((~stays[:left]).nonzero()[:, 0], stays[left:].nonzero()[:, 0] + left, left)

    def applied(self, rows: Tensor) -> Tensor:
        """Move rows in place; return a view of those that stay."""
        rows[self.holes] = rows[self.movers]
        return rows[: self.left]


class GrowingLayer(CacheLayerMixin):
    """The keys and values of one layer, up to a number of tokens known beforehand."""

    is_sliding = False

    def __init__(self, capacity: int, dtype: torch.dtype) -> None:
        """Promise room for `capacity` tokens; memory is taken at the first update."""
        super().__init__()  # type: ignore[no-untyped-call]  # transformers leaves it unannotated
        self._capacity = capacity
        self._dtype = dtype
        self._length = 0
        self._keys = torch.empty(0)
        self._values = torch.empty(0)

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Take memory on the device of the first keys and values."""
        self._keys = _room(key_states.to(self._dtype), len(key_states), self._capacity)
        self._values = _room(value_states.to(self._dtype), len(value_states), self._capacity)
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
        start, new = self._length, key_states.shape[-2]
        self._length += new
        self._keys.narrow(2, start, new).copy_(key_states)
        self._values.narrow(2, start, new).copy_(value_states)
        return self._keys.narrow(2, 0, self._length), self._values.narrow(2, 0, self._length)

    def put(
        self,
        place: Tensor,  # (1,)
        key_states: Tensor,  # (B, heads, 1, width)
        value_states: Tensor,  # (B, heads, 1, width)
        columns: int,
    ) -> tuple[Tensor, Tensor]:  # (B, heads, columns, width) each
        """Write a token at a place that only the device knows; return views of some columns.

        What stands there beyond the last token is for a mask to hide, see `blank`.
        """
        self._keys.index_copy_(2, place, key_states)
        self._values.index_copy_(2, place, value_states)
        self._length = columns
        return self._keys[:, :, :columns], self._values[:, :, :columns]

    def blank(self) -> None:
        """Fill the room that is left with zeros: hidden or not, it must hold no infinite number."""
        self._keys[:, :, self._length :] = 0
        self._values[:, :, self._length :] = 0

    def spread(self, rows: Tensor, capacity: int) -> None:  # (B,) indices
        """Make each of `rows` a row, with room for `capacity` tokens."""
        self._keys = _spread(self._keys, rows, self._length, capacity)
        self._values = _spread(self._values, rows, self._length, capacity)
        self._capacity = capacity

    def keep(self, moves: Moves) -> None:
        """Forget all rows but those that stay."""
        moves.applied(self._keys[:, :, : self._length])
        moves.applied(self._values[:, :, : self._length])
        self._keys, self._values = self._keys[: moves.left], self._values[: moves.left]

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

    def __init__(self, num_layers: int, capacity: int, dtype: torch.dtype) -> None:
        """Promise room for `capacity` tokens in each of `num_layers` layers, in some numbers."""
        self.growing = [GrowingLayer(capacity, dtype) for _ in range(num_layers)]
        """The layers, by their own type."""
        super().__init__(layers=list(self.growing))

    def spread(self, rows: Tensor, capacity: int) -> None:  # (B,) indices
        """Make each of `rows` a row, with room for `capacity` tokens, in every layer."""
        for layer in self.growing:
            layer.spread(rows, capacity)

    def blank(self) -> None:
        """Fill the room that is left with zeros, in every layer."""
        for layer in self.growing:
            layer.blank()

    def keep(self, moves: Moves) -> None:
        """Forget all rows but those that stay, in every layer."""
        for layer in self.growing:
            layer.keep(moves)


def _room(states: Tensor, rows: int, capacity: int) -> Tensor:
    _, heads, _, width = states.shape
    return states.new_empty((rows, heads, capacity, width))


def _spread(store: Tensor, rows: Tensor, length: int, capacity: int) -> Tensor:
    """Return a larger store that begins with the written part of `rows`."""
    larger = _room(store, len(rows), capacity)
    larger[:, :, :length] = store[rows, :, :length]
    return larger
