"""What holds on a processor holds on a CUDA device: skipped where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, SupportsFloat, get_args

import gymnasium as gym
import pytest
import torch
from stable_baselines3.common.vec_env import DummyVecEnv
from transformers import GPT2Config, LlamaConfig, PretrainedConfig, Qwen2Config

from countdown_agents.language_model.precision import Precision
from countdown_agents.token_ppo.advantages import AdvantageKind
from countdown_agents.token_ppo.buffer import Written
from countdown_agents.token_ppo.callbacks import StopAfterBatches
from countdown_agents.token_ppo.collecting import put_prompts, sample
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_gym.envs.text import CountdownEnv
from countdown_gym.symbols import SymbolTokenizer

pytestmark = [
    pytest.mark.agents,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
    pytest.mark.filterwarnings("ignore::countdown_agents.token_ppo.diagnostics.TrainingWarning"),
]

TOKENIZER = SymbolTokenizer()
SIZE: dict[str, Any] = {
    "vocab_size": TOKENIZER.vocabulary_size,
    "bos_token_id": None,
    "eos_token_id": 2,
}
SHAPE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "initializer_range": 0.2,
}
ARCHITECTURES: dict[str, PretrainedConfig] = {
    "llama": LlamaConfig(**SIZE, **SHAPE),
    "qwen2": Qwen2Config(**SIZE, **SHAPE),
    "gpt2": GPT2Config(**SIZE, n_embd=64, n_layer=2, n_head=4, n_positions=64),
}
TOLERANCES: dict[Precision, float] = {"float32": 1e-4, "bfloat16": 0.2}


class PaysLength(gym.Wrapper[str, str, str, str]):
    """Pays for how long a completion is: models of random weights differ in that."""

    def step(self, action: str) -> tuple[str, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, _, terminated, truncated, info = self.env.step(action)
        return observation, len(action) % 4 / 4, terminated, truncated, info


@pytest.fixture(autouse=True, scope="module")
def _environment() -> Iterator[None]:
    gym.register("PaysLength-v0", lambda **kwargs: PaysLength(CountdownEnv(**kwargs)))
    yield
    del gym.registry["PaysLength-v0"]


def token_env(completions: int) -> DummyVecEnv:
    # boards of two and three numbers: prompts of different lengths
    parameters = {"min_numbers": 2, "max_numbers": 3, "largest": 9, "min_target": 1}
    return make_token_env(
        "PaysLength-v0",
        TOKENIZER,
        completions=completions,
        max_prompt_tokens=8,
        max_completion_tokens=24,
        env_kwargs={
            "family": "n_numbers",
            "family_parameters": parameters,
            "prompt_style": "terse",
        },
    )


def learner(
    architecture: str = "llama",
    completions: int = 32,
    **settings: Any,  # noqa: ANN401 - fields of TokenPPOConfig
) -> TokenPPO:
    torch.manual_seed(0)
    return TokenPPO(
        CausalLMPolicy,
        token_env(completions),
        TokenPPOConfig(**settings),
        policy_kwargs={"language_model": ARCHITECTURES[architecture].to_dict()},
        device="cuda",
    )


def weights(model: TokenPPO) -> torch.Tensor:
    return torch.cat([p.detach().cpu().flatten() for p in model.policy.parameters()])


@pytest.mark.parametrize("precision", get_args(Precision))
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_sampling_and_training_agree_on_log_probabilities(
    architecture: str, precision: Precision
) -> None:
    model = learner(architecture, precision=precision)
    assert model.env is not None
    prompts = put_prompts(model.env, [None] * 8, samples=4, seed_of=lambda row: 3 * row)
    assert len({len(prompt) for prompt in prompts}) > 1
    completions = sample(model.policy, model.env, prompts, seed=0)
    assert len(set(completions.mask.sum(dim=1).tolist())) > 1
    written = Written.join(
        prompts, completions.tokens.clone(), completions.mask.clone(), TOKENIZER.pad_id
    )
    with torch.no_grad():
        trained = model.policy.evaluate_completions(written).log_probs
    torch.testing.assert_close(trained, completions.log_probs, atol=TOLERANCES[precision], rtol=0)


@pytest.mark.parametrize("precision", get_args(Precision))
def test_the_first_minibatch_has_ratio_one(precision: Precision) -> None:
    model = learner(precision=precision)
    model.learn(10**9, callback=StopAfterBatches(1), log_interval=10**9)
    assert model.measures["sampling_error"] < TOLERANCES[precision]
    assert model.update_measures["first_ratio_error"] < TOLERANCES[precision]
    assert model.policy.language_model.device.type == "cuda"


@pytest.mark.parametrize("advantage", get_args(AdvantageKind))
def test_a_device_trains_as_a_processor_does(advantage: AdvantageKind) -> None:
    """A batch of the same puzzles and the same luck ends with the same weights."""
    there = learner(advantage=advantage, kl_coefficient=0.1)
    here = TokenPPO(
        CausalLMPolicy,
        token_env(32),
        there.config,
        policy_kwargs={"language_model": ARCHITECTURES["llama"].to_dict()},
        device="cpu",
    )
    here.policy.load_state_dict(there.policy.state_dict())
    assert here.reference is not None
    assert there.reference is not None
    here.reference.load_state_dict(there.reference.state_dict())
    before = weights(here)
    for model in (here, there):
        model.learn(10**9, callback=StopAfterBatches(1), log_interval=10**9)
    assert here.num_timesteps == there.num_timesteps
    # Adam's first steps are as long for gradients that are hardly more than rounding as for others
    apart, moved = (weights(there) - weights(here)).abs(), (weights(here) - before).abs()
    assert moved.mean() > 1e-5
    assert apart.mean() < 0.02 * moved.mean()


@pytest.mark.parametrize("critic", ["shared", "separate"])
@pytest.mark.parametrize("precision", get_args(Precision))
def test_every_critic_trains(critic: str, precision: Precision) -> None:
    model = learner(critic=critic, precision=precision, kl_in="loss")
    before = [parameter.detach().clone() for parameter in model.policy.parameters()]
    model.learn(10**9, callback=StopAfterBatches(2), log_interval=10**9)
    moved = [
        not torch.equal(one, other)
        for one, other in zip(before, model.policy.parameters(), strict=True)
    ]
    assert sum(moved) > 0.9 * len(moved)


def test_a_saved_run_goes_on(tmp_path: Path) -> None:
    model = learner()
    model.learn(10**9, callback=StopAfterBatches(1), log_interval=10**9)
    model.save(tmp_path / "run.zip")
    loaded = TokenPPO.load(tmp_path / "run.zip", env=token_env(32), device="cuda")
    for each in (model, loaded):
        each.learn(
            10**9, callback=StopAfterBatches(2), log_interval=10**9, reset_num_timesteps=False
        )
    assert loaded.num_timesteps == model.num_timesteps
    torch.testing.assert_close(weights(loaded), weights(model), atol=1e-5, rtol=1e-4)
