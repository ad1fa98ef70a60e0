"""What everybody in a process shares, and a part of yours should leave alone."""

from __future__ import annotations

import os
import random  # noqa: TID251 - to see that nobody touches it
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np


def global_generators() -> tuple[object, ...]:
    """Return the state of the generators that nobody should read or move, to compare."""
    state = np.random.get_state(legacy=False)  # noqa: NPY002 - as above
    words = state.pop("state")
    return random.getstate(), words["key"].tobytes(), words["pos"], *state.values()


def seed_global_generators(seed: int) -> None:
    """Set the generators that nobody should read; hypothesis puts them back after each case."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002, TID251 - as above


@contextmanager
def kept_process() -> Iterator[Callable[[], str | None]]:
    """Put environment variables and the working directory back afterwards.

    Yields:
        What says which of them has changed, in words, or None.
    """
    variables, folder = dict(os.environ), Path.cwd()

    def changed() -> str | None:
        for name in sorted({*variables, *os.environ}):
            if variables.get(name) != os.environ.get(name):
                return f"the environment variable {name}"
        return None if _folder() == folder else "the working directory"

    try:
        yield changed
    finally:
        if dict(os.environ) != variables:
            os.environ.clear()
            os.environ.update(variables)
        os.chdir(folder)


def _folder() -> Path | None:
    """Return the working directory, None if somebody has removed it."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None
