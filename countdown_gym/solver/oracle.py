"""The one door to exact answers: what can be reached, how, in how few steps.

Callers ask `Oracle(rules)`; which engine answers is nobody's business. The television table answers
for television boards, the compiled search wherever 64-bit arithmetic is provably enough, and the
plain reference everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Expression
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver import searching, television
from countdown_gym.solver.reference import Reference
from countdown_gym.solver.searching import UNSURE
from countdown_gym.solver.state import Entry, Exact, State, exact
from countdown_gym.solver.tidying import tidy
from countdown_gym.solver.uniform_boards import BoardDrawer, FirstBoard, Numbers, UniformBoards

MAX_ENTRIES = 8
"""The most entries that may be combined where their order is free."""
MAX_LISTED_ENTRIES = 6
"""The most entries in free order of which all values or all answers can be listed."""
MAX_ORDERED_ENTRIES = 8
"""The most entries that may be combined where their order is kept."""

_NEARBY = 4096  # beyond, listing every value is no slower than trying on
_STRIDE = 16
_BATCHED = 2**62  # such numbers, and those around them, an array holds

NONE = -1
"""Stands in batches for: no number of operations reaches the target."""


@dataclass(frozen=True, slots=True)
class Closest:
    """The reachable value that is nearest to a target."""

    value: Fraction
    """The value itself; of two equally near, the smaller."""
    expression: Expression
    """One way to make it, of as few operations as any."""
    distance: Fraction
    """Its absolute difference from the target: 0 exactly when the target can be reached."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """Exact answers under one set of rules.

    Every method takes `entries`, the state of play: numbers of the board (`int`, or one of numpy's
    integers), exact values (`Fraction`), or expressions already made of some of the numbers, which
    then stand whole in the answers. An operation may only result in what `rules.admit`s, the last
    one included; an entry itself is taken as it is. Where not every number must be used, each entry
    alone is an answer of no operation, and where order is kept, the entries used stand in the order
    given.

    Ask about many boards of whole numbers at once, with `solvable_batch` or
    `fewest_operations_batch`: for three or four a call from Python costs more than the answer.

    Raises:
        InvalidParameterError: From every method, if there is no entry, more than `MAX_ENTRIES`
            (`MAX_LISTED_ENTRIES` to list all values or answers, `MAX_ORDERED_ENTRIES` where order
            is kept), or an entry or target is not exact.

    Example:
        >>> oracle = Oracle(Rules())
        >>> str(oracle.solve((3, 3, 8, 8), 24))
        '8 / (3 - 8 / 3)'
        >>> oracle.solvable((1, 1, 1, 1), 5)
        False
    """

    rules: Rules
    """What an operation may do."""
    _kind: int | None = field(init=False, repr=False, compare=False)
    _code: searching.Code | None = field(init=False, repr=False, compare=False)
    _on_television: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out once what every quick answer needs."""
        if self.rules.extras:
            raise InvalidParameterError(
                "the oracle combines numbers by the four operations only; for rules with "
                f"{', '.join(sorted(self.rules.extras))} ask countdown_gym.solver.solution"
            )
        object.__setattr__(self, "_kind", searching.decision_kind(self.rules))
        object.__setattr__(self, "_code", searching.quick_code(self.rules))
        object.__setattr__(self, "_on_television", self.rules == television.RULES)

    @property
    def max_entries(self) -> int:
        """The most numbers that are combined under these rules; more are refused."""
        return MAX_ORDERED_ENTRIES if self.rules.keep_order else MAX_ENTRIES

    @property
    def max_listed_entries(self) -> int:
        """The most numbers of which all values or all answers are listed under these rules."""
        return MAX_ORDERED_ENTRIES if self.rules.keep_order else MAX_LISTED_ENTRIES

    def solvable(self, entries: Iterable[Entry], target: Exact) -> bool:
        """Whether some answer is worth exactly `target`; False is a proof that none is."""
        kind = self._kind
        if kind is not None:
            found = searching.decide(kind, entries, target)
            if found != UNSURE:
                return found > 0
        return self.fewest_operations(entries, target) is not None

    def first_board(
        self, rng: np.random.Generator, boards: UniformBoards, *, solvable: bool, most: int
    ) -> tuple[int, Numbers, int] | None:
        """Draw boards until one is solvable, or is not: how many were refused, numbers, target.

        The same in every way as to draw one after another and to ask `solvable` of each, but drawn
        and decided in compiled code where that is possible.

        Args:
            rng: The only source of randomness; it is moved past the boards drawn.
            boards: What is drawn.
            solvable: Which boards are wanted.
            most: How many are drawn before None is returned.
        """
        return self.board_drawer(boards, solvable=solvable)(rng, most)

    def board_drawer(self, boards: UniformBoards, *, solvable: bool) -> BoardDrawer:
        """Return `first_board` for one kind of boards, to be called again and again."""
        if searching.draws(self._kind, boards):
            compiled = searching.board_drawer(self._kind, boards, solvable)
            if compiled is not None:
                return compiled

        def first_board(rng: np.random.Generator, most: int) -> tuple[int, Numbers, int] | None:
            for refused in range(most):
                numbers, target = boards.draw(rng)
                if self.solvable(numbers, target) is solvable:
                    return refused, numbers, target
            return None

        return first_board

    def first_boards(
        self,
        rngs: Sequence[np.random.Generator],
        boards: UniformBoards,
        *,
        solvable: bool,
        most: int,
        each: int = 1,
    ) -> list[FirstBoard] | None:
        """Return what `first_board` returns of each generator, with the content of its puzzle.

        Each is asked `each` times in a row. All are drawn and decided in one call of compiled code.
        Where that cannot be, None is returned and nothing was drawn. Where `most` were refused, the
        rest means nothing.
        """
        if self._kind is None or not searching.draws(self._kind, boards):
            return None
        return searching.first_boards(self._kind, boards, solvable, self.rules, rngs, most, each)

    def solve(self, entries: Iterable[Entry], target: Exact) -> Expression | None:
        """Return an answer of as few operations as any, or None if there is none.

        It is written with few brackets (`countdown_gym.solver.tidying`). Of up to
        `MAX_LISTED_ENTRIES` entries, one without negative or fractional results is returned if such
        an answer is as short.
        """
        state, wanted = self._state(entries, MAX_ENTRIES), exact(target)
        answer = self._plain_answer(state, wanted) or self._some_answer(state, wanted)
        return None if answer is None else tidy(answer, self.rules, state.expressions)

    def solutions(self, entries: Iterable[Entry], target: Exact) -> Iterator[Expression]:
        """Yield every answer once, those of fewer operations first.

        Two answers are the same if `expressions.normal_form` writes them alike: one becomes the
        other by reordering and regrouping sums and products and by moving minus signs, equal
        numbers are interchangeable, and nothing is computed.
        """
        from countdown_gym.solver import listing  # noqa: PLC0415 - for these questions alone

        state, wanted = self._state(entries, MAX_LISTED_ENTRIES), exact(target)
        if listing.takes(self.rules, state, wanted):
            return listing.solutions(self.rules, state, wanted)
        return self._reference(state).solutions(wanted)

    def count_solutions(self, entries: Iterable[Entry], target: Exact) -> int:
        """Return how many answers `solutions` yields, without writing them."""
        from countdown_gym.solver import listing  # noqa: PLC0415 - as above

        state, wanted = self._state(entries, MAX_LISTED_ENTRIES), exact(target)
        if listing.takes(self.rules, state, wanted):
            return listing.count(self.rules, state, wanted)
        return sum(1 for _ in self._reference(state).solutions(wanted))

    def fewest_operations(self, entries: Iterable[Entry], target: Exact) -> int | None:
        """Return how many operations a shortest answer has, or None if there is no answer.

        Operations inside entries are done and do not count.
        """
        board = tuple(entries)
        if self._on_television:
            known = television.look_up(board, target)
            if known is not None:
                return known or None
        found = UNSURE
        if self._kind is not None:
            found = searching.decide(self._kind, board, target)
        if found == UNSURE:
            found = searching.fewest_at_once(self._code, board, target)
        if found != UNSURE:
            return None if found < 0 else found
        state, wanted = self._state(board, MAX_ENTRIES), exact(target)
        try:
            return searching.fewest_operations(self.rules, state.values, wanted)
        except searching.UnsureError:
            return self._reference(state).fewest_operations(wanted)

    def fewest_operations_batch(
        self,
        numbers: ArrayLike,  # (B, N)
        targets: ArrayLike,  # (B,)
    ) -> NDArray[np.int8]:  # (B,)
        """Return `fewest_operations` of each row of whole numbers, `NONE` where nothing reaches.

        Raises:
            InvalidParameterError: If the shapes do not fit or a value is not whole.
        """
        boards, goals = _rows(numbers, targets)
        fewest = searching.decide_batch(self._kind, boards, goals)
        unsure = np.flatnonzero(fewest == UNSURE)
        if unsure.size:
            fewest[unsure] = searching.fewest_operations_batch(
                self.rules, boards[unsure], goals[unsure]
            )
            unsure = unsure[fewest[unsure] == UNSURE]
        for row in unsure:
            found = self.fewest_operations(boards[row].tolist(), int(goals[row]))
            fewest[row] = NONE if found is None else found
        return fewest

    def fewest_operations_by_target(
        self, entries: Iterable[Entry], low: int, high: int
    ) -> NDArray[np.int8]:  # (high - low + 1,)
        """Return `fewest_operations` for each whole target from `low` to `high`.

        `NONE` stands where nothing reaches the target.

        Raises:
            InvalidParameterError: If `high` is below `low`.
        """
        if high < low:
            raise InvalidParameterError(f"high must be at least {low}, got {high}")
        board = tuple(entries)
        if self._on_television:
            covered = searching.cover(board, low, high)
            if covered is not None:
                return covered
        targets = range(low, high + 1)
        found = [self.fewest_operations(board, target) for target in targets]
        return np.array([NONE if fewest is None else fewest for fewest in found], np.int8)

    def solvable_batch(
        self,
        numbers: ArrayLike,  # (B, N)
        targets: ArrayLike,  # (B,)
    ) -> NDArray[np.bool_]:  # (B,)
        """Return `solvable` of each row of whole numbers.

        Raises:
            InvalidParameterError: If the shapes do not fit or a value is not whole.
        """
        reached: NDArray[np.bool_] = self.fewest_operations_batch(numbers, targets) != NONE
        return reached

    def solve_batch(
        self,
        numbers: ArrayLike,  # (B, N)
        targets: ArrayLike,  # (B,)
    ) -> list[Expression | None]:
        """Return `solve` of each row of whole numbers.

        Raises:
            InvalidParameterError: If the shapes do not fit or a value is not whole.
        """
        boards, goals = _rows(numbers, targets)
        rows = zip(boards.tolist(), goals.tolist(), self.solvable_batch(boards, goals), strict=True)
        return [self.solve(board, goal) if solvable else None for board, goal, solvable in rows]

    def closest_batch(
        self,
        numbers: ArrayLike,  # (B, N)
        targets: ArrayLike,  # (B,)
    ) -> list[Closest | None]:
        """Return `closest` of each row of whole numbers.

        Raises:
            InvalidParameterError: If the shapes do not fit or a value is not whole.
        """
        boards, goals = _rows(numbers, targets)
        return [*map(self.closest, boards.tolist(), goals.tolist())]

    def count_solutions_batch(
        self,
        numbers: ArrayLike,  # (B, N)
        targets: ArrayLike,  # (B,)
    ) -> NDArray[np.int64]:  # (B,)
        """Return `count_solutions` of each row of whole numbers.

        Raises:
            InvalidParameterError: If the shapes do not fit or a value is not whole.
        """
        boards, goals = _rows(numbers, targets)
        counts = map(self.count_solutions, boards.tolist(), goals.tolist())
        return np.fromiter(counts, np.int64, len(boards))

    def closest(self, entries: Iterable[Entry], target: Exact) -> Closest | None:
        """Return the reachable value nearest to `target`, or None if the rules allow no answer."""
        state, wanted = self._state(entries, MAX_ENTRIES), exact(target)
        expression = self.solve(state.expressions, wanted)
        if expression is not None:
            return Closest(wanted, expression, Fraction(0))
        near = self._nearest_whole(state, wanted)
        if near is not None:
            return near
        search = self._listing(state.expressions)
        found = min(search.reachable(), key=lambda v: (abs(v - wanted), v), default=None)
        if found is None:
            return None
        answer = tidy(next(search.solutions(found)), self.rules, state.expressions)
        return Closest(found, answer, abs(found - wanted))

    def reachable(
        self,
        entries: Iterable[Entry],
        low: Exact | None = None,
        high: Exact | None = None,
    ) -> frozenset[Fraction]:
        """Return every value that an answer may have, `low` and `high` included."""
        found = self._listing(entries).reachable()
        if low is not None:
            least = exact(low)
            found = frozenset(v for v in found if v >= least)
        if high is not None:
            most = exact(high)
            found = frozenset(v for v in found if v <= most)
        return found

    def _plain_answer(self, state: State, target: Fraction) -> Expression | None:
        """Return an answer whose results are natural numbers, if none is shorter."""
        if self.rules.intermediates not in (Intermediates.INTEGERS, Intermediates.RATIONALS):
            return None
        if len(state.values) > MAX_LISTED_ENTRIES:
            return None
        natural = replace(self.rules, intermediates=Intermediates.NATURALS)
        try:
            fewest = searching.fewest_operations(natural, state.values, target)
            if fewest == searching.fewest_operations(self.rules, state.values, target):
                return searching.solve(natural, state, target)
        except searching.UnsureError:  # then how `solve` answers is settled without this wish
            return None
        return None

    def _some_answer(self, state: State, target: Fraction) -> Expression | None:
        try:
            return searching.solve(self.rules, state, target)
        except searching.UnsureError:
            return next(self._reference(state).solutions(target), None)

    def _nearest_whole(self, state: State, target: Fraction) -> Closest | None:
        """Return the closest value by trying whole numbers outward, or None if that fails.

        It fails where answers need not be whole, where numbers are no matter for arrays, or if no
        value lies within `_NEARBY` of the target.
        """
        if self.rules.intermediates is Intermediates.RATIONALS or self.rules.keep_order:
            return None
        if any(value.denominator != 1 for value in state.values):
            return None
        middle, entries = round(target), [int(value) for value in state.values]
        if max(map(abs, (middle, *entries))) >= _BATCHED:
            return None
        for first in range(0, _NEARBY, _STRIDE):
            tried = np.arange(first, first + _STRIDE)
            around = np.unique(np.concatenate([middle - tried, middle + tried]))
            fewest = self.fewest_operations_batch(np.tile(entries, (len(around), 1)), around)
            found = [Fraction(int(v)) for v in around[fewest != NONE]]
            if found:
                best = min(found, key=lambda v: (abs(v - target), v))
                expression = self.solve(state.expressions, best)
                if expression is not None:
                    return Closest(best, expression, abs(best - target))
        return None

    def _listing(self, entries: Iterable[Entry]) -> Reference:
        return self._reference(self._state(entries, MAX_LISTED_ENTRIES))

    def _state(self, entries: Iterable[Entry], free_limit: int) -> State:
        state = State.read(entries)
        limit = MAX_ORDERED_ENTRIES if self.rules.keep_order else free_limit
        if len(state.values) > limit:
            raise InvalidParameterError(
                f"the oracle combines at most {limit} numbers here, got {len(state.values)}; "
                "combine some first and pass their expressions"
            )
        return state

    def _reference(self, state: State) -> Reference:
        if not self.rules.keep_order and len(state.values) > MAX_LISTED_ENTRIES:
            raise InvalidParameterError(
                f"more than {MAX_LISTED_ENTRIES} numbers must be small enough for 64-bit "
                "arithmetic; combine some first and pass their expressions"
            )
        return _reference(self.rules, state)


def _rows(numbers: ArrayLike, targets: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return boards of shape (B, N) and targets of shape (B,), whole numbers all of them."""
    try:
        boards, goals = np.asarray(numbers), np.asarray(targets)
    except ValueError:
        raise InvalidParameterError(
            "the numbers of a batch must be rows of one length; ask about longer and shorter "
            "boards in batches of their own"
        ) from None
    if boards.ndim != 2 or goals.shape != boards.shape[:1] or not boards.shape[1]:
        raise InvalidParameterError(
            "a batch has numbers of shape (B, N) and targets of shape (B,), got "
            f"{boards.shape} and {goals.shape}"
        )
    if not (np.issubdtype(boards.dtype, np.integer) and np.issubdtype(goals.dtype, np.integer)):
        raise InvalidParameterError(
            f"numbers and targets of a batch must be whole, got {boards.dtype}, {goals.dtype}"
        )
    return boards, goals


oracle_of = lru_cache(maxsize=64)(Oracle)
"""Return the oracle of some rules, kept: working out its quick ways takes longer than an answer."""


@lru_cache(maxsize=8)
def _reference(rules: Rules, state: State) -> Reference:
    """Return the search of a state, the latest few remembered for questions about other targets."""
    return Reference(rules, state)
