"""The compiled walk through a search tree, behind plain Python values.

Knows which trees the kernel takes; the others are left to `SearchTree` and to estimates.
"""

from __future__ import annotations

from functools import cache
from math import prod
from types import ModuleType
from typing import NamedTuple

import numpy as np

from countdown_gym.expressions import Operator
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver.encoding import ADD, DIVIDE, MULTIPLY, SUBTRACT
from countdown_gym.solver.value_moves import Ratio, ValueMoves, Values

MAX_NODES = 25_000_000
"""The most nodes (a bound on the tree, from the rules) that are walked: six numbers under any
rules, seven in order. That takes a quarter of a second; five numbers take 3 ms, and four 50 µs."""

_MOST_VALUES = 8
_PART_LIMIT = 2**53  # doubles hold whole numbers up to here
_PRODUCT_LIMIT = 2**62
_NO_LEAST = -(2**62)
_BITS = {
    Operator.ADD: ADD,
    Operator.SUBTRACT: SUBTRACT,
    Operator.MULTIPLY: MULTIPLY,
    Operator.DIVIDE: DIVIDE,
}


class Walk(NamedTuple):
    """What a walk through a whole search tree finds; the last four fields mean a `Grade`'s."""

    solvable: bool
    nodes: float
    """The expected number of states that the search visits."""
    fewest_operations: int | None
    fewest_products: int | None
    largest_intermediate: int | None
    needs_fraction: bool | None


def walk(rules: Rules, start: Values, target: Ratio) -> Walk | None:
    """Return what a search from a state meets, or None if the kernel does not take it."""
    if not _takes(rules, start, target):
        return None
    kind, cap = rules.intermediates, rules.largest_intermediate
    if cap is not None and cap >= _PART_LIMIT:  # no result comes near it
        cap = None
    made = np.empty(kernel().FIELDS)
    kernel().walk(
        np.array([above for above, _ in start], np.int64),
        np.array([below for _, below in start], np.int64),
        *target,
        sum(_BITS[operator] for operator in rules.operators),
        not rules.keep_order,
        rules.keep_order and rules.use_all,
        rules.use_all,
        kind is not Intermediates.RATIONALS,
        {Intermediates.POSITIVE_INTEGERS: 1, Intermediates.NATURALS: 0}.get(kind, _NO_LEAST),
        -1 if cap is None else cap,
        made,
    )
    solvable, nodes, *least = made.tolist()
    if not solvable:
        return Walk(False, nodes, None, None, None, None)
    operations, products, largest, fraction = (int(number) for number in least)
    return Walk(True, nodes, operations, products, largest, bool(fraction))


@cache
def kernel() -> ModuleType:
    """Return the kernel's module, numba imported and it compiled on the first call."""
    from countdown_gym.solver.kernels import walking  # noqa: PLC0415 - numba takes half a second to import

    return walking


def _takes(rules: Rules, start: Values, target: Ratio) -> bool:
    """Whether the kernel walks the tree in time and provably stays within 64 bits.

    A pair made of k values has parts of at most 2**(k - 1) times the product of the values' larger
    parts, since a sum at most doubles the product of its operands' parts. Below 2**53 doubles hold
    them, so that equal pairs have equal quotients.
    """
    if len(start) > _MOST_VALUES or ValueMoves(rules).most_nodes(len(start)) > MAX_NODES:
        return False
    part = prod(max(abs(above), below) for above, below in start) << len(start)
    cap = 1 if rules.intermediates is not Intermediates.RATIONALS else rules.largest_intermediate
    fits = cap is None or cap >= _PART_LIMIT or cap * part < _PRODUCT_LIMIT
    return fits and part < _PART_LIMIT and max(abs(target[0]), target[1]) < _PART_LIMIT
