"""The compiled search behind plain Python values: fewest operations, and an answer built on them.

Knows which states the kernels take; for the others it says so and leaves them to the reference.

The first questions of a process about few numbers are not worth numba, which takes longer to be
imported than the reference takes to answer a hundred of them, and thousands if kernels are yet to
be compiled. So the reference answers these too, and the answers are the same.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from fractions import Fraction
from functools import cache
from itertools import combinations
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countdown_gym.expressions import Expression, Operation, Operator
from countdown_gym.puzzles import Intermediates, Rules, content_ending
from countdown_gym.solver.encoding import MOST_ENTRIES, encode_rules, fits, needs_signs
from countdown_gym.solver.reference import Reference
from countdown_gym.solver.state import State
from countdown_gym.solver.uniform_boards import BoardDrawer, FirstBoard, Numbers, UniformBoards

Values = tuple[Fraction, ...]
Code = tuple[bool, tuple[int, int, bool, int]]
"""Integral, and (operations, least, use all, cap): see `encoding.Encoding`."""

PLAIN_ENTRIES = 4
"""The most entries of a question that is answered before numba is imported: 1 to 3 ms each."""
PLAIN_QUESTIONS = 128
"""How many such questions are answered: together they take about as long as numba's import."""
_plain_answers: list[int | None] = []

_COVER_LIMIT = 2**53  # no value that coverage lists, and no product of two, is larger

_PADDING = [(0,) * (MOST_ENTRIES - count) for count in range(MOST_ENTRIES + 1)]

UNREACHABLE = -1
"""Stands for: proved that nothing reaches the target."""
UNSURE = -2
"""Stands for: not settled by the kernels."""

_WHOLE, _ZERO = 1, 2  # the bits of `deciding`, which is imported late
_LARGEST = 1_000  # its `LARGEST`

_NO_ROWS = np.empty((0, 0), np.int64)
_NO_QUESTION = (0,) * (MOST_ENTRIES + 1)  # six numbers and a target


class UnsureError(Exception):
    """The compiled search does not settle a state; the reference does."""


Search = Callable[..., int]
"""A compiled search; see `countdown_gym.solver.kernels.meeting.compiled`."""


@cache
def compiled_search(integral: bool) -> Search:
    """Return the search for whole results, or for any; numba is imported on the first call."""
    if integral:
        from countdown_gym.solver.kernels import whole_search  # noqa: PLC0415 - numba is slow to import

        return whole_search.fewest_operations
    from countdown_gym.solver.kernels import fraction_search  # noqa: PLC0415 - as above

    return fraction_search.fewest_operations


def fewest_operations(rules: Rules, values: Values, target: Fraction) -> int | None:
    """Return the fewest operations that make the target of the values, or None if nothing does.

    Raises:
        UnsureError: If the kernels do not settle it.
    """
    return _fewest(rules, values, target, {})


def quick_code(rules: Rules) -> Code | None:
    """Return what `fewest_at_once` needs to know of the rules, or None if it does not apply."""
    if rules.keep_order:
        return None
    return _code(rules, needs_signs(rules, (0,), 0))


def fewest_at_once(code: Code | None, entries: tuple[object, ...], target: object) -> int:
    """Return the fewest operations for plain whole numbers, -1 for none, or `UNSURE`.

    The short way for the common case: it settles most boards of up to six numbers, and any state
    or target that it does not take is unsure.
    """
    count = len(entries)
    if code is None or not 0 < count <= MOST_ENTRIES or type(target) is not int:
        return UNSURE
    for entry in entries:
        if type(entry) is not int:
            return UNSURE
    if count <= PLAIN_ENTRIES and _numba_can_wait():
        return UNSURE
    try:
        integral, rest = code
        found = compiled_search(integral)(
            _NO_ROWS, *rest, count, *entries, *_PADDING[count], target
        )
    except OverflowError:  # a number beyond 64 bits
        return UNSURE
    return found


