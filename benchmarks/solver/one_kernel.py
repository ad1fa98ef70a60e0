"""The least that numba can be asked for: one line, compiled before and kept on disk."""

from __future__ import annotations

from numba import njit  # noqa: TID253 - it is what is timed


@njit(cache=True)
def increased(number: int) -> int:
    """Return the next number."""
    return number + 1
