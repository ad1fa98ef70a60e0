"""Compiled decisions on three or four whole numbers, all used: is a target within reach?

Every way to combine them is one of few shapes. The value of two numbers is a quotient n / m, and so
is what the target leaves to be made once the last operation is undone, p / q. That an operation on
n / m and a third number c gives p / q is an equation between products, n * q + c * m * q = p * m
for a sum. With numbers up to `LARGEST` and a target up to its square every product is a whole
number below 2**53, so that comparing them is a proof: of three numbers in 64-bit integers, of four
in doubles, which hold them exactly. Their equations stand in rows of `_LANES` that the compiler
turns into vector instructions.

Negative results are left out (see *Signs* in `countdown_gym.solver.kernels.meeting`). A result of
four numbers that the rules do not admit becomes a NaN, which equals nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numba import types
from numpy.typing import NDArray

from countdown_gym.solver.kernels.asking import AskedBoard, AskedNumber
from countdown_gym.solver.kernels.compiling import direct, kernel, part, rare_part
from countdown_gym.solver.kernels.pairs import Ints

Floats = NDArray[np.float64]

LARGEST = 1_000
"""The largest number; the target may be its square."""
MEMORY = 224
"""How many doubles `four_reach` works with."""
WHOLE, ZERO = 1, 2
"""Kinds of questions, as bits: whole results only; a result may be 0."""

NONE, NOT_COVERED = cast(int, np.int64(-1)), cast(int, np.int64(-2))
"""No number of operations reaches the target; the question is none that is decided here."""

_LANES = 16  # 3 times 5 values, and one that is never equal
_BELOW = 32  # from a pair's numerator to its denominator
_N, _M, _C, _CM, _SUM, _GAP, _NC, _U, _V = 64, 80, 96, 112, 128, 144, 160, 176, 192
_BOARD = 208


@part
def _number_meets(x: int, c: int, target: int) -> bool:
    """Whether a whole x and c make the target."""
    return bool(
        (x == target + c)
        | (x == abs(target - c))
        | (x == target * c)
        | (x * c == target)
        | (x * target == c)
    )


@part
def _quotient_meets(n: int, m: int, c: int, target: int, whole: bool) -> bool:
    """Whether n / m, which may have to be whole, and c make the target."""
    by_whole = (n == (target + c) * m) | (n == abs(target - c) * m) | (n == target * c * m)
    by_any = (n * c == target * m) | (n * target == c * m)
    return bool(by_whole | (by_any & ((not whole) | (n % m == 0))))


@part
def _pair_meets(a: int, b: int, c: int, target: int, whole: bool, zero: bool) -> bool:
    """Whether what a and b make, and then c, is the target."""
    found = _number_meets(a + b, c, target) | _number_meets(a * b, c, target)
    found |= _number_meets(abs(a - b), c, target) & (zero | (a != b))
    found |= _quotient_meets(a, b, c, target, whole) | _quotient_meets(b, a, c, target, whole)
    return found


@part
def three_reach(kind: int, a: int, b: int, c: int, target: int) -> bool:
    """Whether three numbers, all used, make the target; see `four_reach`."""
    whole, zero = kind & WHOLE != 0, kind & ZERO != 0
    return (
        _pair_meets(a, b, c, target, whole, zero)
        | _pair_meets(a, c, b, target, whole, zero)
        | _pair_meets(b, c, a, target, whole, zero)
    )


@part
def _write_two(a: float, b: float, whole: bool, zero: bool, memory: Floats, at: int) -> None:
    """Write the values of two numbers at `at`, numerators and denominators."""
    memory[at] = a + b
    memory[at + 1] = abs(a - b) if zero or a != b else np.nan
    memory[at + 2] = a * b
    memory[at + 3], memory[at + 4] = a, b
    for i in range(at + _BELOW, at + _BELOW + 5):
        memory[i] = 1.0
    memory[at + _BELOW + 3], memory[at + _BELOW + 4] = b, a
    if whole:
        for i in range(at + 3, at + 5):
            quotient = float(int(memory[i] / memory[i + _BELOW]))
            memory[i] = quotient if quotient * memory[i + _BELOW] == memory[i] else np.nan
            memory[i + _BELOW] = 1.0


@part
def _put_lanes(memory: Floats, lane: int, at: int, c: float) -> None:
    """Write the five values at `at`, to be combined with c, into lanes."""
    for i in range(5):
        memory[_N + lane + i] = memory[at + i]
        memory[_M + lane + i] = memory[at + _BELOW + i]
        memory[_C + lane + i] = c


@part
def _combine(memory: Floats) -> None:
    """Work out what every value in the lanes and its c make, but for the denominators."""
    for i in range(_LANES):
        n, m, c = memory[_N + i], memory[_M + i], memory[_C + i]
        memory[_CM + i] = c * m
        memory[_SUM + i] = n + c * m
        memory[_GAP + i] = abs(n - c * m)
        memory[_NC + i] = n * c


@part
def _meets(memory: Floats, i: int, p: float, q: float) -> bool:
    """Whether the value in lane i and its c make p / q."""
    n, cm, wanted = memory[_N + i], memory[_CM + i], p * memory[_M + i]
    found = (memory[_SUM + i] * q == wanted) | (memory[_GAP + i] * q == wanted)
    found |= (memory[_NC + i] * q == wanted) | (n * q == p * cm)
    return bool(found | (cm * q == p * n))


@part
def _meets_whole(memory: Floats, i: int, p: float) -> bool:
    """Whether the value in lane i and its c make p."""
    n, cm, wanted = memory[_N + i], memory[_CM + i], p * memory[_M + i]
    found = (memory[_SUM + i] == wanted) | (memory[_GAP + i] == wanted)
    found |= (memory[_NC + i] == wanted) | (n == p * cm)
    return bool(found | (cm == p * n))


@part
def _pairs_make(target: float, memory: Floats) -> bool:
    """Whether two values of two numbers each make the target."""
    found = False
    for k in range(5):
        for split in range(3):
            n, m = memory[5 * (5 - split) + k], memory[5 * (5 - split) + k + _BELOW]
            for i in range(5 * split, 5 * split + 5):
                memory[_U + i], memory[_V + i] = n, m
        for i in range(_LANES):
            n, m, u, v = memory[i], memory[i + _BELOW], memory[_U + i], memory[_V + i]
            left, right, wanted = n * v, u * m, target * m * v
            found |= left + right == wanted
            found |= abs(left - right) == wanted
            found |= n * u == wanted
            found |= (left == target * right) & (right != 0.0)
            found |= (right == target * left) & (left != 0.0)
    return found


@part
def _undo(d: float, target: float, whole: bool, zero: bool, memory: Floats) -> bool:
    """Whether what is in the lanes makes something that an operation with d takes to the target."""
    more, times = target + d, target * d
    gap = abs(target - d) if zero or target != d else np.nan
    found = False
    if whole:
        high, low = max(target, d), min(target, d)
        quotient = float(int(high / low))
        share = quotient if quotient * low == high else np.nan
        for i in range(_LANES):
            found |= _meets_whole(memory, i, more) | _meets_whole(memory, i, times)
            found |= _meets_whole(memory, i, gap) | _meets_whole(memory, i, share)
        return found
    for i in range(_LANES):
        found |= _meets_whole(memory, i, more) | _meets_whole(memory, i, times)
        found |= _meets_whole(memory, i, gap)
        found |= _meets(memory, i, target, d) | _meets(memory, i, d, target)
    return found


@part
def _at(first: int, second: int) -> int:
    """Return where the values of two of four numbers stand, the first before the second."""
    return 5 * (first + second - (first == 0))


@part
def _put_triples(last: int, memory: Floats) -> None:
    """Write into lanes what three of four numbers make: two of them, and then the third."""
    lane = 0
    for third in range(4):
        if third != last:
            first = 0 if 0 not in (last, third) else 1 if 1 not in (last, third) else 2
            _put_lanes(memory, lane, _at(first, 6 - last - third - first), memory[_BOARD + third])
            lane += 5


@rare_part
def four_reach(kind: int, a: int, b: int, c: int, d: int, target: int, memory: Floats) -> bool:
    """Whether four numbers, all used, make the target with the four operations.

    The numbers are from 1 to `LARGEST`, the target from 1 to its square; the kind is a sum of
    `WHOLE` and `ZERO`.
    """
    whole, zero, goal = kind & WHOLE != 0, kind & ZERO != 0, float(target)
    memory[_BOARD], memory[_BOARD + 1], memory[_BOARD + 2], memory[_BOARD + 3] = a, b, c, d
    for lanes in (_N, _M, _C, _U, _V):
        memory[lanes + _LANES - 1] = np.nan
    for i in range(4):
        for j in range(i + 1, 4):
            _write_two(memory[_BOARD + i], memory[_BOARD + j], whole, zero, memory, _at(i, j))
    if _pairs_make(goal, memory):
        return True
    for last in range(4):
        _put_triples(last, memory)
        _combine(memory)
        if _undo(memory[_BOARD + last], goal, whole, zero, memory):
            return True
    return False


@part
def covers(a: int, b: int, c: int, d: int, target: int) -> bool:
    """Whether `three_reach` and `four_reach` take these numbers."""
    fine = 1 <= target <= LARGEST * LARGEST
    for number in (a, b, c, d):
        fine &= 1 <= number <= LARGEST
    return fine


@kernel(types.int64(types.int64, AskedBoard(), AskedNumber()), "decide")
def _decide(kind: int, board: Any, target: Any) -> int:  # noqa: ANN401 - see `asking`
    goal, a, b, c, d = target.value, board.a, board.b, board.c, board.d
    if board.count == 3 and covers(a, b, c, c, goal):
        return 2 if three_reach(kind, a, b, c, goal) else NONE
    if board.count == 4 and covers(a, b, c, d, goal):
        memory = np.empty(MEMORY, np.float64)
        return 3 if four_reach(kind, a, b, c, d, goal, memory) else NONE
    return NOT_COVERED


def _leave(kind: int, board: object, target: object) -> int:  # noqa: ARG001 - as `decide`
    return int(NOT_COVERED)


decide: Callable[[int, object, object], int] = direct(_decide, otherwise=_leave)
"""Return how many operations reach a target, `NONE`, or `NOT_COVERED`.

Takes a kind, a tuple of three or four whole numbers, and the target; anything else is not covered.
"""


@kernel("void(int64, int64[:, ::1], int64[::1], int8[::1])", "decide_rows")
def decide_rows(
    kind: int,
    boards: Ints,  # (B, 3) or (B, 4)
    targets: Ints,  # (B,)
    fewest: NDArray[np.int8],  # (B,)
) -> None:
    """Write for each row what `decide` returns."""
    memory = np.empty(MEMORY, np.float64)
    last = boards.shape[1] - 1
    for row in range(boards.shape[0]):
        a, b, c, d = boards[row, 0], boards[row, 1], boards[row, 2], boards[row, last]
        if not covers(a, b, c, d, targets[row]):
            fewest[row] = NOT_COVERED
        elif last == 2:
            fewest[row] = 2 if three_reach(kind, a, b, c, targets[row]) else NONE
        else:
            fewest[row] = 3 if four_reach(kind, a, b, c, d, targets[row], memory) else NONE
