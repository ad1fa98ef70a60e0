"""How transformers' models compute attention here."""

from __future__ import annotations

from contextlib import AbstractContextManager

from torch.nn.attention import SDPBackend, sdpa_kernel

_UNPLANNED = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]


def unplanned_attention() -> AbstractContextManager[None]:
    """Return a context for forward passes without the kernels that are planned for each shape.

    Those of cuDNN, which torch prefers in half precision on some CUDA devices, save 4 % of a pass
    that has been made before. A plan takes as long as the whole pass, and nearly every batch of
    completions has a shape of its own; at every token that is decoded there is a new one.
    """
    context: AbstractContextManager[None] = sdpa_kernel(_UNPLANNED)
    return context
