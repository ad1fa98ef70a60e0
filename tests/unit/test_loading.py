"""Models and tokenizers come back from their folders as they went in."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config
from transformers.utils.logging import is_progress_bar_enabled

from countdown_agents.language_model.config import SmallModelConfig
from countdown_agents.language_model.loading import build_model, load_model
from countdown_agents.language_model.tokenizer import (
    HubTokenizer,
    load_tokenizer,
    symbol_tokenizer,
)
from countdown_gym.errors import InvalidParameterError, MissingResourceError
from countdown_gym.symbols import SYMBOLS, SymbolTokenizer, Tokenizer

pytestmark = pytest.mark.agents

TINY = SmallModelConfig(hidden_size=16, intermediate_size=16, num_layers=1, num_heads=2)
TEXTS = ["17 12 2 make 3 <think>", " ".join(SYMBOLS), "100 what ? 3 * ( 4", ""]


def test_the_default_model_has_434_176_parameters() -> None:
    model = build_model(SmallModelConfig(), seed=0)
    assert sum(p.numel() for p in model.parameters()) == 434_176


def test_equal_seeds_build_equal_models_and_move_no_global_generator() -> None:
    before = torch.random.get_rng_state()
    one, same, other = (
        torch.cat([p.flatten() for p in build_model(TINY, seed).parameters()]) for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"num_layers": 0}, "num_layers must be at least 1, got 0"),
        ({"hidden_size": 20}, r"multiple of 2 \* num_heads = 8, got 20"),
        ({"num_key_value_heads": 3}, "must divide num_heads = 4, got 3"),
    ],
)
def test_impossible_shapes_are_refused(changed: dict[str, int], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        SmallModelConfig(**changed)


def test_a_saved_model_comes_back_ready_to_play(tmp_path: Path) -> None:
    model = build_model(TINY, seed=0)
    model.save_pretrained(tmp_path)
    loaded = load_model(tmp_path)
    assert not loaded.training
    ids = torch.tensor([[5, 6, 7]])
    torch.testing.assert_close(loaded(input_ids=ids).logits, model(input_ids=ids).logits)


def test_where_nobody_watches_no_progress_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build_model(TINY, seed=0).save_pretrained(tmp_path)
    assert is_progress_bar_enabled()
    capsys.readouterr()
    load_model(tmp_path)
    assert capsys.readouterr().err == ""
    assert is_progress_bar_enabled()


def test_any_causal_language_model_folder_will_do(tmp_path: Path) -> None:
    config = Qwen2Config(
        vocab_size=9,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        bos_token_id=None,
        eos_token_id=1,
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    loaded = load_model(str(tmp_path), dtype=torch.bfloat16)
    assert loaded.dtype is torch.bfloat16
    assert loaded.config.model_type == "qwen2"


def test_a_missing_folder_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match=r"pretraining --out FOLDER.*hf download NAME"):
        load_model(tmp_path / "nowhere")
    with pytest.raises(MissingResourceError, match="save_pretrained"):
        load_tokenizer(tmp_path)


def test_a_folder_without_weights_says_so(tmp_path: Path) -> None:
    build_model(TINY, seed=0).save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(MissingResourceError, match="no weights"):
        load_model(tmp_path)


@pytest.mark.parametrize("text", TEXTS)
def test_the_saved_tokenizer_agrees_with_the_light_one(tmp_path: Path, text: str) -> None:
    symbol_tokenizer().save_pretrained(tmp_path)
    light: Tokenizer = SymbolTokenizer()
    saved: Tokenizer = load_tokenizer(tmp_path)
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    assert saved.encode(text) == light.encode(text) == theirs(text)["input_ids"]
    assert saved.decode(light.encode(text)) == light.decode(light.encode(text))
    assert (saved.pad_id, saved.eos_id) == (light.pad_id, light.eos_id)
    assert saved.vocabulary_size == light.vocabulary_size


def test_a_tokenizer_without_padding_pads_with_its_end() -> None:
    tokenizer = symbol_tokenizer()
    tokenizer.pad_token = None
    assert HubTokenizer(tokenizer).pad_id == SymbolTokenizer().eos_id


def test_a_tokenizer_without_an_end_is_refused() -> None:
    tokenizer = symbol_tokenizer()
    tokenizer.eos_token = None
    with pytest.raises(InvalidParameterError, match="eos_token"):
        HubTokenizer(tokenizer)
