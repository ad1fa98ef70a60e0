"""TokenPPO learns what little there is to learn, in seconds."""

from collections.abc import Iterator
from typing import Any, SupportsFloat

import gymnasium as gym
import pytest
import torch
from transformers import LlamaConfig

from countdown_agents.token_ppo.callbacks import BatchCallback
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_gym.envs.text import CountdownEnv
from countdown_gym.symbols import SymbolTokenizer

pytestmark = pytest.mark.agents

TOKENIZER = SymbolTokenizer()


class SayYes(gym.Wrapper[str, str, str, str]):
    """Pays for a completion that is `yes`, whatever is asked: a bandit of 121 arms."""

    def step(self, action: str) -> tuple[str, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, _, terminated, truncated, info = self.env.step(action)
        return observation, float(action.startswith("yes")), terminated, truncated, info


class SayTheTarget(gym.Wrapper[str, str, str, str]):
    """Pays for a completion that repeats the target."""

    def step(self, action: str) -> tuple[str, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, _, terminated, truncated, info = self.env.step(action)
        right = action == str(info["puzzle"].target)
        return observation, float(right), terminated, truncated, info


@pytest.fixture(autouse=True, scope="module")
def _environments() -> Iterator[None]:
    ids = {"SayYes-v0": SayYes, "SayTheTarget-v0": SayTheTarget}
    for env_id, wrapper in ids.items():
        gym.register(env_id, lambda wrapper=wrapper, **kwargs: wrapper(CountdownEnv(**kwargs)))
    yield
    for env_id in ids:
        del gym.registry[env_id]


def mean_reward_after(env_id: str, targets: int, batches: int) -> float:
    parameters = {"min_numbers": 2, "max_numbers": 2, "largest": 9, "min_target": 1}
    env = make_token_env(
        env_id,
        TOKENIZER,
        completions=128,
        max_prompt_tokens=8,
        max_completion_tokens=1,
        env_kwargs={
            "family": "n_numbers",
            "family_parameters": {**parameters, "max_target": targets},
            "prompt_style": "terse",
        },
    )
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=TOKENIZER.vocabulary_size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        eos_token_id=TOKENIZER.eos_id,
    )
    settings = TokenPPOConfig(
        learning_rate=3e-3,
        value_learning_rate=1e-2,
        kl_coefficient=0.0,
        entropy_coefficient=0.05,  # one of few right answers must not crowd out the others
    )
    model = TokenPPO(
        CausalLMPolicy,
        env,
        settings,
        policy_kwargs={"language_model": config.to_dict()},
        device="cpu",
    )
    rewards: list[float] = []

    def note(model: TokenPPO) -> bool:
        if model.batches:
            rewards.append(model.logger.name_to_value["rollout/reward"])
        return model.batches < batches

    model.learn(10**9, callback=BatchCallback(note), log_interval=10**9)
    assert rewards[0] < 0.3
    return rewards[-1]


def test_a_bandit_is_learnt() -> None:
    assert mean_reward_after("SayYes-v0", targets=9, batches=40) > 0.9


def test_the_prompt_is_learnt_from() -> None:
    assert mean_reward_after("SayTheTarget-v0", targets=4, batches=120) > 0.9
