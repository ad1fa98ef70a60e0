"""Compiled coverage: the fewest operations for every target of a range, for many sets at once.

For rules under which each number is used at most once and every result is a positive integer. The
sets to answer and all their parts form a lattice. Each part keeps only *new* values, those that no
smaller part of it reaches: if an operand could be made of fewer numbers, so could the result, which
is then new to a smaller part. New values of all sizes but the largest are listed; operations that
use a whole set of the largest size are only marked where they fall into the range.

Values that cannot come back are left out. A value of k numbers leaves s - k numbers, whose values
are at most their product P; from above `high * P` no division and no subtraction by them comes down
to `high`, and further operations only use up more numbers.
"""
# ruff: noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - kernels take plain arrays and never recurse

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from countdown_gym.solver.kernels.compiling import kernel, part

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

MOST_NUMBERS = 6
NONE = 255
"""Stands for: no number of operations reaches the target."""
_SMALL_HASH = 1 << 12  # the same for four, and it stays in the fastest cache
_HASH = 1 << 14  # slots; no set of five has half as many new values


class Lattice(NamedTuple):
    """Sets of numbers with all their parts, the smaller ones first."""

    numbers: Ints  # (M, 6) ascending, padded with zeros
    weights: Ints  # (M, 6) what each number adds to the key of a set that holds it
    sizes: Ints  # (M,)
    row_of: Ints  # (keys,) the row of the set with a key


@part
def _key(weights: Ints, row: int, mask: int) -> int:
    key = 0
    for i in range(MOST_NUMBERS):
        if mask >> i & 1:
            key += int(weights[row, i])
    return key


@part
def _first_of_equals(numbers: Ints, row: int, size: int, mask: int) -> bool:
    """Whether the mask takes equal numbers from the left, as one of all masks of that part does."""
    for i in range(1, size):
        if numbers[row, i] == numbers[row, i - 1] and mask >> i & 1 and not mask >> (i - 1) & 1:
            return False
    return True


@part
def _enter(table: Ints, value: int) -> bool:
    """Enter a positive value into a hash table of positive values; whether it is new there."""
    slot = (value * -7046029254386353131 >> 50) & (table.size - 1)
    while table[slot] != 0:
        if table[slot] == value:
            return False
        slot = (slot + 1) & (table.size - 1)
    table[slot] = value
    return True


@part
def _whole_quotient(large: int, small: int) -> int:
    """Return large / small if that is whole, else 0; exact for values below 2**53."""
    quotient = int(large / small)
    return quotient if quotient * small == large else 0


@part
def _list_new(
    lattice: Lattice, row: int, most: int, starts: Ints, stops: Ints, values: Ints, table: Ints
) -> int:
    """List the new values of one set that are at most `most`; return the end of the list."""
    numbers, weights, sizes, row_of = lattice
    size = sizes[row]
    end = int(starts[row])
    if size == 1:
        values[end] = numbers[row, 0]
        return end + 1
    full = (1 << size) - 1
    for mask in range(1, full):
        if _first_of_equals(numbers, row, size, mask):
            below = row_of[_key(weights, row, mask)]
            for i in range(starts[below], stops[below]):
                _enter(table, values[i])
    for mask in range(1, full):
        if not _first_of_equals(numbers, row, size, mask):
            continue
        left, right = row_of[_key(weights, row, mask)], row_of[_key(weights, row, full ^ mask)]
        if left < right:  # sizes ascend with rows, so the right operand is no larger
            continue
        for i in range(starts[left], stops[left]):
            for j in range(starts[right], stops[right]):
                a, b = values[i], values[j]
                large, small = max(a, b), min(a, b)
                for which in range(4):
                    if which == 0:
                        made = a + b
                    elif which == 1:
                        made = large - small
                    elif which == 2:
                        made = a * b
                    else:
                        made = _whole_quotient(large, small)
                    if 0 < made <= most and _enter(table, made):
                        values[end] = made
                        end += 1
    return end


@part
def _clear(
    lattice: Lattice, row: int, starts: Ints, stops: Ints, values: Ints, table: Ints
) -> None:
    """Empty the hash table of a set's new values and of those of its parts."""
    numbers, weights, sizes, row_of = lattice
    for mask in range(1, 1 << sizes[row]):
        if _first_of_equals(numbers, row, sizes[row], mask):
            below = row_of[_key(weights, row, mask)]
            for i in range(starts[below], stops[below]):
                slot = (values[i] * -7046029254386353131 >> 50) & (table.size - 1)
                while table[slot] != 0:
                    table[slot] = 0
                    slot = (slot + 1) & (table.size - 1)


