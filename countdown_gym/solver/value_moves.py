"""The game tree of bare values: the states that one legal operation makes of a state.

A value is a pair of whole numbers, reduced, the lower one positive: as exact as `Fraction` and many
times faster where hundreds of thousands are made. A state is the tuple of the values still free:
sorted where their order is free, as they stand on the board where it is kept. Which operands made a
value is forgotten, so states that can become the same are one state; `countdown_gym.solver.moves`
keeps that apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from math import gcd

from countdown_gym.expressions import Operator
from countdown_gym.puzzles import Intermediates, Rules

Ratio = tuple[int, int]
"""Numerator and denominator, without common divisor, the denominator positive."""
Values = tuple[Ratio, ...]
"""A state: what may still be combined."""


def ratio(number: int | Fraction) -> Ratio:
    """Return a number as a pair."""
    return number.numerator, number.denominator


@dataclass(frozen=True, slots=True)
class ValueMoves:
    """The legal operations under one set of rules.

    An operation takes two values from the state and puts its result in their place. Where order is
    kept, the left value is the left operand, and the two are neighbours, unless numbers may be left
    out: then those between them are dropped.
    """

    rules: Rules
    """What an operation may do."""
    _operators: tuple[Operator, ...] = field(init=False, repr=False, compare=False)
    _admits: Callable[[Ratio], bool] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Fix how results are judged, and the order of operators, which a set leaves to chance."""
        operators = tuple(operator for operator in Operator if operator in self.rules.operators)
        object.__setattr__(self, "_operators", operators)
        object.__setattr__(self, "_admits", _admission(self.rules))

    def start(self, numbers: Iterable[int | Fraction]) -> Values:
        """Return the state before the first move."""
        values = tuple(ratio(number) for number in numbers)
        return values if self.rules.keep_order else tuple(sorted(values))

    def reached(self, state: Values, target: Ratio) -> bool:
        """Whether the state is an answer: the target is all that is left, or may be picked out."""
        if self.rules.use_all:
            return len(state) == 1 and state[0] == target
        return target in state

    def successors(self, state: Values) -> tuple[Values, ...]:
        """Return the states that one operation makes, each once, however many operations make it.

        Their order is the same in every process.
        """
        ordered = self.rules.keep_order
        made = self._ordered_successors(state) if ordered else self._free_successors(state)
        return tuple(dict.fromkeys(made))

    def _free_successors(self, state: Values) -> Iterator[Values]:
        for i, j in combinations(range(len(state)), 2):
            rest = state[:i] + state[i + 1 : j] + state[j + 1 :]
            for result in self.results(state[i], state[j]):
                yield tuple(sorted((*rest, result)))

    def _ordered_successors(self, state: Values) -> Iterator[Values]:
        for i in range(len(state) - 1):
            for j in range(i + 1, i + 2 if self.rules.use_all else len(state)):
                for result in self.results(state[i], state[j]):
                    yield (*state[:i], result, *state[j + 1 :])

    def results(self, left: Ratio, right: Ratio) -> list[Ratio]:
        """Return what operations on two values may result in, in both orders if order is free."""
        (a, b), (c, d) = left, right
        ad, cb, below = a * d, c * b, b * d
        both_orders = not self.rules.keep_order and left != right
        found: list[Ratio] = []
        for operator in self._operators:
            match operator:
                case Operator.ADD:
                    found.append(_reduced(ad + cb, below))
                case Operator.SUBTRACT:
                    found.append(_reduced(ad - cb, below))
                    if both_orders:
                        found.append((-found[-1][0], found[-1][1]))
                case Operator.MULTIPLY:
                    found.append(_reduced(a * c, below))
                case Operator.DIVIDE:
                    if c:
                        found.append(_reduced(ad, cb))
                    if a and both_orders:
                        found.append(_reduced(cb, ad))
        return [result for result in found if self._admits(result)]

    def most_nodes(self, count: int) -> int:
        """Return how many states a search that starts from `count` values visits at most."""
        nodes = 1
        for size in range(2, count + 1):
            neighbours = self.rules.keep_order and self.rules.use_all
            pairs = size - 1 if neighbours else size * (size - 1) // 2
            nodes = 1 + pairs * self._most_results() * nodes
        return nodes

    def _most_results(self) -> int:
        """Return how many results two values can have at most.

        Without negative results only one of a - b and b - a is admitted, and only one of a / b and
        b / a is whole, unless a and b are equal and so are the results.
        """
        if self.rules.keep_order or self.rules.intermediates in _NEVER_NEGATIVE:
            return len(self._operators)
        one_way = {Operator.ADD, Operator.MULTIPLY}
        return sum(1 if operator in one_way else 2 for operator in self._operators)


_NEVER_NEGATIVE = frozenset({Intermediates.POSITIVE_INTEGERS, Intermediates.NATURALS})


def _reduced(above: int, below: int) -> Ratio:
    divisor = gcd(above, below)
    if below < 0:
        divisor = -divisor
    return above // divisor, below // divisor


def _admission(rules: Rules) -> Callable[[Ratio], bool]:
    """Return what `Rules.admit` says, asked of pairs."""
    whole = rules.intermediates is not Intermediates.RATIONALS
    least = {Intermediates.POSITIVE_INTEGERS: 1, Intermediates.NATURALS: 0}.get(rules.intermediates)
    largest = rules.largest_intermediate

    def admits(value: Ratio) -> bool:
        above, below = value
        if whole and below != 1:
            return False
        if least is not None and above < least:
            return False
        return largest is None or abs(above) <= largest * below

    return admits
