"""The advantages of every kind against three tokens worked by hand."""

import math
from typing import get_args

import pytest
import torch

from countdown_agents.token_ppo.advantages import (
    CRITIC_FREE,
    IN_GROUPS,
    AdvantageKind,
    critic_free_advantages,
    group_relative,
    leave_one_out,
    returns_to_go,
    token_rewards,
)

pytestmark = pytest.mark.agents

MASK = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
# two completions of one prompt, of three tokens and of one; a penalty of 0.1 for each nat
PAID = token_rewards(
    torch.tensor([1.0, 0.0]),
    torch.tensor([[1.0, 2.0, -1.0], [4.0, 9.0, 9.0]]),
    MASK,
    kl_coefficient=0.1,
)


def advantages(kind: AdvantageKind, *, gamma: float = 1.0, normalize: bool = True) -> torch.Tensor:
    return critic_free_advantages(kind, PAID, MASK, group_size=2, gamma=gamma, normalize=normalize)


def test_what_the_tokens_of_the_examples_are_paid() -> None:
    torch.testing.assert_close(PAID, torch.tensor([[-0.1, -0.2, 1.1], [-0.4, 0.0, 0.0]]))


def test_rloo_compares_each_completion_with_the_mean_of_the_others() -> None:
    # scores 0.8 and -0.4: each is the baseline of the other
    expected = torch.tensor([[1.2, 1.2, 1.2], [-1.2, 0.0, 0.0]])
    torch.testing.assert_close(advantages("rloo"), expected)
    torch.testing.assert_close(advantages("rloo", normalize=False), expected)


def test_leaving_one_out_of_three() -> None:
    expected = torch.tensor([1 - 0.5, 0 - 1.0, 1 - 0.5])
    torch.testing.assert_close(leave_one_out(torch.tensor([1.0, 0.0, 1.0]), 3), expected)


def test_grpo_measures_in_deviations_of_the_group() -> None:
    # mean 0.2, sample deviation 0.6 * sqrt(2)
    one = 0.6 / (0.6 * math.sqrt(2))
    expected = torch.tensor([[one, one, one], [-one, 0.0, 0.0]])
    torch.testing.assert_close(advantages("grpo"), expected)


def test_grpo_without_the_deviation_is_dr_grpo() -> None:
    expected = torch.tensor([[0.6, 0.6, 0.6], [-0.6, 0.0, 0.0]])
    torch.testing.assert_close(advantages("grpo", normalize=False), expected)


def test_a_group_of_equal_scores_tells_nothing_and_others_keep_their_own_scale() -> None:
    scores = torch.tensor([0.1, 0.1, 0.1, 5.0, 0.0, 1.0])
    relative = group_relative(scores, 3, normalize=True)
    assert relative[:3].tolist() == [0.0, 0.0, 0.0]
    assert relative[3:].std().item() == pytest.approx(1.0)


def test_reinforce_plus_plus_pays_each_token_what_comes_after_it() -> None:
    torch.testing.assert_close(
        advantages("reinforce++", normalize=False),
        torch.tensor([[0.8, 0.9, 1.1], [-0.4, 0.0, 0.0]]),
    )
    torch.testing.assert_close(
        returns_to_go(PAID, MASK, gamma=0.5),
        torch.tensor([[-0.1 + 0.5 * 0.35, -0.2 + 0.5 * 1.1, 1.1], [-0.4, 0.0, 0.0]]),
    )


def test_reinforce_plus_plus_is_whitened_over_the_tokens_of_the_batch() -> None:
    of_tokens = [0.8, 0.9, 1.1, -0.4]
    mean = sum(of_tokens) / 4
    deviation = math.sqrt(sum((a - mean) ** 2 for a in of_tokens) / 4)
    white = [(a - mean) / deviation for a in of_tokens]
    expected = torch.tensor([white[:3], [white[3], 0.0, 0.0]])
    torch.testing.assert_close(advantages("reinforce++"), expected)


@pytest.mark.parametrize("kind", CRITIC_FREE)
def test_padding_is_credited_with_nothing(kind: AdvantageKind) -> None:
    junk = torch.where(MASK.bool(), PAID, 7.0)
    found = critic_free_advantages(kind, junk, MASK, group_size=2, gamma=0.9, normalize=True)
    clean = critic_free_advantages(kind, PAID, MASK, group_size=2, gamma=0.9, normalize=True)
    torch.testing.assert_close(found, clean)
    assert found[1, 1:].tolist() == [0.0, 0.0]


def test_the_kinds_are_named_once() -> None:
    assert {*CRITIC_FREE, "gae"} == set(get_args(AdvantageKind))
    assert set(IN_GROUPS) < set(CRITIC_FREE)
