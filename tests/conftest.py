"""What every test runs under; it needs nothing but pytest and hypothesis."""

import importlib
import importlib.util
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# One thread per test process: xdist already keeps every core busy. Read once, when torch, numpy and
# numba are first imported, so it must stand before any of them is.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # windows without a screen
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# A test that asks a model hub for something fails at once instead of waiting for a network.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# Hypothesis picks its own "ci" profile where CI is set; elsewhere only the deadline is in the way,
# since the first example of a test often pays for an import.
settings.register_profile("local", deadline=None)
if settings.get_current_profile_name() == "default":
    settings.load_profile("local")

# With numba there, the oracle asks its kernels from the first question on. What it answers without
# them is tested in processes of its own.
importlib.import_module("numba")

_MARKS = re.compile(r"^pytestmark\b.*?(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave files marked `agents` unread where torch is missing: importing them would fail."""
    if collection_path.suffix != ".py" or importlib.util.find_spec("torch") is not None:
        return None
    marks = _MARKS.search(collection_path.read_text(encoding="utf-8"))
    return (marks is not None and "mark.agents" in marks[0]) or None


TEMPLATE = (
    "{% for message in messages %}<s>{{ message.role }}: {{ message.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant: {% endif %}"
)
"""A chat template as small as they come."""


@pytest.fixture(scope="session")
def save_tiny_model() -> Callable[..., Path]:
    """Return a function that saves a model of random weights and a tokenizer of bytes."""
    return _save_tiny_model


def _save_tiny_model(folder: Path, kind: str = "llama", template: str | None = None) -> Path:
    """Save a causal language model of some architecture; it is opinionated, not good."""
    import torch
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

    alphabet = ["<pad>", "<s>", "</s>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    bytes_only = Tokenizer(BPE({symbol: i for i, symbol in enumerate(alphabet)}, []))
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    special = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bytes_only, **special)
    tokenizer.chat_template = template
    shape = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
    shape |= {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 2048}
    if kind == "gpt2":
        shape = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 2048}
    ends = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    config = AutoConfig.for_model(
        kind, vocab_size=len(alphabet), initializer_range=0.4, **shape, **ends
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
