"""The mathematics of token-level PPO as pure functions of tensors.

Shapes: `B` completions, `C` completion tokens. Every mask is 1 on the tokens of a completion (its
end of text included) and 0 on padding; masked entries of other arguments may hold anything finite.
"""

from __future__ import annotations

import torch
from torch import Tensor

_ROUNDING = 1e-10  # relative variance of equal numbers in single precision, with room to spare


def masked_mean(
    values: Tensor,  # (B, C)
    mask: Tensor,  # (B, C)
) -> Tensor:  # ()
    """Return the mean over all tokens of all completions; 0 if there are none."""
    return (values * mask).sum() / mask.sum().clamp(min=1)


def masked_variance(
    values: Tensor,  # (B, C)
    mask: Tensor,  # (B, C)
) -> Tensor:  # ()
    """Return the variance over all tokens of all completions; 0 if there are none."""
    return masked_mean((values - masked_mean(values, mask)) ** 2, mask)


def clipped_surrogate(
    log_probs: Tensor,  # (B, C) under the policy being trained
    old_log_probs: Tensor,  # (B, C) under the policy that wrote the tokens
    advantages: Tensor,  # (B, C)
    mask: Tensor,  # (B, C)
    clip: float,
) -> Tensor:  # ()
    """Return PPO's clipped policy loss, averaged over completion tokens.

    Schulman et al. 2017, eq. 7, https://arxiv.org/abs/1707.06347. The mean is over tokens, not over
    completions, so a long completion weighs more than a short one.
    """
    ratio = ((log_probs - old_log_probs) * mask).exp()
    unclipped = ratio * advantages
    clipped = ratio.clamp(1 - clip, 1 + clip) * advantages
    return -masked_mean(torch.minimum(unclipped, clipped), mask)


def value_loss(
    values: Tensor,  # (B, C) predicted by the critic being trained
    old_values: Tensor,  # (B, C) predicted when the tokens were written
    returns: Tensor,  # (B, C)
    mask: Tensor,  # (B, C)
    clip: float | None,
) -> Tensor:  # ()
    """Return the mean squared error of the critic, averaged over completion tokens.

    With a clip the larger of two errors counts, that of the prediction and that of the prediction
    held within `clip` of the old one, as in the reference implementation of Schulman et al. 2017.
    """
    error = (values - returns) ** 2
    if clip is not None:
        held = old_values + (values - old_values).clamp(-clip, clip)
        error = torch.maximum(error, (held - returns) ** 2)
    return masked_mean(error, mask)


def approximate_kl(
    log_probs: Tensor,  # (B, C) under the policy being trained
    old_log_probs: Tensor,  # (B, C) under the policy that wrote the tokens
    mask: Tensor,  # (B, C)
) -> Tensor:  # ()
    """Return an estimate of the divergence from the old policy to the new that is never negative.

    The estimator k3 of http://joschu.net/blog/kl-approx.html.
    """
    log_ratio = (log_probs - old_log_probs) * mask
    return masked_mean(log_ratio.exp() - 1 - log_ratio, mask)


def clip_fraction(
    log_probs: Tensor,  # (B, C) under the policy being trained
    old_log_probs: Tensor,  # (B, C) under the policy that wrote the tokens
    mask: Tensor,  # (B, C)
    clip: float,
) -> Tensor:  # ()
    """Return the share of tokens whose probability ratio lies outside `1 ± clip`."""
    ratio = ((log_probs - old_log_probs) * mask).exp()
    return masked_mean(((ratio - 1).abs() > clip).to(mask.dtype), mask)


def explained_variance(
    values: Tensor,  # (B, C)
    returns: Tensor,  # (B, C)
    mask: Tensor,  # (B, C)
) -> float:
    """Return the share of the returns' variance that the values explain: at most 1, 0 for none.

    Not a number if the returns do not vary but for rounding.
    """
    error, spread = masked_variance(returns - values, mask), masked_variance(returns, mask)
    varied = bool(spread > _ROUNDING * (1 + masked_mean(returns, mask) ** 2))
    return float(1 - error / spread) if varied else float("nan")
