"""Any causal language model of `transformers`, by folder or hub name, as a player in one line."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils.peft_utils import find_adapter_config_file

from countdown_agents.language_model.chat import ChatFormat
from countdown_agents.language_model.ending import Ending
from countdown_agents.language_model.loading import progress_only_on_a_screen
from countdown_agents.language_model.policy import LanguageModelPolicy
from countdown_agents.language_model.tokenizer import HubTokenizer
from countdown_gym.errors import InvalidParameterError, MissingResourceError, UnknownNameError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
"""The types that weights may have, by name."""
_SAMPLE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A model with its tokenizer."""

    model: PreTrainedModel
    """In evaluation mode, on its device; an adapter is merged into it."""
    tokenizer: PreTrainedTokenizerBase
    """What it was trained with."""
    weights: str = ""
    """What tells the weights from others: a fingerprint of the folder, or the hub's revision."""

    @property
    def style(self) -> str:
        """The prompt style that suits the model, a name in `countdown_gym.prompts.STYLES`."""
        return ChatFormat(HubTokenizer(self.tokenizer)).style

    def policy(
        self,
        *,
        max_new_tokens: int = 1024,
        temperature: float = 1.0,
        seed: int = 0,
        batch_size: int = 64,
        stop: Sequence[str] = (),
    ) -> LanguageModelPolicy:
        """Return the model as a player.

        Args:
            max_new_tokens: The budget of a completion.
            temperature: What logits are divided by; 0 takes the likeliest token.
            seed: Where sampling begins.
            batch_size: How many completions are written at a time.
            stop: Strings that end a completion, such as `</answer>`; they stay in it.

        Raises:
            InvalidParameterError: If a number is out of range or a stop string is empty.
        """
        tokenizer = HubTokenizer(self.tokenizer)
        policy = LanguageModelPolicy(
            self.model,
            tokenizer,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            seed=seed,
            batch_size=batch_size,
            ending=Ending(self._end_ids(), stop, tokenizer),
            put=ChatFormat(tokenizer).ids,
        )
        policy.identity = {"weights": self.weights, "dtype": str(self.model.dtype)}
        return policy

    def _end_ids(self) -> set[int]:
        """Return the tokens that end what the model says: chat models have several."""
        configured = getattr(self.model.generation_config, "eos_token_id", None)
        several = configured if isinstance(configured, list | tuple) else [configured]
        known = {int(token) for token in several if token is not None}
        own = self.tokenizer.eos_token_id
        return known | ({own} if isinstance(own, int) else set())


def load_pretrained(name: str | Path, device: str = "auto", dtype: str = "auto") -> Pretrained:
    """Return a causal language model and its tokenizer.

    Args:
        name: A folder that `save_pretrained` wrote, or the name of a model on the hub. Either may
            be a LoRA adapter, which is loaded with the model that it adapts and merged into it.
        device: `auto` takes CUDA where there is some, else the processor.
        dtype: A name in `DTYPES`; `auto` takes bfloat16 on CUDA (float16 where a card lacks it)
            and float32 elsewhere.

    Raises:
        MissingResourceError: If there is no such model, or it is an adapter and peft is missing.
        UnknownNameError: If there is no such dtype.
        InvalidParameterError: If there is no such device, or the model keeps another state than
            keys and values.
    """
    place = _device(device)
    kind = _dtype(dtype, place)
    if str(name).startswith((".", "/", "~")) and not Path(name).is_dir():
        raise MissingResourceError(
            "a model is a folder that save_pretrained wrote or a name on the hub, and there is no "
            f"folder {str(name)!r} here"
        )
    try:
        with progress_only_on_a_screen():
            model, tokenizer = _loaded(str(name), kind)
    except MissingResourceError:
        raise
    except (OSError, ValueError) as trouble:  # transformers raises either, whatever is missing
        first = str(trouble).strip().partition("\n")[0]
        raise MissingResourceError(
            "a model is a folder that save_pretrained wrote or a name on the hub, and "
            f"{str(name)!r} could not be loaded: {first}"
        ) from trouble
    if getattr(model, "_is_stateful", False):
        raise InvalidParameterError(
            "a model must keep keys and values only to be sampled here, and "
            f"{type(model).__name__} does not; serve it and play through its endpoint"
        )
    torch.nn.Module.to(model, place)  # transformers hides the types of its own `to`
    model.eval()
    revision = str(getattr(model.config, "_commit_hash", None) or "")
    return Pretrained(model, tokenizer, fingerprint(name) or revision)


def fingerprint(name: str | Path) -> str:
    """Return what tells the files of a model's folder from others; empty for a hub name.

    Of each file the size and its beginning and end are read: training changes them all.
    """
    folder = Path(name)
    if not folder.is_dir():
        return ""
    digest = hashlib.sha256()
    for file in sorted(
        p for p in folder.iterdir() if p.suffix in {".safetensors", ".bin", ".json"}
    ):
        size = file.stat().st_size
        digest.update(f"{file.name} {size}\n".encode())
        with file.open("rb") as opened:
            digest.update(opened.read(_SAMPLE_BYTES))
            opened.seek(max(0, size - _SAMPLE_BYTES))
            digest.update(opened.read())
    return digest.hexdigest()[:16]


def _whole(name: str, dtype: torch.dtype) -> PreTrainedModel:
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(name, dtype=dtype)
    return model


def _loaded(name: str, dtype: torch.dtype) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    adapter = find_adapter_config_file(name)
    if adapter is not None:
        _require_peft(name)
    model = _adapted(name, dtype) if adapter else _whole(name, dtype)
    return model, _tokenizer(name, model)


def _require_peft(name: str) -> None:
    if find_spec("peft") is None:
        raise MissingResourceError(
            f"{name!r} is an adapter, which needs peft: pip install 'countdown-gym[lora]'"
        )


def _adapted(name: str, dtype: torch.dtype) -> PreTrainedModel:
    """Return the model that an adapter adapts, with the adapter merged into it."""
    from peft import AutoPeftModelForCausalLM  # noqa: PLC0415 - an extra of its own

    adapted: Any = AutoPeftModelForCausalLM.from_pretrained(name, dtype=dtype)
    model: PreTrainedModel = adapted.merge_and_unload()
    return model


def _tokenizer(name: str, model: PreTrainedModel) -> PreTrainedTokenizerBase:
    """Return the tokenizer beside a model or adapter, or else that of the adapted model."""
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError):
        if model.name_or_path in {"", name}:
            raise
        tokenizer = AutoTokenizer.from_pretrained(model.name_or_path)
    return tokenizer


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as trouble:
        first = str(trouble).partition("\n")[0]
        raise InvalidParameterError(
            f"device must be auto or one that torch has here, got {name!r}: {first}"
        ) from trouble


def _dtype(name: str, device: torch.device) -> torch.dtype:
    if name == "auto":
        if device.type != "cuda":
            return torch.float32
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if name not in DTYPES:
        raise UnknownNameError("dtype", name, ["auto", *DTYPES])
    return DTYPES[name]
