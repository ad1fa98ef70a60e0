"""How far the policy is from the model that training began with, and what that costs.

`B` completions, `C` completion tokens. The tokens were sampled from the policy.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

Estimator = Literal["k1", "k2", "k3"]
"""The estimators of http://joschu.net/blog/kl-approx.html."""

_STEP = 0.1  # Ziegler et al. 2019, K_β
_MOST = 0.2  # of the relative error that counts


def estimated_divergence(
    log_probs: Tensor,  # (B, C) under the policy
    reference_log_probs: Tensor,  # (B, C) under the reference
    estimator: Estimator,
) -> Tensor:  # (B, C)
    """Return an estimate of KL(policy ‖ reference) at each token.

    `k1`, the log ratio, is unbiased and may be negative; `k2`, half its square, is biased and never
    negative; `k3` is unbiased and never negative. As *values* `k3` is the one to read. As a *loss*
    to be differentiated they differ otherwise: the gradient of `k1` has mean zero, so it holds the
    policy back not at all; that of `k2` is the gradient of the divergence itself, as long as the
    policy is the one that sampled; that of `k3` is the gradient of KL(reference ‖ policy), which
    agrees with it while both are near. `k3` is the loss of Shao et al. 2024, eq. 4,
    https://arxiv.org/abs/2402.03300.
    """
    log_ratios = log_probs - reference_log_probs
    if estimator == "k1":
        return log_ratios
    if estimator == "k2":
        return 0.5 * log_ratios**2
    return (-log_ratios).exp() - 1 + log_ratios


def adapted_coefficient(coefficient: float, divergence: float, target: float) -> float:
    """Return the coefficient of the next batch: larger if the policy went too far, else smaller.

    Ziegler et al. 2019, section 2.2, https://arxiv.org/abs/1909.08593: a proportional controller of
    the coefficient's logarithm, which moves by 2 % a batch at the most.

    Args:
        coefficient: That of the last batch.
        divergence: From the reference, in nats for each completion, in the last batch.
        target: What it should be.
    """
    error = min(max((divergence - target) / target, -_MOST), _MOST)
    return coefficient * (1 + _STEP * error)
