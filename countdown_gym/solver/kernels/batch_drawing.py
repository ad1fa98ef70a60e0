"""Boards for many bit generators in one call, each with the content that its puzzle would have.

A hash of its content says what a puzzle is for (`countdown_gym.splits`). With the content written
here, nothing but the hash is left to Python, and a board that is not wanted becomes no puzzle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from countdown_gym.solver.kernels.asking import AskedBits
from countdown_gym.solver.kernels.board_drawing import ASKED, Asked, first_board
from countdown_gym.solver.kernels.compiling import direct, kernel, part
from countdown_gym.solver.kernels.deciding import MEMORY
from countdown_gym.solver.kernels.pairs import Ints

Text = NDArray[np.uint8]

HEAD = 40
"""The content before its rules is no longer: `[[1000, 1000, 1000, 1000], 1000000`."""
_ZERO, _COMMA, _SPACE, _OPEN, _CLOSE = b"0, []"


@part
def _write_number(number: int, text: Text, at: int) -> int:
    """Write a number of at least 0, and return where it ends."""
    end, rest = at + 1, number // 10
    while rest:
        end, rest = end + 1, rest // 10
    rest = number
    for place in range(end - 1, at - 1, -1):
        text[place] = _ZERO + rest % 10
        rest //= 10
    return end


@part
def _sort(numbers: Ints, count: int) -> None:
    """Put the first numbers in order."""
    for i in range(1, count):
        number, at = numbers[i], i
        while at and numbers[at - 1] > number:
            numbers[at] = numbers[at - 1]
            at -= 1
        numbers[at] = number


@part
def _write_content(numbers: Ints, count: int, target: int, ending: Text, text: Text) -> None:
    """Write what `Puzzle.content` is of numbers in order; zeros stand behind it."""
    text[0] = text[1] = _OPEN
    at = 2
    for i in range(count):
        if i:
            text[at], text[at + 1] = _COMMA, _SPACE
            at += 2
        at = _write_number(numbers[i], text, at)
    text[at], text[at + 1], text[at + 2] = _CLOSE, _COMMA, _SPACE
    at = _write_number(target, text, at + 3)
    for i in range(at, text.size):
        text[i] = ending[i - at] if i - at < ending.size else 0


@kernel(types.int64(AskedBits()), "address_of")
def _address_of(bits: Any) -> int:  # noqa: ANN401 - see `asking`
    return int(bits.address)


address_of: Callable[[object], int] | None = direct(_address_of, otherwise=None)
"""Return where the `bitgen_t` in a bit generator's capsule is; None where nothing is compiled."""


@kernel(
    types.void(
        ASKED,
        types.int64,
        types.int64[::1],
        types.uint8[::1],
        types.int64[:, ::1],
        types.uint8[:, ::1],
    ),
    "draw_boards",
)
def draw_boards(
    asked: Asked,
    most: int,
    addresses: Ints,  # (B,)
    ending: Text,
    found: Ints,  # (B, 7)
    contents: Text,  # (B, HEAD + len(ending))
) -> None:
    """Write into each row of `found` what `board_drawing.draw_board` returns.

    Args:
        asked: As there.
        most: As there.
        addresses: Of the `bitgen_t` of each bit generator.
        ending: What stands in the content behind the target.
        found: What is returned.
        contents: The content of each, and zeros.
    """
    memory, board = np.empty(MEMORY, np.float64), np.zeros(4, np.int64)
    for row in range(addresses.size):
        refused, size, target = first_board(asked, most, addresses[row], memory, board)
        found[row, 0], found[row, 1], found[row, 2] = refused, size, target
        for i in range(4):
            found[row, 3 + i] = board[i]
        _sort(board, size)
        _write_content(board, size, target, ending, contents[row])