@part
def _mark_last(
    a_start: int, a_stop: int, b_start: int, b_stop: int, high: int, values: Ints, marks: Bytes
) -> None:
    """Mark every result up to `high` of an operation on one value of each of two lists."""
    for j in range(b_start, b_stop):
        b = values[j]
        for i in range(a_start, a_stop):
            a = values[i]
            made = a + b
            marks[made if made <= high else 0] = 1
            made = abs(a - b)
            marks[made if made <= high else 0] = 1
            made = a * b
            marks[made if made <= high else 0] = 1
            made = _whole_quotient(max(a, b), min(a, b))
            marks[made if made <= high else 0] = 1


@part
def _cover(
    lattice: Lattice,
    row: int,
    low: int,
    high: int,
    starts: Ints,
    stops: Ints,
    values: Ints,
    marks: Bytes,
    fewest: Bytes,
) -> None:
    """Write the fewest operations for each target of one set; all its parts are listed."""
    numbers, weights, sizes, row_of = lattice
    size = sizes[row]
    full = (1 << size) - 1
    marks[: high + 1] = 0
    for mask in range(1, full):
        if not _first_of_equals(numbers, row, size, mask):
            continue
        left, right = row_of[_key(weights, row, mask)], row_of[_key(weights, row, full ^ mask)]
        if left >= right:
            _mark_last(starts[left], stops[left], starts[right], stops[right], high, values, marks)
    for target in range(low, high + 1):
        fewest[target - low] = size - 1 if marks[target] else NONE
    for mask in range(1, full):
        if _first_of_equals(numbers, row, size, mask):
            below = row_of[_key(weights, row, mask)]
            operations = sizes[below] - 1
            for i in range(starts[below], stops[below]):
                target = values[i]
                if low <= target <= high and operations < fewest[target - low]:
                    fewest[target - low] = operations
    if size == 1 and low <= numbers[row, 0] <= high:
        fewest[numbers[row, 0] - low] = 0


@kernel(
    "uint8[:, ::1](int64[:, ::1], int64[:, ::1], int64[::1], int64[::1], int64, int64[::1],"
    " int64, int64)",
    "cover_sets",
)
def cover_sets(
    numbers: Ints,  # (M, 6) ascending in each row, padded with zeros
    weights: Ints,  # (M, 6)
    sizes: Ints,  # (M,) ascending
    index: Ints,  # (keys,)
    first: int,
    most: Ints,  # (7,) the largest value of each size that can come back to `high`
    low: int,
    high: int,
) -> Bytes:  # (M - first, high - low + 1)
    """Return the fewest operations for each target, or `NONE`, of each set from row `first` on.

    Rows before `first` must hold every part of the rows from there on.
    """
    lattice = Lattice(numbers, weights, sizes, index)
    starts = np.zeros(sizes.size, np.int64)
    stops = np.zeros(sizes.size, np.int64)
    values = np.empty(_HASH, np.int64)
    table = np.zeros(_HASH, np.int64)
    marks = np.empty(high + 1, np.uint8)
    fewest = np.empty((sizes.size - first, high - low + 1), np.uint8)
    end = 0
    for row in range(first):
        if end + _HASH // 2 > values.size:
            larger = np.empty(2 * values.size, np.int64)
            larger[:end] = values[:end]
            values = larger
        starts[row] = end
        end = _list_new(lattice, row, most[sizes[row]], starts, stops, values, table)
        stops[row] = end
        _clear(lattice, row, starts, stops, values, table)
    for row in range(first, sizes.size):
        _cover(lattice, row, low, high, starts, stops, values, marks, fewest[row - first])
    return fewest


@part
def _mark_other_splits(
    lattice: Lattice, row: int, high: int, starts: Ints, stops: Ints, values: Ints, marks: Bytes
) -> None:
    """Mark the results of operations of which neither operand is a single number."""
    numbers, weights, sizes, row_of = lattice
    full = (1 << sizes[row]) - 1
    for mask in range(1, full):
        if not _first_of_equals(numbers, row, sizes[row], mask):
            continue
        left, right = row_of[_key(weights, row, mask)], row_of[_key(weights, row, full ^ mask)]
        if left >= right and sizes[right] > 1:
            _mark_last(starts[left], stops[left], starts[right], stops[right], high, values, marks)


