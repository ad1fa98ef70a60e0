"""Causal language models in and out of folders."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, LlamaForCausalLM, PreTrainedModel
from transformers.utils.logging import (
    disable_progress_bar,
    enable_progress_bar,
    is_progress_bar_enabled,
)

from countdown_agents.language_model.config import SmallModelConfig
from countdown_gym.errors import MissingResourceError


def build_model(config: SmallModelConfig, seed: int) -> PreTrainedModel:
    """Return an untrained small model; equal seeds give equal weights.

    The global generator of torch, from which `transformers` initialises, is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LlamaForCausalLM(config.to_llama())


def require_model(folder: str | Path) -> None:
    """Make sure that a folder holds a model, without loading it.

    Raises:
        MissingResourceError: If there is no such folder, or it lacks the configuration or weights.
    """
    path = Path(folder)
    if not (path / "config.json").is_file():
        raise MissingResourceError(
            f"a model folder holds config.json and weights, {str(folder)!r} does not; train one "
            "with `python -m countdown_agents.language_model.pretraining --out FOLDER`, or "
            "download a hub model with `hf download NAME --local-dir FOLDER` and name that folder"
        )
    if not any(path.glob("*.safetensors")) and not any(path.glob("*.bin")):
        raise MissingResourceError(
            f"the model folder {str(folder)!r} has a config.json but no weights "
            "(model.safetensors); copy or train them again"
        )


def load_model(
    folder: str | Path,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
) -> PreTrainedModel:
    """Return the causal language model of a folder, in evaluation mode.

    Args:
        folder: What `save_pretrained` wrote: `config.json` beside the weights. Nothing is fetched:
            a model of a hub is downloaded beforehand and named by its folder.
        device: Where the weights go.
        dtype: The type of the weights.

    Raises:
        MissingResourceError: If there is no such folder, or it lacks the configuration or weights.
    """
    require_model(folder)
    with progress_only_on_a_screen():
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            Path(folder), dtype=dtype, local_files_only=True
        )
    torch.nn.Module.to(model, device)  # transformers hides the types of its own `to`
    model.eval()
    return model


@contextmanager
def progress_only_on_a_screen() -> Iterator[None]:
    """Keep the progress bar of transformers out of logs."""
    if sys.stderr.isatty() or not is_progress_bar_enabled():
        yield
        return
    disable_progress_bar()
    try:
        yield
    finally:
        enable_progress_bar()
