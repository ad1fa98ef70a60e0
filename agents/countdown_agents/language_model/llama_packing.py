"""Reading whole sequences with models of the Llama kind, to learn from them: padding costs little.

The states of all tokens stand one below the other, whichever sequence they are of; attention alone
sees them as sequences, where short ones are padded. Layers with weights are called as they are, so
adapters and hooks on them do their work, and gradients reach what they would reach.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional
from transformers import LlamaModel, PreTrainedModel, Qwen2Model
from transformers.models.llama.modeling_llama import LlamaAttention, LlamaDecoderLayer
from transformers.models.qwen2.modeling_qwen2 import Qwen2Attention, Qwen2DecoderLayer

from countdown_agents.language_model.llama_layers import (
    half_negated,
    is_bare,
    is_bare_norm,
    looks_back_on_all,
    products_dtype,
    rotated,
)

Context = Any
"""What one pass hands to the other; torch's own type for it does not know what is in it."""


def packs(model: PreTrainedModel) -> bool:
    """Return whether `packed_states` are what the model's own forward pass would find.

    To that pass is left what runs on another device than a processor or in mixed precision, and
    what has a hook on a whole block.
    """
    trunk: Any = model.base_model
    return (
        is_bare(trunk, LlamaModel, Qwen2Model)
        and looks_back_on_all(trunk.config)
        and trunk.device.type == "cpu"
        and products_dtype(trunk) == trunk.dtype == torch.float32
        and not trunk.training
        and all(
            is_bare(layer, LlamaDecoderLayer, Qwen2DecoderLayer)
            and is_bare(layer.self_attn, LlamaAttention, Qwen2Attention)
            for layer in trunk.layers
        )
    )


def packed_states(
    model: PreTrainedModel,
    tokens: Tensor,  # (B, T) ids
    read: Tensor,  # (B, T) bool: True on the first tokens of each row
    wanted: Tensor,  # (B, T) bool: True on some of those
) -> Tensor:  # (wanted, H)
    """Return the last hidden states of the tokens that are wanted, row by row.

    Args:
        model: A causal language model for which `packs` holds, or its trunk alone.
        tokens: The ids; padding stands on the right.
        read: Which of them are read.
        wanted: Whose states are returned.
    """
    trunk: Any = model.base_model
    places = read.flatten().nonzero()[:, 0]
    columns = torch.arange(tokens.shape[1], device=tokens.device)
    cos, sin = trunk.rotary_emb(trunk.embed_tokens.weight, columns[None])
    turns = places % len(columns)
    angles = cos[0][turns].unsqueeze(1), half_negated(sin[0])[turns].unsqueeze(1)
    states: Tensor = trunk.embed_tokens(tokens.flatten()[places])
    for layer in trunk.layers:
        states = states + _attended(
            layer.self_attn, _norm(layer.input_layernorm)(states), angles, places, tokens.shape
        )
        states = states + layer.mlp(_norm(layer.post_attention_layernorm)(states))
    chosen = wanted.flatten()[places].nonzero()[:, 0]
    return _norm(trunk.norm)(_taken(states, chosen))


def _attended(
    attention: Any,  # noqa: ANN401 - transformers has no type for it
    states: Tensor,  # (N, H)
    angles: tuple[Tensor, Tensor],  # (N, 1, d) each
    places: Tensor,  # (N,) where each token stands among all of the batch, padding included
    shape: torch.Size,  # B, T
) -> Tensor:  # (N, H)
    width = attention.head_dim
    queries, keys, values = (
        project(states) for project in (attention.q_proj, attention.k_proj, attention.v_proj)
    )
    heads, shared = queries.shape[1] // width, keys.shape[1] // width
    turned = rotated(torch.cat([queries, keys], dim=1).view(len(states), -1, width), *angles)
    apart = _spread(torch.cat([turned.flatten(1), values], dim=1), places, shape.numel())
    queries, keys, values = (
        apart.view(*shape, -1, width).transpose(1, 2).split([heads, shared, shared], dim=1)
    )
    found = functional.scaled_dot_product_attention(
        queries, keys, values, is_causal=True, scale=attention.scaling, enable_gqa=True
    )
    together = found.transpose(1, 2).reshape(shape.numel(), -1)
    attended: Tensor = attention.o_proj(_taken(together, places))
    return attended


def _norm(layer: nn.Module) -> Callable[[Tensor], Tensor]:
    """Return what a layer does, with fewer operations for its gradient where it is known."""
    if not is_bare_norm(layer):
        return layer
    known: Any = layer
    return lambda states: _normed(states, known.weight, known.variance_epsilon)


class _Taken(Function):
    """Some rows of a matrix, each once; torch's own gradient would add them up one by one."""

    @staticmethod
    def forward(ctx: Context, matrix: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        ctx.size = len(matrix)
        return matrix.index_select(0, rows)

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, gradient: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        return _put(gradient, rows, ctx.size), None


class _Spread(Function):
    """Rows of a larger matrix, which is 0 elsewhere."""

    @staticmethod
    def forward(ctx: Context, matrix: Tensor, rows: Tensor, size: int) -> Tensor:
        ctx.save_for_backward(rows)
        return _put(matrix, rows, size)

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, gradient: Tensor) -> tuple[Tensor, None, None]:
        (rows,) = ctx.saved_tensors
        return gradient.index_select(0, rows), None, None


def _put(matrix: Tensor, rows: Tensor, size: int) -> Tensor:
    return matrix.new_zeros((size, matrix.shape[1])).index_copy_(0, rows, matrix)


class _Normed(Function):
    """Root mean square normalisation, Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467."""

    @staticmethod
    def forward(ctx: Context, states: Tensor, weight: Tensor, eps: float) -> Tensor:
        norms: Tensor = torch.linalg.vector_norm(states, dim=-1, keepdim=True)
        scales = norms.square_().mul_(1 / states.shape[-1]).add_(eps).rsqrt_()
        ctx.save_for_backward(states, scales, weight)
        return (states * scales).mul_(weight)

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, gradient: Tensor) -> tuple[Tensor, Tensor | None, None]:
        states, scales, weight = ctx.saved_tensors
        units = states * scales
        products = gradient * units
        along = torch.mv(products, weight).mul_(-1 / states.shape[-1]).unsqueeze(1)
        of_states = (gradient * weight).addcmul_(units, along).mul_(scales)
        return of_states, products.sum(dim=0) if ctx.needs_input_grad[1] else None, None


_taken: Callable[..., Tensor] = _Taken.apply
_spread: Callable[..., Tensor] = _Spread.apply
_normed: Callable[..., Tensor] = _Normed.apply
