"""Equal maths, equal numbers: stock PPO and TokenPPO, any architecture, any micro-batches."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
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
from stable_baselines3.common.logger import configure
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv
from torch import Tensor
from transformers import (
    DynamicCache,
    Gemma2Config,
    GPT2Config,
    GraniteConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PretrainedConfig,
    PreTrainedModel,
    Qwen2Config,
)

from countdown_agents import evaluation
from countdown_agents.language_model.decoding import cache_argument
from countdown_agents.language_model.generation import Completions, generate
from countdown_agents.token_ppo import log_probabilities, token_ppo
from countdown_agents.token_ppo.advantages import (
    CRITIC_FREE,
    AdvantageKind,
    generalized_advantages,
    token_rewards,
    whitened,
)
from countdown_agents.token_ppo.buffer import CompletionBatch, Written
from countdown_agents.token_ppo.callbacks import HeldOut, StopAfterBatches
from countdown_agents.token_ppo.collecting import Paid, pay, put_prompts, sample
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.critics import CriticKind
from countdown_agents.token_ppo.diagnostics import TrainingWarning
from countdown_agents.token_ppo.divergence import Estimator, estimated_divergence
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.log_probabilities import log_probs_of
from countdown_agents.token_ppo.losses import masked_mean
from countdown_agents.token_ppo.policy import CausalLMPolicy, Evaluation, FromFolder
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_agents.token_ppo.updating import loss_of
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


def asked(model: TokenPPO) -> list[list[int]]:
    assert model.env is not None
    return put_prompts(model.env, [None] * 4, samples=2, seed_of=lambda row: 3 * row)


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
    prompts = asked(model)
    assert len({len(prompt) for prompt in prompts}) > 1
    completions = sample(model.policy, model.env, prompts, seed=0)
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


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("cached", [False, True], ids=["whole", "token by token"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_side_and_cache_change_no_log_probability(
    architecture: str, cached: bool, side: str
) -> None:
    """What transformers itself says, padded on either side, with its own cache or without."""
    model = learner(architecture)
    assert model.env is not None
    prompts = asked(model)
    completions = sample(model.policy, model.env, prompts, seed=0)
    tokens, mask = completions.tokens.clone(), completions.mask.clone()
    written = Written.join(prompts, tokens, mask, TOKENIZER.pad_id)
    with torch.no_grad():
        ours = model.policy.evaluate_completions(written).log_probs
    totals = (written.starts + written.lengths).tolist()
    width = max(totals)
    ids = torch.full((len(prompts), width), TOKENIZER.pad_id)
    seen = torch.zeros_like(ids)
    for row, total in enumerate(totals):
        place = slice(width - total, width) if side == "left" else slice(0, total)
        ids[row, place] = written.sequences[row, :total]
        seen[row, place] = 1
    positions = (seen.cumsum(1) - 1).clamp(min=0)
    lm = model.policy.language_model
    with torch.no_grad():
        if cached:
            cache, parts = DynamicCache(), []
            for t in range(width):
                out = lm(
                    input_ids=ids[:, t : t + 1],
                    attention_mask=seen[:, : t + 1],
                    position_ids=positions[:, t : t + 1],
                    use_cache=True,
                    **{cache_argument(type(lm).forward): cache},
                )
                parts.append(out.logits)
            logits = torch.cat(parts, dim=1)
        else:
            logits = lm(
                input_ids=ids, attention_mask=seen, position_ids=positions, use_cache=False
            ).logits
    log_probs = logits.float().log_softmax(-1)
    for row, (start, total) in enumerate(zip(written.starts.tolist(), totals, strict=True)):
        first = width - total if side == "left" else 0
        places = torch.arange(first + start, first + total)
        theirs = log_probs[row, places - 1].gather(1, ids[row, places].unsqueeze(1)).squeeze(1)
        torch.testing.assert_close(ours[row, : total - start], theirs, atol=1e-4, rtol=0)


def untied(architecture: str) -> TokenPPO:
    """The gradient of an embedding is then that of what was read, not of what was written."""
    config = {**ARCHITECTURES[architecture].to_dict(), "tie_word_embeddings": False}
    torch.manual_seed(0)
    return TokenPPO(
        CausalLMPolicy, token_env(), CONFIG, policy_kwargs={"language_model": config}, device="cpu"
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_padding_gets_no_gradient(architecture: str) -> None:
    model = untied(architecture)
    (batch,) = collected(model)
    written = batch.written
    columns = torch.arange(written.sequences.shape[1])
    padding = columns >= (written.starts + written.lengths).unsqueeze(1)
    unused = next(i for i in range(120, 3, -1) if not (written.sequences == i).any())
    marked = batch._replace(
        written=written._replace(sequences=torch.where(padding, unused, written.sequences))
    )
    model.policy.optimizer.zero_grad()
    loss, _ = loss_of(model.policy, marked, model._loss_settings())
    loss.backward()
    read = model.policy.language_model.get_input_embeddings().weight.grad
    assert isinstance(read, Tensor)
    assert read[unused].abs().max() == 0
    assert read[int(written.sequences[0, 0])].abs().max() > 0


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_prompt_tokens_have_no_part_in_the_loss(architecture: str) -> None:
    """The gradient at every logit that predicts a prompt token, or padding, is exactly zero."""
    model = untied(architecture)
    (batch,) = collected(model)
    states: list[Tensor] = []
    trunk = model.policy.language_model.base_model

    def keep(_module: object, _inputs: object, output: Any) -> None:  # noqa: ANN401 - of transformers
        output.last_hidden_state.retain_grad()
        states.append(output.last_hidden_state)

    hook = trunk.register_forward_hook(keep)
    loss, _ = loss_of(model.policy, batch, model._loss_settings())
    hook.remove()
    loss.backward()
    (state,) = states
    assert state.grad is not None
    places = torch.arange(state.shape[1])
    starts, ends = batch.written.starts, batch.written.starts + batch.written.lengths
    predicts = (places >= starts.unsqueeze(1) - 1) & (places < ends.unsqueeze(1) - 1)
    assert state.grad[~predicts].abs().max() == 0
    assert (state.grad[predicts].abs().sum(-1) > 0).all()


def test_bfloat16_is_close_to_single_precision() -> None:
    single = learner()
    (batch,) = collected(single)
    with torch.no_grad():
        before = single.policy.evaluate_completions(batch.written)
        single.policy.precision = "bfloat16"
        coarse = single.policy.evaluate_completions(batch.written)
    assert coarse.log_probs.dtype == torch.float32
    assert 0 < (coarse.log_probs - before.log_probs).abs().max() < 0.1
    assert (coarse.log_probs - before.log_probs).abs().mean() < 0.02
    half = learner(config=replace(CONFIG, precision="bfloat16"))
    (halved,) = collected(half)
    assert half.update_measures["first_ratio_error"] < 1e-5
    assert half.measures["sampling_error"] < 0.05
    half.policy.load_state_dict(learner().policy.state_dict())
    half.policy.precision = "float32"
    with torch.no_grad():
        exact = half.policy.evaluate_completions(halved.written).log_probs
    assert 0 < (halved.old_log_probs - exact).abs().max() < 0.1
    assert {p.dtype for p in half.policy.parameters()} == {torch.float32}


def test_minibatches_may_be_cut_by_tokens() -> None:
    model = learner(config=replace(CONFIG, minibatch_tokens=16))
    (batch,) = collected(model)
    assert model._n_updates == round(batch.written.tokens / 16) > 2


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


def test_many_logits_are_made_in_parts_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    model = learner(config=replace(CONFIG, entropy_coefficient=0.1))
    (batch,) = collected(model)
    parameters = list(model.policy.parameters())

    def evaluated() -> tuple[list[Tensor], int]:
        kept: list[int] = []

        def keep(tensor: Tensor) -> Tensor:
            kept.append(tensor.numel() * (tensor.shape[-1:] == (TOKENIZER.vocabulary_size,)))
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            found = model.policy.evaluate_completions(batch.written)
        loss = (found.log_probs + 0.5 * found.entropies).square().mean()
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        return [*found, *(g for g in gradients if g is not None)], max(kept)

    whole, most = evaluated()
    assert most == batch.written.tokens * TOKENIZER.vocabulary_size
    monkeypatch.setattr(log_probabilities, "_LOGITS_AT_ONCE", 3 * TOKENIZER.vocabulary_size)
    parts, most = evaluated()
    assert most == 0
    for one, other in zip(parts, whole, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)
    assert model.reference is not None
    few = log_probs_of(model.reference, batch.written, 0.7, TOKENIZER.vocabulary_size)
    monkeypatch.undo()
    many = log_probs_of(model.reference, batch.written, 0.7, TOKENIZER.vocabulary_size)
    torch.testing.assert_close(few, many)


def test_too_little_memory_is_said_with_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_args: object, **_named: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(token_ppo, "update", exhausted)
    with pytest.raises(torch.OutOfMemoryError) as caught:
        collected(learner(config=replace(CONFIG, micro_batch_tokens=512)))
    assert "lower micro_batch_tokens (512)" in caught.value.__notes__[0]


class Lossy(SymbolTokenizer):
    """Reads a completion as words that encode to other ids than were written."""

    def decode(self, ids: Sequence[int]) -> str:
        return " ".join("1" for _ in ids)


def test_a_tokenizer_that_does_not_round_trip_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def pay_by_ids(env: VecEnv, completions: Completions) -> Paid:
        infos = pay(env, completions).infos
        return Paid(torch.tensor([sum(row) % 5 / 4 for row in completions.rows()]), infos)

    monkeypatch.setattr(token_ppo, "pay", pay_by_ids)
    honest, lossy = learner(), learner()
    assert lossy.env is not None
    for env in lossy.env.envs:  # type: ignore[attr-defined]  # a DummyVecEnv has them
        env.tokenizer = Lossy()
    (batch,), (same) = collected(honest), collected(lossy)
    ids = batch.written.completions[0, : int(batch.written.lengths[0])].tolist()
    assert Lossy().encode(Lossy().decode(ids)) != ids
    assert torch.equal(batch.written.sequences, same[0].written.sequences)
    for a, b in zip(honest.policy.parameters(), lossy.policy.parameters(), strict=True):
        assert torch.equal(a, b)


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
    prompts = asked(model)
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

    def remember(env: VecEnv, completions: Completions) -> Paid:
        found = pay(env, completions)
        paid.append(found.rewards)
        return found

    monkeypatch.setattr(token_ppo, "pay", remember)
    # nothing is learnt: the policy stays the one that wrote the batch
    monkeypatch.setattr(model, "train", lambda: None)
    (batch,) = collected(model)
    with torch.no_grad():
        now = model.policy.evaluate_completions(batch.written)
        assert model.reference is not None
        reference = log_probs_of(model.reference, batch.written, 0.7, TOKENIZER.vocabulary_size)
    mask = batch.written.mask
    log_ratios = now.log_probs - reference
    assert (log_ratios * mask).abs().max() > 0.01
    rewards = token_rewards(paid[0], log_ratios, mask, kl_coefficient=0.5)
    advantages, returns = generalized_advantages(rewards, now.values, mask, 0.9, 0.8)
    torch.testing.assert_close(batch.advantages, whitened(advantages, mask))
    torch.testing.assert_close(batch.returns, returns)
    torch.testing.assert_close(batch.old_log_probs, now.log_probs)
    assert 0 < model.logger.name_to_value["rollout/sampling_error"] < 1e-4


def test_a_policy_that_samples_otherwise_than_it_trains_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def sample_colder(
        policy: CausalLMPolicy, env: VecEnv, prompts: list[list[int]], seed: int
    ) -> Completions:
        policy.temperature = 0.5
        completions = sample(policy, env, prompts, seed)
        policy.temperature = 1.0
        return completions

    monkeypatch.setattr(token_ppo, "sample", sample_colder)
    model = learner()
    with pytest.warns(TrainingWarning, match="what is trained is not what wrote"):
        collected(model)
    assert model.logger.name_to_value["rollout/sampling_error"] > 0.01


def looked_at(model: TokenPPO, monkeypatch: pytest.MonkeyPatch) -> tuple[CompletionBatch, int]:
    """Return a batch that is not learnt from, and how many of its completions were evaluated."""
    rows: list[int] = []
    evaluate = CausalLMPolicy.evaluate_completions

    def count(policy: CausalLMPolicy, written: Written, **settings: bool) -> Evaluation:
        rows.append(len(written.starts))
        return evaluate(policy, written, **settings)

    with monkeypatch.context() as watched:
        watched.setattr(model, "train", lambda: None)
        watched.setattr(CausalLMPolicy, "evaluate_completions", count)
        (batch,) = collected(model)
    return batch, sum(rows)


@pytest.mark.parametrize("critic", ["detached", "shared", "separate"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_is_noted_while_sampling_is_what_an_evaluation_finds(
    architecture: str, critic: CriticKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(CONFIG, critic=critic, temperature=0.7, micro_batch_tokens=20)
    model = perturbed(learner(architecture, settings))
    batch, rows = looked_at(model, monkeypatch)
    # a look at a few of them, unless the critic has to read for itself
    assert rows == 8 if critic == "separate" else 0 < rows < 8
    with torch.no_grad():
        now = model.policy.evaluate_completions(batch.written)
    torch.testing.assert_close(batch.old_log_probs, now.log_probs, atol=1e-5, rtol=0)
    torch.testing.assert_close(batch.old_values, now.values, atol=1e-5, rtol=0)
    assert batch.old_values.abs().max() > 0.1
    entropy = masked_mean(now.entropies, batch.written.mask)
    assert model.measures["entropy"] == pytest.approx(entropy.item(), abs=1e-5)


def test_notes_that_tell_another_story_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    def note(policy: CausalLMPolicy, states: Tensor, distribution: Tensor) -> Tensor:
        honest: Tensor = take_note(policy, states, distribution)
        return honest + torch.tensor([0.1, 0.0])

    take_note = CausalLMPolicy.note
    monkeypatch.setattr(CausalLMPolicy, "note", note)
    model = perturbed(learner(config=replace(CONFIG, micro_batch_tokens=20)))
    batch, rows = looked_at(model, monkeypatch)
    assert rows > 8
    with torch.no_grad():
        now = model.policy.evaluate_completions(batch.written)
    torch.testing.assert_close(batch.old_values, now.values, atol=1e-5, rtol=0)


def test_the_loss_is_the_sum_of_its_parts() -> None:
    model = perturbed(learner(config=UNUSUAL))
    (batch,) = collected(model)
    loss, measures = loss_of(perturbed(model).policy, batch, model._loss_settings())
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


# --- models with more rows than there are tokens ------------------------------------------------


def wide_learner(architecture: str = "llama") -> TokenPPO:
    """Nearly all probability would be on rows beyond the vocabulary."""
    config = ARCHITECTURES[architecture].to_dict()
    torch.manual_seed(0)
    return TokenPPO(
        CausalLMPolicy,
        token_env(),
        CONFIG,
        policy_kwargs={"language_model": {**config, "vocab_size": 4 * TOKENIZER.vocabulary_size}},
        seed=0,
        device="cpu",
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_rows_beyond_the_vocabulary_are_neither_written_nor_trained(architecture: str) -> None:
    model = wide_learner(architecture)
    head = model.policy.language_model.get_output_embeddings()
    before = head.weight.detach().clone()
    (batch,) = collected(model)
    assert int(batch.written.completions.max()) < TOKENIZER.vocabulary_size
    assert model.measures["sampling_error"] < 1e-5
    assert model.update_measures["first_ratio_error"] < 1e-5
    torch.testing.assert_close(
        head.weight[TOKENIZER.vocabulary_size :],
        before[TOKENIZER.vocabulary_size :],
        atol=0,
        rtol=0,
    )
    assert not torch.equal(head.weight, before)
    model.policy.temperature = 1.0
    with torch.no_grad():
        observation = torch.full((1, 15), 5)
        observation[0, 0] = 4
        distribution = model.policy.get_distribution(observation).distribution
    assert isinstance(distribution, torch.distributions.Categorical)
    assert distribution.probs.shape == (1, TOKENIZER.vocabulary_size)


def test_held_out_puzzles_are_answered_with_tokens_alone() -> None:
    model = wide_learner()
    asked: list[int] = []

    def measure(language_model: PreTrainedModel) -> evaluation.Evaluation:
        completions = generate(
            language_model,
            [[5, 6, 7]] * 16,
            max_new_tokens=8,
            eos_id=TOKENIZER.eos_id,
            pad_id=TOKENIZER.pad_id,
            generator=torch.Generator().manual_seed(0),
        )
        asked.extend(token for row in completions.rows() for token in row)
        return evaluation.evaluate(lambda _prompt: "no idea", num_puzzles=1)

    model.learn(10**9, callback=[HeldOut(measure, every=1), StopAfterBatches(1)])
    assert max(asked) < TOKENIZER.vocabulary_size


def test_what_is_lent_to_sampling_is_taken_back() -> None:
    model = wide_learner()
    assert model.env is not None
    sample(model.policy, model.env, asked(model), seed=0)
    assert not model.policy.language_model.get_output_embeddings()._forward_hooks


# --- divergence from the reference --------------------------------------------------------------


def test_no_reference_is_kept_that_nobody_asks() -> None:
    assert learner(config=replace(CONFIG, kl_coefficient=0.0)).reference is None


@pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
def test_a_divergence_in_the_loss_leaves_the_reward_alone(estimator: Estimator) -> None:
    config = replace(UNUSUAL, kl_in="loss", kl_estimator=estimator)
    model = perturbed(learner(config=config))
    (batch,) = collected(model)
    free = perturbed(learner(config=replace(UNUSUAL, kl_coefficient=0.0)))
    (free_batch,) = collected(free)
    torch.testing.assert_close(batch.advantages, free_batch.advantages)
    loss, measures = loss_of(model.policy, batch, model._loss_settings())
    divergence = masked_mean(
        estimated_divergence(
            model.policy.evaluate_completions(batch.written).log_probs,
            batch.reference_log_probs,
            estimator,
        ),
        batch.written.mask,
    )
    torch.testing.assert_close(measures["kl_loss"], divergence)
    parts = measures["policy_loss"] + 0.25 * measures["value_loss"] - 0.3 * measures["entropy"]
    torch.testing.assert_close(loss, parts + 0.5 * divergence)


def test_a_steered_coefficient_follows_the_divergence_and_is_saved(tmp_path: Path) -> None:
    model = perturbed(learner(config=replace(CONFIG, kl_target=1e-3)))
    collected(model, batches=3)
    assert model.kl_coefficient == pytest.approx(0.1 * 1.02**3)
    assert model.measures["kl_coefficient"] == pytest.approx(0.1 * 1.02**2)
    model.save(tmp_path / "run.zip")
    loaded = TokenPPO.load(tmp_path / "run.zip", env=token_env(), device="cpu")
    assert loaded.kl_coefficient == model.kl_coefficient


def test_entropies_that_nobody_trains_have_no_graph() -> None:
    model = learner()
    (batch,) = collected(model)
    found = model.policy.evaluate_completions(batch.written, train_entropy=False)
    assert found.log_probs.requires_grad
    assert not found.entropies.requires_grad
    assert model.policy.evaluate_completions(batch.written).entropies.requires_grad


# --- advantages without a critic ----------------------------------------------------------------


@pytest.mark.parametrize("kind", CRITIC_FREE)
def test_a_kind_without_a_critic_has_none(kind: AdvantageKind) -> None:
    model = perturbed(learner(config=replace(CONFIG, advantage=kind, minibatches=1)))
    assert not list(model.policy.value_net.parameters())
    assert len(model.policy.optimizer.param_groups) == 1
    (batch,) = collected(model)
    assert "value_loss" not in model.update_measures
    assert "explained_variance" not in model.measures
    assert batch.advantages.abs().sum() > 0
    assert batch.returns.abs().sum() == batch.old_values.abs().sum() == 0


def test_prompts_that_tell_nothing_are_left_out_of_the_update(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def pay_two_groups(env: VecEnv, completions: Completions) -> Paid:
        infos = pay(env, completions).infos
        return Paid(torch.tensor([1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.5, 0.0]), infos)

    monkeypatch.setattr(token_ppo, "pay", pay_two_groups)
    model = learner(config=replace(CONFIG, drop_uniform_groups=True, advantage="rloo"))
    (batch,) = collected(model)
    assert len(batch.written.starts) == 4
    assert model.measures["dropped_share"] == 0.5
    assert model.measures["reward"] == pytest.approx(3.5 / 8)


def test_a_batch_that_tells_nothing_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def pay_nothing(env: VecEnv, completions: Completions) -> Paid:
        return Paid(torch.zeros(8), pay(env, completions).infos)

    monkeypatch.setattr(token_ppo, "pay", pay_nothing)
    model = learner(config=replace(CONFIG, drop_uniform_groups=True))
    before = {name: tensor.clone() for name, tensor in model.policy.state_dict().items()}
    model.learn(10**9, callback=StopAfterBatches(2), log_interval=10**9)
    assert model.batches == 2
    assert model.update_measures == {}
    for name, tensor in model.policy.state_dict().items():
        assert torch.equal(tensor, before[name])


# --- saving and loading -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["config", "learning_rate", "gamma", "clip_range"])
def test_a_loaded_run_keeps_its_settings(name: str, tmp_path: Path) -> None:
    learner().save(tmp_path / "run.zip")
    with pytest.raises(InvalidParameterError, match=f"keeps the settings .* got {name}"):
        TokenPPO.load(tmp_path / "run.zip", token_env(), "cpu", None, False, True, **{name: 0.5})


def test_what_stock_ppo_saves_does_not_need_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    LlamaForCausalLM(LlamaConfig(**SIZE, **WIDTH, **HEADS)).save_pretrained(folder)
    stock = PPO(
        CausalLMPolicy,
        token_env(2),
        n_steps=16,
        batch_size=8,
        policy_kwargs={"language_model": FromFolder(folder)},
        device="cpu",
    )
    stock.save(tmp_path / "stock.zip")
    token_level = TokenPPO(
        CausalLMPolicy, token_env(), CONFIG, policy_kwargs={"language_model": folder}, device="cpu"
    )
    token_level.save(tmp_path / "token_level.zip")
    shutil.rmtree(folder)
    loaded = PPO.load(tmp_path / "stock.zip", device="cpu")
    also = TokenPPO.load(tmp_path / "token_level.zip", env=token_env(), device="cpu")
    for one, other in ((stock, loaded), (token_level, also)):
        for a, b in zip(one.policy.parameters(), other.policy.parameters(), strict=True):
            assert torch.equal(a, b)


def test_a_bare_path_is_refused_where_it_would_be_saved(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterError, match="FromFolder"):
        PPO(CausalLMPolicy, token_env(2), policy_kwargs={"language_model": str(tmp_path)})


def test_dropout_stays_off_under_stock_ppo() -> None:
    model = learner("gpt2")
    model.policy.set_training_mode(True)
    assert not model.policy.training
    assert not any(module.training for module in model.policy.modules())


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


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_stock_ppo_makes_the_same_update_of_the_same_rollout(
    architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(
        UNUSUAL,
        kl_coefficient=0.0,
        normalize_advantage=False,
        minibatches=1,
        temperature=1.0,
        # Adam makes a step of full length of a gradient that is zero but for rounding, as that of
        # GPT-2's key biases is: a smaller rate keeps its noise below what is looked for
        learning_rate=3e-4,
        value_learning_rate=3e-4,
    )
    model = perturbed(learner(architecture, settings))
    paid: list[Paid] = []

    def remember(env: VecEnv, completions: Completions) -> Paid:
        paid.append(pay(env, completions))
        return paid[-1]

    monkeypatch.setattr(token_ppo, "pay", remember)
    weights = {name: tensor.clone() for name, tensor in model.policy.state_dict().items()}
    (batch,) = collected(model)
    written, tokens = batch.written, batch.written.tokens

    stock = PPO(
        CausalLMPolicy,
        token_env(1),
        learning_rate=3e-4,
        n_steps=tokens,
        batch_size=tokens,
        n_epochs=1,
        gamma=0.9,
        gae_lambda=0.8,
        ent_coef=0.3,
        vf_coef=0.25,
        max_grad_norm=1.0,
        normalize_advantage=False,
        policy_kwargs={"language_model": ARCHITECTURES[architecture].to_dict()},
        device="cpu",
        seed=0,
    )
    stock.policy.load_state_dict(weights)
    stock.set_logger(configure(None, []))
    buffer = stock.rollout_buffer
    (width,) = buffer.observation_space.shape or ()
    for row, (start, length) in enumerate(
        zip(written.starts.tolist(), written.lengths.tolist(), strict=True)
    ):
        for t in range(length):
            observation = torch.full((1, width), TOKENIZER.pad_id)
            observation[0, 0] = start + t
            observation[0, 1 : 1 + start + t] = written.sequences[row, : start + t]
            action = written.completions[row, t : t + 1]
            with torch.no_grad():
                values, log_probs, _ = stock.policy.evaluate_actions(observation, action)
            reward = paid[0].rewards[row].item() if t == length - 1 else 0.0
            buffer.add(
                observation.numpy(),
                action.numpy()[None],
                np.array([reward]),
                np.array([t == 0]),
                values.flatten(),
                log_probs,
            )
    buffer.compute_returns_and_advantage(torch.zeros(1), np.array([True]))
    mask = written.mask.bool()
    for ours, theirs in (
        (batch.old_log_probs, buffer.log_probs),
        (batch.old_values, buffer.values),
        (batch.advantages, buffer.advantages),
        (batch.returns, buffer.returns),
    ):
        np.testing.assert_allclose(ours[mask].numpy(), theirs.flatten(), atol=1e-5)
    stock.train()
    moved = 0.0
    for name, theirs_after in stock.policy.state_dict().items():
        step, their_step = (
            after - weights[name] for after in (model.policy.state_dict()[name], theirs_after)
        )
        if name.endswith("c_attn.bias"):
            # A bias of keys adds alike to all scores of a query. Where a step made of rounding may
            # point elsewhere, both must be short: queries and values take their step in full.
            (_, noise, _), (_, other_noise, _) = step.chunk(3), their_step.chunk(3)
            assert max(noise.abs().max(), other_noise.abs().max()) < 5e-5
            step, their_step = (torch.cat(each.chunk(3)[::2]) for each in (step, their_step))
        torch.testing.assert_close(step, their_step, atol=1e-5, rtol=0)
        moved = max(moved, float(step.abs().max()))
    assert moved > 2e-4
