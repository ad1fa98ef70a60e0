"""Writing in fewer steps is writing alike: all decoders say the same of every token."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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

from countdown_agents.language_model import llama_layers, reading, replayed_decoding
from countdown_agents.language_model.cache import GrowingCache, Moves
from countdown_agents.language_model.decoding import ModelDecoder
from countdown_agents.language_model.generation import Completions, generate
from countdown_agents.language_model.llama_decoding import LlamaDecoder, is_llama
from countdown_agents.language_model.reading import read
from countdown_agents.language_model.replayed_decoding import ReplayedDecoder

pytestmark = pytest.mark.agents

PAD, VOCABULARY, ROOM = 0, 23, 12
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
MODELS = {
    "one key-value head": (LlamaForCausalLM, LlamaConfig(**SHAPE, num_key_value_heads=1)),
    "two key-value heads": (LlamaForCausalLM, LlamaConfig(**SHAPE, num_key_value_heads=2)),
    "four key-value heads": (LlamaForCausalLM, LlamaConfig(**SHAPE, num_key_value_heads=4)),
    "biases everywhere": (
        LlamaForCausalLM,
        LlamaConfig(**SHAPE, attention_bias=True, mlp_bias=True, hidden_act="gelu"),
    ),
    "stretched angles": (LlamaForCausalLM, LlamaConfig(**SHAPE, rope_parameters=STRETCHED)),
    "wide heads": (LlamaForCausalLM, LlamaConfig(**SHAPE, head_dim=16)),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config(**SHAPE, num_key_value_heads=2)),
}
EQUAL = [[5, 6, 7], [8, 9, 3], [5, 6, 7]]
UNEQUAL = [[5, 6, 7], [9, 3, 2, 4, 8, 2], [11], [5, 6, 7]]


def build(name: str) -> PreTrainedModel:
    kind, config = MODELS[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model: PreTrainedModel = kind(config)
        for parameter in model.parameters():  # biases and norms begin without an opinion
            parameter.data += 0.1 * torch.randn_like(parameter)
    model.eval()
    return model


MODEL, LEAN, ONE_BY_ONE, RECORDED = (
    ModelDecoder,
    LlamaDecoder,
    partial(ReplayedDecoder, records=False),
    ReplayedDecoder,
)
ON_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
LEANER = [
    pytest.param(LEAN, "cpu", id="lean"),
    pytest.param(ONE_BY_ONE, "cpu", id="one by one"),
    pytest.param(LEAN, "cuda", id="lean on cuda", marks=ON_CUDA),
    pytest.param(RECORDED, "cuda", id="recorded", marks=ON_CUDA),
]


@torch.inference_mode()
def spoken(
    model: PreTrainedModel,
    prompts: list[list[int]],
    monkeypatch: pytest.MonkeyPatch,
    decoder_kind: Callable[..., Any],
) -> list[Tensor]:
    """Feed ten tokens, letting two rows go on the way; return all logits and states."""
    monkeypatch.setattr(reading, "_decoder", lambda _model: decoder_kind)
    monkeypatch.setattr(replayed_decoding, "_WIDTH", 4)
    prediction, decoder = read(model, prompts, ROOM, PAD)
    said = [*prediction]
    written = torch.randint(
        VOCABULARY, (10, len(prompts)), generator=torch.Generator().manual_seed(0)
    ).to(model.device)
    rows = torch.arange(len(prompts), device=model.device)
    for step, tokens in enumerate(written):
        said += decoder.feed(tokens[rows])
        if step in (3, 6):
            stays = torch.ones(len(rows), dtype=torch.bool, device=model.device)
            stays[0] = False
            moves = Moves.keeping(stays, len(rows) - 1)
            decoder.keep(moves)
            rows = moves.applied(rows)
    return said


@pytest.mark.parametrize("prompts", [EQUAL, UNEQUAL], ids=["equal", "unequal"])
@pytest.mark.parametrize("joined", [True, False], ids=["joined", "apart"])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("kind", "device"), LEANER)
def test_all_decoders_agree(
    kind: Callable[..., Any],
    device: str,
    name: str,
    joined: bool,
    prompts: list[list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(llama_layers, "_FEW_WEIGHTS", 1 << 22 if joined else 0)
    model = build(name)
    nn.Module.to(model, device)
    assert is_llama(model)
    lean, plain = (spoken(model, prompts, monkeypatch, each) for each in (kind, MODEL))
    for one, other in zip(lean, plain, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
    assert plain[-2].std() > 0.1, "the test needs logits that differ"


@pytest.mark.parametrize("prompts", [EQUAL, UNEQUAL], ids=["equal", "unequal"])
@pytest.mark.parametrize("name", ["one key-value head", "biases everywhere", "qwen2"])
@pytest.mark.parametrize(("kind", "device"), LEANER)
def test_half_precision_rounds_no_more_than_the_forward_pass(
    kind: Callable[..., Any],
    device: str,
    name: str,
    prompts: list[list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = build(name)
    nn.Module.to(model, device)
    exact = spoken(model, prompts, monkeypatch, MODEL)
    with torch.autocast(device, dtype=torch.bfloat16):
        assert is_llama(model)
        lean, plain = (spoken(model, prompts, monkeypatch, each) for each in (kind, MODEL))
    errors = [
        float(torch.stack([(a.float() - b).std() for a, b in zip(said, exact, strict=True)]).mean())
        for said in (lean, plain)
    ]
    assert 0.5 * errors[1] < errors[0] < 1.5 * errors[1]


@ON_CUDA
def test_what_is_sampled_on_a_device_is_what_a_processor_samples() -> None:
    model = build("two key-value heads")

    def sampled() -> Completions:
        return generate(
            model,
            UNEQUAL * 8,
            max_new_tokens=40,
            eos_id=1,
            pad_id=PAD,
            generator=torch.Generator().manual_seed(5),
        )

    here = sampled()
    nn.Module.to(model, "cuda")
    there = sampled()
    assert torch.equal(here.tokens, there.tokens.cpu())
    assert torch.equal(here.ended, there.ended.cpu())
    torch.testing.assert_close(here.log_probs, there.log_probs.cpu(), atol=1e-4, rtol=1e-4)
    assert len(set(here.mask.sum(dim=1).tolist())) > 5, "the test needs rows that end apart"


def test_a_layer_that_is_more_than_a_product_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    class Adapted(nn.Module):
        """What an adapter does: a product, and something learnt beside it."""

        def __init__(self, base: nn.Linear) -> None:
            super().__init__()
            self.base = base
            self.out_features = base.out_features

        def forward(self, states: Tensor) -> Tensor:
            product: Tensor = self.base(states)
            return product + 0.3 * product.roll(1, -1)

    model = build("one key-value head")
    before = spoken(model, EQUAL, monkeypatch, LEAN)
    trunk: Any = model.base_model
    for layer in trunk.layers:
        layer.self_attn.v_proj = Adapted(layer.self_attn.v_proj)
    lean, plain = (spoken(model, EQUAL, monkeypatch, each) for each in (LEAN, MODEL))
    torch.testing.assert_close(lean[-2], plain[-2], atol=1e-4, rtol=1e-4)
    assert (lean[-2] - before[-2]).abs().max() > 0.1
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert not is_llama(model)


def test_what_hides_in_a_forward_pass_is_left_to_it() -> None:
    sliding = Qwen2Config(**SHAPE, use_sliding_window=True, sliding_window=4, max_window_layers=0)
    dynamic = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10_000.0}
    others = (
        Qwen2ForCausalLM(sliding),
        LlamaForCausalLM(LlamaConfig(**SHAPE, rope_parameters=dynamic)),
        GPT2LMHeadModel(GPT2Config(vocab_size=VOCABULARY, n_embd=32, n_layer=1, n_head=2)),
    )
    assert not any(is_llama(model) for model in others)


def test_equal_prompts_are_read_once() -> None:
    model = build("qwen2")
    read_rows: list[int] = []
    hook = model.base_model.register_forward_pre_hook(
        lambda _model, _args, kwargs: read_rows.append(len(kwargs["input_ids"])), with_kwargs=True
    )
    with torch.inference_mode():
        prediction, _ = read(model, [[5, 6], [7, 8], [5, 6], [5, 6]], ROOM, PAD)
    hook.remove()
    assert read_rows == [2]
    assert torch.equal(prediction.logits[0], prediction.logits[3])
    assert not torch.equal(prediction.logits[0], prediction.logits[1])


@pytest.mark.parametrize(
    ("stays", "left"),
    [([1, 0, 1, 0, 1], [0, 4, 2]), ([0, 0, 1], [2]), ([1, 1], [0, 1]), ([1, 0], [0])],
)
def test_the_last_rows_move_into_the_gaps(stays: list[int], left: list[int]) -> None:
    moves = Moves.keeping(torch.tensor(stays).bool(), sum(stays))
    assert moves.applied(torch.arange(len(stays))).tolist() == left


def test_a_cache_forgets_rows_and_keeps_their_tokens() -> None:
    cache = GrowingCache(1, capacity=2, dtype=torch.float32)
    keys = torch.arange(6.0).view(3, 1, 2, 1)
    cache.update(keys, -keys, 0)
    cache.spread(torch.tensor([2, 0, 1, 0]), capacity=3)
    cache.keep(Moves.keeping(torch.tensor([True, False, True, True]), 3))
    new = torch.tensor([7.0, 8.0, 9.0]).view(3, 1, 1, 1)
    all_keys, all_values = cache.update(new, -new, 0)
    assert all_keys[:, 0, :, 0].tolist() == [[4, 5, 7], [0, 1, 8], [2, 3, 9]]
    assert torch.equal(all_values, -all_keys)
    assert (cache.get_seq_length(), cache.get_max_length()) == (3, 3)
