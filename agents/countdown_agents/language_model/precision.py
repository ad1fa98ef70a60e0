"""In what numbers matrices are multiplied; weights stay as they are."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch
from transformers import PreTrainedModel

Precision = Literal["float32", "bfloat16"]
"""In what numbers a forward pass is made; weights, losses and updates stay in single precision."""


def autocast(model: PreTrainedModel, precision: Precision) -> AbstractContextManager[object]:
    """Return the context in which the matrices of forward passes are multiplied."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(model.device.type, dtype=torch.bfloat16)
