"""Reading without padding is reading alike: the same states, and the same gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from countdown_agents.language_model.llama_packing import packed_states, packs
from countdown_agents.token_ppo import log_probabilities
from countdown_agents.token_ppo.adapters import LoraSettings, add_adapters
from countdown_agents.token_ppo.buffer import Written
from countdown_agents.token_ppo.log_probabilities import log_probs_of

pytestmark = pytest.mark.agents

PAD, VOCABULARY = 0, 23
SHAPE: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "initializer_range": 0.4,
    "eos_token_id": 1,
    "pad_token_id": PAD,
}
STRETCHED = {"rope_type": "linear", "factor": 2.0, "rope_theta": 10_000.0}
MODELS: dict[str, Callable[[], PreTrainedModel]] = {
    "one key-value head": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, num_key_value_heads=1)),
    "four key-value heads": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, num_key_value_heads=4)),
    "tied embeddings": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, tie_word_embeddings=True)),
    "biases everywhere": lambda: LlamaForCausalLM(
        LlamaConfig(**SHAPE, attention_bias=True, mlp_bias=True, hidden_act="gelu")
    ),
    "stretched angles": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, rope_parameters=STRETCHED)),
    "wide heads": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, head_dim=16)),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**SHAPE, num_key_value_heads=2)),
}
PROMPTS = [[5, 6, 7], [9, 3, 2, 4, 8, 2], [11], [5, 6, 7]]
LENGTHS = [4, 1, 9, 6]


def build(name: str) -> PreTrainedModel:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model = MODELS[name]()
        for parameter in model.parameters():  # biases and norms begin without an opinion
            parameter.data += 0.1 * torch.randn_like(parameter)
    model.eval()
    return model


def written() -> Written:
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    drawn = torch.randint(2, VOCABULARY, mask.shape, generator=torch.Generator().manual_seed(0))
    return Written.join(PROMPTS, drawn.where(mask, PAD), mask, PAD)


def learnt(
    model: PreTrainedModel, monkeypatch: pytest.MonkeyPatch, packing: bool
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return log-probabilities, and the gradient of a sum in which each has its own weight."""
    monkeypatch.setattr(log_probabilities, "packs", lambda _model: packing)
    model.zero_grad(set_to_none=True)
    log_probs = log_probs_of(model, written(), temperature=1.0, vocabulary_size=VOCABULARY)
    weights = torch.randn(log_probs.shape, generator=torch.Generator().manual_seed(1))
    (log_probs * weights).sum().backward()
    gradients = {
        name: parameter.grad
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    }
    return log_probs.detach(), gradients


def assert_alike(model: PreTrainedModel, monkeypatch: pytest.MonkeyPatch) -> dict[str, Tensor]:
    assert packs(model)
    (packed, gradients), (padded, expected) = (
        learnt(model, monkeypatch, packing) for packing in (True, False)
    )
    torch.testing.assert_close(packed, padded, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(gradients, expected, atol=1e-4, rtol=1e-4)
    assert padded[written().mask.bool()].std() > 0.1, "the test needs tokens that differ"
    assert all(gradient.abs().max() > 1e-3 for gradient in expected.values())
    return expected


@pytest.mark.parametrize("name", MODELS)
def test_log_probabilities_and_gradients_are_those_of_the_forward_pass(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build(name)
    gradients = assert_alike(model, monkeypatch)
    assert gradients.keys() == {name for name, _ in model.named_parameters()}


def test_adapters_learn_as_in_the_forward_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("peft")
    model = build("one key-value head")
    add_adapters(model, LoraSettings(rank=2, modules=("q_proj", "v_proj", "down_proj")))
    generator = torch.Generator().manual_seed(2)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.data.normal_(std=0.2, generator=generator)
    gradients = assert_alike(model, monkeypatch)
    assert all("lora_" in name for name in gradients)


def test_states_come_row_by_row_where_they_are_wanted() -> None:
    model = build("qwen2")
    tokens = torch.tensor([[3, 4, 5, PAD], [6, 7, 8, 9]])
    with torch.no_grad():
        whole = model.base_model(input_ids=tokens, use_cache=False).last_hidden_state
        found = packed_states(
            model,
            tokens,
            read=torch.tensor([[1, 1, 1, 0], [1, 1, 1, 1]]).bool(),
            wanted=torch.tensor([[0, 1, 1, 0], [1, 0, 0, 1]]).bool(),
        )
    expected = torch.stack([whole[0, 1], whole[0, 2], whole[1, 0], whole[1, 3]])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_what_the_forward_pass_alone_can_do_is_left_to_it() -> None:
    sliding = Qwen2Config(**SHAPE, use_sliding_window=True, sliding_window=4, max_window_layers=0)
    gpt = GPT2Config(vocab_size=VOCABULARY, n_embd=32, n_layer=1, n_head=2)
    others: list[PreTrainedModel] = [Qwen2ForCausalLM(sliding), GPT2LMHeadModel(gpt)]
    for other in others:
        other.eval()
        assert not packs(other)
    model = build("qwen2")
    trunk: Any = model.base_model
    for block in (trunk, trunk.layers[1], trunk.layers[0].self_attn):
        hook = block.register_forward_hook(lambda *_: None)
        assert not packs(model)
        hook.remove()
    assert packs(model)
    assert packs(trunk)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert not packs(model)
    model.train()
    assert not packs(model), "there may be dropout"
    model.eval()
    nn.Module.to(model, torch.bfloat16)
    assert not packs(model)
