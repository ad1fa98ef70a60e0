"""Equal maths, equal numbers: stock PPO and TokenPPO, any architecture, any micro-batches."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, SupportsFloat

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv
from torch import Tensor
from transformers import (
    Gemma2Config,
    GPT2Config,
    GraniteConfig,
    LlamaConfig,
    PretrainedConfig,
    Qwen2Config,
)

from countdown_agents.language_model.generation import Completions
from countdown_agents.token_ppo import token_ppo
from countdown_agents.token_ppo.buffer import CompletionBatch, Written
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.losses import generalized_advantages, token_rewards, whitened
from countdown_agents.token_ppo.policy import CausalLMPolicy, log_probs_of
from countdown_agents.token_ppo.token_ppo import TokenPPO, _pay
from countdown_gym.envs.text import CountdownEnv
from countdown_gym.errors import InvalidParameterError
from countdown_gym.symbols import SymbolTokenizer

pytestmark = pytest.mark.agents

TOKENIZER = SymbolTokenizer()
SIZE: dict[str, Any] = {
    "vocab_size": TOKENIZER.vocabulary_size,
    "bos_token_id": None,
    "eos_token_id": 2,
}
WIDTH: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
HEADS: dict[str, Any] = {
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "initializer_range": 0.3,
}
ARCHITECTURES: Mapping[str, PretrainedConfig] = {
    "llama": LlamaConfig(**SIZE, **WIDTH, **HEADS),
    "qwen2": Qwen2Config(**SIZE, **WIDTH, **HEADS),
    "gpt2": GPT2Config(**SIZE, n_embd=16, n_layer=2, n_head=2, n_positions=64),
}


class PaysForLength(gym.Wrapper[str, str, str, str]):
    """Countdown whose pay differs between the random texts of an untrained model."""

    def step(self, action: str) -> tuple[str, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, _, terminated, truncated, info = self.env.step(action)
        return observation, len(action) % 5 / 4, terminated, truncated, info


@pytest.fixture(autouse=True, scope="module")
def _paying_environment() -> Iterator[None]:
    gym.register("PaysForLength-v0", lambda **kwargs: PaysForLength(CountdownEnv(**kwargs)))
    yield
    del gym.registry["PaysForLength-v0"]


def token_env(completions: int = 8) -> DummyVecEnv:
    # boards of two and three numbers: prompts of different lengths
    parameters = {"min_numbers": 2, "max_numbers": 3, "largest": 9, "min_target": 1}
    return make_token_env(
        "PaysForLength-v0",
        TOKENIZER,
        completions=completions,
        max_prompt_tokens=8,
        max_completion_tokens=6,
        env_kwargs={
            "family": "n_numbers",
            "family_parameters": parameters,
            "prompt_style": "terse",
        },
    )


CONFIG = TokenPPOConfig(samples_per_prompt=2, kl_coefficient=0.1)


def learner(architecture: str = "llama", config: TokenPPOConfig = CONFIG) -> TokenPPO:
    torch.manual_seed(0)
    return TokenPPO(
        CausalLMPolicy,
        token_env(),
        config,
        policy_kwargs={"language_model": ARCHITECTURES[architecture].to_dict()},
        seed=0,
        device="cpu",
    )


class Watch(BaseCallback):
    """Keeps the batches and stops after some of them."""

    def __init__(self, stop_after: int) -> None:
        super().__init__()
        self.stop_after = stop_after
        self.batches: list[CompletionBatch] = []

    def _on_step(self) -> bool:
        return len(self.batches) < self.stop_after

    def _on_rollout_end(self) -> None:
        assert isinstance(self.model, TokenPPO)
        assert self.model._batch is not None
        self.batches.append(self.model._batch)


def collected(model: TokenPPO, batches: int = 1) -> list[CompletionBatch]:
    watch = Watch(batches)
    model.learn(10**9, callback=watch, log_interval=10**9)  # dumping would empty the log
    return watch.batches


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_first_minibatch_has_ratio_one(architecture: str) -> None:
    model = learner(architecture)
    collected(model)
    assert model.logger.name_to_value["train/first_ratio_error"] < 1e-5


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_sampling_and_training_agree_on_log_probabilities(architecture: str) -> None:
    model = learner(architecture)
    assert model.env is not None
    prompts = model._put_prompts(model.env)
    assert len({len(prompt) for prompt in prompts}) > 1
    completions = model._sample(model.env, prompts)
    tokens, mask = completions.tokens.clone(), completions.mask.clone()
    written = Written.join(prompts, tokens, mask, TOKENIZER.pad_id)
    trained = model.policy.evaluate_completions(written).log_probs
    torch.testing.assert_close(trained, completions.log_probs.clone(), atol=1e-4, rtol=0)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_whole_sequence_says_what_stock_ppo_finds_token_by_token(architecture: str) -> None:
    model = learner(architecture)
    (batch,) = collected(model)
    whole = model.policy.evaluate_completions(batch.written)
    env = model.get_env()
    assert env is not None
    width = env.observation_space.shape
    assert width is not None
    for row in range(len(batch.written.starts)):
        start, length = int(batch.written.starts[row]), int(batch.written.lengths[row])
        observations = torch.full((length, *width), TOKENIZER.pad_id)
        for t in range(length):
            observations[t, 0] = start + t
            observations[t, 1 : 1 + start + t] = batch.written.sequences[row, : start + t]
        actions = batch.written.completions[row, :length]
        values, log_probs, entropies = model.policy.evaluate_actions(observations, actions)
        assert entropies is not None
        for ours, stock in zip(whole, (log_probs, values.flatten(), entropies), strict=True):
            torch.testing.assert_close(ours[row, :length], stock, atol=1e-5, rtol=1e-4)
            assert ours[row, length:].abs().sum() == 0


def test_advantages_are_those_of_stable_baselines3() -> None:
    model = learner()
    env = model.get_env()
    assert env is not None
    length, rows = 5, 3
    generator = torch.Generator().manual_seed(0)
    rewards = torch.randn((rows, length), generator=generator)
    values = torch.randn((rows, length), generator=generator)
    ours, returns = generalized_advantages(rewards, values, torch.ones(rows, length), 0.9, 0.8)
    stock = RolloutBuffer(
        length, env.observation_space, env.action_space, gamma=0.9, gae_lambda=0.8, n_envs=rows
    )
    for t in range(length):
        stock.add(
            np.zeros((rows, *(env.observation_space.shape or ())), np.int64),
            np.zeros((rows, 1)),
            rewards[:, t].numpy(),
            np.full(rows, t == 0),
            values[:, t],
            torch.zeros(rows),
        )
    stock.compute_returns_and_advantage(torch.zeros(rows), np.ones(rows, bool))
    np.testing.assert_allclose(stock.advantages.T, ours.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(stock.returns.T, returns.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_micro_batches_change_nothing(architecture: str) -> None:
    whole = learner(architecture, replace(CONFIG, micro_batch_tokens=10_000))
    one_by_one = learner(architecture, replace(CONFIG, micro_batch_tokens=1))
    before = next(whole.policy.parameters()).clone()
    collected(whole)
    collected(one_by_one)
    assert not torch.equal(before, next(whole.policy.parameters()))
    for a, b in zip(whole.policy.parameters(), one_by_one.policy.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=0)


def test_padding_is_never_seen() -> None:
    model = learner()
    (batch,) = collected(model)
    written = batch.written
    columns = torch.arange(written.sequences.shape[1])
    padding = columns >= (written.starts + written.lengths).unsqueeze(1)
    assert padding.any()
    junk = written._replace(sequences=torch.where(padding, 50, written.sequences))
    for one, other in zip(
        model.policy.evaluate_completions(written),
        model.policy.evaluate_completions(junk),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_prompt_tokens_are_not_trained_to_be_written() -> None:
    """The output layer's gradient is that of the completion tokens alone."""
    model = learner()
    (batch,) = collected(model)
    head = model.policy.language_model.get_output_embeddings()
    asked: list[Tensor] = []
    hook = head.register_forward_hook(lambda _module, inputs, _output: asked.append(inputs[0]))
    model.policy.evaluate_completions(batch.written)
    hook.remove()
    assert [len(states) for states in asked] == [batch.written.tokens]


