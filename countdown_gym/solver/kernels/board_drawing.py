"""Boards drawn by compiled code from a numpy bit generator until one is solvable, or is not.

Of uniform boards only one in twelve is solvable, and Python takes longer to draw one than the
kernels of `countdown_gym.solver.kernels.deciding` take to decide it. The numbers are those that
`numpy.random.Generator.integers` makes of the same bits: Lemire 2019, *Fast Random Integer
Generation in an Interval*, https://doi.org/10.1145/3230636, on 32 bits at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from countdown_gym.solver.kernels.asking import AskedBits
from countdown_gym.solver.kernels.compiling import direct, kernel, part
from countdown_gym.solver.kernels.deciding import MEMORY, Floats, four_reach, three_reach
from countdown_gym.solver.kernels.pairs import Ints


def _typed_next(_context: Any, _address: Any) -> Any:  # noqa: ANN401 - numba's own types
    """Tell numba how to ask for the next 32 bits of the `bitgen_t` at an address.

    `bitgen_t` is numpy's C interface to all of its bit generators (`numpy/random/bitgen.h`):
    a state, then the functions `next_uint64` and `next_uint32`, which take it.
    """

    def call(_: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401, ARG001
        state = ir.IntType(8).as_pointer()
        draw = ir.FunctionType(ir.IntType(32), [state]).as_pointer()
        bitgen = ir.LiteralStructType([state, state, draw]).as_pointer()
        pointer = builder.inttoptr(arguments[0], bitgen)
        members = [builder.load(builder.gep(pointer, [_index(0), _index(i)])) for i in (0, 2)]
        return builder.call(members[1], members[:1])

    return types.uint32(types.int64), call


_next_uint32 = cast(Callable[[int], int], intrinsic(_typed_next))


def _index(position: int) -> ir.Constant:
    return ir.Constant(ir.IntType(32), position)


@part
def _between(low: int, high: int, address: int) -> int:
    """Return a uniform whole number, both ends included and less than 2**32 - 1 apart."""
    if low == high:
        return low
    count = np.uint64(high - low + 1)
    product = np.uint64(_next_uint32(address)) * count
    rest = product & np.uint64(0xFFFFFFFF)
    if rest < count:
        refused = np.uint64(0x100000000) % count
        while rest < refused:
            product = np.uint64(_next_uint32(address)) * count
            rest = product & np.uint64(0xFFFFFFFF)
    return int(low + np.int64(product >> np.uint64(32)))


Asked = tuple[int, int, int, int, int, int, int, int]
"""What is drawn until when: the kind, as for `deciding.four_reach`, whether a board shall be
solvable, 1 or 0, and the ranges of `UniformBoards` that `searching.draws` takes."""
ASKED = types.UniTuple(types.int64, 8)
"""The same for numba."""


@part
def first_board(
    asked: Asked, most: int, address: int, memory: Floats, board: Ints
) -> tuple[int, int, int]:
    """Write the numbers of the first board on which the decision is as asked; see `draw_board`.

    Returns:
        How many boards were refused, how many numbers there are, and the target.
    """
    kind, solvable, min_numbers, max_numbers, smallest, largest, min_target, max_target = asked
    size = target = 0
    for refused in range(most):
        size = _between(min_numbers, max_numbers, address)
        for i in range(size):
            board[i] = _between(smallest, largest, address)
        target = _between(min_target, max_target, address)
        a, b, c, d = board[0], board[1], board[2], board[size - 1]
        if size == 3:
            found = three_reach(kind, a, b, c, target)
        else:
            found = four_reach(kind, a, b, c, d, target, memory)
        if found == (solvable == 1):
            return refused, size, target
    return most, size, target


@kernel(types.UniTuple(types.int64, 7)(ASKED, types.int64, AskedBits()), "draw_board")
def _draw_board(asked: Asked, most: int, bits: Any) -> tuple[int, ...]:  # noqa: ANN401 - see `asking`
    memory, board = np.empty(MEMORY, np.float64), np.empty(4, np.int64)
    refused, size, target = first_board(asked, most, bits.address, memory, board)
    return refused, size, target, board[0], board[1], board[2], board[3]


draw_board: Callable[[Asked, int, object], tuple[int, ...]] | None = direct(
    _draw_board, otherwise=None
)
"""Draw boards, and return the first on which the decision is as asked.

Drawn are how many numbers, each number, and the target, in that order. Takes what is asked, how
many boards are drawn at most, 1 or more, and the capsule of the bit generator. Returns how many
boards were refused, how many numbers there are, the target, and four numbers, of which three count
where there are three; if all were refused, the rest means nothing. None where nothing is compiled.
"""