@part
def _mark_with_last(last: int, high: int, before: Bytes, marks: Bytes) -> None:
    """Mark what noted values and the last number make; a noted 0 stands for nothing."""
    for made in range(1, high + 1 - last):
        marks[made + last] |= before[made]
    for made in range(last + 1, high + last + 1):
        marks[made - last] |= before[made]
    for made in range(1, min(last, high + last + 1)):
        if before[made]:
            marks[min(last - made, high + 1)] = 1
            marks[min(_whole_quotient(last, made), high + 1)] = 1
    for made in range(1, high // last + 1):
        marks[made * last] |= before[made]
    for quotient in range(1, high + 1):
        marks[quotient] |= before[quotient * last]


@part
def _mark_nearly_all(
    lattice: Lattice,
    row: int,
    last: int,
    high: int,
    starts: Ints,
    stops: Ints,
    values: Ints,
    before: Bytes,
    marks: Bytes,
) -> None:
    """Note every value of the set of all numbers but `last`, and mark what it makes with `last`."""
    numbers, weights, sizes, row_of = lattice
    most = max(high + last, high * last)  # from above, no operation with `last` comes down to high
    before[: most + 1] = 0
    full = (1 << sizes[row]) - 1
    if sizes[row] == 1 and numbers[row, 0] <= most:
        before[numbers[row, 0]] = 1
    for mask in range(1, full):
        if not _first_of_equals(numbers, row, sizes[row], mask):
            continue
        left, right = row_of[_key(weights, row, mask)], row_of[_key(weights, row, full ^ mask)]
        if left < right:
            continue
        for j in range(starts[right], stops[right]):
            b = values[j]
            for i in range(starts[left], stops[left]):
                a = values[i]
                made = a + b
                before[made if made <= most else 0] = 1
                made = abs(a - b)
                before[made if made <= most else 0] = 1
                made = a * b
                before[made if made <= most else 0] = 1
                made = _whole_quotient(max(a, b), min(a, b))
                before[made if made <= most else 0] = 1
    before[0] = 0
    _mark_with_last(last, high, before, marks)


@kernel("uint8[::1](int64[::1], int64, int64)", "cover_one")
def cover_one(ascending: Ints, low: int, high: int) -> Bytes:  # (high - low + 1,)
    """Return the fewest operations for each target, or `NONE`, of one set of 1 to 6 numbers."""
    size = ascending.size
    place = np.ones(size, np.int64)  # mixed radix: one digit for each distinct number
    keys = 1
    i = 0
    while i < size:
        j = i
        while j < size and ascending[j] == ascending[i]:
            place[j] = keys
            j += 1
        keys *= j - i + 1
        i = j
    parts = np.zeros((keys, MOST_NUMBERS), np.int64)
    weights = np.zeros((keys, MOST_NUMBERS), np.int64)
    sizes = np.zeros(keys, np.int64)
    index = np.zeros(keys, np.int64)
    lattice = Lattice(parts, weights, sizes, index)
    row = 0
    for part_size in range(1, size + 1):
        for mask in range(1, 1 << size):
            count = 0
            for i in range(size):
                count += mask >> i & 1
            if count != part_size or not _first_of_equals(
                ascending.reshape(1, size), 0, size, mask
            ):
                continue
            at = 0
            for i in range(size):
                if mask >> i & 1:
                    parts[row, at] = ascending[i]
                    weights[row, at] = place[i]
                    at += 1
            sizes[row] = part_size
            index[weights[row].sum()] = row
            row += 1
    starts = np.zeros(keys, np.int64)
    stops = np.zeros(keys, np.int64)
    values = np.empty(_HASH, np.int64)
    table = np.zeros(_SMALL_HASH, np.int64)
    marks = np.zeros(high + 2, np.uint8)
    before = np.empty(high * (ascending[-1] + 1) + 1, np.uint8)
    fewest = np.full(high - low + 1, NONE, np.uint8)
    end = 0
    for row in range(keys - 1):
        if sizes[row] < size - 1:
            starts[row] = end
            most = high
            for i in range(size):
                most *= max(ascending[i], 2)
            for i in range(sizes[row]):
                most //= max(parts[row, i], 2)
            end = _list_new(lattice, row, most, starts, stops, values, table)
            stops[row] = end
            _clear(lattice, row, starts, stops, values, table)
            for i in range(starts[row], end):
                if low <= values[i] <= high:
                    target = values[i] - low
                    fewest[target] = min(fewest[target], sizes[row] - 1)
            continue
        last = ascending.sum() - parts[row].sum()
        if sizes[row] == size:
            _mark_other_splits(lattice, row, high, starts, stops, values, marks)
            continue
        _mark_nearly_all(lattice, row, last, high, starts, stops, values, before, marks)
        for target in range(low, high + 1):
            if before[target] and size - 2 < fewest[target - low]:
                fewest[target - low] = size - 2
    for target in range(low, high + 1):
        if marks[target] and size - 1 < fewest[target - low]:
            fewest[target - low] = size - 1
    if size == 1 and low <= ascending[0] <= high:
        fewest[ascending[0] - low] = 0
    return fewest
