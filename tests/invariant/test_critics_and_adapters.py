"""Every critic, with adapters and without: equal numbers whoever asks, and the right gradients."""

import copy
import importlib.util
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    LlamaConfig,
    PretrainedConfig,
    Qwen2Config,
)

from countdown_agents.language_model.generation import generate
from countdown_agents.language_model.llama_decoding import is_llama
from countdown_agents.language_model.loading import load_model
from countdown_agents.token_ppo.adapters import (
    LoraSettings,
    add_adapters,
    folded,
    has_adapters,
    plain_model,
    without_adapters,
)
from countdown_agents.token_ppo.buffer import CompletionBatch
from countdown_agents.token_ppo.callbacks import StopAfterBatches
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.critics import CriticKind
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_gym.errors import InvalidParameterError, MissingResourceError
from countdown_gym.symbols import SymbolTokenizer

pytestmark = pytest.mark.agents

TOKENIZER = SymbolTokenizer()
SIZE: dict[str, Any] = {"vocab_size": TOKENIZER.vocabulary_size, "bos_token_id": None}
WIDTH: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
HEADS: dict[str, Any] = {"num_attention_heads": 2, "initializer_range": 0.3}
ARCHITECTURES: Mapping[str, PretrainedConfig] = {
    "llama": LlamaConfig(**SIZE, **WIDTH, **HEADS, eos_token_id=2),
    "qwen2": Qwen2Config(**SIZE, **WIDTH, **HEADS, num_key_value_heads=1, eos_token_id=2),
    "gpt2": GPT2Config(**SIZE, n_embd=16, n_layer=2, n_head=2, n_positions=64, eos_token_id=2),
}
CRITICS: tuple[CriticKind, ...] = ("detached", "shared", "separate")
LORA = LoraSettings(rank=2)
CONFIG = TokenPPOConfig(samples_per_prompt=2, kl_coefficient=0.1, learning_rate=1e-2)


def token_env(completions: int = 8) -> DummyVecEnv:
    parameters = {"min_numbers": 2, "max_numbers": 3, "largest": 9, "min_target": 1}
    return make_token_env(
        "Countdown-v0",
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


def learner(
    architecture: str = "llama",
    critic: CriticKind = "detached",
    lora: LoraSettings | None = None,
    config: TokenPPOConfig = CONFIG,
) -> TokenPPO:
    torch.manual_seed(0)
    model = TokenPPO(
        CausalLMPolicy,
        token_env(),
        replace(config, critic=critic),
        policy_kwargs={"language_model": ARCHITECTURES[architecture].to_dict(), "lora": lora},
        device="cpu",
    )
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():  # move the critic, and adapters, away from zero
        for name, parameter in model.policy.named_parameters():
            if "value_net" in name or "lora_B" in name:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) / 3)
    return model


def train(model: TokenPPO, batches: int = 1) -> CompletionBatch:
    model.learn(10**9, callback=StopAfterBatches(model.batches + batches), log_interval=10**9)
    assert model._batch is not None
    return model._batch