def test_the_critic_does_not_train_the_trunk_when_detached() -> None:
    model = learner()
    (batch,) = collected(model)
    model.policy.optimizer.zero_grad()
    model.policy.evaluate_completions(batch.written).values.sum().backward()
    assert all(p.grad is None for p in model.policy.language_model.parameters())
    assert any(p.grad is not None for p in model.policy.value_net.parameters())


def test_samples_of_one_prompt_answer_one_puzzle() -> None:
    model = learner()
    assert model.env is not None
    prompts = model._put_prompts(model.env)
    assert prompts[0::2] == prompts[1::2]
    assert len({tuple(prompt) for prompt in prompts}) > 1


def test_a_saved_run_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    straight = learner()
    collected(straight, batches=4)
    broken = learner()
    collected(broken, batches=2)
    broken.save(tmp_path / "run.zip")
    loaded = TokenPPO.load(tmp_path / "run.zip", env=token_env(), device="cpu")
    loaded.learn(10**9, callback=Watch(2), reset_num_timesteps=False)
    assert loaded.batches == straight.batches == 4
    assert loaded.num_timesteps == straight.num_timesteps
    for a, b in zip(straight.policy.parameters(), loaded.policy.parameters(), strict=True):
        assert torch.equal(a, b)
    assert straight.reference is not None
    assert loaded.reference is not None
    for a, b in zip(straight.reference.parameters(), loaded.reference.parameters(), strict=True):
        assert torch.equal(a, b)


