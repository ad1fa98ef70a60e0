"""The blocks of a model of the Llama kind, for one new token of each row.

A forward pass of `transformers` for one token of each row spends half its time around the matrix
products, preparing for cases that cannot come up here. These are written for the one case: query,
key and value in one product, the queries that share a key-value head side by side, angles looked
up, what a block adds summed by the product that makes it.

Under autocast products are made as autocast makes them, of weights that are rounded once instead of
at every token: matrices in half precision, what is handed from block to block in the model's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.models.llama.modeling_llama import LlamaRMSNorm
from transformers.models.qwen2.modeling_qwen2 import Qwen2RMSNorm

_FIXED_ANGLES = ("default", "linear", "llama3", "yarn")
"""Rotary embeddings whose angles do not depend on how long the text has become."""
_FEW_WEIGHTS = 1 << 22
"""Below this, products are so small that beginning one is worth a copy of its weights."""

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Takes scaled queries (rows, shared, group, d), where `group` queries share a head, and the new
keys and values (rows, shared, 1, d); returns what the queries found, (rows, shared, group, d)."""


def products_dtype(model: PreTrainedModel) -> torch.dtype:
    """Return in what numbers matrices are multiplied here and now."""
    device = model.device.type
    if torch.is_autocast_enabled(device):
        return torch.get_autocast_dtype(device)
    return model.dtype


def is_plain(model: PreTrainedModel) -> bool:
    """Return whether all products of the blocks are of weights that can be had, adapters folded."""
    trunk: Any = model.base_model
    return all(
        is_bare(_unfolded(part), nn.Linear)
        for layer in trunk.layers
        for block in (layer.self_attn, layer.mlp)
        for name, part in block.named_children()
        if name.endswith("_proj")
    )


def looks_back_on_all(config: PreTrainedConfig) -> bool:
    """Return whether tokens see all before them, turned by angles that their places decide.

    What may hide in a forward pass is looked for: sliding windows, angles that change on the way,
    partial rotation.
    """
    return (
        set(getattr(config, "layer_types", None) or ()) <= {"full_attention"}
        and config.rope_parameters["rope_type"] in _FIXED_ANGLES
        and config.rope_parameters.get("partial_rotary_factor", 1.0) == 1.0
    )


class Layer:
    """One block of a model, for one new token of each row.

    Args:
        layer: The block of `transformers`, whose weights do not change while this is used.
        dtype: In what numbers matrices are multiplied.
    """

    def __init__(self, layer: Any, dtype: torch.dtype) -> None:  # noqa: ANN401 - transformers has no type for it
        """Arrange the weights."""
        attention, mlp = layer.self_attn, layer.mlp
        self._width: int = attention.head_dim
        self._heads: int = attention.q_proj.out_features // self._width
        self._shared: int = attention.k_proj.out_features // self._width
        self._scaling: float = attention.scaling
        self._dtype = dtype
        self._before_attention = norm(layer.input_layernorm)
        self._before_mlp = norm(layer.post_attention_layernorm)
        self._project = _joined(dtype, attention.q_proj, attention.k_proj, attention.v_proj)
        self._add_attended = _adding(dtype, attention.o_proj)
        self._expand = _joined(dtype, mlp.gate_proj, mlp.up_proj)
        self._activate, self._add_contracted = mlp.act_fn, _adding(dtype, mlp.down_proj)

    def __call__(
        self,
        states: Tensor,  # (rows, H)
        angles: tuple[Tensor, Tensor],  # (d,) or (rows, 1, d) each
        attend: Attend,
    ) -> Tensor:  # (rows, H)
        """Return what the block makes of the states of the new tokens."""
        attended = self._attended(self._before_attention(states), angles, attend)
        states = self._add_attended(states, attended)
        gate, up = self._expand(self._before_mlp(states)).chunk(2, dim=-1)
        return self._add_contracted(states, self._activate(gate) * up)

    def _attended(
        self, states: Tensor, angles: tuple[Tensor, Tensor], attend: Attend
    ) -> Tensor:  # (rows, heads * d)
        rows, turned = len(states), self._heads + self._shared
        every = self._project(states).view(rows, turned + self._shared, self._width)
        new = rotated(in_numbers(every[:, :turned], angles[0].dtype), *angles)
        # The queries of one key-value head attend as if they were several tokens of one head.
        queries = (new[:, : self._heads] * self._scaling).view(rows, self._shared, -1, self._width)
        return attend(
            in_numbers(queries, self._dtype),
            in_numbers(new[:, self._heads :].unsqueeze(2), self._dtype),
            every[:, turned:].unsqueeze(2),
        ).reshape(rows, -1)


def is_bare_norm(layer: nn.Module) -> bool:
    """Return whether a layer divides by the root mean square, multiplies by weights, and is all."""
    return is_bare(layer, LlamaRMSNorm, Qwen2RMSNorm)


