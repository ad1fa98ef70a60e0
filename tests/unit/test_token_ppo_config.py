"""Settings that cannot train are refused, the rule first."""

from dataclasses import replace
from typing import Any

import pytest

from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.schedules import Linear
from countdown_gym.errors import InvalidParameterError, UnknownNameError

pytestmark = pytest.mark.agents


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("samples_per_prompt", 0, "samples_per_prompt must be at least 1, got 0"),
        ("learning_rate", 0.0, "learning_rate must be positive, got 0.0"),
        ("clip", float("nan"), "clip must be positive, got nan"),
        ("kl_coefficient", -0.1, "kl_coefficient must not be negative, got -0.1"),
        ("gamma", 1.5, "gamma must be between 0 and 1, got 1.5"),
        ("value_clip", 0.0, "value_clip must be positive, got 0.0"),
    ],
)
def test_what_cannot_train_is_refused(name: str, value: float, message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        replace(TokenPPOConfig(), **{name: value})  # type: ignore[arg-type]  # one field of any type


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"advantage": "rloo", "samples_per_prompt": 1}, "samples_per_prompt must be at least 2"),
        ({"critic": "none"}, "gae needs a critic, got 'none'"),
        ({"kl_target": 1.0, "kl_coefficient": 0.0}, "kl_coefficient must be positive, got 0.0"),
        ({"advantage": "grop"}, "unknown advantage 'grop', did you mean 'grpo'"),
        ({"precision": "float16"}, "unknown precision 'float16'"),
        ({"learning_rate": Linear(0.0, 1.0)}, "learning_rate must be positive"),
    ],
)
def test_what_does_not_go_together_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises((InvalidParameterError, UnknownNameError), match=message):
        replace(TokenPPOConfig(), **changes)


def test_a_kind_without_a_critic_may_keep_the_default_critic_s_name() -> None:
    assert not TokenPPOConfig(advantage="grpo").needs_critic
    assert TokenPPOConfig(advantage="gae").needs_critic


def test_micro_batches_suit_the_device_unless_told() -> None:
    assert TokenPPOConfig().tokens_at_once("cpu") < TokenPPOConfig().tokens_at_once("cuda")
    assert TokenPPOConfig(micro_batch_tokens=7).tokens_at_once("cuda") == 7
