"""Reading prompts, a whole batch at a time, so that they can be gone on with."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from countdown_agents.language_model.cache import GrowingCache
from countdown_agents.language_model.decoding import Decoder, ModelDecoder, Prediction, predict
from countdown_agents.language_model.llama_decoding import LlamaDecoder, is_llama
from countdown_agents.language_model.llama_layers import products_dtype
from countdown_agents.language_model.replayed_decoding import ReplayedDecoder


def read(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]], room: int, pad_id: int
) -> tuple[Prediction, Decoder]:
    """Read prompts; return what the model says of the first token, and the rows to go on with.

    Equal prompts are read once. Shorter ones are padded on the left, so that all rows are written
    in the same column.

    Args:
        model: Any causal language model of `transformers` with full attention.
        prompts: Token ids, at least one for each prompt.
        room: How many tokens will be fed at most.
        pad_id: The id that fills what is not there.
    """
    different = list(dict.fromkeys(tuple(prompt) for prompt in prompts))
    places = {prompt: place for place, prompt in enumerate(different)}
    rows = torch.tensor([places[tuple(prompt)] for prompt in prompts], device=model.device)
    tokens, mask = _left_padded(different, pad_id, model.device)
    width = tokens.shape[1]
    cache = GrowingCache(model.config.num_hidden_layers, width, products_dtype(model))
    first = predict(model, tokens, mask, (mask.cumsum(dim=1) - 1).clamp(min=0), cache)
    # products are fast on a device where the number of columns is a multiple of eight
    cache.spread(rows, -(-(width + room) // 8) * 8)
    kind = _decoder(model)
    return Prediction(first.logits[rows], first.states[rows]), kind(model, cache, mask[rows])


def _decoder(model: PreTrainedModel) -> type[ModelDecoder | LlamaDecoder | ReplayedDecoder]:
    """Return who writes fastest with a model where it is."""
    if not is_llama(model):
        return ModelDecoder
    return ReplayedDecoder if model.device.type == "cuda" else LlamaDecoder


def _left_padded(
    prompts: Sequence[Sequence[int]], pad_id: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return the prompts (B, P) with padding before them, and a mask (B, P) that is 1 on them."""
    width = max(len(prompt) for prompt in prompts)
    tokens = [[pad_id] * (width - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(tokens, device=device), torch.tensor(mask, device=device)
