"""From paid completions to what an update needs: old probabilities, values, advantages, returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedModel

from countdown_agents.language_model.precision import autocast
from countdown_agents.token_ppo.adapters import without_adapters
from countdown_agents.token_ppo.advantages import (
    critic_free_advantages,
    generalized_advantages,
    token_rewards,
    whitened,
)
from countdown_agents.token_ppo.buffer import CompletionBatch, Written
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.log_probabilities import log_probs_of
from countdown_agents.token_ppo.losses import explained_variance, masked_mean, masked_variance
from countdown_agents.token_ppo.policy import CausalLMPolicy, Evaluation
from countdown_agents.token_ppo.processes import Processes

_ROUNDING = 1e-3
"""How far two ways to compute a number in single precision may lie apart."""
_LOOKED_AT = 32
"""One of so many completions is evaluated to see whether what was noted is true."""


class Estimated(NamedTuple):
    """A batch that can be learnt from, and what it is like."""

    batch: CompletionBatch
    measures: dict[str, float]


def estimated(
    policy: CausalLMPolicy,
    reference: PreTrainedModel | None,
    written: Written,
    said: Evaluation,
    rewards: Tensor,  # (B,)
    config: TokenPPOConfig,
    kl_coefficient: float,
    together: Processes,
) -> Estimated:
    """Return a batch with all that the update needs to know of it.

    Args:
        policy: The one that wrote the completions.
        reference: The model that training began with; None if it is the policy's own without its
            adapters, or if nobody asks.
        written: Prompts and completions; those of a prompt side by side.
        said: What the policy said of the tokens when it wrote them.
        rewards: What each completion is paid.
        config: The settings.
        kl_coefficient: The penalty for divergence as it stands.
        together: The processes over whose tokens advantages are whitened.
    """
    mask, limit = written.mask, config.tokens_at_once(written.mask.device.type)
    rewards = rewards.to(mask.device)
    with torch.no_grad():
        (log_probs, values, entropies), error = evaluated(policy, written, said, limit)
        if config.needs_reference:
            (reference_log_probs,) = in_parts(
                lambda part: (_reference_log_probs(policy, reference, part),), written, limit
            )
            log_ratios = log_probs - reference_log_probs
        else:
            reference_log_probs = log_ratios = torch.zeros_like(mask)
    charged = kl_coefficient if config.kl_in == "reward" else 0.0
    paid = token_rewards(rewards, log_ratios, mask, charged)
    advantages, returns = _credited(paid, values, mask, config, together)
    measures = {
        "entropy": float(masked_mean(entropies, mask)),
        "advantage_std": float(masked_variance(advantages, mask).sqrt()),
        # what was sampled and what is trained must be one distribution: 0 but for rounding
        "sampling_error": error,
    }
    if config.needs_critic:
        measures["explained_variance"] = explained_variance(values, returns, mask)
        if config.normalize_advantage:
            advantages = whitened(advantages, mask, together)
    if config.needs_reference:
        measures["reference_kl"] = float(masked_mean(log_ratios, mask))
        measures["reference_kl_per_completion"] = float((log_ratios * mask).sum(dim=1).mean())
        measures["kl_coefficient"] = kl_coefficient
    batch = CompletionBatch(written, log_probs, reference_log_probs, values, advantages, returns)
    return Estimated(batch, measures)


def evaluated(
    policy: CausalLMPolicy, written: Written, said: Evaluation, max_tokens: int
) -> tuple[Evaluation, float]:
    """Return what the policy says of completions, and how far that is from when it wrote them.

    The weights have not changed since, so what was noted then is taken, after a look: a few
    completions, from the longest down, are evaluated as training will. If they tell another story,
    or nothing was noted, all of them are. The distance is the mean over the tokens looked at, in
    nats.
    """
    if policy.notes:
        rows = written.longest_first[::_LOOKED_AT]
        part = written.select(rows)
        noted = said.select(rows, part.mask.shape[1])
        now = Evaluation(*in_parts(policy.evaluate_completions, part, max_tokens))
        if all(
            torch.allclose(one, other, rtol=_ROUNDING, atol=_ROUNDING)
            for one, other in zip(noted, now, strict=True)
        ):
            return said, float(masked_mean((now.log_probs - noted.log_probs).abs(), part.mask))
    now = Evaluation(*in_parts(policy.evaluate_completions, written, max_tokens))
    return now, float(masked_mean((now.log_probs - said.log_probs).abs(), written.mask))


def informative_rows(
    rewards: Tensor,  # (B,)
    group_size: int,
) -> Tensor:  # (kept,) indices
    """Return the completions whose prompts were not all paid alike: those that tell something.

    Yu et al. 2025, section 3.2, https://arxiv.org/abs/2503.14476, who sample on until a batch is
    full again; here the batch is smaller.
    """
    groups = rewards.view(-1, group_size)
    varied = (groups != groups[:, :1]).any(dim=1)
    return varied.repeat_interleave(group_size).nonzero().squeeze(1)


def in_parts(
    evaluate: Callable[[Written], tuple[Tensor, ...]], written: Written, max_tokens: int
) -> list[Tensor]:
    """Return what `evaluate` says of all rows, (B, C) each, asked a micro-batch at a time."""
    found: list[Tensor] = []
    for rows in written.micro_batches(max_tokens):
        answers = evaluate(written.select(rows))
        found = found or [torch.zeros_like(written.mask) for _ in answers]
        for whole, answer in zip(found, answers, strict=True):
            whole[rows, : answer.shape[1]] = answer
    return found


def _credited(
    paid: Tensor,  # (B, C)
    values: Tensor,  # (B, C)
    mask: Tensor,  # (B, C)
    config: TokenPPOConfig,
    together: Processes,
) -> tuple[Tensor, Tensor]:  # (B, C), (B, C)
    """Return advantages, those of the critic not whitened yet, and returns."""
    if config.needs_critic:
        return generalized_advantages(paid, values, mask, config.gamma, config.gae_lambda)
    advantages = critic_free_advantages(
        config.advantage,
        paid,
        mask,
        group_size=config.samples_per_prompt,
        gamma=config.gamma,
        normalize=config.normalize_advantage,
        together=together,
    )
    return advantages, torch.zeros_like(advantages)


def _reference_log_probs(
    policy: CausalLMPolicy, reference: PreTrainedModel | None, written: Written
) -> Tensor:  # (B, C)
    """Return the log-probabilities under the reference, kept or found under the adapters."""
    model = policy.language_model
    with autocast(model, policy.precision):
        if reference is not None:
            return log_probs_of(reference, written, policy.temperature, policy.vocabulary_size)
        with without_adapters(model):
            return log_probs_of(model, written, policy.temperature, policy.vocabulary_size)
