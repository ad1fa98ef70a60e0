"""Distinct solutions, counted and listed from their normal forms.

Stands before the compiled `countdown_gym.solver.kernels.forms`: knows which states that takes, and
writes the forms that it lists as expressions. The other states are left to the reference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, reduce
from math import prod
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countdown_gym.expressions import Expression, Number, Operation, Operator
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver.partitions import Plan, plan
from countdown_gym.solver.state import State

MOST_ENTRIES = 6
"""The most entries whose forms are listed."""

_VALUE_LIMIT = 2**62
_LEAVE_OUT = -1

Ints = NDArray[np.int64]


def takes(rules: Rules, state: State, target: Fraction) -> bool:
    """Whether the forms of a state can be listed: under these rules, and within 64 bits.

    Entries must be whole numbers that are not negative: work already done is part of the form and
    would have to be opened. With subtraction there must be addition, and with division
    multiplication, or the order of the operations would decide what can be carried out; so it
    would with a largest result. A value of k entries, and whatever is worked out on the way to it,
    has parts of at most 2**(k - 1) times the product of the entries, since a sum at most doubles
    the product of its operands' parts; it is multiplied once with a part of the target.
    """
    operators = rules.operators
    if rules.keep_order or rules.largest_intermediate is not None:
        return False
    if Operator.SUBTRACT in operators and Operator.ADD not in operators:
        return False
    if Operator.DIVIDE in operators and Operator.MULTIPLY not in operators:
        return False
    numbers = [entry.value for entry in state.expressions if isinstance(entry, Number)]
    if len(numbers) < len(state.expressions) or len(numbers) > MOST_ENTRIES or min(numbers) < 0:
        return False
    goal = max(abs(target.numerator), target.denominator)
    largest: int = prod(max(number, 1) for number in numbers) * goal << len(numbers)
    return largest < _VALUE_LIMIT


def count(rules: Rules, state: State, target: Fraction) -> int:
    """Return how many distinct solutions there are of a state that this module `takes`."""
    return sum(_counts(rules, _board(state), target)) if _possible(rules, target) else 0


def solutions(rules: Rules, state: State, target: Fraction) -> Iterator[Expression]:
    """Yield each distinct solution of a state that this module `takes`, the shortest first."""
    if not _possible(rules, target):
        return
    board = _board(state)
    most = int(_listed(rules, board, target, _LEAVE_OUT)[0].sum())
    if not most:
        return
    _, nums, dens, signs, origins = _listed(rules, board, target, most)
    makes = nums * target.denominator == abs(target.numerator) * dens
    if rules.use_all and len(board.plan.bags) > 1:
        makes &= origins[:, 0] >= 2 * board.plan.starts[-2]
        makes[: len(board.numbers)] = False
    writer = _Writer(board, signs, origins)
    for form in np.flatnonzero(makes).tolist():
        flexible = signs[form] == kernels().FLEXIBLE
        if target >= 0:
            yield writer.write(form, opposite=False)
        if flexible and target <= 0:
            yield writer.write(form, opposite=True)


@cache
def kernels() -> ModuleType:
    """Return the compiled kernel's module, numba imported and it compiled on the first call."""
    from countdown_gym.solver.kernels import forms  # noqa: PLC0415 - numba takes half a second to import

    return forms


@dataclass(frozen=True, slots=True)
class _Board:
    """A board's distinct numbers, in the order of the first bags of its plan."""

    numbers: tuple[int, ...]
    plan: Plan


def _board(state: State) -> _Board:
    times = Counter(int(value) for value in state.values)
    distinct = sorted(times, key=lambda number: (-times[number], number))
    planned = plan(tuple(times[number] for number in distinct))
    order = [bag.index(1) for bag in planned.bags[: len(distinct)]]
    return _Board(tuple(distinct[at] for at in order), planned)


def _possible(rules: Rules, target: Fraction) -> bool:
    """Whether a target is worth looking for among whole numbers that are not negative."""
    return target.denominator == 1 or rules.intermediates is Intermediates.RATIONALS


