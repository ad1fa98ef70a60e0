"""The compiled walk through a search tree: what `SearchTree` works out, and what grades hold.

A state is a row of values, each a reduced pair of 64-bit integers with a positive denominator, in
ascending order of the pairs where their order is free. `countdown_gym.solver.search_walk` proves
that nothing overflows and leaves other states to Python. There is no recursion: the states on the
way down, and what the children of each have come to so far, stand in arrays by depth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from countdown_gym.solver.encoding import ADD, DIVIDE, MULTIPLY, SUBTRACT
from countdown_gym.solver.kernels.compiling import kernel, part, rare_part
from countdown_gym.solver.kernels.pairs import SET, START, WHOLE, Ints, Pair

Floats = NDArray[np.float64]

SOLVABLE, NODES, OPERATIONS, PRODUCTS, LARGEST, NEEDS_FRACTION = 0, 1, 2, 3, 4, 5
FIELDS = 6
"""How many numbers the walk finds out about a state, at the places above."""
MOST_VALUES = 8

_LEVELS = 7  # states of two values have no level below them
_MOST_CHILDREN = 112  # of eight in order, any two beside each other or not, four results each
_SIZE, _HASH, _PRODUCT, _LARGEST, _FRACTION = 0, 1, 2, 3, 4
_FACTS = 5
_FAILING, _COUNT, _SUM = 0, 1, 2
_NEVER = np.inf
_FIRST_ODD, _SECOND_ODD = -7046029254386353131, -4417276706812531889


class Moves(NamedTuple):
    """Rules as numbers."""

    ops: int  # ADD, SUBTRACT, MULTIPLY, DIVIDE, as bits
    both_orders: bool  # whether operands may change places
    neighbours: bool  # whether only values beside each other are combined
    use_all: bool
    integral: bool
    least: int
    cap: int


class Results(NamedTuple):
    """What operations on two values may result in."""

    nums: Ints  # (results,)
    dens: Ints  # (results,)
    products: Ints  # (results,) 1 if by * or /
    doubles: Floats  # (results,) nums / dens


class Tree(NamedTuple):
    """The states on the way down and their siblings, and what came of those so far."""

    nums: Ints  # (levels, states, values)
    dens: Ints  # (levels, states, values)
    facts: Ints  # (levels, states, facts): size, hash, and the least of all ways to make the state
    counts: Ints  # (levels,) states
    places: Ints  # (levels,) of the state in turn
    totals: Floats  # (levels, 3): nodes of failing states; how many succeed, and their nodes
    least: Floats  # (levels, FIELDS) over the states that succeed, the operation to them included


@part
def _reduced(num: int, den: int) -> Pair:
    """Return a pair of positive denominator without common divisor."""
    a, b = abs(num), den
    while b > 1:
        a, b = b, a % b
    divisor = a if b == 0 else b
    return num // divisor, den // divisor


@part
def _same(an: int, ad: int, bn: int, bd: int) -> bool:
    """Whether two pairs are equal."""
    if ad == bd:
        return an == bn
    an, ad = _reduced(an, ad)
    bn, bd = _reduced(bn, bd)
    return an == bn and ad == bd


@part
def _put(moves: Moves, num: int, den: int, is_product: int, results: Results, end: int) -> int:
    """Write num / den, not reduced, if the rules admit it and it is new; return the end."""
    if den == 0:
        return end
    if den < 0:
        num, den = -num, -den
    double = num / den
    if moves.integral and den != 1:
        whole = int(double)  # exact where it is whole: both are below 2**53
        if whole * den != num:
            return end
        num, den = whole, WHOLE
    if num < moves.least or (moves.cap >= 0 and abs(num) > moves.cap * den):
        return end
    for i in range(end):
        if double == results.doubles[i] and _same(num, den, results.nums[i], results.dens[i]):
            results.products[i] = min(results.products[i], is_product)
            return end
    results.nums[end], results.dens[end] = num, den
    results.products[end], results.doubles[end] = is_product, double
    return end + 1


@rare_part
def _put_results(moves: Moves, an: int, ad: int, bn: int, bd: int, results: Results) -> int:
    """Write the different results of operations on two values; return how many there are."""
    end = START
    left, right, below = an * bd, bn * ad, ad * bd
    if moves.ops & ADD:
        end = _put(moves, left + right, below, START, results, end)
    if moves.ops & SUBTRACT:
        end = _put(moves, left - right, below, START, results, end)
        if moves.both_orders:
            end = _put(moves, right - left, below, START, results, end)
    if moves.ops & MULTIPLY:
        end = _put(moves, an * bn, below, SET, results, end)
    if moves.ops & DIVIDE:
        end = _put(moves, left, right, SET, results, end)
        if moves.both_orders:
            end = _put(moves, right, left, SET, results, end)
    return end


@part
def _mixed(num: int, den: int) -> int:
    """Return a hash of a pair."""
    mixed = num * _FIRST_ODD + den * _SECOND_ODD
    return (mixed ^ (mixed >> 29)) * _FIRST_ODD


@part
def _write_state(
    moves: Moves, tree: Tree, level: int, parent: int, i: int, j: int, num: int, den: int
) -> int:
    """Write, after the states below `parent`, the one that num / den makes of values i and j.

    Returns its place.
    """
    new: int = tree.counts[level + 1]
    size, hashed, end = tree.facts[level, parent, _SIZE], START, START
    waiting = moves.both_orders  # for its place in ascending order
    for k in range(size):
        if k == j or (not moves.both_orders and i < k < j):
            continue
        n, d = tree.nums[level, parent, k], tree.dens[level, parent, k]
        if (waiting and (n > num or (n == num and d > den)) and k != i) or (
            not moves.both_orders and k == i
        ):
            tree.nums[level + 1, new, end], tree.dens[level + 1, new, end] = num, den
            hashed += _mixed(num, den) * (1 if moves.both_orders else 2 * end + 1)
            end += 1
            waiting = False
        if k != i:
            tree.nums[level + 1, new, end], tree.dens[level + 1, new, end] = n, d
            hashed += _mixed(n, d) * (1 if moves.both_orders else 2 * end + 1)
            end += 1
    if waiting:
        tree.nums[level + 1, new, end], tree.dens[level + 1, new, end] = num, den
        hashed += _mixed(num, den)
        end += 1
    tree.facts[level + 1, new, _SIZE], tree.facts[level + 1, new, _HASH] = end, hashed
    return new


@part
def _twin(tree: Tree, level: int, new: int) -> int:
    """Return the place of the first state that equals the one at `new`."""
    size, hashed = tree.facts[level, new, _SIZE], tree.facts[level, new, _HASH]
    for old in range(new):
        if tree.facts[level, old, _HASH] == hashed and tree.facts[level, old, _SIZE] == size:
            equal = True
            for k in range(size):
                equal &= tree.nums[level, old, k] == tree.nums[level, new, k]
                equal &= tree.dens[level, old, k] == tree.dens[level, new, k]
            if equal:
                return old
    return new


@part
def _note_way(tree: Tree, level: int, place: int, num: int, den: int, is_product: int) -> None:
    """Note one way to make a state: by an operation with the result num / den."""
    facts = tree.facts[level, place]
    largest = max(1, (abs(num) + den - 1) // den)
    if place == tree.counts[level]:
        tree.counts[level] += 1
        facts[_PRODUCT], facts[_LARGEST], facts[_FRACTION] = is_product, largest, den != 1
    else:
        facts[_PRODUCT] = min(facts[_PRODUCT], is_product)
        facts[_LARGEST] = min(facts[_LARGEST], largest)
        facts[_FRACTION] = min(facts[_FRACTION], int(den != 1))


@rare_part
def _expand(moves: Moves, tree: Tree, level: int, parent: int, results: Results) -> None:
    """Write the different states that one operation makes of a state, one level below it."""
    below = level + 1
    tree.counts[below] = 0
    tree.places[below] = 0
    _fill(tree.totals[below], 0.0)
    _fill(tree.least[below], _NEVER)
    nums, dens = tree.nums[level, parent], tree.dens[level, parent]
    size = tree.facts[level, parent, _SIZE]
    for i in range(size - 1):
        for j in range(i + 1, i + 2 if moves.neighbours else size):
            end = _put_results(moves, nums[i], dens[i], nums[j], dens[j], results)
            for k in range(end):
                num, den = _reduced(results.nums[k], results.dens[k])
                new = _write_state(moves, tree, level, parent, i, j, num, den)
                _note_way(tree, below, _twin(tree, below, new), num, den, results.products[k])


@part
def _reached(moves: Moves, tree: Tree, level: int, place: int, tn: int, td: int) -> bool:
    """Whether a state is an answer."""
    size = tree.facts[level, place, _SIZE]
    found = False
    if size == 1 or not moves.use_all:
        for k in range(size):
            found |= tree.nums[level, place, k] == tn and tree.dens[level, place, k] == td
    return found


@part
def _fill(row: Floats, number: float) -> None:
    """Write a number at every place."""
    for k in range(row.size):
        row[k] = number


@part
def _conclude(failing: float, count: float, total: float, least: Floats, made: Floats) -> None:
    """Write what a state comes to from what its children do: the recursion of `SearchTree`."""
    for k in range(FIELDS):
        made[k] = least[k]
    made[SOLVABLE] = count > 0
    made[NODES] = 1 + failing / (count + 1)
    if count > 0:
        made[NODES] += total / count


@part
def _judge_pair(
    moves: Moves, tree: Tree, level: int, place: int, tn: int, td: int, results: Results,
    made: Floats,
) -> None:  # fmt: skip
    """Write what a state of two values comes to: most states by far, so none is made of it."""
    nums, dens = tree.nums[level, place], tree.dens[level, place]
    end = _put_results(moves, nums[0], dens[0], nums[1], dens[1], results)
    _fill(made, _NEVER)
    hits, goal = 0.0, tn / td
    for k in range(end):
        if results.doubles[k] == goal and _same(results.nums[k], results.dens[k], tn, td):
            hits = 1.0
            made[OPERATIONS], made[PRODUCTS] = 1.0, results.products[k]
            made[LARGEST] = max(1, (abs(tn) + td - 1) // td)
            made[NEEDS_FRACTION] = td != 1
    made[SOLVABLE] = hits
    made[NODES] = 1 + (end - hits) / (hits + 1) + hits


@part
def _judge(
    moves: Moves, tree: Tree, level: int, place: int, tn: int, td: int, results: Results,
    made: Floats,
) -> bool:  # fmt: skip
    """Write what a state comes to if that is seen without its children; return whether it is."""
    if _reached(moves, tree, level, place, tn, td):
        _fill(made, 0.0)
        made[SOLVABLE], made[NODES] = 1.0, 1.0
        return True
    size = tree.facts[level, place, _SIZE]
    if size > 2:
        return False
    if size == 2:
        _judge_pair(moves, tree, level, place, tn, td, results, made)
    else:
        _fill(made, _NEVER)
        made[SOLVABLE], made[NODES] = 0.0, 1.0
    return True


@part
def _add(tree: Tree, level: int, made: Floats) -> None:
    """Add what the state in turn comes to, and go on to the next of its level."""
    facts, totals, least = (
        tree.facts[level, tree.places[level]],
        tree.totals[level],
        tree.least[level],
    )
    tree.places[level] += 1
    if made[SOLVABLE] == 0.0:
        totals[_FAILING] += made[NODES]
        return
    totals[_COUNT] += 1.0
    totals[_SUM] += made[NODES]
    least[OPERATIONS] = min(least[OPERATIONS], made[OPERATIONS] + 1)
    least[PRODUCTS] = min(least[PRODUCTS], made[PRODUCTS] + facts[_PRODUCT])
    least[LARGEST] = min(least[LARGEST], max(made[LARGEST], float(facts[_LARGEST])))
    least[NEEDS_FRACTION] = min(
        least[NEEDS_FRACTION], max(made[NEEDS_FRACTION], float(facts[_FRACTION]))
    )


@kernel(
    "void(int64[::1], int64[::1], int64, int64, int64, boolean, boolean, boolean, boolean, int64,"
    " int64, float64[::1])",
    "walk",
)
def walk(  # noqa: PLR0913, PLR0917 - plain numbers cost nothing to hand over
    nums: Ints,  # (N,)
    dens: Ints,  # (N,)
    tn: int,
    td: int,
    ops: int,
    both_orders: bool,
    neighbours: bool,
    use_all: bool,
    integral: bool,
    least: int,
    cap: int,
    made: Floats,  # (FIELDS,)
) -> None:
    """Write what a random-order search meets from a state on, and the least of its solutions."""
    moves = Moves(ops, both_orders, neighbours, use_all, integral, least, cap)
    tree = Tree(
        np.empty((_LEVELS, _MOST_CHILDREN, MOST_VALUES), np.int64),
        np.empty((_LEVELS, _MOST_CHILDREN, MOST_VALUES), np.int64),
        np.empty((_LEVELS, _MOST_CHILDREN, _FACTS), np.int64),
        np.empty(_LEVELS, np.int64),
        np.zeros(_LEVELS, np.int64),
        np.empty((_LEVELS, 3), np.float64),
        np.empty((_LEVELS, FIELDS), np.float64),
    )
    results = Results(
        np.empty(6, np.int64), np.empty(6, np.int64), np.empty(6, np.int64), np.empty(6, np.float64)
    )
    for k in range(nums.size):
        tree.nums[0, 0, k], tree.dens[0, 0, k] = nums[k], dens[k]
    tree.facts[0, 0, _SIZE] = nums.size
    tree.counts[0] = 1
    level = START
    while True:
        place = tree.places[level]
        if place == tree.counts[level]:
            totals = tree.totals[level]
            _conclude(totals[_FAILING], totals[_COUNT], totals[_SUM], tree.least[level], made)
            level -= 1
        elif not _judge(moves, tree, level, place, tn, td, results, made):
            _expand(moves, tree, level, place, results)
            level += 1
            continue
        if level == 0:
            return
        _add(tree, level, made)
