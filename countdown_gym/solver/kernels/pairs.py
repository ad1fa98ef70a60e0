"""Exact arithmetic for kernels: rationals as unreduced pairs of 64-bit integers.

Every denominator is positive. Nothing here checks for overflow: `countdown_gym.solver.encoding`
proves beforehand that none can happen. Functions of this module become part of each kernel that
calls them.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from countdown_gym.solver.encoding import (
    ADD,
    DIFFERENCE,
    DIVIDE,
    DIVIDE_INTO,
    DIVIDE_LARGER,
    MULTIPLY,
    SUBTRACT,
    SUBTRACT_FROM,
)
from countdown_gym.solver.kernels.compiling import part, rare_part

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Pair = tuple[int, int]

# Numbers that numba knows the type of and not the value: a literal in a call would have the called
# function compiled once more.
CLEAR = cast(int, np.int64(0))
SET = cast(int, np.int64(1))
START = cast(int, np.int64(0))
WHOLE = cast(int, np.int64(1))  # the denominator of a whole number


class Code(NamedTuple):
    """Rules as numbers; see `countdown_gym.solver.encoding.Encoding`."""

    ops: int
    integral: bool
    least: int
    cap: int


class Lists(NamedTuple):
    """Lists of pairs, one for each mask of entries, end to end in two arrays."""

    nums: Ints  # (values,)
    dens: Ints  # (values,)
    starts: Ints  # (masks,)
    stops: Ints  # (masks,)
    distinct: bool  # whether `put_new` leaves out what is there already
    latest: Ints  # (slots,) where it wrote the latest value of each slot


@part
def keep(code: Code, num: int, den: int) -> bool:
    """Whether the rules admit num / den, which is whole where it must be."""
    return num >= code.least and (code.cap < 0 or abs(num) <= code.cap * den)


@part
def add(code: Code, an: int, ad: int, bn: int, bd: int) -> Pair:
    """Return a + b."""
    if code.integral:
        return an + bn, WHOLE
    return an * bd + bn * ad, ad * bd


@part
def multiply(code: Code, an: int, ad: int, bn: int, bd: int) -> Pair:
    """Return a * b."""
    return an * bn, WHOLE if code.integral else ad * bd


@part
def divide(code: Code, num: int, den: int) -> tuple[int, int, bool]:
    """Return num / den with a positive denominator, and whether it exists and is of the kind."""
    if den == 0:
        return START, WHOLE, False
    if den < 0:
        num, den = -num, -den
    if code.integral:
        quotient = int(num / den)  # exact where it is whole: both are below 2**53
        return quotient, WHOLE, quotient * den == num
    return num, den, True


@part
def stands_at(code: Code, num: int, den: int, lists: Lists, at: int) -> bool:
    """Whether a pair equals the one at position `at`, by cross-multiplication."""
    if code.integral:
        return bool(num == lists.nums[at])
    return bool(num * lists.dens[at] == lists.nums[at] * den)


@part
def write(code: Code, num: int, den: int, lists: Lists, at: int) -> None:
    """Write a pair at position `at`; where all values are whole, no denominator."""
    lists.nums[at] = num
    if not code.integral:
        lists.dens[at] = den


@part
def put(code: Code, num: int, den: int, fine: bool, lists: Lists, at: int) -> int:
    """Write a pair at position `at`; return the end, past it if it is `fine` and admitted."""
    write(code, num, den, lists, at)
    return at + int(fine & keep(code, num, den))


@part
def put_new(code: Code, num: int, den: int, fine: bool, lists: Lists, start: int, at: int) -> int:
    """Put a pair, but leave it out where it stands already, from position `start` on.

    Only the latest value of each slot is remembered, so a few values stand there twice.
    """
    if lists.distinct:
        here = slot(code, num, den, lists.latest)
        latest = lists.latest[here]
        known = (start <= latest) & (latest < at) & stands_at(code, num, den, lists, latest)
        lists.latest[here] = latest if known else at
        fine &= not known
    return put(code, num, den, fine, lists, at)


@part
def put_results(
    code: Code, an: int, ad: int, bn: int, bd: int, lists: Lists, start: int, at: int
) -> int:
    """Put every result of two operands, as `put_new` does; return the end."""
    ops = code.ops
    if ops & ADD:
        num, den = add(code, an, ad, bn, bd)
        at = put_new(code, num, den, True, lists, start, at)
    if ops & (SUBTRACT | SUBTRACT_FROM | DIFFERENCE):
        num, den = add(code, an, ad, -bn, bd)
        if ops & SUBTRACT:
            at = put_new(code, num, den, True, lists, start, at)
        if ops & SUBTRACT_FROM:
            at = put_new(code, -num, den, True, lists, start, at)
        if ops & DIFFERENCE:
            at = put_new(code, abs(num), den, True, lists, start, at)
    if ops & MULTIPLY:
        num, den = multiply(code, an, ad, bn, bd)
        at = put_new(code, num, den, True, lists, start, at)
    if ops & DIVIDE:
        num, den, fine = divide(code, an * bd, ad * bn)
        at = put_new(code, num, den, fine, lists, start, at)
    if ops & DIVIDE_INTO:
        num, den, fine = divide(code, bn * ad, bd * an)
        at = put_new(code, num, den, fine, lists, start, at)
    if ops & DIVIDE_LARGER:
        num, den, fine = divide(code, max(an, bn), min(an, bn))
        at = put_new(code, num, den, fine, lists, start, at)
    return at


@part
def put_undone(code: Code, tn: int, td: int, bn: int, bd: int, lists: Lists, at: int) -> int:
    """Put every x that an operation with b takes to t, as `put` does; return the end.

    Where b and t are 0, every x may do: see `undone_by_anything`.
    """
    ops = code.ops
    if ops & (ADD | SUBTRACT_FROM | DIFFERENCE):
        num, den = add(code, tn, td, -bn, bd)
        if ops & ADD:
            at = put(code, num, den, True, lists, at)
        if ops & (SUBTRACT_FROM | DIFFERENCE):
            at = put(code, -num, den, True, lists, at)
    if ops & (SUBTRACT | DIFFERENCE):
        num, den = add(code, tn, td, bn, bd)
        at = put(code, num, den, True, lists, at)
    if ops & MULTIPLY:
        num, den, fine = divide(code, tn * bd, td * bn)
        at = put(code, num, den, fine, lists, at)
    if ops & (DIVIDE | DIVIDE_LARGER):
        num, den = multiply(code, tn, td, bn, bd)
        at = put(code, num, den, bn != 0, lists, at)
    if ops & (DIVIDE_INTO | DIVIDE_LARGER):
        num, den, fine = divide(code, bn * td, bd * tn)
        at = put(code, num, den, fine & (bn != 0), lists, at)
    return at


@part
def undone_by_anything(code: Code, tn: int, bn: int) -> bool:
    """Whether b = 0 makes t = 0 of any x (or of any but 0)."""
    return code.ops & (MULTIPLY | DIVIDE_INTO) != 0 and bn == 0 and tn == 0


@part
def slot(code: Code, num: int, den: int, slots: Ints | Bytes) -> int:
    """Return which of up to 2**14 slots belongs to a value: equal values share one."""
    if code.integral:
        return (num * -7046029254386353131 >> 50) & (slots.size - 1)
    spread = (num / den) * 0.6180339887498949
    return int((spread - float(int(spread))) * 16384.0) & (slots.size - 1)


@part
def slot_of_quotient(code: Code, num: int, den: int, bitmap: Bytes) -> int:
    """Return the slot of num / den if that may be a result, else some slot.

    Never divides by zero: to turn an infinite double into a whole number is undefined behaviour,
    from which the compiler would conclude that no denominator is zero.
    """
    den = den if den != 0 else 1
    if code.integral:
        return slot(code, int(num / den), WHOLE, bitmap)
    return slot(code, num, den, bitmap)


@part
def may_result_marked(code: Code, an: int, ad: int, bn: int, bd: int, bitmap: Bytes) -> bool:
    """Whether a result of two operands may be a marked value; False is certain."""
    ops = code.ops
    marked = np.uint8(0)
    if ops & ADD:
        num, den = add(code, an, ad, bn, bd)
        marked |= bitmap[slot(code, num, den, bitmap)]
    if ops & (SUBTRACT | SUBTRACT_FROM | DIFFERENCE):
        num, den = add(code, an, ad, -bn, bd)
        if ops & SUBTRACT:
            marked |= bitmap[slot(code, num, den, bitmap)]
        if ops & SUBTRACT_FROM:
            marked |= bitmap[slot(code, -num, den, bitmap)]
        if ops & DIFFERENCE:
            marked |= bitmap[slot(code, abs(num), den, bitmap)]
    if ops & MULTIPLY:
        num, den = multiply(code, an, ad, bn, bd)
        marked |= bitmap[slot(code, num, den, bitmap)]
    if ops & DIVIDE:
        marked |= bitmap[slot_of_quotient(code, an * bd, ad * bn, bitmap)]
    if ops & DIVIDE_INTO:
        marked |= bitmap[slot_of_quotient(code, bn * ad, bd * an, bitmap)]
    if ops & DIVIDE_LARGER:
        marked |= bitmap[slot_of_quotient(code, max(an, bn), min(an, bn), bitmap)]
    return bool(marked != 0)


@part
def may_undone_marked(code: Code, tn: int, td: int, bn: int, bd: int, bitmap: Bytes) -> bool:
    """Whether undoing t by b may need a marked value, or anything; False is certain."""
    ops = code.ops
    marked = np.uint8(bn == 0)
    if ops & (ADD | SUBTRACT_FROM | DIFFERENCE):
        num, den = add(code, tn, td, -bn, bd)
        if ops & ADD:
            marked |= bitmap[slot(code, num, den, bitmap)]
        if ops & (SUBTRACT_FROM | DIFFERENCE):
            marked |= bitmap[slot(code, -num, den, bitmap)]
    if ops & (SUBTRACT | DIFFERENCE):
        num, den = add(code, tn, td, bn, bd)
        marked |= bitmap[slot(code, num, den, bitmap)]
    if ops & MULTIPLY:
        marked |= bitmap[slot_of_quotient(code, tn * bd, td * bn, bitmap)]
    if ops & (DIVIDE | DIVIDE_LARGER):
        num, den = multiply(code, tn, td, bn, bd)
        marked |= bitmap[slot(code, num, den, bitmap)]
    if ops & (DIVIDE_INTO | DIVIDE_LARGER):
        marked |= bitmap[slot_of_quotient(code, bn * td, bd * tn, bitmap)]
    return bool(marked != 0)


@part
def mark(code: Code, lists: Lists, mask: int, sign: int, bitmap: Bytes) -> None:
    """Set (1) or clear (0) the slots of the values listed for a mask."""
    for i in range(lists.starts[mask], lists.stops[mask]):
        num, den = read(code, lists, i)
        bitmap[slot(code, num, den, bitmap)] = sign


@part
def read(code: Code, lists: Lists, at: int) -> Pair:
    """Return the pair at position `at`."""
    return lists.nums[at], WHOLE if code.integral else lists.dens[at]


@rare_part
def listed(code: Code, num: int, den: int, lists: Lists, start: int, stop: int) -> bool:
    """Whether a pair equals one of a list."""
    found = False
    for i in range(start, stop):
        found |= stands_at(code, num, den, lists, i)
    return found
