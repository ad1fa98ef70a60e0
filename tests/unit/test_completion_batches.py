"""Batches of completions are cut into minibatches without losing or doubling a row."""

from collections.abc import Iterator, Sequence

import pytest
import torch

from countdown_agents.token_ppo.buffer import CompletionBatch, Written, cheapest_cuts

pytestmark = pytest.mark.agents

LENGTHS = [1, 9, 3, 3, 7, 2, 8, 5, 4, 6]


def batch() -> CompletionBatch:
    mask = torch.zeros(len(LENGTHS), max(LENGTHS))
    completions = torch.zeros_like(mask).long()
    for row, length in enumerate(LENGTHS):
        mask[row, :length] = 1
        completions[row, :length] = row + 10
    written = Written.join([[1, 2]] * len(LENGTHS), completions, mask, pad_id=0)
    return CompletionBatch(written, *(mask.clone() for _ in range(5)))


def rows(parts: list[CompletionBatch]) -> list[int]:
    return sorted(int(tokens[0]) - 10 for part in parts for tokens in part.written.completions)


@pytest.mark.parametrize("count", [1, 3, 10, 99])
def test_a_number_of_minibatches_holds_every_row_once(count: int) -> None:
    parts = list(batch().minibatches(count, torch.Generator().manual_seed(0)))
    assert len(parts) == min(count, 10)
    assert rows(parts) == list(range(10))


@pytest.mark.parametrize("tokens", [1, 12, 16, 24, 1000])
def test_minibatches_of_tokens_hold_every_row_once(tokens: int) -> None:
    parts = list(batch().minibatches_of(tokens, torch.Generator().manual_seed(0)))
    assert rows(parts) == list(range(10))


def test_minibatches_of_tokens_hold_about_so_many() -> None:
    parts = list(batch().minibatches_of(16, torch.Generator().manual_seed(0)))
    assert len(parts) == 3
    # a part is off by half of the longest row at both ends at the most
    assert all(abs(part.written.tokens - 16) <= 9 for part in parts)


@pytest.mark.parametrize("max_tokens", [1, 13, 24, 64, 1000])
def test_micro_batches_hold_every_row_once_within_their_size(max_tokens: int) -> None:
    parts = [part.tolist() for part in batch().written.micro_batches(max_tokens)]
    lengths = [[LENGTHS[row] for row in part] for part in parts]
    assert [each for part in lengths for each in part] == sorted(LENGTHS, reverse=True)
    assert all(len(part) == 1 or len(part) * (2 + part[0]) <= max_tokens for part in lengths)


@pytest.mark.parametrize("beginning", [0, 3, 8, 30])
@pytest.mark.parametrize("max_tokens", [1, 12, 25, 100])
def test_no_other_cuts_into_micro_batches_cost_less(max_tokens: int, beginning: int) -> None:
    lengths = sorted(LENGTHS, reverse=True)

    def cost(cuts: Sequence[int]) -> float:
        starts = [sum(cuts[:i]) for i in range(len(cuts))]
        held = [rows * lengths[start] for rows, start in zip(cuts, starts, strict=True)]
        fits = all(rows == 1 or h <= max_tokens for rows, h in zip(cuts, held, strict=True))
        return sum(held) + beginning * len(cuts) if fits else float("inf")

    def ways(rows: int) -> Iterator[list[int]]:
        """Yield every way to cut so many rows."""
        if rows == 0:
            yield []
        for first in range(1, rows + 1):
            yield from ([first, *rest] for rest in ways(rows - first))

    cuts = cheapest_cuts(lengths, max_tokens, beginning)
    assert sum(cuts) == len(lengths)
    assert cost(cuts) == min(map(cost, ways(len(lengths))))