def norm(layer: Any) -> Callable[[Tensor], Tensor]:  # noqa: ANN401 - transformers has no type for it
    """Return a function that does what a layer does, in fewer operations where that is known."""
    if not is_bare_norm(layer):
        return cast("Callable[[Tensor], Tensor]", layer)
    weight, eps = layer.weight, layer.variance_epsilon
    if weight.device.type != "cpu" or weight.dtype != torch.float32:
        return lambda states: functional.rms_norm(states, weight.shape, weight, eps)
    # on a processor torch makes seven operations of it
    scaled: Tensor = weight * len(weight) ** 0.5
    least = weight.new_full((1, 1), (eps * len(weight)) ** 0.5)

    def normed(states: Tensor) -> Tensor:
        lengths: Tensor = torch.linalg.vector_norm(states, dim=-1, keepdim=True)
        return (states * scaled).div_(lengths.hypot_(least))

    return normed


def head(layer: nn.Module, dtype: torch.dtype) -> Callable[[Tensor], Tensor]:
    """Return a function that does what an output layer does, hooks included, in other numbers."""
    rounded = {name: parameter.to(dtype) for name, parameter in layer.named_parameters()}
    if all(parameter.dtype == dtype for parameter in layer.parameters()):
        return layer
    return lambda states: torch.func.functional_call(layer, rounded, (states.to(dtype),))


def in_numbers(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """Return a tensor in some numbers; asking torch for those that it has takes a microsecond."""
    return tensor if tensor.dtype == dtype else tensor.to(dtype)


def half_negated(sin: Tensor) -> Tensor:  # (T, d)
    """Return sines with the first half negated, so that turning takes a roll and no negation."""
    first, second = sin.chunk(2, dim=-1)
    return torch.cat([-first, second], dim=-1)


def rotated(vectors: Tensor, cos: Tensor, sin: Tensor) -> Tensor:  # (rows, heads, d)
    """Return vectors turned by their angles; half of the sines come negated."""
    return torch.roll(vectors, vectors.shape[-1] // 2, -1).mul_(sin).addcmul_(vectors, cos)


def _joined(dtype: torch.dtype, *layers: nn.Module) -> Callable[[Tensor], Tensor]:
    """Return a function whose results are those of all layers side by side."""
    linear = _linear(dtype, *layers)
    if not linear:
        return lambda states: torch.cat([layer(states) for layer in layers], dim=-1)
    weight, bias = _transposed(dtype, *linear), _bias(dtype, *linear)
    if bias is None:
        return lambda states: torch.mm(in_numbers(states, dtype), weight)
    return lambda states: torch.addmm(bias, in_numbers(states, dtype), weight)


def _adding(dtype: torch.dtype, layer: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a function that adds to its first argument what a layer makes of the second."""
    linear = _linear(dtype, layer)
    if not linear:
        return lambda states, inputs: states + layer(inputs)
    weight, bias = _transposed(dtype, *linear), _bias(dtype, *linear)
    if bias is not None:
        return lambda states, inputs: states + torch.addmm(bias, inputs, weight)
    if linear[0].weight.dtype == dtype:
        return lambda states, inputs: torch.addmm(states, inputs, weight)
    return lambda states, inputs: states + torch.mm(inputs, weight)


def _linear(dtype: torch.dtype, *layers: nn.Module) -> list[nn.Linear]:
    """Return the layers if a copy of their weights does all that they do and is worth it."""
    unfolded = [_unfolded(layer) for layer in layers]
    linear = [layer for layer in unfolded if isinstance(layer, nn.Linear)]
    if not all(is_bare(layer, nn.Linear) for layer in unfolded):
        return []
    few = sum(layer.weight.numel() for layer in linear) < _FEW_WEIGHTS
    return linear if few or linear[0].weight.dtype != dtype else []


def _transposed(dtype: torch.dtype, *layers: nn.Linear) -> Tensor:  # (in, out of all)
    """Return a copy of weights as a product of few rows reads them fastest."""
    return torch.cat([layer.weight for layer in layers]).to(dtype).t().contiguous()


def _bias(dtype: torch.dtype, *layers: nn.Linear) -> Tensor | None:  # (out of all,)
    """Return the biases of all layers, 0 where one has none; None if no layer has."""
    if all(layer.bias is None for layer in layers):
        return None
    biases: list[Tensor] = [
        layer.weight.new_zeros(layer.out_features) if layer.bias is None else layer.bias
        for layer in layers
    ]
    return torch.cat(biases).to(dtype)


def _unfolded(layer: nn.Module) -> nn.Module:
    """Return the layer that computes all, where an adapter has been added to its weights."""
    if getattr(layer, "merged", False):
        base: nn.Module = cast("Any", layer).get_base_layer()
        return base
    return layer


def is_bare(layer: nn.Module, *kinds: type[nn.Module]) -> bool:
    """Return whether a layer does what its kind does and nothing else, as an adapter would."""
    hooks = (
        layer._forward_hooks,  # noqa: SLF001 - torch has no question for it, here and below
        layer._forward_pre_hooks,  # noqa: SLF001
        layer._backward_hooks,  # noqa: SLF001
        layer._backward_pre_hooks,  # noqa: SLF001
    )
    return type(layer) in kinds and not any(hooks)
