"""Settings that cannot train are refused, the rule first."""

from dataclasses import replace

import pytest

from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_gym.errors import InvalidParameterError

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