def _counts(rules: Rules, board: _Board, target: Fraction) -> tuple[int, int]:
    """Return how many forms make the target as they are listed, and how many as opposites."""
    rigid, flexible, null = _listed(rules, board, target, _LEAVE_OUT)[0].tolist()
    as_listed = rigid + flexible + null if target >= 0 else 0
    return as_listed, flexible if target <= 0 else 0


def _listed(rules: Rules, board: _Board, target: Fraction, traced: int) -> tuple[Ints, ...]:
    """Return what `forms.list_forms` does."""
    kind, operators = rules.intermediates, rules.operators
    numbers = np.array(board.numbers, np.int64)
    listed: tuple[Any, ...] = kernels().list_forms(
        numbers,
        np.ones_like(numbers),
        abs(target.numerator),
        target.denominator,
        board.plan.rows,
        board.plan.starts,
        board.plan.missing,
        kind is not Intermediates.RATIONALS,
        kind in (Intermediates.POSITIVE_INTEGERS, Intermediates.NATURALS),
        int(kind is Intermediates.POSITIVE_INTEGERS),
        (Operator.ADD in operators) + (Operator.SUBTRACT in operators),
        (Operator.MULTIPLY in operators) + (Operator.DIVIDE in operators),
        rules.use_all,
        traced,
    )
    return listed


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes forms as expressions whose operations the rules admit one by one."""

    board: _Board
    signs: Ints  # (forms,)
    origins: Ints  # (forms, 7)

    def write(self, form: int, *, opposite: bool) -> Expression:
        """Return a form, or the same with all signs turned, as an expression."""
        if form < len(self.board.numbers):
            return Number(self.board.numbers[form])
        row, is_product = divmod(int(self.origins[form, 0]), 2)
        parts = int(self.board.plan.rows[row, 1])
        choices = [divmod(int(choice), 2) for choice in self.origins[form, parts:0:-1]]
        if is_product:
            return self._product(choices, opposite=opposite)
        return self._sum([(term, bool(role) != opposite) for term, role in choices])

    def _sum(self, terms: list[tuple[int, bool]]) -> Expression:
        """Return the sum of terms, each with whether it is subtracted: added ones first."""
        null = kernels().NULL
        added = [term for term, minus in terms if not minus or self.signs[term] == null]
        added.sort(key=self._is_zero)  # 0 + 0 may not be admitted where 5 + 0 + 0 is
        subtracted = [term for term, minus in terms if minus and self.signs[term] != null]
        written = [self.write(term, opposite=False) for term in added]
        if not written:  # then some term is flexible, and its opposite is added
            turned = next(term for term in subtracted if self._flexible(term))
            subtracted.remove(turned)
            written.append(self.write(turned, opposite=True))
        rest = [self.write(term, opposite=False) for term in subtracted]
        return _joined(Operator.SUBTRACT, _joined(Operator.ADD, written[0], written[1:]), rest)

    def _product(self, factors: list[tuple[int, int]], *, opposite: bool) -> Expression:
        """Return the product of factors, each with whether it divides: multiplied ones first."""
        turned = next((f for f, _ in factors if self._flexible(f)), None) if opposite else None
        sides: tuple[list[Expression], list[Expression]] = [], []
        for factor, below in factors:
            sides[below].append(self.write(factor, opposite=factor == turned))
            if factor == turned:
                turned = None
        above, under = sides
        return _joined(Operator.DIVIDE, _joined(Operator.MULTIPLY, above[0], above[1:]), under)

    def _is_zero(self, form: int) -> bool:
        return form < len(self.board.numbers) and self.board.numbers[form] == 0

    def _flexible(self, form: int) -> bool:
        return bool(self.signs[form] == kernels().FLEXIBLE)


def _joined(operator: Operator, first: Expression, others: list[Expression]) -> Expression:
    return reduce(lambda left, right: Operation(operator, left, right), others, first)