def decision_kind(rules: Rules) -> int | None:
    """Return what `decide` needs to know of the rules, or None if it does not apply."""
    every = len(rules.operators) == len(Operator) and rules.largest_intermediate is None
    if not (every and rules.use_all) or rules.keep_order:
        return None
    whole = rules.intermediates is not Intermediates.RATIONALS
    zero = rules.intermediates is not Intermediates.POSITIVE_INTEGERS
    return _WHOLE * whole + _ZERO * zero


decide: Callable[[int, object, object], int]
"""Return the fewest operations for three or four plain numbers, -1 for none, or `UNSURE`.

The shortest way of all, compiled from the moment that it is called: takes the kind, what may be a
tuple of numbers, and what may be a target. See `countdown_gym.solver.kernels.deciding`.
"""


def __getattr__(name: str) -> object:
    """Import numba and `decide` when it can no longer wait; asking again costs nothing."""
    if name != "decide":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _numba_can_wait():
        return _decide_nothing
    from countdown_gym.solver.kernels import deciding  # noqa: PLC0415 - numba is slow to import

    return globals().setdefault(name, deciding.decide)


def _numba_can_wait() -> bool:
    """Whether the reference has answered few questions so far, and numba is not there anyway."""
    return len(_plain_answers) < PLAIN_QUESTIONS and "numba" not in sys.modules


def _decide_nothing(kind: int, board: object, target: object) -> int:  # noqa: ARG001 - as `decide`
    return UNSURE


def draws(kind: int | None, boards: UniformBoards) -> bool:
    """Whether `board_drawer` takes boards of these ranges."""
    return (
        kind is not None
        and 3 <= boards.min_numbers <= boards.max_numbers <= 4
        and boards.smallest >= 1
        and boards.largest <= _LARGEST
        and boards.min_target >= 1
        and boards.max_target <= _LARGEST**2
    )


def board_drawer(kind: int | None, boards: UniformBoards, solvable: bool) -> BoardDrawer | None:
    """Return what draws until `decide` finds a board solvable or not, for ranges that it takes.

    None where numba compiles nothing.
    """
    draw, asked = compiled_draw(), (kind or 0, int(solvable), *boards)
    if draw is None:
        return None

    def first_board(rng: np.random.Generator, most: int) -> tuple[int, Numbers, int] | None:
        bits = rng.bit_generator
        with bits.lock:
            refused, size, target, a, b, c, d = draw(asked, most, bits.capsule)
        if refused == most:
            return None
        return refused, (a, b, c) if size == 3 else (a, b, c, d), target

    return first_board


@cache
def compiled_draw() -> Callable[[Any, int, object], tuple[int, ...]] | None:
    """Return the compiled draw, if there is one; numba is imported on the first call."""
    from countdown_gym.solver.kernels import board_drawing  # noqa: PLC0415 - numba is slow to import

    return board_drawing.draw_board


def first_boards(
    kind: int,
    boards: UniformBoards,
    solvable: bool,
    rules: Rules,
    rngs: Sequence[np.random.Generator],
    most: int,
    each: int,
) -> list[FirstBoard] | None:
    """Return what `Oracle.first_boards` returns, for ranges that `draws` admits.

    None where numba compiles nothing, or if two of the generators draw from the same bits.
    """
    from countdown_gym.solver.kernels import batch_drawing  # noqa: PLC0415 - numba is slow to import

    bits = [rng.bit_generator for rng in rngs]
    if batch_drawing.address_of is None or len(set(map(id, bits))) < len(bits):
        return None
    ending = content_ending(rules).encode()
    width = batch_drawing.HEAD + len(ending)
    rows = len(bits) * each
    found, contents = np.empty((rows, 7), np.int64), np.empty((rows, width), np.uint8)
    with _all_held([one.lock for one in bits]):
        batch_drawing.draw_boards(
            (kind, int(solvable), *boards),
            most,
            np.repeat([batch_drawing.address_of(one.capsule) for one in bits], each),
            np.array(bytearray(ending)),
            found,
            contents,
        )
    written = contents.view(f"S{width}")[:, 0].tolist()
    return [
        (refused, (a, b, c) if size == 3 else (a, b, c, d), target, content)
        for (refused, size, target, a, b, c, d), content in zip(
            found.tolist(), written, strict=True
        )
    ]


