"""Writing with models of the Llama kind: the same sums as their forward pass, in fewer steps.

A forward pass of `transformers` for one token of each row spends half its time around the matrix
products, preparing for cases that cannot come up here. This one is written for the one case:
query, key and value in one product, the queries that share a key-value head side by side, angles
and padding looked up, what a block adds summed by the product that makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import LlamaForCausalLM, PreTrainedModel, Qwen2ForCausalLM
from transformers.models.llama.modeling_llama import LlamaRMSNorm
from transformers.models.qwen2.modeling_qwen2 import Qwen2RMSNorm

from countdown_agents.language_model.cache import GrowingCache, GrowingLayer, Moves
from countdown_agents.language_model.decoding import Prediction

_FIXED_ANGLES = ("default", "linear", "llama3", "yarn")
"""Rotary embeddings whose angles do not depend on how long the text has become."""
_FEW_WEIGHTS = 1 << 22
"""Below this, products are so small that beginning one is worth a copy of its weights."""


def is_llama(model: PreTrainedModel) -> bool:
    """Return whether `LlamaDecoder` computes what the model's own forward pass does.

    What may hide in a forward pass is looked for: sliding windows, angles that change on the way,
    partial rotation, mixed precision. Adapters on linear layers are no hindrance.
    """
    config = model.config
    return (
        type(model) in (LlamaForCausalLM, Qwen2ForCausalLM)
        and set(getattr(config, "layer_types", None) or ()) <= {"full_attention"}
        and config.rope_parameters["rope_type"] in _FIXED_ANGLES
        and config.rope_parameters.get("partial_rotary_factor", 1.0) == 1.0
        and not torch.is_autocast_enabled(model.device.type)
    )


class LlamaDecoder:
    """A model for which `is_llama` holds.

    Args:
        model: The model, whose weights do not change while this is used.
        cache: The keys and values of what it has read, with room for what will be written.
        mask: Which columns of the cache hold tokens, (rows, T); padding stands on the left.
    """

    def __init__(self, model: PreTrainedModel, cache: GrowingCache, mask: Tensor) -> None:
        """Go on from what is in the cache."""
        trunk: Any = model.base_model
        room = cache.growing[0].get_max_length()
        self._embed = trunk.embed_tokens
        self._layers = [_Layer(layer) for layer in trunk.layers]
        self._norm = _norm(trunk.norm)
        self._head = model.get_output_embeddings()
        self._cache = cache
        self._length = mask.shape[1]
        columns = torch.arange(room, device=mask.device)
        cos, sin = trunk.rotary_emb(self._embed.weight, columns[None])
        self._cos, self._sin = cos[0], _half_negated(sin[0])  # (capacity, d) each
        self._padding = self._bias = None
        if not bool(mask.all()):
            self._padding = (~mask.bool()).sum(dim=1)
            hidden = columns < self._padding[:, None]
            self._bias = torch.zeros(hidden.shape, dtype=cos.dtype, device=mask.device)
            self._bias.masked_fill_(hidden, -torch.inf)

    def feed(self, tokens: Tensor) -> Prediction:  # (rows,) ids
        """Append a token to each row; return what the model says of the next."""
        place: int | Tensor = self._length
        bias = None
        if self._padding is not None and self._bias is not None:
            place = (self._length - self._padding)[:, None]
            bias = self._bias[:, None, None, : self._length + 1]
        angles = self._cos[place], self._sin[place]
        self._length += 1
        states: Tensor = self._embed(tokens)
        for layer, past in zip(self._layers, self._cache.growing, strict=True):
            states = layer(states, angles, past, bias)
        states = self._norm(states)
        return Prediction(self._head(states), states)

    def keep(self, moves: Moves) -> None:
        """Forget all rows but those that stay."""
        self._cache.keep(moves)
        if self._padding is not None and self._bias is not None:
            self._padding, self._bias = moves.applied(self._padding), moves.applied(self._bias)


class _Layer:
    """One block of a model, for one new token of each row."""

    def __init__(self, layer: Any) -> None:  # noqa: ANN401 - transformers has no type for it
        attention, mlp = layer.self_attn, layer.mlp
        self._width: int = attention.head_dim
        self._heads: int = attention.q_proj.out_features // self._width
        self._shared: int = attention.k_proj.out_features // self._width
        self._scaling: float = attention.scaling
        self._before_attention = _norm(layer.input_layernorm)
        self._before_mlp = _norm(layer.post_attention_layernorm)
        self._project = _joined(attention.q_proj, attention.k_proj, attention.v_proj)
        self._add_attended = _adding(attention.o_proj)
        self._expand = _joined(mlp.gate_proj, mlp.up_proj)
        self._activate, self._add_contracted = mlp.act_fn, _adding(mlp.down_proj)

    def __call__(
        self,
        states: Tensor,  # (rows, H)
        angles: tuple[Tensor, Tensor],  # (d,) or (rows, 1, d) each
        past: GrowingLayer,
        bias: Tensor | None,  # (rows, 1, 1, T)
    ) -> Tensor:  # (rows, H)
        attended = self._attended(self._before_attention(states), angles, past, bias)
        states = self._add_attended(states, attended)
        gate, up = self._expand(self._before_mlp(states)).chunk(2, dim=-1)
        return self._add_contracted(states, self._activate(gate) * up)

    def _attended(
        self,
        states: Tensor,
        angles: tuple[Tensor, Tensor],
        past: GrowingLayer,
        bias: Tensor | None,
    ) -> Tensor:  # (rows, heads * d)
        rows, turned = len(states), self._heads + self._shared
        every = self._project(states).view(rows, turned + self._shared, self._width)
        new = _rotated(every[:, :turned], *angles)
        keys, values = past.update(
            new[:, self._heads :].unsqueeze(2), every[:, turned:].unsqueeze(2)
        )
        # The queries of one key-value head attend as if they were several tokens of one head.
        queries = (new[:, : self._heads] * self._scaling).reshape(
            rows * self._shared, -1, self._width
        )
        scores = torch.bmm(queries, keys.flatten(0, 1).transpose(1, 2))
        if bias is not None:
            scores = (scores.view(rows, self._shared, -1, keys.shape[2]) + bias).view_as(scores)
        weights = scores.softmax(dim=-1, dtype=torch.float32).to(values.dtype)
        return torch.bmm(weights, values.flatten(0, 1)).view(rows, -1)


def _rotated(vectors: Tensor, cos: Tensor, sin: Tensor) -> Tensor:  # (rows, heads, d)
    """Return vectors turned by their angles; half of the sines come negated."""
    return torch.roll(vectors, vectors.shape[-1] // 2, -1).mul_(sin).addcmul_(vectors, cos)


def _half_negated(sin: Tensor) -> Tensor:  # (T, d)
    """Return sines with the first half negated, so that turning takes a roll and no negation."""
    first, second = sin.chunk(2, dim=-1)
    return torch.cat([-first, second], dim=-1)


def _norm(layer: Any) -> Callable[[Tensor], Tensor]:  # noqa: ANN401 - transformers has no type for it
    """Return a function that does what a layer does, in one operation where that is known."""
    if not _is_bare(layer, LlamaRMSNorm, Qwen2RMSNorm):
        return cast("Callable[[Tensor], Tensor]", layer)
    shape, weight, eps = list(layer.weight.shape), layer.weight, layer.variance_epsilon
    return lambda states: functional.rms_norm(states, shape, weight, eps)


def _joined(*layers: nn.Module) -> Callable[[Tensor], Tensor]:
    """Return a function whose results are those of all layers side by side."""
    if all(_is_bare(layer, nn.Linear) for layer in layers):
        linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
        biases = _biases(*linear)
        if _are_few(*linear) and len(biases) in (0, len(linear)):
            weight = _transposed(*linear)
            if not biases:
                return lambda states: torch.mm(states, weight)
            bias = torch.cat(biases)
            return lambda states: torch.addmm(bias, states, weight)
    return lambda states: torch.cat([layer(states) for layer in layers], dim=-1)


def _adding(layer: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a function that adds to its first argument what a layer makes of the second."""
    if (
        isinstance(layer, nn.Linear)
        and _is_bare(layer, nn.Linear)
        and _are_few(layer)
        and not _biases(layer)
    ):
        weight = _transposed(layer)
        return lambda states, inputs: torch.addmm(states, inputs, weight)
    return lambda states, inputs: states + layer(inputs)


def _biases(*layers: nn.Linear) -> list[Tensor]:
    """Return the biases of those layers that have one."""
    return [layer.bias for layer in layers if layer.bias is not None]


def _are_few(*layers: nn.Linear) -> bool:
    return sum(layer.weight.numel() for layer in layers) < _FEW_WEIGHTS


def _transposed(*layers: nn.Linear) -> Tensor:  # (in, out of all)
    """Return a copy of weights as a product of few rows reads them fastest."""
    return torch.cat([layer.weight for layer in layers]).t().contiguous()


def _is_bare(layer: nn.Module, *kinds: type[nn.Module]) -> bool:
    """Return whether a layer does what its kind does and nothing else, as an adapter would."""
    return (
        type(layer) in kinds and not layer._forward_hooks and not layer._forward_pre_hooks  # noqa: SLF001 - torch has no question for it
    )