def state(module: torch.nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


# --- critics ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lora", [None, LORA], ids=["whole", "lora"])
@pytest.mark.parametrize("critic", CRITICS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_whole_sequence_says_what_stock_ppo_finds_token_by_token(
    architecture: str, critic: CriticKind, lora: LoraSettings | None
) -> None:
    model = learner(architecture, critic, lora)
    written = train(model).written
    with torch.no_grad():
        whole = model.policy.evaluate_completions(written)
    (width,) = model.observation_space.shape or ()
    for row in range(len(written.starts)):
        start, length = int(written.starts[row]), int(written.lengths[row])
        observations = torch.zeros((length, width))
        for t in range(length):
            observations[t, 0] = start + t
            observations[t, 1 : 1 + start + t] = written.sequences[row, : start + t]
        with torch.no_grad():
            values, log_probs, entropies = model.policy.evaluate_actions(
                observations, written.completions[row, :length]
            )
            again = model.policy.predict_values(observations)
        assert entropies is not None
        torch.testing.assert_close(values, again)
        for ours, stock in zip(whole, (log_probs, values.flatten(), entropies), strict=True):
            torch.testing.assert_close(ours[row, :length], stock, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("critic", CRITICS)
def test_what_a_critic_trains(critic: CriticKind) -> None:
    model = learner(critic=critic)
    batch = train(model)
    model.policy.optimizer.zero_grad()
    model.policy.evaluate_completions(batch.written).values.sum().backward()
    actor = any(p.grad is not None for p in model.policy.language_model.parameters())
    assert actor is (critic == "shared")
    assert all(p.grad is not None for p in model.policy.value_net.parameters())
    own = model.policy.vf_features_extractor is not model.policy.pi_features_extractor
    assert own is (critic == "separate")
    if own:
        assert any(p.grad is not None for p in model.policy.vf_features_extractor.parameters())


@pytest.mark.parametrize("critic", CRITICS)
def test_every_weight_that_is_trained_is_trained_once(critic: CriticKind) -> None:
    model = learner(critic=critic)
    groups = model.policy.optimizer.param_groups
    trained = [id(p) for group in groups for p in group["params"]]
    assert len(trained) == len(set(trained))
    assert set(trained) == {id(p) for p in model.policy.parameters() if p.requires_grad}


@pytest.mark.parametrize("lora", [None, LORA], ids=["whole", "lora"])
@pytest.mark.parametrize("critic", CRITICS)
def test_a_saved_run_goes_on_as_if_it_had_not_stopped(
    critic: CriticKind, lora: LoraSettings | None, tmp_path: Path
) -> None:
    straight, broken = learner(critic=critic, lora=lora), learner(critic=critic, lora=lora)
    train(straight, 3)
    train(broken, 2)
    broken.save(tmp_path / "run.zip")
    loaded = TokenPPO.load(tmp_path / "run.zip", env=token_env(), device="cpu")
    train(loaded, 1)
    assert straight.policy.critic == loaded.policy.critic
    for name, tensor in straight.policy.state_dict().items():
        assert torch.equal(tensor, loaded.policy.state_dict()[name]), name


def test_an_unknown_critic_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown critic 'seperate', did you mean 'separate'"):
        learner(critic="seperate")  # type: ignore[arg-type]  # what is tested


def test_what_the_settings_decide_is_refused_elsewhere() -> None:
    with pytest.raises(InvalidParameterError, match="temperature is decided by the settings"):
        TokenPPO(CausalLMPolicy, token_env(), policy_kwargs={"temperature": 0.5})


# --- adapters -----------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_only_adapters_and_critic_learn(architecture: str) -> None:
    model = learner(architecture, lora=LORA)
    before = state(model.policy)
    train(model, 2)
    changed = {
        name
        for name, tensor in model.policy.state_dict().items()
        if not torch.equal(tensor, before[name])
    }
    assert changed
    assert all("lora_" in name or "value_net" in name for name in changed)
    assert any("lora_A" in name for name in changed)
    assert model.measures["sampling_error"] < 1e-5
    assert model.update_measures["first_ratio_error"] < 1e-5


def test_the_reference_is_the_model_under_its_adapters() -> None:
    model = learner(lora=LORA)
    assert model.reference is None
    batch = train(model)
    plain = AutoModelForCausalLM.from_config(ARCHITECTURES["llama"])
    weights = {
        name.replace(".base_layer.", "."): tensor
        for name, tensor in model.policy.language_model.state_dict().items()
        if ".lora_" not in name
    }
    plain.load_state_dict(weights)
    whole = learner()
    whole.policy.language_model.load_state_dict(plain.state_dict())
    with torch.no_grad():
        expected = whole.policy.evaluate_completions(batch.written).log_probs
    torch.testing.assert_close(batch.reference_log_probs, expected)
    assert abs(model.measures["reference_kl"]) > 1e-3
    trainable = [n for n, p in model.policy.language_model.named_parameters() if p.requires_grad]
    assert trainable
    assert all("lora_" in name for name in trainable)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_folding_says_the_same_and_leaves_every_bit_as_it_was(architecture: str) -> None:
    model = learner(architecture, lora=LORA).policy.language_model
    tokens = torch.arange(12).view(2, 6)
    before = state(model)
    with torch.no_grad():
        apart = model(input_ids=tokens).logits
        with folded(model):
            together = model(input_ids=tokens).logits
        with without_adapters(model):
            bare = model(input_ids=tokens).logits
        torch.testing.assert_close(plain_model(model)(input_ids=tokens).logits, apart)
        assert torch.equal(model(input_ids=tokens).logits, apart)
    torch.testing.assert_close(together, apart)
    assert not torch.allclose(bare, apart, atol=1e-3)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_folded_adapters_are_written_with_as_if_they_had_never_been_apart() -> None:
    model = learner("qwen2", lora=LORA).policy.language_model
    plain = plain_model(model)
    half = partial(torch.autocast, "cpu", dtype=torch.bfloat16)
    with half():
        assert not is_llama(model)
    with folded(model), half():
        assert is_llama(model)
        folded_in, never_apart = (
            generate(each, [[5, 6, 7]], max_new_tokens=8, eos_id=2, pad_id=0, temperature=0)
            for each in (model, plain)
        )
    assert torch.equal(folded_in.tokens, never_apart.tokens)
    assert torch.equal(folded_in.log_probs, never_apart.log_probs)


def test_what_is_saved_of_a_language_model_is_its_adapters(tmp_path: Path) -> None:
    model = learner(lora=LORA).policy.language_model
    tokens = torch.arange(12).view(2, 6)
    base = AutoModelForCausalLM.from_config(model.config)
    base.load_state_dict(
        {
            name.replace(".base_layer.", "."): tensor
            for name, tensor in model.state_dict().items()
            if ".lora_" not in name
        }
    )
    base.save_pretrained(tmp_path / "base")
    model.save_pretrained(tmp_path / "adapters")
    plain_model(model).save_pretrained(tmp_path / "plain")
    assert not (tmp_path / "adapters" / "model.safetensors").exists()
    loaded = load_model(tmp_path / "base")
    loaded.load_adapter(str(tmp_path / "adapters"))
    loaded.eval()
    with torch.no_grad():
        expected = model(input_ids=tokens).logits
        torch.testing.assert_close(loaded(input_ids=tokens).logits, expected)
        plain = load_model(tmp_path / "plain")
        torch.testing.assert_close(plain(input_ids=tokens).logits, expected)
    assert not has_adapters(plain)


def test_adapters_work_under_stock_ppo(tmp_path: Path) -> None:
    kwargs = {"language_model": ARCHITECTURES["llama"].to_dict(), "lora": LORA}
    stock = PPO(
        CausalLMPolicy,
        token_env(2),
        n_steps=16,
        batch_size=8,
        n_epochs=1,
        policy_kwargs=kwargs,
        device="cpu",
    )
    stock.learn(32)
    stock.save(tmp_path / "stock.zip")
    loaded = PPO.load(tmp_path / "stock.zip", device="cpu")
    for name, tensor in stock.policy.state_dict().items():
        assert torch.equal(tensor, loaded.policy.state_dict()[name]), name


def test_a_missing_peft_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    model = AutoModelForCausalLM.from_config(ARCHITECTURES["llama"])
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingResourceError, match=r"pip install 'countdown-gym\[agents,lora\]'"):
        add_adapters(model, LORA)


@pytest.mark.parametrize(
    ("architecture", "modules"),
    [("llama", ("q_proj", "lm_head")), ("qwen2", ("embed_tokens",)), ("gpt2", ("wte",))],
)
def test_what_shares_its_matrix_gets_no_adapter(
    architecture: str, modules: tuple[str, ...]
) -> None:
    config = copy.deepcopy(ARCHITECTURES[architecture])
    config.tie_word_embeddings = True
    model = AutoModelForCausalLM.from_config(config)
    with pytest.raises(InvalidParameterError, match=rf"share one; leave {modules[-1]} out"):
        add_adapters(model, LoraSettings(modules=modules))
    assert not has_adapters(model)


def test_an_output_layer_with_a_matrix_of_its_own_gets_an_adapter() -> None:
    model = learner("llama", lora=LoraSettings(rank=2, modules=("embed_tokens", "lm_head")))
    train(model, 2)
    assert model.measures["sampling_error"] < 1e-5


def test_a_model_without_adapters_cannot_do_without_them() -> None:
    model = AutoModelForCausalLM.from_config(ARCHITECTURES["llama"])
    with pytest.raises(InvalidParameterError, match="must have adapters"), without_adapters(model):
        pass


@pytest.mark.parametrize(
    ("rank", "alpha", "message"), [(0, 1.0, "rank must be at least 1"), (1, 0.0, "alpha must be")]
)
def test_adapters_that_adapt_nothing_are_refused(rank: int, alpha: float, message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        LoraSettings(rank, alpha)
