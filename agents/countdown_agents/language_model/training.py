"""Supervised training: the loss, the schedule and the loop that priming and pretraining share."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_args

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from countdown_agents.language_model.attention import unplanned_attention
from countdown_agents.language_model.batches import Batch
from countdown_agents.language_model.precision import Precision, autocast
from countdown_gym.errors import InvalidParameterError, UnknownNameError


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How weights follow the gradient.

    Raises:
        InvalidParameterError: If a value is outside its range.
        UnknownNameError: If there is no such precision.
    """

    steps: int
    """Updates in all."""
    learning_rate: float
    """The largest learning rate; it falls to a tenth along a cosine."""
    warmup_steps: int = 0
    """Updates over which the learning rate rises from zero."""
    weight_decay: float = 0.0
    """AdamW's decoupled decay, on matrices only."""
    max_gradient_norm: float = 1.0
    """Where the gradient's norm is cut."""
    precision: Precision = "float32"
    """In what numbers forward passes multiply matrices; weights stay in their own."""

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with."""
        if self.steps < 1:
            raise InvalidParameterError(f"steps must be at least 1, got {self.steps}")
        if not 0 <= self.warmup_steps < self.steps:
            raise InvalidParameterError(
                f"warmup_steps must be from 0 to below steps = {self.steps}, "
                f"got {self.warmup_steps}"
            )
        for name in ("learning_rate", "max_gradient_norm"):
            if not getattr(self, name) > 0:
                raise InvalidParameterError(f"{name} must be above 0, got {getattr(self, name)}")
        if self.precision not in get_args(Precision):
            raise UnknownNameError("precision", self.precision, get_args(Precision))
        if self.weight_decay < 0:
            raise InvalidParameterError(
                f"weight_decay must not be negative, got {self.weight_decay}"
            )


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a training stands after an update."""

    step: int
    """Updates done."""
    steps: int
    """Updates in all."""
    loss: float
    """The batch's mean loss in nats per learnt token."""
    tokens_seen: int
    """Tokens read so far, padding left out."""
    seconds: float
    """Wall time since the start."""


def learning_rate_factor(step: int, config: TrainingConfig) -> float:
    """Return the share of the largest learning rate that update `step` (from 0) uses."""
    if step < config.warmup_steps:
        return (step + 1) / (config.warmup_steps + 1)
    done = (step - config.warmup_steps) / (config.steps - config.warmup_steps)
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * done))


def completion_loss(
    logits: Tensor,  # (B, T, V) each position predicts the next token
    tokens: Tensor,  # (B, T) ids
    mask: Tensor,  # (B, T) bool: True on tokens to be learnt; the first column is never predicted
) -> Tensor:  # ()
    """Return the cross entropy of the masked tokens in nats, averaged over tokens."""
    learnt = mask[:, 1:]
    return functional.cross_entropy(logits[:, :-1][learnt].float(), tokens[:, 1:][learnt])


def train(
    model: PreTrainedModel,
    batches: Iterator[Batch],
    config: TrainingConfig,
    progress: Callable[[Progress], None] | None = None,
) -> Progress:
    """Train in place, in evaluation mode afterwards; return the last progress.

    Batches are padded on the right, so causal attention needs no mask: no text sees its padding.

    Args:
        model: Any causal language model.
        batches: At least `config.steps` batches.
        config: Steps, learning rate and their like.
        progress: Called after every update.

    Raises:
        InvalidParameterError: If the batches run out.
    """
    decayed = [p for p in model.parameters() if p.requires_grad and p.ndim >= 2]
    others = [p for p in model.parameters() if p.requires_grad and p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": config.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        lr=config.learning_rate,
        betas=(0.9, 0.98),
        fused=True,
    )
    model.train()
    start, tokens_seen, report = time.perf_counter(), 0, None
    for step, batch in zip(range(config.steps), batches, strict=False):
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * learning_rate_factor(step, config)
        tokens, mask = batch.tokens.to(model.device), batch.mask.to(model.device)
        with autocast(model, config.precision), unplanned_attention():
            logits = model(input_ids=tokens, use_cache=False).logits
        loss = completion_loss(logits, tokens, mask)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_gradient_norm)
        if not torch.isfinite(norm):
            raise FloatingPointError(
                f"the gradient of update {step + 1} is not finite: lower learning_rate "
                f"({config.learning_rate})"
            )
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        tokens_seen += batch.num_tokens
        report = Progress(
            step + 1, config.steps, loss.item(), tokens_seen, time.perf_counter() - start
        )
        if progress is not None:
            progress(report)
    model.eval()
    if report is None or report.step < config.steps:
        raise InvalidParameterError(
            f"training needs {config.steps} batches, got {0 if report is None else report.step}"
        )
    return report
