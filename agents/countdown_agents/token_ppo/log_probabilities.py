"""What a causal language model says of whole sequences, in one forward pass each.

Any causal model of transformers will do whose logits are its output layer on its last hidden
states. Rows of its vocabulary beyond the tokenizer's are no tokens: they get no probability, here
and in sampling alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

from countdown_agents.language_model.attention import unplanned_attention
from countdown_agents.language_model.llama_packing import packed_states, packs
from countdown_agents.token_ppo.buffer import Written
from countdown_gym.errors import InvalidParameterError

_LOGITS_AT_ONCE = 1 << 26
"""How many logits there may be at a time: a quarter of a gigabyte, and some times that with what is
made of them."""
_NO_CHANCE = -1e9
"""A logit whose probability is 0, and which is finite, so that 0 times its logarithm is 0 too."""


def hidden_states(model: PreTrainedModel, tokens: Tensor) -> Tensor:
    """Return hidden states (B, T, H) of ids (B, T) that have padding on the right only.

    Attention is causal, so no token sees the padding after it and no mask is needed.

    Args:
        model: A causal language model, or its trunk alone.
        tokens: The ids.
    """
    with unplanned_attention():
        states: Tensor = model.base_model(input_ids=tokens, use_cache=False).last_hidden_state
    return states


def logits(
    model: PreTrainedModel,
    states: Tensor,  # (…, H)
    vocabulary_size: int,
) -> Tensor:  # (…, V)
    """Return logits in single precision of the tokens that there are."""
    out: Tensor = model.get_output_embeddings()(states)
    return out[..., :vocabulary_size].float()


@contextmanager
def only_tokens(model: PreTrainedModel, vocabulary_size: int) -> Iterator[None]:
    """Let whoever asks a model for logits find no chance for rows beyond the vocabulary."""
    head = model.get_output_embeddings()
    if head.weight.shape[0] <= vocabulary_size:
        yield
        return

    def forbid(_module: nn.Module, _inputs: object, out: Tensor) -> Tensor:
        allowed = torch.arange(out.shape[-1], device=out.device) < vocabulary_size
        return out.masked_fill(~allowed, _NO_CHANCE)

    hook = head.register_forward_hook(forbid)
    try:
        yield
    finally:
        hook.remove()


def predicting_states(model: PreTrainedModel, written: Written) -> Tensor:
    """Return the hidden states (N, H) from which the N tokens of all completions are predicted."""
    if packs(model):
        totals = (written.starts + written.lengths).unsqueeze(1)
        columns = torch.arange(written.sequences.shape[1] - 1, device=totals.device)
        read = columns < totals - 1
        wanted = read & (columns >= written.starts.unsqueeze(1) - 1)
        return packed_states(model, written.sequences[:, :-1], read, wanted)
    hidden = hidden_states(model, written.sequences)
    steps = torch.arange(written.mask.shape[1], device=hidden.device)
    # the token at place p is predicted from the state at p - 1
    places = (written.starts.unsqueeze(1) - 1 + steps).clamp(max=hidden.shape[1] - 1)
    rows = torch.arange(len(hidden), device=hidden.device).unsqueeze(1)
    return hidden[rows, places][written.mask.bool()]


def in_parts(
    work: Callable[[Tensor, Tensor], tuple[Tensor, ...]],
    states: Tensor,  # (N, H)
    written: Written,  # with N tokens
    vocabulary_size: int,
) -> tuple[Tensor, ...]:  # (N,) each
    """Return what `work` makes of states and the tokens that follow them, by way of logits.

    With a large vocabulary logits take more memory than all else. If they are many, `work` is given
    a part of the tokens at a time, and what it computed in between is not kept for the backward
    pass but computed there again.
    """
    tokens = written.completions[written.mask.bool()]
    rows = max(1, _LOGITS_AT_ONCE // vocabulary_size)
    if len(tokens) <= rows:
        return work(states, tokens)
    parts = [
        checkpoint(work, *part, use_reentrant=False, preserve_rng_state=False)
        for part in zip(states.split(rows), tokens.split(rows), strict=True)
    ]
    return tuple(torch.cat(part) for part in zip(*parts, strict=True))


def chosen(log_distribution: Tensor, tokens: Tensor) -> Tensor:  # (N, V) and (N,) to (N,)
    """Return what is thought of some tokens."""
    return log_distribution.gather(1, tokens.unsqueeze(1)).squeeze(1)


def entropies_of(log_distribution: Tensor) -> Tensor:  # (N, V) to (N,)
    """Return how undecided distributions are, in nats; none of their logarithms is infinite."""
    return -(log_distribution.exp() * log_distribution).sum(dim=-1)


def spread(
    of_tokens: Tensor,  # (N,)
    written: Written,
) -> Tensor:  # (B, C)
    """Return numbers of tokens at the places of their tokens, and 0 on padding."""
    return torch.zeros_like(written.mask).masked_scatter(written.mask.bool(), of_tokens)


def log_probs_of(
    model: PreTrainedModel, written: Written, temperature: float, vocabulary_size: int
) -> Tensor:
    """Return the log-probabilities (B, C) that a model without a critic gives completions."""

    def work(states: Tensor, tokens: Tensor) -> tuple[Tensor]:
        scaled = logits(model, states, vocabulary_size) / temperature
        return (chosen(scaled.log_softmax(dim=-1), tokens),)

    (found,) = in_parts(work, predicting_states(model, written), written, vocabulary_size)
    return spread(found, written)


def require_vocabulary(model: PreTrainedModel, size: int) -> None:
    """Refuse a model that cannot write every token; it may have more rows than tokens.

    Raises:
        InvalidParameterError: If the model's vocabulary is smaller than `size`.
    """
    rows = int(model.get_output_embeddings().weight.shape[0])
    if rows < size:
        raise InvalidParameterError(
            f"the language model's vocabulary must hold the tokenizer's {size} tokens, got {rows}"
        )


def require_plain_head(model: PreTrainedModel) -> None:
    """Refuse a model that does more to its hidden states than its output layer does.

    Raises:
        InvalidParameterError: If it scales or caps its logits.
    """
    capped = getattr(model.config.get_text_config(), "final_logit_softcapping", None)
    few = torch.arange(4, device=model.device).unsqueeze(0)
    model.eval()
    with torch.no_grad():
        whole = model(input_ids=few, use_cache=False).logits.float()
        plain = logits(model, hidden_states(model, few), whole.shape[-1])
        # small logits are hardly capped: a cap must be asked for by name
        if capped is not None or not torch.allclose(whole, plain, atol=1e-3):
            raise InvalidParameterError(
                "the language model's logits must be its output layer on its last hidden states, "
                f"and {type(model).__name__} scales or caps them; choose another architecture"
            )