def test_equal_seeds_train_equal_models_and_others_do_not() -> None:
    first, again, other = learner(), learner(), learner()
    other.seed = 1  # the same first weights, other prompts and samples
    for model in (first, again, other):
        collected(model)
    weights = [next(m.policy.language_model.parameters()) for m in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_the_policy_runs_under_stock_ppo() -> None:
    model = PPO(
        CausalLMPolicy,
        token_env(2),
        n_steps=16,
        batch_size=8,
        n_epochs=1,
        policy_kwargs={"language_model": ARCHITECTURES["llama"].to_dict()},
        device="cpu",
        seed=0,
    )
    before = next(model.policy.parameters()).clone()
    model.learn(32)
    assert not torch.equal(before, next(model.policy.parameters()))
    assert model.env is not None
    observation = model.env.reset()
    assert isinstance(observation, np.ndarray)
    action, _ = model.predict(observation, deterministic=True)
    assert action.shape == (2,)


def test_a_model_that_scales_its_logits_is_refused() -> None:
    config = GraniteConfig(**SIZE, **WIDTH, **HEADS, logits_scaling=8.0)
    with pytest.raises(InvalidParameterError, match="GraniteForCausalLM scales or caps them"):
        TokenPPO(CausalLMPolicy, token_env(), policy_kwargs={"language_model": config.to_dict()})


def perturbed(model: TokenPPO) -> TokenPPO:
    """Move the actor and the critic away from the reference and from zero."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.policy.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.1)
    return model


UNUSUAL = replace(
    CONFIG,
    temperature=0.7,
    gamma=0.9,
    gae_lambda=0.8,
    kl_coefficient=0.5,
    entropy_coefficient=0.3,
    value_coefficient=0.25,
    learning_rate=1e-3,
    value_learning_rate=4e-3,
)


def test_a_batch_is_what_the_pure_functions_make_of_its_rewards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = perturbed(learner(config=UNUSUAL))
    paid: list[Tensor] = []

    def remember(env: VecEnv, completions: Completions) -> tuple[Tensor, list[dict[str, Any]]]:
        rewards, infos = _pay(env, completions)
        paid.append(rewards)
        return rewards, infos

    monkeypatch.setattr(token_ppo, "_pay", remember)
    # nothing is learnt: the policy stays the one that wrote the batch
    monkeypatch.setattr(model, "train", lambda: None)
    (batch,) = collected(model)
    with torch.no_grad():
        now = model.policy.evaluate_completions(batch.written)
        assert model.reference is not None
        reference = log_probs_of(model.reference, batch.written, temperature=0.7)
    mask = batch.written.mask
    log_ratios = now.log_probs - reference
    assert (log_ratios * mask).abs().max() > 0.01
    rewards = token_rewards(paid[0], log_ratios, mask, kl_coefficient=0.5)
    advantages, returns = generalized_advantages(rewards, now.values, mask, 0.9, 0.8)
    torch.testing.assert_close(batch.advantages, whitened(advantages, mask))
    torch.testing.assert_close(batch.returns, returns)
    torch.testing.assert_close(batch.old_log_probs, now.log_probs)
    assert 0 < model.logger.name_to_value["rollout/sampling_error"] < 1e-4


def test_a_policy_that_samples_otherwise_than_it_trains_is_noticed() -> None:
    model = learner()
    model.policy.temperature = 0.5
    collected(model)
    assert model.logger.name_to_value["rollout/sampling_error"] > 0.01


def test_the_loss_is_the_sum_of_its_parts() -> None:
    model = perturbed(learner(config=UNUSUAL))
    (batch,) = collected(model)
    loss, measures = perturbed(model)._loss(batch, clip=0.2)
    parts = measures["policy_loss"] + 0.25 * measures["value_loss"] - 0.3 * measures["entropy"]
    torch.testing.assert_close(loss, parts)
    assert min(abs(measures[name].item()) for name in ("value_loss", "entropy")) > 1e-3


def test_the_critic_keeps_its_own_learning_rate() -> None:
    model = learner(config=UNUSUAL)
    collected(model)
    actor, critic = model.policy.optimizer.param_groups
    assert (actor["lr"], critic["lr"]) == (1e-3, 4e-3)


def test_every_minibatch_has_its_share_of_completions() -> None:
    model = learner()
    (batch,) = collected(model)
    parts = batch.minibatches(3, torch.Generator().manual_seed(0))
    assert sorted(len(part.written.starts) for part in parts) == [2, 3, 3]


def test_a_model_with_fewer_words_than_the_tokenizer_is_refused() -> None:
    config = LlamaConfig(**{**SIZE, "vocab_size": 64}, **WIDTH, **HEADS)
    with pytest.raises(InvalidParameterError, match="the tokenizer's 121 tokens, got 64"):
        TokenPPO(CausalLMPolicy, token_env(), policy_kwargs={"language_model": config.to_dict()})


def test_a_budget_beyond_the_model_s_positions_is_refused() -> None:
    config = LlamaConfig(**SIZE, **WIDTH, **HEADS, max_position_embeddings=8)
    model = TokenPPO(
        CausalLMPolicy, token_env(), CONFIG, policy_kwargs={"language_model": config.to_dict()}
    )
    with pytest.raises(InvalidParameterError, match="fit the model's 8 positions"):
        collected(model)


def test_a_model_that_caps_its_logits_is_refused() -> None:
    config = Gemma2Config(**SIZE, **WIDTH, **HEADS, head_dim=8, final_logit_softcapping=5.0)
    with pytest.raises(InvalidParameterError, match="Gemma2ForCausalLM scales or caps them"):
        TokenPPO(CausalLMPolicy, token_env(), policy_kwargs={"language_model": config.to_dict()})
