"""Every loss and advantage against three tokens worked by hand."""

import math

import numpy as np
import pytest
import torch

from countdown_agents.token_ppo.advantages import (
    generalized_advantages,
    token_rewards,
    whitened,
)
from countdown_agents.token_ppo.losses import (
    approximate_kl,
    clip_fraction,
    clipped_surrogate,
    explained_variance,
    masked_mean,
    value_loss,
)

pytestmark = pytest.mark.agents

TWO_OF_THREE = torch.tensor([[1.0, 1.0, 0.0]])


def test_the_masked_mean_counts_tokens_not_completions() -> None:
    values = torch.tensor([[1.0, 2.0, 3.0], [7.0, 100.0, 100.0]])
    mask = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    assert masked_mean(values, mask).item() == pytest.approx((1 + 2 + 3 + 7) / 4)


def test_the_reward_is_paid_with_the_last_token_and_the_penalty_with_each() -> None:
    log_ratios = torch.tensor([[0.5, -0.25, 9.0]])
    paid = token_rewards(torch.tensor([1.0]), log_ratios, TWO_OF_THREE, kl_coefficient=0.1)
    torch.testing.assert_close(paid, torch.tensor([[-0.05, 1.025, 0.0]]))


def test_an_empty_completion_is_paid_nothing() -> None:
    paid = token_rewards(torch.tensor([1.0]), torch.zeros(1, 3), torch.zeros(1, 3), 0.1)
    assert paid.abs().sum() == 0


def test_undiscounted_advantages_are_the_return_less_the_value() -> None:
    rewards = torch.tensor([[0.0, 1.0, 5.0]])
    values = torch.tensor([[0.25, 0.5, 5.0]])
    advantages, returns = generalized_advantages(rewards, values, TWO_OF_THREE, 1.0, 1.0)
    torch.testing.assert_close(advantages, torch.tensor([[0.75, 0.5, 0.0]]))
    torch.testing.assert_close(returns, torch.tensor([[1.0, 1.0, 0.0]]))


def test_advantages_decay_as_worked_by_hand() -> None:
    gamma, lam = 0.5, 0.8
    rewards = torch.tensor([[0.0, 0.0, 1.0]])
    values = torch.tensor([[0.1, 0.2, 0.4]])
    third = 1 - 0.4
    second = (0 + gamma * 0.4 - 0.2) + gamma * lam * third
    first = (0 + gamma * 0.2 - 0.1) + gamma * lam * second
    advantages, returns = generalized_advantages(rewards, values, torch.ones(1, 3), gamma, lam)
    torch.testing.assert_close(advantages, torch.tensor([[first, second, third]]))
    torch.testing.assert_close(returns, advantages + values)


def test_advantages_equal_the_closed_form() -> None:
    rng = np.random.default_rng(0)
    length, gamma, lam = 7, 0.9, 0.7
    rewards, values = rng.normal(size=length), rng.normal(size=length)
    deltas = [
        rewards[t] + gamma * (values[t + 1] if t + 1 < length else 0.0) - values[t]
        for t in range(length)
    ]
    closed = [
        sum((gamma * lam) ** (s - t) * deltas[s] for s in range(t, length)) for t in range(length)
    ]
    advantages, _ = generalized_advantages(
        torch.tensor(rewards)[None], torch.tensor(values)[None], torch.ones(1, length), gamma, lam
    )
    np.testing.assert_allclose(advantages[0].numpy(), closed, rtol=1e-6)


def test_padding_changes_no_advantage() -> None:
    rewards, values = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.3, 0.6]])
    short, _ = generalized_advantages(rewards, values, torch.ones(1, 2), 0.9, 0.8)
    junk = torch.full((1, 2), 7.0)
    mask = torch.tensor([[1.0, 1.0, 0.0, 0.0]])
    long, returns = generalized_advantages(
        torch.cat([rewards, junk], 1), torch.cat([values, junk], 1), mask, 0.9, 0.8
    )
    torch.testing.assert_close(long, torch.cat([short, torch.zeros(1, 2)], 1))
    assert returns[0, 2:].abs().sum() == 0


def test_whitened_advantages_have_mean_zero_and_variance_one_over_tokens() -> None:
    advantages = torch.tensor([[1.0, 3.0, 99.0]])
    white = whitened(advantages, TWO_OF_THREE)
    torch.testing.assert_close(white, torch.tensor([[-1.0, 1.0, 0.0]]))


def test_equal_advantages_whiten_to_zero() -> None:
    assert whitened(torch.full((2, 3), 0.4), torch.ones(2, 3)).abs().max() < 1e-3


def test_the_surrogate_cuts_gains_and_not_losses() -> None:
    old = torch.zeros(1, 3)
    new = torch.tensor([[math.log(1.5), math.log(1.5), math.log(0.5)]])
    advantages = torch.tensor([[1.0, -1.0, 2.0]])
    # the first is held at 1.2, the second is not held, the third is not held (0.5 < 0.8)
    loss = clipped_surrogate(new, old, advantages, torch.ones(1, 3), clip=0.2)
    assert loss.item() == pytest.approx(-(1.2 - 1.5 + 1.0) / 3)


def test_the_surrogate_sends_no_gradient_through_padding_or_past_the_clip() -> None:
    new = torch.tensor([[math.log(1.5), 0.0, 0.0]], requires_grad=True)
    advantages = torch.tensor([[1.0, 1.0, 1.0]])
    clipped_surrogate(new, torch.zeros(1, 3), advantages, TWO_OF_THREE, clip=0.2).backward()
    assert new.grad is not None
    torch.testing.assert_close(new.grad, torch.tensor([[0.0, -0.5, 0.0]]))


def test_the_value_loss_takes_the_larger_of_both_errors() -> None:
    values, old = torch.tensor([[1.0, 0.0, 9.0]]), torch.tensor([[0.0, 0.0, 0.0]])
    returns = torch.tensor([[1.0, 1.0, 0.0]])
    plain = value_loss(values, old, returns, TWO_OF_THREE, clip=None)
    assert plain.item() == pytest.approx((0 + 1) / 2)
    clipped = value_loss(values, old, returns, TWO_OF_THREE, clip=0.5)
    assert clipped.item() == pytest.approx((0.25 + 1) / 2)


def test_the_divergence_estimate_is_k3_and_never_negative() -> None:
    new, old = torch.tensor([[0.0, 0.3, 9.0]]), torch.tensor([[0.0, 0.0, 0.0]])
    expected = (0 + math.exp(0.3) - 1 - 0.3) / 2
    assert approximate_kl(new, old, TWO_OF_THREE).item() == pytest.approx(expected, rel=1e-5)


def test_the_clip_fraction_counts_tokens_outside_the_clip() -> None:
    new = torch.tensor([[math.log(1.3), math.log(1.1), math.log(9.0)]])
    assert clip_fraction(new, torch.zeros(1, 3), TWO_OF_THREE, 0.2).item() == pytest.approx(0.5)


def test_a_perfect_critic_explains_everything_and_a_constant_one_nothing() -> None:
    returns, mask = torch.tensor([[1.0, 2.0, 5.0]]), torch.ones(1, 3)
    assert explained_variance(returns, returns, mask) == pytest.approx(1)
    assert explained_variance(torch.ones(1, 3), returns, mask) == pytest.approx(0)
    assert math.isnan(explained_variance(returns, torch.ones(1, 3), mask))
