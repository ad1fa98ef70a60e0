"""The specification: every value that entries can make, in plain Python, under any `Rules`.

Slow on purpose and obviously right: the other engines are tested against it, and it answers where
they do not apply. It knows nothing of targets worth asking for, tables or compiled code.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from countdown_gym.expressions import Expression, Operation, Operator, normal_form
from countdown_gym.puzzles import Rules
from countdown_gym.solver.state import State, answer_masks, splits

LastStep = tuple[Operator, int, Fraction, int, Fraction]
"""Operator, left entries (a bit mask), left value, right entries, right value."""


class Reference:
    """What can be reached from one state; remembers what it has worked out.

    Args:
        rules: What an operation may do.
        state: What may be combined. Memory and time grow with the number of distinct values, about
            fortyfold per entry where the order is free.
    """

    def __init__(self, rules: Rules, state: State) -> None:
        """Start with nothing worked out."""
        self._rules = rules
        self._state = state
        self._values: dict[int, frozenset[Fraction]] = {}
        self._expressions: dict[tuple[int, Fraction], tuple[Expression, ...]] = {}

    def values(self, mask: int) -> frozenset[Fraction]:
        """Return every value that uses exactly the entries of `mask`."""
        if mask not in self._values:
            self._values[mask] = (
                frozenset({self._state.values[mask.bit_length() - 1]})
                if mask.bit_count() == 1
                else frozenset(self._results(mask))
            )
        return self._values[mask]

    def reachable(self) -> frozenset[Fraction]:
        """Return every value that an answer may have."""
        return frozenset().union(*(self.values(mask) for mask in self._answers()))

    def fewest_operations(self, target: Fraction) -> int | None:
        """Return the length of a shortest answer, or None if there is no answer."""
        for mask in self._answers():
            if self._reaches(mask, target):
                return mask.bit_count() - 1
        return None

    def solutions(self, target: Fraction) -> Iterator[Expression]:
        """Yield one answer of each normal form, answers that use fewer entries first."""
        seen: set[str] = set()
        for mask in self._answers():
            if mask.bit_count() > 1 and not self._reaches(mask, target):
                continue
            for expression in self._written(mask, target):
                form = normal_form(expression)
                if form not in seen:
                    seen.add(form)
                    yield expression

    def _answers(self) -> Iterator[int]:
        return answer_masks(len(self._state.values), use_all=self._rules.use_all)

    def _operators(self, left_mask: int, right_mask: int) -> tuple[Operator, ...]:
        """Return what may join the operands; of two orders of a sum or product, one is enough."""
        other_order_comes = not self._rules.keep_order and left_mask > right_mask
        return tuple(
            operator
            for operator in Operator
            if operator in self._rules.operators and not (other_order_comes and operator.commutes)
        )

    def _results(self, mask: int) -> Iterator[Fraction]:
        """Yield the admitted result of every last operation over the entries of `mask`."""
        for left_mask, right_mask in splits(mask, keep_order=self._rules.keep_order):
            operators = self._operators(left_mask, right_mask)
            for left in self.values(left_mask):
                for right in self.values(right_mask):
                    for operator in operators:
                        if operator is Operator.DIVIDE and right == 0:
                            continue
                        result = operator.apply(left, right)
                        if self._rules.admit(result):
                            yield result

    def _reaches(self, mask: int, target: Fraction) -> bool:
        if mask.bit_count() == 1:
            return target in self.values(mask)
        return next(self._last_steps(mask, target), None) is not None

    def _last_steps(self, mask: int, target: Fraction) -> Iterator[LastStep]:
        """Yield the operations over the entries of `mask` that result in `target`.

        Works backwards: what the left operand leaves for the right one to be is looked up.
        """
        if not self._rules.admit(target):
            return
        for left_mask, right_mask in splits(mask, keep_order=self._rules.keep_order):
            operators, rights = self._operators(left_mask, right_mask), self.values(right_mask)
            for left in self.values(left_mask):
                for operator in operators:
                    for right in _missing_operands(operator, left, target, rights):
                        yield operator, left_mask, left, right_mask, right

    def _written(self, mask: int, target: Fraction) -> Iterator[Expression]:
        """Yield expressions of `target` over the entries of `mask`, each normal form at least once.

        Operands of equal normal form have results of equal normal form, so it is enough to join
        one expression of each.
        """
        if mask.bit_count() == 1:
            if target in self.values(mask):
                yield self._state.expressions[mask.bit_length() - 1]
            return
        for operator, left_mask, left, right_mask, right in self._last_steps(mask, target):
            for left_expression in self._distinct(left_mask, left):
                for right_expression in self._distinct(right_mask, right):
                    yield Operation(operator, left_expression, right_expression)

    def _distinct(self, mask: int, target: Fraction) -> tuple[Expression, ...]:
        key = mask, target
        if key not in self._expressions:
            forms: dict[str, Expression] = {}
            for expression in self._written(mask, target):
                forms.setdefault(normal_form(expression), expression)
            self._expressions[key] = tuple(forms.values())
        return self._expressions[key]


def _missing_operands(
    operator: Operator, left: Fraction, target: Fraction, rights: frozenset[Fraction]
) -> Iterator[Fraction]:
    """Yield each of `rights` that `left` and the operator take to `target`."""
    match operator:
        case Operator.ADD:
            right = target - left
        case Operator.SUBTRACT:
            right = left - target
        case Operator.MULTIPLY if left != 0:
            right = target / left
        case Operator.DIVIDE if target != 0:
            if left == 0:
                return
            right = left / target
        case _:  # 0 * anything, or 0 / anything but 0
            if target == 0 and left == 0:
                divides = operator is Operator.DIVIDE
                yield from (right for right in rights if not (divides and right == 0))
            return
    if right in rights:
        yield right
