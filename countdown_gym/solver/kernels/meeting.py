"""Compiled search for one target: is it reachable, and in how few operations?

Why "unreachable" is a proof. A value is an exact pair of 64-bit integers, numerator and positive
denominator, which no operation reduces. Over entries whose numerators and denominators are at most
a, b, c, ... a pair stays below 2 * 2 * ... * a * b * c * ..., so a bound worked out before the
search (`countdown_gym.solver.encoding.fits`) shows that nothing can overflow; where it cannot be
shown, the search does not run. Pairs are looked up by their quotient as a double. Both parts are
below 2**53, so IEEE division rounds the exact quotient: equal rationals have equal doubles, and
where the doubles differ the rationals differ. Where the doubles are equal, cross-multiplication
decides.

How every expression is covered. In the tree of an expression, walk from the root to the larger
operand until at most `reach` entries are left. The value of those entries is looked for among
`wanted` values: what the target becomes when the operations above are undone one by one, each by a
value of some of the other entries. Values forward, wanted values backward, for every choice of
entries: if an answer exists, the two meet.

Signs. Over entries that are not negative and with both + and - (or without -), an expression whose
operations have negative results becomes one of equal absolute value at every operation and without
negative results, by turning subtractions round. So for a target that is not negative five results
per pair are enough, |a - b| among them; else all six are formed.

Zero. A wanted 0 is met by 0 times anything. Where such a case comes up and the rules do not settle
it at once, the answer is `UNSURE` and another engine decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np

from countdown_gym.solver.encoding import MOST_ENTRIES, MULTIPLY
from countdown_gym.solver.kernels.compiling import kernel, part, rare_part
from countdown_gym.solver.kernels.pairs import (
    CLEAR,
    SET,
    START,
    Bytes,
    Code,
    Ints,
    Lists,
    keep,
    listed,
    mark,
    may_result_marked,
    may_undone_marked,
    put_results,
    put_undone,
    read,
    undone_by_anything,
    write,
)

UNREACHABLE = -1  # proved
UNSURE = -2  # not settled here

_SIZE = np.array([mask.bit_count() for mask in range(64)], np.int64)
_SLOTS = 16384
_FEW_SLOTS = 512  # enough for up to 4 entries
_ROOM = 2400  # values of up to 3 of 6 entries: 6 + 15 * 6 + 20 * 3 * 6 * 6
_NEVER = cast(int, np.int64(99))


class Board(NamedTuple):
    """One search and its working memory."""

    full: int  # the mask of all entries
    use_all: bool
    reach: int  # the most entries whose values are formed forward
    values: Lists  # forward, of up to `reach` - 1 entries
    wanted: Lists  # backward, after using the entries of the mask
    probe: Lists  # a few values on their way
    bitmap: Bytes  # clear between uses


class Memory(NamedTuple):
    """What a search works with."""

    pairs: Ints  # (6, values)
    masks: Ints  # (6, masks)
    bitmap: Bytes  # clear between uses
    latest: Ints  # see `Lists`


@part
def _list_values(code: Code, board: Board, mask: int, end: int) -> int:
    """List the values of `mask` from those of its parts, from position `end`; return the end."""
    values = board.values
    values.starts[mask] = end
    left = (mask - 1) & mask
    while left > mask ^ left:
        right = mask ^ left
        for i in range(values.starts[left], values.stops[left]):
            an, ad = read(code, values, i)
            for j in range(values.starts[right], values.stops[right]):
                bn, bd = read(code, values, j)
                end = put_results(code, an, ad, bn, bd, values, values.starts[mask], end)
        left = (left - 1) & mask
    values.stops[mask] = end
    return end


@part
def _list_wanted(code: Code, board: Board, mask: int, end: int) -> tuple[int, bool]:
    """List what must be made of other entries if those of `mask` are used above them.

    Returns the end of the list, and whether anything at all will do.
    """
    values, wanted = board.values, board.wanted
    anything = False
    wanted.starts[mask] = end
    last = mask
    while last:
        before = mask ^ last
        for i in range(wanted.starts[before], wanted.stops[before]):
            tn, td = read(code, wanted, i)
            for j in range(values.starts[last], values.stops[last]):
                bn, bd = read(code, values, j)
                end = put_undone(code, tn, td, bn, bd, wanted, end)
                anything |= undone_by_anything(code, tn, bn)
        last = (last - 1) & mask
    wanted.stops[mask] = end
    return end, anything


@rare_part
def _mark_wanted(code: Code, board: Board, others: int, most: int, sign: int) -> None:
    """Set (1) or clear (0) the slots of what at most `most` of the others leave to be made."""
    above = others
    while True:
        if _SIZE[above] <= most and (above == others or not board.use_all):
            mark(code, board.wanted, above, sign, board.bitmap)
        if above == 0:
            break
        above = (above - 1) & others


@rare_part
def _least_use(code: Code, board: Board, others: int, num: int, den: int, best: int) -> int:
    """Return how many entries are used if `reach` of them make num / den, if below best."""
    wanted = board.wanted
    above = others
    while True:
        used = board.reach + _SIZE[above]
        if used < best and listed(
            code, num, den, wanted, wanted.starts[above], wanted.stops[above]
        ):
            best = used
        if board.use_all or above == 0:
            return best
        above = (above - 1) & others


@part
def _meet_streamed(code: Code, board: Board, some: int, best: int) -> int:
    """Form the values of `reach` entries, not listing them, and meet what the others want.

    Returns how many entries the best answer uses, if fewer than `best`.
    """
    values, probe = board.values, board.probe
    others = board.full ^ some
    most = best - board.reach - 1
    _mark_wanted(code, board, others, most, SET)
    left = (some - 1) & some
    while left > some ^ left:
        right = some ^ left
        for i in range(values.starts[right], values.stops[right]):
            an, ad = read(code, values, i)
            for j in range(values.starts[left], values.stops[left]):
                bn, bd = read(code, values, j)
                if may_result_marked(code, an, ad, bn, bd, board.bitmap):
                    made = put_results(code, an, ad, bn, bd, probe, START, START)
                    for k in range(made):
                        best = _least_use(code, board, others, *read(code, probe, k), best)
        left = (left - 1) & some
    _mark_wanted(code, board, others, most, CLEAR)
    return best


@part
def _meet_undone(code: Code, board: Board, some: int, before: int, last: int) -> tuple[bool, bool]:
    """Undo what is wanted after `before` by the values of `last`, and meet the values of `some`.

    Returns whether they meet, and whether anything at all would.
    """
    values, wanted, probe = board.values, board.wanted, board.probe
    met, anything = False, False
    for i in range(wanted.starts[before], wanted.stops[before]):
        tn, td = read(code, wanted, i)
        for j in range(values.starts[last], values.stops[last]):
            bn, bd = read(code, values, j)
            if may_undone_marked(code, tn, td, bn, bd, board.bitmap):
                anything |= undone_by_anything(code, tn, bn)
                made = put_undone(code, tn, td, bn, bd, probe, START)
                for k in range(made):
                    met |= listed(
                        code,
                        *read(code, probe, k),
                        values,
                        values.starts[some],
                        values.stops[some],
                    )
    return met, anything


@part
def _meet_listed(code: Code, board: Board, some: int, used: int) -> tuple[bool, bool]:
    """Meet the listed values of `reach` - 1 entries with what all others of `used` want of them.

    The operand beside them has 2 entries at least, or more would have been formed forward, and no
    more than they have; of two equals, one order is enough.

    Returns whether they meet, and whether anything at all would.
    """
    mark(code, board.values, some, SET, board.bitmap)
    size = board.reach - 1
    others = board.full ^ some
    met, anything = False, False
    above = others
    while above:
        if size + _SIZE[above] == used:
            last = above
            while last:
                if _SIZE[last] >= 2 and (_SIZE[last] < size or some < last):
                    meets, any_value = _meet_undone(code, board, some, above ^ last, last)
                    met |= meets
                    anything |= any_value
                last = (last - 1) & above
        above = (above - 1) & others
    mark(code, board.values, some, CLEAR, board.bitmap)
    return met, anything


@rare_part
def _takes_twins_in_turn(code: Code, board: Board, n: int, mask: int) -> bool:
    """Whether a mask takes equal entries from the left; of masks alike, exactly one does.

    A mask that does not becomes a smaller number by moving to the left, so looking at the smaller
    of two equal operands loses nothing either.
    """
    values = board.values
    for i in range(1, n):
        if not mask >> i & 1:
            continue
        for j in range(i):
            num, den = read(code, values, j)
            if not mask >> j & 1 and listed(code, num, den, values, i, i + 1):
                return False
    return True


@part
def _list_all_wanted(code: Code, board: Board, size: int, end: int) -> tuple[int, bool]:
    """List what `size` entries leave to be made, as `_list_wanted` does, whichever they are."""
    anything = False
    for mask in range(1, board.full + 1):
        if _SIZE[mask] == size:
            end, any_value = _list_wanted(code, board, mask, end)
            anything |= any_value
    return end, anything


@part
def _meet_all_streamed(code: Code, board: Board, n: int, best: int) -> int:
    """Return how many entries the best answer uses, if fewer than `best`: see `_meet_streamed`."""
    for some in range(1, board.full + 1):
        if _SIZE[some] == board.reach and _takes_twins_in_turn(code, board, n, some):
            best = _meet_streamed(code, board, some, best)
            if best == board.reach or (board.use_all and best == n):
                break
    return best


@part
def _meet_all_listed(code: Code, board: Board, n: int, used: int) -> tuple[bool, bool]:
    """Return whether an answer uses `used` entries, and whether anything: see `_meet_listed`."""
    met, anything = False, False
    if board.reach == 2:
        return met, anything
    for some in range(1, board.full + 1):
        if _SIZE[some] == board.reach - 1 and _takes_twins_in_turn(code, board, n, some):
            meets, any_value = _meet_listed(code, board, some, used)
            met |= meets
            anything |= any_value
            if met:
                break
    return met, anything


@part
def _search_wide(code: Code, board: Board, n: int) -> int:
    """Return how many entries an answer uses that uses `reach` or more; values are listed.

    Looks for answers of one entry more before it lists what longer ones need: most boards have one.
    """
    settled = code.ops & MULTIPLY != 0 and code.cap < 0  # 0 * anything can always be written
    unsure = False
    end = START + 1
    first = n if board.use_all else min(board.reach + 1, n)
    for used in range(first, n + 1):
        best = used + 1
        for size in range(1 if used == first else used - board.reach, used - board.reach + 1):
            end, anything = _list_all_wanted(code, board, size, end)
            best = used if anything and settled else best
            unsure |= anything and not settled
        best = _meet_all_streamed(code, board, n, best)
        if best <= used:
            return best
        met, anything = _meet_all_listed(code, board, n, used)
        if met or (anything and settled):
            return used
        unsure |= anything
    return UNSURE if unsure else _NEVER


@part
def _search(
    code: Code, use_all: bool, num: Ints, den: Ints, tn: int, td: int, memory: Memory
) -> int:
    """Return the fewest operations that reach tn / td, `UNREACHABLE` or `UNSURE`."""
    n = num.size
    room, masks = memory.pairs, memory.masks
    distinct, latest = not use_all, memory.latest  # where all are used, few values come up twice
    values = Lists(room[0], room[1], masks[0], masks[1], distinct, latest)
    wanted = Lists(room[2], room[3], masks[2], masks[3], distinct, latest)
    probe = Lists(room[4], room[5], masks[4], masks[5], distinct, latest)
    reach = n - 1 if use_all and 3 <= n <= 4 else 4
    board = Board((1 << n) - 1, use_all, reach, values, wanted, probe, memory.bitmap)
    for i in range(n):
        if (n == 1 or not use_all) and num[i] * td == tn * den[i]:
            return 0
        write(code, num[i], den[i], values, i)
        values.starts[1 << i] = i
        values.stops[1 << i] = i + 1
    if n == 1 or (code.integral and td != 1) or not keep(code, tn, td):
        return UNREACHABLE
    end = n
    for size in range(2, reach):
        start = end
        for mask in range(1, board.full + 1):
            if _SIZE[mask] == size:
                end = _list_values(code, board, mask, end)
        if (size == n or not use_all) and listed(code, tn, td, values, start, end):
            return size - 1
    if n < reach:
        return UNREACHABLE
    write(code, tn, td, board.wanted, START)
    board.wanted.starts[0] = 0
    board.wanted.stops[0] = 1
    used = _search_wide(code, board, n)
    if used == _NEVER:
        return UNREACHABLE
    return used - 1 if used > 0 else UNSURE


@part
def _provably_fits(whole: Ints, target: int, integral: bool, cap: int) -> bool:
    """Whether whole numbers meet `countdown_gym.solver.encoding.fits`, none of them negative.

    The doubles err by a few parts in 2**53, so the limits leave more than that.
    """
    product = 16.0 * max(target, 1)
    smallest, second = np.inf, np.inf
    fine = target >= 0
    for i in range(whole.size):
        fine &= whole[i] >= 0
        part_size = float(max(whole[i], 1))
        product *= part_size
        if part_size < smallest:
            smallest, second = part_size, smallest
        elif part_size < second:
            second = part_size
    largest_four = product / (smallest if whole.size > 4 else 1.0)
    largest_four /= second if whole.size > 5 else 1.0
    capped = largest_four * (1 if integral else max(cap, 1))
    return fine and largest_four <= 2.0**52 and max(4.0 * product, capped) <= 2.0**61


def compiled(name: str, integral: bool) -> Callable[..., int]:
    """Return the search for whole results, or for any, compiled or loaded.

    Its last arguments are a single question: six numbers, of which the first `n` count, and a
    target; where they might overflow, it is `UNSURE`. If there are rows, they are the questions
    instead and must fit (`countdown_gym.solver.encoding.fits`): numbers and target, or numerators,
    denominators and the target's two. The answer to each goes into its last column.
    """

    @kernel(
        "int64(int64[:, ::1], int64, int64, boolean, int64, int64, int64, int64, int64, int64,"
        " int64, int64, int64)",
        name,
    )
    def fewest_operations(  # noqa: PLR0913, PLR0917 - with plain numbers a call takes half the time
        rows: Ints,  # (B, N + 2) or (B, 2 * N + 3)
        ops: int,
        least: int,
        use_all: bool,
        cap: int,
        n: int,
        a: int,
        b: int,
        c: int,
        d: int,
        e: int,
        f: int,
        target: int,
    ) -> int:
        """Return the fewest operations that reach a target, `UNREACHABLE` or `UNSURE`."""
        code = Code(ops, integral, least, cap)
        single = np.empty(MOST_ENTRIES, np.int64)
        single[0], single[1], single[2], single[3], single[4], single[5] = a, b, c, d, e, f
        num, den = np.empty(n, np.int64), np.empty(n, np.int64)
        memory = Memory(
            np.empty((6, _ROOM), np.int64),
            np.empty((6, 1 << MOST_ENTRIES), np.int64),
            np.zeros(_SLOTS if n > 4 else _FEW_SLOTS, np.uint8),
            np.zeros(_FEW_SLOTS, np.int64),
        )
        count, width = rows.shape
        found = UNSURE
        for row in range(max(count, 1)):
            tn, td = target, 1
            for i in range(n):
                num[i] = rows[row, i] if count else single[i]
                den[i] = rows[row, n + i] if width > n + 2 else 1
            if width > n + 2:
                tn, td = rows[row, 2 * n], rows[row, 2 * n + 1]
            elif count:
                tn = rows[row, n]
            elif not _provably_fits(num, tn, integral, cap):
                return UNSURE
            found = _search(code, use_all, num, den, tn, td, memory)
            if count:
                rows[row, width - 1] = found
        return found

    return fewest_operations
