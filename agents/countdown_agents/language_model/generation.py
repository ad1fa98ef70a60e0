"""Sampling: token ids in, token ids out, a whole batch at a time.

Whatever is sampled is kept as ids and never tokenised again. Each row has random numbers of its
own, so a row's completion depends on neither the rows beside it nor when finished ones are let go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from countdown_agents.language_model.cache import GrowingCache
from countdown_agents.language_model.ending import Ending
from countdown_gym.errors import InvalidParameterError

_LET_GO_BELOW = 0.8
"""Finished rows are dropped once less than this share of the rows at work is unfinished."""


@dataclass(frozen=True, slots=True)
class Completions:
    """What a model wrote after each prompt of a batch, padded on the right."""

    tokens: Tensor  # (B, C) ids, padding after the end
    mask: Tensor  # (B, C) bool: True on sampled tokens, <eos> included
    log_probs: Tensor  # (B, C) of the sampled tokens, in nats; 0 on padding
    ended: Tensor  # (B,) bool: the end was reached; False where the budget cut

    def rows(self) -> list[list[int]]:
        """Return the sampled ids of each row, the end included, padding left out."""
        lengths = self.mask.sum(dim=1).tolist()
        return [row[:n] for row, n in zip(self.tokens.tolist(), lengths, strict=True)]


@torch.inference_mode()
def generate(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    eos_id: int | Ending,
    pad_id: int,
    temperature: float = 1.0,
    generator: torch.Generator | Sequence[torch.Generator] | None = None,
) -> Completions:
    """Return one completion for each prompt.

    Args:
        model: Any causal language model of `transformers` with full attention; it is put into
            evaluation mode. Its own generation settings are not read.
        prompts: Token ids, of any lengths from one up.
        max_new_tokens: The budget of each completion, `<eos>` included.
        eos_id: The id that ends a completion, or all that does.
        pad_id: The id that fills what is not there.
        temperature: Divides the logits; at 0 the likeliest token is taken, and its log-probability
            is the one at temperature 1.
        generator: The source of randomness, on the processor; it is moved by one draw of
            `len(prompts) * max_new_tokens` numbers. Or one for each prompt, each moved by
            `max_new_tokens` numbers: a completion then depends on its prompt and its generator
            only, whatever else is in the batch. Not needed at temperature 0.

    Raises:
        InvalidParameterError: If a prompt is empty, there is none, the budget is below 1, the
            temperature is negative, or it is above 0 without a generator or with another number of
            them than prompts, or prompt and budget exceed the positions that the model knows.
    """
    _require(prompts, max_new_tokens, temperature, generator)
    _require_room(model, max(len(prompt) for prompt in prompts) + max_new_tokens)
    model.eval()
    device, batch = model.device, len(prompts)
    tokens, mask = _left_padded(prompts, pad_id, device)
    # (B, C): a row's luck does not depend on who else is still at work.
    luck = _luck(batch, max_new_tokens, generator).to(device) if temperature > 0 else None
    ending = Ending((eos_id,)) if isinstance(eos_id, int) else eos_id
    sampled = torch.full((batch, max_new_tokens), pad_id, device=device)
    log_probs = torch.zeros((batch, max_new_tokens), device=device)
    lengths = torch.full((batch,), max_new_tokens, device=device)
    ended = torch.zeros(batch, dtype=torch.bool, device=device)

    padded = not bool(mask.all())
    cache = GrowingCache(model.config.num_hidden_layers, tokens.shape[1] + max_new_tokens)
    rows = torch.arange(batch, device=device)  # which prompt each row at work belongs to
    inputs, positions = tokens, (mask.cumsum(dim=1) - 1).clamp(min=0)
    for step in range(max_new_tokens):
        # Without padding there is nothing to mask, and attention without a mask is faster.
        logits = model(
            input_ids=inputs,
            attention_mask=mask if padded else None,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]  # (rows, V)
        chosen, chosen_log_probs = _choose(
            logits, temperature, None if luck is None else luck[rows, step]
        )
        working = ~ended[rows]
        sampled[rows, step] = torch.where(working, chosen, pad_id)
        log_probs[rows, step] = torch.where(working, chosen_log_probs, 0.0)
        finished = working & ending.reached(chosen, sampled[:, : step + 1], rows)
        ended[rows[finished]] = True
        lengths[rows[finished]] = step + 1

        working &= ~finished
        unfinished = int(working.sum())
        if unfinished == 0:
            break
        inputs, positions = chosen[:, None], positions[:, -1:] + 1
        if padded:
            mask = torch.cat([mask, mask.new_ones((len(rows), 1))], dim=1)
        if unfinished < _LET_GO_BELOW * len(rows):
            kept = working.nonzero()[:, 0]
            cache.keep(kept)
            rows, inputs, positions, mask = rows[kept], inputs[kept], positions[kept], mask[kept]

    width = int(lengths.max())
    within = torch.arange(width, device=device) < lengths[:, None]
    return Completions(sampled[:, :width], within, log_probs[:, :width], ended)


def _require(
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    temperature: float,
    generator: torch.Generator | Sequence[torch.Generator] | None,
) -> None:
    if not prompts or any(len(prompt) == 0 for prompt in prompts):
        raise InvalidParameterError("generation needs prompts of at least one token each")
    if max_new_tokens < 1:
        raise InvalidParameterError(f"max_new_tokens must be at least 1, got {max_new_tokens}")
    if temperature < 0:
        raise InvalidParameterError(f"temperature must not be negative, got {temperature}")
    if temperature > 0 and generator is None:
        raise InvalidParameterError(
            f"sampling at temperature {temperature} needs a torch.Generator, got none"
        )
    if isinstance(generator, Sequence) and len(generator) != len(prompts):
        raise InvalidParameterError(
            f"there must be one generator for all prompts or one for each, got {len(generator)} "
            f"for {len(prompts)}"
        )


def _luck(
    batch: int, max_new_tokens: int, generator: torch.Generator | Sequence[torch.Generator] | None
) -> Tensor:  # (B, C) from 0 to below 1
    if isinstance(generator, Sequence):
        return torch.stack([torch.rand(max_new_tokens, generator=own) for own in generator])
    return torch.rand((batch, max_new_tokens), generator=generator)


def _require_room(model: PreTrainedModel, length: int) -> None:
    room = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if room is not None and length > room:
        raise InvalidParameterError(
            f"prompt and completion must fit the model's {room} positions, got {length} tokens; "
            "lower the budget of completions"
        )


def _left_padded(
    prompts: Sequence[Sequence[int]], pad_id: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return the prompts (B, P) with padding before them, and a mask (B, P) that is 1 on them."""
    width = max(len(prompt) for prompt in prompts)
    tokens = [[pad_id] * (width - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(tokens, device=device), torch.tensor(mask, device=device)


def _choose(
    logits: Tensor,  # (rows, V)
    temperature: float,
    luck: Tensor | None,  # (rows,) from 0 to below 1
) -> tuple[Tensor, Tensor]:  # (rows,) ids, (rows,) their log-probabilities
    """Return a token for each row: the likeliest, or the one at `luck` of the cumulative sum."""
    if luck is None:
        log_probs = logits.float().log_softmax(dim=-1)
        chosen = log_probs.argmax(dim=-1)
    else:
        log_probs = (logits.float() / temperature).log_softmax(dim=-1)
        cumulative = log_probs.exp().cumsum(dim=-1)
        wanted = luck[:, None] * cumulative[:, -1:]
        chosen = torch.searchsorted(cumulative, wanted, right=True)[:, 0]
        chosen = chosen.clamp(max=logits.shape[-1] - 1)
    return chosen, log_probs.gather(-1, chosen[:, None])[:, 0]
