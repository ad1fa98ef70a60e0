"""One update: the loss of a minibatch, its gradient a micro-batch at a time, one step down it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from countdown_agents.token_ppo.buffer import CompletionBatch
from countdown_agents.token_ppo.divergence import Estimator, estimated_divergence
from countdown_agents.token_ppo.losses import (
    approximate_kl,
    clip_fraction,
    clipped_surrogate,
    masked_mean,
    value_loss,
)
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.processes import Processes

_ALONE = Processes()


@dataclass(frozen=True, slots=True)
class LossSettings:
    """The numbers in the loss of one batch, whose schedules have been read."""

    clip: float
    """Where the probability ratio is cut."""
    value_clip: float | None
    """Where the critic's move is cut; None cuts nothing."""
    value_coefficient: float
    """The weight of the critic's loss."""
    entropy_coefficient: float
    """The weight of the entropy bonus."""
    kl_coefficient: float
    """The weight of the divergence from the reference; 0 if it is charged elsewhere."""
    kl_estimator: Estimator
    """How that divergence is estimated."""


class NotFiniteError(FloatingPointError):
    """A loss or a gradient is not a finite number; nothing was changed.

    Args:
        what: Which one.
        minibatch: What it was computed of.
        measures: What is known of the update so far.
    """

    def __init__(self, what: str, minibatch: CompletionBatch, measures: dict[str, float]) -> None:
        """Keep what the update was made of."""
        super().__init__(f"the {what} is not finite")
        self.what = what
        self.minibatch = minibatch
        self.measures = measures


def loss_of(
    policy: CausalLMPolicy, part: CompletionBatch, settings: LossSettings
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the loss of some completions and what is worth knowing about it."""
    trains_entropy = settings.entropy_coefficient > 0
    log_probs, values, entropies = policy.evaluate_completions(
        part.written, train_entropy=trains_entropy
    )
    mask = part.written.mask
    policy_loss = clipped_surrogate(
        log_probs, part.old_log_probs, part.advantages, mask, settings.clip
    )
    entropy = masked_mean(entropies, mask)
    loss = policy_loss
    if trains_entropy:
        loss = loss - settings.entropy_coefficient * entropy
    measures = {"policy_loss": policy_loss, "entropy": entropy}
    if policy.has_critic:
        critic = value_loss(values, part.old_values, part.returns, mask, settings.value_clip)
        loss = loss + settings.value_coefficient * critic
        measures["value_loss"] = critic
    if settings.kl_coefficient > 0:
        divergences = estimated_divergence(
            log_probs, part.reference_log_probs, settings.kl_estimator
        )
        divergence = masked_mean(divergences, mask)
        loss = loss + settings.kl_coefficient * divergence
        measures["kl_loss"] = divergence
    with torch.no_grad():
        ratio_errors = ((log_probs - part.old_log_probs).exp() - 1).abs()
        measures |= {
            "loss": loss,
            "approximate_kl": approximate_kl(log_probs, part.old_log_probs, mask),
            "clip_fraction": clip_fraction(log_probs, part.old_log_probs, mask, settings.clip),
            "ratio_error": masked_mean(ratio_errors, mask),
        }
    return loss, measures


def update(
    policy: CausalLMPolicy,
    minibatch: CompletionBatch,
    settings: LossSettings,
    *,
    micro_batch_tokens: int,
    max_gradient_norm: float,
    together: Processes = _ALONE,
) -> dict[str, float]:
    """Take one step down the gradient of a minibatch's mean loss; return what it was like.

    Args:
        policy: What is trained.
        minibatch: What it learns from: this process's share, if there are several.
        settings: The numbers in the loss.
        micro_batch_tokens: How many tokens a forward pass holds.
        max_gradient_norm: The norm to which a larger gradient is scaled down.
        together: The processes that make the update together.

    Raises:
        NotFiniteError: If the loss or its gradient is not finite; no step is taken then.
    """
    optimizer = policy.optimizer
    optimizer.zero_grad(set_to_none=True)
    sums: dict[str, float] = {}
    tokens = together.total(minibatch.written.tokens)
    for rows in minibatch.written.micro_batches(micro_batch_tokens):
        part = minibatch.select(rows)
        # means over tokens add up when weighted by tokens: the parts change nothing
        share = part.written.tokens / tokens
        loss, measures = loss_of(policy, part, settings)
        (loss * share).backward()
        for name, measure in measures.items():
            sums[name] = sums.get(name, 0.0) + share * float(measure.detach())
    sums = {name: together.total(measure) for name, measure in sums.items()}
    if not np.isfinite(sums["loss"]):
        raise NotFiniteError("loss", minibatch, sums)
    together.add_up(p.grad for p in policy.parameters() if p.grad is not None)
    norm = torch.nn.utils.clip_grad_norm_(policy.parameters(), max_gradient_norm)
    if not torch.isfinite(norm):
        raise NotFiniteError("gradient", minibatch, sums)
    optimizer.step()
    return {**sums, "gradient_norm": float(norm)}
