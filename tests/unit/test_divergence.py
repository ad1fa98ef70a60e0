"""Divergence from the reference: the estimators, their gradients, and the steered coefficient."""

import math

import pytest
import torch

from countdown_agents.token_ppo.divergence import (
    Estimator,
    adapted_coefficient,
    estimated_divergence,
)

pytestmark = pytest.mark.agents


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        ("k1", [0.5, -0.2, 0.0]),
        ("k2", [0.125, 0.02, 0.0]),
        ("k3", [math.exp(-0.5) - 1 + 0.5, math.exp(0.2) - 1 - 0.2, 0.0]),
    ],
)
def test_three_tokens_by_hand(estimator: Estimator, expected: list[float]) -> None:
    log_probs = torch.tensor([[-1.0, -1.2, -3.0]])
    reference = torch.tensor([[-1.5, -1.0, -3.0]])
    found = estimated_divergence(log_probs, reference, estimator)
    torch.testing.assert_close(found, torch.tensor([expected]))


def expected_value_and_gradient(estimator: Estimator) -> tuple[float, torch.Tensor]:
    """Over all three tokens of a policy, weighed by their probability: no sampling error."""
    logits = torch.tensor([0.3, -0.5, 0.1], dtype=torch.float64, requires_grad=True)
    log_probs = logits.log_softmax(0)
    reference = torch.tensor([-0.4, 0.2, 0.6], dtype=torch.float64).log_softmax(0)
    weighed = log_probs.exp().detach() * estimated_divergence(log_probs, reference, estimator)
    (gradient,) = torch.autograd.grad(weighed.sum(), logits)
    return weighed.sum().item(), gradient


def true_gradient(*, reverse: bool) -> tuple[float, torch.Tensor]:
    logits = torch.tensor([0.3, -0.5, 0.1], dtype=torch.float64, requires_grad=True)
    log_probs = logits.log_softmax(0)
    reference = torch.tensor([-0.4, 0.2, 0.6], dtype=torch.float64).log_softmax(0)
    if reverse:
        divergence = (log_probs.exp() * (log_probs - reference)).sum()
    else:
        divergence = (reference.exp() * (reference - log_probs)).sum()
    (gradient,) = torch.autograd.grad(divergence, logits)
    return divergence.item(), gradient


def test_k1_and_k3_are_unbiased_as_values() -> None:
    divergence, _ = true_gradient(reverse=True)
    for estimator in ("k1", "k3"):
        assert expected_value_and_gradient(estimator)[0] == pytest.approx(divergence)
    assert expected_value_and_gradient("k2")[0] != pytest.approx(divergence, rel=1e-3)


def test_their_gradients_are_what_the_docstring_says() -> None:
    nothing = torch.zeros(3, dtype=torch.float64)
    torch.testing.assert_close(expected_value_and_gradient("k1")[1], nothing)
    torch.testing.assert_close(expected_value_and_gradient("k2")[1], true_gradient(reverse=True)[1])
    torch.testing.assert_close(
        expected_value_and_gradient("k3")[1], true_gradient(reverse=False)[1]
    )


@pytest.mark.parametrize(
    ("divergence", "expected"),
    [
        (6.0, 0.5),  # on target
        (6.6, 0.5 * 1.01),  # a tenth too far: a tenth of a tenth more
        (60.0, 0.5 * 1.02),  # held at a fifth
        (0.0, 0.5 * 0.98),
    ],
)
def test_the_coefficient_moves_towards_the_target(divergence: float, expected: float) -> None:
    assert adapted_coefficient(0.5, divergence, target=6.0) == pytest.approx(expected)
