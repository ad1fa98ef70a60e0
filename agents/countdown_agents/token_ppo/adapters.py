"""Low-rank adapters (LoRA): a few weights beside each frozen matrix are trained instead of it.

Needs peft, which the extra `lora` installs. The model stays a model of transformers: only some of
its linear layers are replaced, so whatever reads it goes on as before.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import AutoModelForCausalLM, PreTrainedModel

from countdown_gym.errors import InvalidParameterError, MissingResourceError


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """How adapters are made; Hu et al. 2021, https://arxiv.org/abs/2106.09685.

    Raises:
        InvalidParameterError: If a number is not positive.
    """

    rank: int = 8
    """How many directions each adapter has."""
    alpha: float = 16.0
    """What the adapters' outputs are multiplied by, times the rank."""
    modules: tuple[str, ...] | None = None
    """The names of the layers that get one; None leaves the choice by architecture to peft."""

    def __post_init__(self) -> None:
        """Refuse what adapts nothing."""
        if self.rank < 1:
            raise InvalidParameterError(f"rank must be at least 1, got {self.rank}")
        if not self.alpha > 0:
            raise InvalidParameterError(f"alpha must be positive, got {self.alpha}")


def add_adapters(model: PreTrainedModel, settings: LoraSettings) -> None:
    """Put adapters into a model and freeze all else; what it says stays the same until trained.

    They are initialised from torch's global generator, as models of transformers are. There is no
    dropout, for the old and the new policy may differ by their weights only.

    Raises:
        MissingResourceError: If peft is not installed.
        InvalidParameterError: If a layer is named that shares its matrix with another, as tied
            embeddings do: folding its adapter would change both.
    """
    if importlib.util.find_spec("peft") is None:
        raise MissingResourceError(
            "adapters need the package peft, which is not installed; "
            "install it with `pip install 'countdown-gym[agents,lora]'`"
        )
    from peft import LoraConfig  # noqa: PLC0415 - optional, and slow to import

    _require_matrices_of_their_own(model, settings.modules or ())
    chosen = None if settings.modules is None else list(settings.modules)
    lora = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,  # type: ignore[arg-type]  # any number will do
        target_modules=chosen,
        fan_in_fan_out=model.config.model_type == "gpt2",  # whose matrices are transposed
    )
    model.add_adapter(lora)
    model.eval()


def has_adapters(model: PreTrainedModel) -> bool:
    """Whether adapters were put into a model."""
    return bool(getattr(model, "_hf_peft_config_loaded", False))


@contextmanager
def without_adapters(model: PreTrainedModel) -> Iterator[None]:
    """Let a model speak as it did before it got adapters."""
    if not has_adapters(model):
        raise InvalidParameterError("the model must have adapters to do without them")
    model.disable_adapters()
    try:
        yield
    finally:
        model.enable_adapters()
        _keep_training_adapters_only(model)


@contextmanager
def folded(model: PreTrainedModel) -> Iterator[None]:
    """Add the adapters to the matrices for a while, so that sampling pays nothing for them.

    Afterwards the matrices are the very ones that they were: subtracting would leave rounding
    behind at every batch. A model without adapters is left alone.
    """
    layers = _layers(model)
    matrices = [layer.get_base_layer().weight for layer in layers]
    before = [matrix.detach().clone() for matrix in matrices]
    with torch.no_grad():
        for layer in layers:
            layer.merge()
    try:
        yield
    finally:
        with torch.no_grad():
            for layer, matrix, old in zip(layers, matrices, before, strict=True):
                layer.unmerge()
                matrix.copy_(old)


def plain_model(model: PreTrainedModel) -> PreTrainedModel:
    """Return a copy that says the same and has no adapters: to save, or to hand to others."""
    with folded(model):
        weights = {
            name.replace(".base_layer.", "."): tensor.detach().clone()
            for name, tensor in model.state_dict().items()
            if ".lora_" not in name
        }
    plain: PreTrainedModel = AutoModelForCausalLM.from_config(model.config, dtype=model.dtype)
    plain.load_state_dict(weights)
    nn.Module.to(plain, model.device)  # transformers hides the types of its own `to`
    plain.eval()
    return plain


def _require_matrices_of_their_own(model: PreTrainedModel, modules: Sequence[str]) -> None:
    owners: dict[int, list[str]] = {}
    for name, matrix in model.named_parameters(remove_duplicate=False):
        owners.setdefault(id(matrix), []).append(name.removesuffix(".weight"))
    for layers in owners.values():
        chosen = [one for one in modules if any(f".{name}".endswith(f".{one}") for name in layers)]
        if chosen and len(layers) > 1:
            raise InvalidParameterError(
                f"an adapter needs a matrix that no other layer has, and {' and '.join(layers)} "
                f"share one; leave {' and '.join(chosen)} out of modules, or begin with a model "
                "whose embeddings are not tied"
            )


def _layers(model: PreTrainedModel) -> list[Any]:
    """Return the layers that have an adapter, which are peft's."""
    if not has_adapters(model):
        return []
    from peft.tuners.lora import LoraLayer  # noqa: PLC0415 - optional, and slow to import

    return [module for module in model.modules() if isinstance(module, LoraLayer)]


def _keep_training_adapters_only(model: PreTrainedModel) -> None:
    """Freeze all but the adapters: enabling them must not leave anything else trainable."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(".lora_" in name)