@contextmanager
def _all_held(locks: Iterable[AbstractContextManager[object]]) -> Iterator[None]:
    """Hold all locks, taken in one order by all threads, so that none wait for each other."""
    held = []
    try:
        for lock in sorted(locks, key=id):
            lock.__enter__()
            held.append(lock)
        yield
    finally:
        for lock in held:
            lock.__exit__(None, None, None)


def decide_batch(
    kind: int | None,
    boards: NDArray[np.integer[Any]],  # (B, N)
    targets: NDArray[np.integer[Any]],  # (B,)
) -> NDArray[np.int8]:  # (B,)
    """Return what `decide` returns of each row; nothing is sure of numbers that 64 bits may cut."""
    whole = np.can_cast(boards.dtype, np.int64) and np.can_cast(targets.dtype, np.int64)
    if kind is None or boards.shape[1] not in {3, 4} or not whole:
        return np.full(len(boards), UNSURE, np.int8)
    from countdown_gym.solver.kernels import deciding  # noqa: PLC0415 - as above

    fewest = np.empty(len(boards), np.int8)
    whole_boards, whole_targets = (np.ascontiguousarray(a, np.int64) for a in (boards, targets))
    deciding.decide_rows(kind, whole_boards, whole_targets, fewest)
    return fewest


def fewest_operations_batch(
    rules: Rules,
    boards: NDArray[np.integer[Any]],  # (B, N)
    targets: NDArray[np.integer[Any]],  # (B,)
) -> NDArray[np.int8]:  # (B,)
    """Return the fewest operations of each row, -1 where nothing does, or `UNSURE`."""
    fewest = np.full(len(boards), UNSURE, np.int8)
    count = boards.shape[1]
    if rules.keep_order or count > MOST_ENTRIES or not boards.size:
        return fewest
    # The largest numbers stand for all; a batch with outliers goes the long way.
    magnitudes = np.sort(_magnitudes(boards), axis=1).max(axis=0).tolist()
    if not fits(rules, magnitudes, int(_magnitudes(targets).max())):
        return fewest
    signed = (targets < 0) | (boards < 0).any(axis=1)
    for with_signs in (False, True):
        rows = np.flatnonzero(signed == with_signs)
        if not rows.size:
            continue
        questions = np.empty((len(rows), count + 2), np.int64)
        questions[:, :count] = boards if len(rows) == len(boards) else boards[rows]
        questions[:, count] = targets if len(rows) == len(boards) else targets[rows]
        integral, rest = _code(rules, with_signs or needs_signs(rules, (0,), 0))
        compiled_search(integral)(questions, *rest, count, *_NO_QUESTION)
        fewest[rows] = questions[:, -1]
    return fewest


def _magnitudes(whole: NDArray[np.integer[Any]]) -> NDArray[np.unsignedinteger[Any]]:
    """Return absolute values, unsigned: that of the smallest signed number is beyond its type."""
    magnitudes: NDArray[np.unsignedinteger[Any]] = np.abs(whole).view(f"u{whole.itemsize}")
    return magnitudes


def _code(rules: Rules, signed: bool) -> Code:
    encoding = encode_rules(rules, signed=signed)
    return encoding.integral, (encoding.ops, encoding.least, encoding.use_all, encoding.cap)


