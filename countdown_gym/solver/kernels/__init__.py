"""What numba compiles: the loops that answer questions about many numbers, or of many boards.

Importing anything from here imports numba, which takes longer than a question about few numbers: so
whoever asks imports a module of this package at the moment of need.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the garbage collector from looking again and again through what is only being loaded.

    That is a fifth of the time that numba and cached kernels take to load.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


with collector_paused():
    import_module("numba")
