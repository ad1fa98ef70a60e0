"""A batch of completions, and what the update needs to know of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

_BEGINNING = 7
"""Beginning a forward and backward pass costs as much as this part of the tokens it may hold.

Measured with the default on a processor, which suits its cache."""


class Written(NamedTuple):
    """What was asked and what was written, as token ids."""

    sequences: Tensor  # (B, T) prompt and completion, padding on the right
    starts: Tensor  # (B,) how many tokens the prompt has
    completions: Tensor  # (B, C) padding on the right
    mask: Tensor  # (B, C) 1.0 on the tokens of a completion, 0.0 on padding

    @classmethod
    def join(
        cls,
        prompts: Sequence[Sequence[int]],
        completions: Tensor,  # (B, C)
        mask: Tensor,  # (B, C)
        pad_id: int,
    ) -> Written:
        """Return prompts and completions as sequences."""
        device = completions.device
        starts = torch.tensor([len(prompt) for prompt in prompts])
        width = int((starts.to(device) + mask.sum(dim=1)).max())
        sequences = torch.full((len(prompts), width), pad_id)
        for row, prompt in enumerate(prompts):
            sequences[row, : len(prompt)] = torch.tensor(prompt)
        sequences, starts = sequences.to(device), starts.to(device)
        rows, steps = mask.bool().nonzero(as_tuple=True)
        sequences[rows, starts[rows] + steps] = completions[rows, steps]
        return cls(sequences, starts, completions, mask.float())

    @property
    def lengths(self) -> Tensor:  # (B,)
        """How many tokens each completion has."""
        return self.mask.sum(dim=1).long()

    @property
    def tokens(self) -> int:
        """How many tokens were written in all."""
        return int(self.mask.sum())

    def select(self, rows: Tensor) -> Written:
        """Return some rows, without the columns in which all of them are padding."""
        lengths = self.lengths[rows]
        width, total = int(lengths.max()), int((self.starts[rows] + lengths).max())
        return Written(
            self.sequences[rows, :total],
            self.starts[rows],
            self.completions[rows, :width],
            self.mask[rows, :width],
        )

    @property
    def longest_first(self) -> Tensor:  # (B,)
        """The indices of all rows by their length, prompts included."""
        return (self.starts + self.lengths).argsort(descending=True, stable=True)

    def micro_batches(self, max_tokens: int) -> Iterator[Tensor]:
        """Yield the indices of all rows in parts of similar length, the longest first.

        Args:
            max_tokens: How many tokens, padding included, a part may hold; a single row may be
                longer.
        """
        order, first = self.longest_first, 0
        totals = (self.starts + self.lengths)[order].tolist()
        for rows in cheapest_cuts(totals, max_tokens, max_tokens // _BEGINNING):
            yield order[first : first + rows]
            first += rows


def cheapest_cuts(lengths: Sequence[int], max_tokens: int, beginning: int) -> list[int]:
    """Return how many rows each part holds, so that all parts together cost least.

    A part costs the tokens that it holds, padding included, and what it takes to begin one.

    Args:
        lengths: Of the rows, the longest first.
        max_tokens: How many tokens a part may hold; a single row may be longer.
        beginning: How many tokens beginning a part costs as much as.

    Example:
        >>> cheapest_cuts([100, 100, 10, 10, 10], max_tokens=1000, beginning=50)
        [2, 3]
        >>> cheapest_cuts([100, 100, 90, 90, 90], max_tokens=1000, beginning=50)
        [5]
    """
    costs = np.zeros(len(lengths) + 1)  # of all rows from one on
    rows = [1] * len(lengths)  # in the part that one begins
    for first in reversed(range(len(lengths))):
        most = min(max(1, max_tokens // lengths[first]), len(lengths) - first)
        held = lengths[first] * np.arange(1, most + 1)
        ways = beginning + held + costs[first + 1 : first + most + 1]
        rows[first] = 1 + int(ways.argmin())
        costs[first] = ways.min()
    cuts, first = [], 0
    while first < len(lengths):
        cuts.append(rows[first])
        first += rows[first]
    return cuts


class CompletionBatch(NamedTuple):
    """Completions with what was thought of them when they were written."""

    written: Written
    old_log_probs: Tensor  # (B, C) under the policy that wrote the tokens
    reference_log_probs: Tensor  # (B, C) under the model that training began with; 0 if not asked
    old_values: Tensor  # (B, C) predicted then, before each token; 0 without a critic
    advantages: Tensor  # (B, C)
    returns: Tensor  # (B, C) what the critic should have predicted; 0 without one

    def select(self, rows: Tensor) -> CompletionBatch:
        """Return some rows, without the columns in which all of them are padding."""
        written = self.written.select(rows)
        width = written.mask.shape[1]
        return CompletionBatch(written, *(tensor[rows, :width] for tensor in self[1:]))

    def minibatches(self, count: int, generator: torch.Generator) -> Iterator[CompletionBatch]:
        """Yield all rows in `count` parts, or one for each row if those are fewer.

        The parts are random and of almost equal size.
        """
        order = self._shuffled(generator)
        for rows in order.tensor_split(min(count, len(order))):
            yield self.select(rows)

    def minibatches_of(self, tokens: int, generator: torch.Generator) -> Iterator[CompletionBatch]:
        """Yield all rows in random parts of about `tokens` written tokens, at least one row each.

        However long completions grow, an update then learns from as many tokens.
        """
        order = self._shuffled(generator)
        count = max(1, min(len(order), round(self.written.tokens / tokens)))
        ends = self.written.lengths[order].cumsum(0)
        # the part of a row is that of its middle token
        middles = ends - self.written.lengths[order] / 2
        parts = (middles * count / max(self.written.tokens, 1)).long().clamp(max=count - 1)
        for part in range(count):
            rows = order[parts == part]
            if len(rows):
                yield self.select(rows)

    def _shuffled(self, generator: torch.Generator) -> Tensor:  # (B,)
        """Return the indices of all rows in random order."""
        order = torch.randperm(len(self.written.starts), generator=generator)
        return order.to(self.written.starts.device)
