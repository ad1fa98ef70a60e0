"""How much better each token was than expected: four kinds of advantage as pure functions.

| kind | each token is credited with | baseline | source |
|---|---|---|---|
| `gae` | what came after it, discounted | a critic | Schulman et al. 2016 |
| `rloo` | the score of its completion | the other completions' mean | Ahmadian et al. 2024 |
| `grpo` | the score of its completion | the group's mean, in its deviations | Shao et al. 2024 |
| `reinforce++` | what came after it | the batch's mean, in its deviations | Hu 2025 |

Shapes: `B` completions, `C` completion tokens; the `K` completions of one prompt stand side by
side. Every mask is 1 on the tokens of a completion (its end of text included) and 0 on padding;
masked entries of other arguments may hold anything finite.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from countdown_agents.token_ppo.losses import masked_mean, masked_variance
from countdown_agents.token_ppo.processes import Processes

AdvantageKind = Literal["gae", "rloo", "grpo", "reinforce++"]
"""The names of the kinds."""
CRITIC_FREE = ("rloo", "grpo", "reinforce++")
"""The kinds that no critic takes part in."""
IN_GROUPS = ("rloo", "grpo")
"""The kinds that compare the completions of one prompt."""

_ALONE = Processes()
_ROUNDING = 1e-10  # relative variance of equal numbers in single precision, with room to spare


def token_rewards(
    rewards: Tensor,  # (B,) of whole completions
    log_ratios: Tensor,  # (B, C) log-probability under the policy minus under the reference
    mask: Tensor,  # (B, C)
    kl_coefficient: float,
) -> Tensor:  # (B, C)
    """Return what each token is paid: its share of the KL penalty, and at the last the reward.

    Ouyang et al. 2022, eq. 2, https://arxiv.org/abs/2203.02155: the log ratio of a sampled token is
    an unbiased estimate of the divergence from the reference at its place.
    """
    paid = -kl_coefficient * log_ratios * mask
    lengths = mask.sum(dim=1).long()
    rows = lengths.nonzero().squeeze(1)
    paid[rows, lengths[rows] - 1] += rewards[rows]
    return paid


def generalized_advantages(
    rewards: Tensor,  # (B, C) of each token
    values: Tensor,  # (B, C) predicted before each token
    mask: Tensor,  # (B, C)
    gamma: float,
    gae_lambda: float,
) -> tuple[Tensor, Tensor]:  # (B, C), (B, C)
    """Return advantages and returns, both 0 on padding.

    Schulman et al. 2016, eq. 16, https://arxiv.org/abs/1506.02438. A completion ends with its last
    token, cut or not: nothing is bootstrapped after it.
    """
    following_values = functional.pad((values * mask)[:, 1:], (0, 1))
    deltas = (rewards + gamma * following_values - values) * mask
    decays = gamma * gae_lambda * mask
    current = torch.zeros_like(rewards[:, 0])
    backwards: list[Tensor] = []
    # columns are gone through one by one: in each, only what depends on the one after it is done
    for delta, decay in zip(deltas.unbind(1)[::-1], decays.unbind(1)[::-1], strict=True):
        current = torch.addcmul(delta, decay, current)
        backwards.append(current)
    advantages = torch.stack(backwards[::-1], dim=1)
    return advantages, (advantages + values) * mask


def returns_to_go(
    rewards: Tensor,  # (B, C) of each token
    mask: Tensor,  # (B, C)
    gamma: float,
) -> Tensor:  # (B, C)
    """Return what is paid from each token on, discounted; 0 on padding.

    With `whitened` this is the advantage of REINFORCE++, Hu 2025,
    https://arxiv.org/abs/2501.03262: the penalty for divergence is charged token by token, and the
    mean and the deviation are those of the whole batch and not of one prompt.
    """
    advantages, _ = generalized_advantages(rewards, torch.zeros_like(rewards), mask, gamma, 1.0)
    return advantages


def leave_one_out(
    scores: Tensor,  # (B,) of whole completions
    group_size: int,
) -> Tensor:  # (B,)
    """Return each score less the mean of the others of its group.

    Ahmadian et al. 2024, https://arxiv.org/abs/2402.14740. The baseline does not depend on
    the completion that it is subtracted from, so the gradient stays unbiased.
    """
    groups = scores.view(-1, group_size)
    others = (groups.sum(dim=1, keepdim=True) - groups) / (group_size - 1)
    return (groups - others).flatten()


def group_relative(
    scores: Tensor,  # (B,) of whole completions
    group_size: int,
    *,
    normalize: bool,
) -> Tensor:  # (B,)
    """Return each score less the mean of its group, perhaps in the group's standard deviations.

    Shao et al. 2024, section 4.1.2, https://arxiv.org/abs/2402.03300, whose deviation is here the
    sample's (divided by K - 1). Liu et al. 2025, https://arxiv.org/abs/2503.20783 (Dr. GRPO), leave
    it undivided: dividing makes prompts that are nearly always or nearly never solved count more.
    A group of equal scores has nothing to tell, and gets 0.
    """
    groups = scores.view(-1, group_size)
    mean = groups.mean(dim=1, keepdim=True)
    centred = groups - mean
    if not normalize:
        return centred.flatten()
    variance = centred.square().sum(dim=1, keepdim=True) / (group_size - 1)
    equal = variance <= _ROUNDING * (1 + mean**2)
    return torch.where(equal, 0.0, centred / variance.clamp(min=1e-30).sqrt()).flatten()


def whitened(
    advantages: Tensor,  # (B, C)
    mask: Tensor,  # (B, C)
    together: Processes = _ALONE,
) -> Tensor:  # (B, C)
    """Return the advantages with mean 0 and variance 1 over all tokens, 0 on padding.

    Where all are equal but for rounding there is nothing to learn, and all are 0. Of several
    processes, the tokens of all count.
    """
    if together.count == 1:
        mean, variance = masked_mean(advantages, mask), masked_variance(advantages, mask)
    else:
        tokens = together.total(float(mask.sum()))
        mean = advantages.new_tensor(together.total(float((advantages * mask).sum())) / tokens)
        squares = ((advantages - mean) ** 2 * mask).sum()
        variance = advantages.new_tensor(together.total(float(squares)) / tokens)
    if variance <= _ROUNDING * (1 + mean**2):
        return torch.zeros_like(advantages)
    return (advantages - mean) * mask / variance.sqrt()


def critic_free_advantages(
    kind: AdvantageKind,
    rewards: Tensor,  # (B, C) of each token, the penalty for divergence included
    mask: Tensor,  # (B, C)
    *,
    group_size: int,
    gamma: float,
    normalize: bool,
    together: Processes = _ALONE,
) -> Tensor:  # (B, C)
    """Return the advantages of a kind that needs no critic, 0 on padding.

    Those of `rloo` and `grpo` score a completion by all that its tokens are paid, so a penalty for
    divergence counts for the completion as a whole.

    Args:
        kind: Any but `gae`.
        rewards: What each token is paid.
        mask: Where the tokens are.
        group_size: How many completions each prompt has.
        gamma: The discount for each token; read by `reinforce++` alone.
        normalize: Whether `grpo` divides by the deviation of the group and `reinforce++` is
            whitened; `rloo` does neither.
        together: The processes over whose tokens `reinforce++` is whitened.
    """
    if kind == "reinforce++":
        advantages = returns_to_go(rewards, mask, gamma)
        return whitened(advantages, mask, together) if normalize else advantages
    scores = (rewards * mask).sum(dim=1)
    if kind == "rloo":
        relative = leave_one_out(scores, group_size)
    else:
        relative = group_relative(scores, group_size, normalize=normalize)
    return relative.unsqueeze(1) * mask
