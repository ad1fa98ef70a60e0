"""A quick proof, in doubles, that three or four numbers cannot reach a target: most cannot.

Why doubles prove it. The values of two whole numbers are quotients of whole numbers below 2**53,
rounded once. One more operation with a whole number, or between two such values, and a comparison
with what the target leaves to be made, itself a quotient rounded once: that is all. Sums, products
and quotients then err by at most four roundings. A difference cancels, but with numbers up to
`LARGEST` a value v of two numbers is n / d with n up to 10**6, so v - c is 0 exactly or at least
1 / d, and its relative error is below (10**6 + 1) * 2**-53 < 2e-10. Whatever is equal in truth is
therefore equal within a part in 10**9, and what is not even that close is not equal. What is that
close goes to the exact search.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from countdown_gym.solver.compiling import part
from countdown_gym.solver.pairs import Ints

Floats = NDArray[np.float64]

LARGEST = 1_000
"""The largest number that the proof covers; the target may be its square."""
MEMORY = 96
"""How many doubles `cannot_reach` works with."""

_NEAR = 1e-9
_LANES = 8


@part
def _values_of_two(a: float, b: float, memory: Floats, at: int) -> None:
    """Write the five values of two numbers at `at`, and their reciprocals 30 places on."""
    memory[at] = a + b
    memory[at + 1] = abs(a - b)
    memory[at + 2] = a * b
    memory[at + 3] = a / b
    memory[at + 4] = b / a
    for i in range(at, at + 5):
        memory[i + 30] = 1.0 / memory[i]


@part
def _bound_wanted(d: float, target: float, memory: Floats) -> None:
    """Write between which bounds the other three numbers must come, from place 60 on."""
    memory[60] = target + d
    memory[61] = abs(target - d)
    memory[62] = target * d
    memory[63] = target / d
    memory[64] = d / target
    for i in range(60, 60 + _LANES):
        wanted = memory[i] if i < 65 else np.nan
        memory[i] = wanted * (1.0 - _NEAR)
        memory[i + _LANES] = wanted * (1.0 + _NEAR)


@part
def _within(made: float, memory: Floats) -> bool:
    found = False
    for i in range(60, 60 + _LANES):
        found |= (memory[i] <= made) & (made <= memory[i + _LANES])
    return found


@part
def _meets(at: int, c: float, share: float, memory: Floats) -> bool:
    """Whether a value of two numbers and a third number come close to what is wanted."""
    close = False
    for i in range(at, at + 5):
        v = memory[i]
        close |= _within(v + c, memory)
        close |= _within(abs(v - c), memory)
        close |= _within(v * c, memory)
        close |= _within(v * share, memory)
        close |= _within(c * memory[i + 30], memory)
    return close


@part
def _two_meet(a: float, b: float, last: float, target: float, memory: Floats) -> bool:
    """Whether a value of two numbers comes close to what a third leaves to be made."""
    _values_of_two(a, b, memory, 0)
    _bound_wanted(last, target, memory)
    close = False
    for i in range(5):
        close |= _within(memory[i], memory)
    return close


@part
def _pairs_meet(left: int, right: int, target: float, memory: Floats) -> bool:
    """Whether a value of two numbers and one of the other two come close to the target."""
    close = False
    near = target * _NEAR
    for i in range(left, left + 5):
        for j in range(right, right + 5):
            v, w = memory[i], memory[j]
            close |= abs(v + w - target) <= near
            close |= abs(abs(v - w) - target) <= near
            close |= abs(v * w - target) <= near
            close |= abs(v * memory[j + 30] - target) <= near
            close |= abs(w * memory[i + 30] - target) <= near
    return close


@part
def covers(num: Ints, den: Ints, tn: int, td: int) -> bool:
    """Whether `cannot_reach` applies to three or four numbers and a target."""
    covered = td == 1 and 1 <= tn <= LARGEST * LARGEST
    for i in range(num.size):
        covered &= den[i] == 1 and 1 <= num[i] <= LARGEST
    return covered


@part
def cannot_reach(num: Ints, target: int, memory: Floats) -> bool:
    """Whether it is proved that three or four numbers, all used, do not make the target.

    The numbers lie between 1 and `LARGEST`, the target between 1 and its square; every operation
    may be used, and no result is negative.
    """
    goal = float(target)
    if num.size == 3:
        close = False
        for last in range(3):
            first, second = num[(last + 1) % 3], num[(last + 2) % 3]
            close |= _two_meet(float(first), float(second), float(num[last]), goal, memory)
        return not close
    for i in range(4):
        for j in range(i + 1, 4):
            _values_of_two(float(num[i]), float(num[j]), memory, 5 * (i + j - (i == 0)))
    close = False
    for left in range(0, 15, 5):
        close |= _pairs_meet(left, 25 - left, goal, memory)
    if close:
        return False
    for last in range(4):
        _bound_wanted(float(num[last]), goal, memory)
        for third in range(4):
            if third != last:
                v = float(num[third])
                first = 0 if 0 not in (last, third) else 1 if 1 not in (last, third) else 2
                second = 6 - last - third - first
                at = 5 * (first + second - (first == 0))
                close |= _meets(at, v, 1 / v, memory)
    return not close