def cover(numbers: tuple[object, ...], low: int, high: int) -> NDArray[np.int8] | None:
    """Return the fewest operations for each target, -1 for none, under the television rules.

    Returns None where the numbers are not at most six positive whole ones, or so large that 64 bits
    might not do.
    """
    whole = [number for number in numbers if type(number) is int and number > 0]
    if len(whole) != len(numbers) or not 0 < len(whole) <= MOST_ENTRIES or low < 1:
        return None
    if max(high, *whole) * prod(max(number, 2) for number in whole) >= _COVER_LIMIT:
        return None
    from countdown_gym.solver.kernels import coverage  # noqa: PLC0415 - as above

    fewest = coverage.cover_one(np.array(sorted(whole), np.int64), low, high)
    return fewest.view(np.int8)


def solve(rules: Rules, state: State, target: Fraction) -> Expression | None:
    """Return an answer of as few operations as any, or None if there is none.

    Walks down: a first operation belongs to a shortest answer exactly if one operation fewer is
    needed after it.

    Raises:
        UnsureError: If the kernels do not settle it.
    """
    known: dict[Values, int | None] = {}
    left = _fewest(rules, state.values, target, known)
    if left is None:
        return None
    while left:
        for step, after in _first_steps(rules, state.values):
            if _fewest(rules, after, target, known) == left - 1:
                state, left = _carried_out(state, step, after), left - 1
                break
        else:  # the search and its own children disagree: never seen, and never to be hidden
            raise UnsureError
    return state.expressions[state.values.index(target)]


FirstStep = tuple[Operator, int, int]
"""Operator and the positions of the left and right operand."""


def _fewest(
    rules: Rules, values: Values, target: Fraction, known: dict[Values, int | None]
) -> int | None:
    """Return the fewest operations; beyond what one search takes, from all first operations."""
    key = tuple(sorted(values))
    if key in known:
        return known[key]
    if len(values) > MOST_ENTRIES:
        found = _fewest_after_one(rules, values, target, known)
    else:
        found = _searched(rules, values, target)
    known[key] = found
    return found


def _fewest_after_one(
    rules: Rules, values: Values, target: Fraction, known: dict[Values, int | None]
) -> int | None:
    if target in values and not rules.use_all:
        return 0
    best: int | None = None
    for _, after in _first_steps(rules, values):
        found = _fewest(rules, after, target, known)
        if found is not None and (best is None or found + 1 < best):
            best = found + 1
            if rules.use_all or best == 1:
                break
    return best


def _searched(rules: Rules, values: Values, target: Fraction) -> int | None:
    if not fits(rules, values, target):
        raise UnsureError
    if len(values) <= PLAIN_ENTRIES and _numba_can_wait():
        _plain_answers.append(Reference(rules, State(values, ())).fewest_operations(target))
        return _plain_answers[-1]
    integral, rest = _code(rules, needs_signs(rules, values, target))
    asked = (*(v.numerator for v in values), *(v.denominator for v in values))
    question = np.array([[*asked, target.numerator, target.denominator, UNSURE]], np.int64)
    compiled_search(integral)(question, *rest, len(values), *_NO_QUESTION)
    found = int(question[0, -1])
    if found == UNSURE:
        raise UnsureError
    return None if found == UNREACHABLE else found


def _first_steps(rules: Rules, values: Values) -> Iterator[tuple[FirstStep, Values]]:
    """Yield every operation on two of the values that the rules admit, and the values after it."""
    for i, j in combinations(range(len(values)), 2):
        rest = values[:i] + values[i + 1 : j] + values[j + 1 :]
        for operator in Operator:
            if operator not in rules.operators:
                continue
            for left, right in ((i, j),) if operator.commutes else ((i, j), (j, i)):
                if operator is Operator.DIVIDE and values[right] == 0:
                    continue
                result = operator.apply(values[left], values[right])
                if rules.admit(result):
                    yield (operator, left, right), (*rest, result)


def _carried_out(state: State, step: FirstStep, after: Values) -> State:
    operator, left, right = step
    made = Operation(operator, state.expressions[left], state.expressions[right])
    rest = tuple(e for at, e in enumerate(state.expressions) if at not in (left, right))
    return State(after, (*rest, made))
