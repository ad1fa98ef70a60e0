"""How much search a puzzle takes, and what else makes it easy or hard: its grade.

Search cost is the base-2 logarithm of how many states a depth-first search in random order is
expected to visit until it solves the puzzle (or, if nothing does, in all). It predicts the effort
of random search; calling it difficulty for anyone else needs their solve rates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log, log2, sqrt

import numpy as np

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Expression, Operation, Operator, steps
from countdown_gym.puzzles import Rules
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.state import State

MAX_EXACT_NUMBERS = 4
"""The most numbers for which search cost is worked out exactly by default."""

Values = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class SearchCost:
    """The cost of random-order depth-first search."""

    bits: float
    """Base-2 logarithm of the expected number of states visited, the first one included."""
    standard_error: float
    """Standard error of `bits`; 0 where it is exact."""


@dataclass(frozen=True, slots=True)
class Grade:
    """What is known of a puzzle's difficulty; what speaks of answers is None without any."""

    numbers: int
    """How many numbers stand on the board."""
    search_cost: SearchCost
    """The effort of random search."""
    fewest_operations: int | None
    """The length of a shortest answer."""
    fewest_products: int | None
    """The fewest multiplications and divisions that an answer needs."""
    largest_intermediate: Fraction | None
    """The largest absolute result in the answer that keeps it smallest."""
    needs_fraction: bool | None
    """Whether every answer passes through a value that is not whole."""
    unique: bool | None
    """Whether there is one answer up to normal form."""


def grade(
    oracle: Oracle, numbers: Sequence[int], target: int, generator: np.random.Generator
) -> Grade:
    """Return the grade of a puzzle.

    Args:
        oracle: Answers under the puzzle's rules.
        numbers: The board.
        target: What to reach.
        generator: Draws where search cost is estimated.

    Raises:
        InvalidParameterError: If the oracle cannot list every answer, or as in `search_cost`.
    """
    cost = search_cost(oracle, numbers, target, generator)
    answers = list(oracle.solutions(numbers, target))
    results = [[step.result for step in steps(answer)] for answer in answers]
    return Grade(
        numbers=len(numbers),
        search_cost=cost,
        fewest_operations=min(map(len, results), default=None),
        fewest_products=min(map(_products, answers), default=None),
        largest_intermediate=min(
            (max(map(abs, made), default=Fraction(0)) for made in results), default=None
        ),
        needs_fraction=all(any(v.denominator != 1 for v in made) for made in results)
        if results
        else None,
        unique=len(answers) == 1 if answers else None,
    )


def search_cost(
    oracle: Oracle,
    numbers: Sequence[int],
    target: int,
    generator: np.random.Generator,
    *,
    dives: int = 400,
    exact_numbers: int = MAX_EXACT_NUMBERS,
) -> SearchCost:
    """Return the cost of a depth-first search that tries operations in random order.

    A state is left for each state that one admitted operation on two of its values makes; a - b and
    b - a are two operations, a + b is one. Of the `u` hopeless states after a state, each is tried
    before all of the `s` hopeful ones with chance 1 / (s + 1), and each hopeful one is the first
    with chance 1 / s, so

        cost(state) = 1 + size(hopeless ones) / (s + 1) + mean cost(hopeful ones).

    With more numbers than `exact_numbers`, that sum is estimated by `dives` random descents, each
    unbiased: hopeless trees by Knuth's method (Estimating the efficiency of backtrack programs,
    1975), and a hopeful state by one hopeful and one hopeless state drawn after it.

    Raises:
        InvalidParameterError: If order is kept and numbers may be left out, or as from `Oracle`.
    """
    rules = oracle.rules
    if rules.keep_order and not rules.use_all:
        raise InvalidParameterError(
            "search cost needs all numbers to be used where order is kept, got rules that do not"
        )
    values = State.read(numbers).values
    search = _RandomSearch(oracle, Fraction(target))
    if len(values) <= exact_numbers:
        _, cost = search.measured(values)
        return SearchCost(log2(cost), 0.0)
    samples = np.array([search.sampled(values, generator) for _ in range(dives)])
    error = float(samples.std(ddof=1)) / sqrt(dives) / float(samples.mean())
    return SearchCost(log2(samples.mean()), error / log(2))


class _RandomSearch:
    """The search tree of one target under one set of rules."""

    def __init__(self, oracle: Oracle, target: Fraction) -> None:
        self._oracle = oracle
        self._target = target
        self._known: dict[Values, tuple[bool, float]] = {}

    def measured(self, values: Values) -> tuple[bool, float]:
        """Return whether a state is hopeful, and its expected cost or its size if it is not."""
        key = values if self._oracle.rules.keep_order else tuple(sorted(values))
        if key not in self._known:
            self._known[key] = self._measured(values)
        return self._known[key]

    def sampled(self, values: Values, generator: np.random.Generator) -> float:
        """Return an unbiased estimate of the cost of a state."""
        if self._arrived(values):
            return 1.0
        hopeful: list[Values] = []
        hopeless: list[Values] = []
        for after in _moves(self._oracle.rules, values):
            (hopeful if self._oracle.solvable(after, self._target) else hopeless).append(after)
        cost = 1.0
        if hopeless:
            drawn = hopeless[generator.integers(len(hopeless))]
            cost += len(hopeless) / (len(hopeful) + 1) * self._sampled_size(drawn, generator)
        if hopeful:
            cost += self.sampled(hopeful[generator.integers(len(hopeful))], generator)
        return cost

    def _measured(self, values: Values) -> tuple[bool, float]:
        if self._arrived(values):
            return True, 1.0
        measured = [self.measured(after) for after in _moves(self._oracle.rules, values)]
        hopeful = [cost for hope, cost in measured if hope]
        hopeless = sum(cost for hope, cost in measured if not hope)
        if not hopeful:
            return False, 1.0 + hopeless
        return True, 1.0 + hopeless / (len(hopeful) + 1) + sum(hopeful) / len(hopeful)

    def _sampled_size(self, values: Values, generator: np.random.Generator) -> float:
        size, width = 1.0, 1.0
        while moves := list(_moves(self._oracle.rules, values)):
            width *= len(moves)
            size += width
            values = moves[generator.integers(len(moves))]
        return size

    def _arrived(self, values: Values) -> bool:
        return self._target in values and (len(values) == 1 or not self._oracle.rules.use_all)


def _moves(rules: Rules, values: Values) -> Iterator[Values]:
    """Yield the values after each admitted operation on two of them."""
    for i in range(len(values)):
        for j in range(i + 1, i + 2 if rules.keep_order else len(values)):
            if j == len(values):
                continue
            for left, right in ((i, j),) if rules.keep_order else ((i, j), (j, i)):
                for operator in Operator:
                    if operator not in rules.operators or (operator.commutes and left > right):
                        continue
                    if operator is Operator.DIVIDE and values[right] == 0:
                        continue
                    result = operator.apply(values[left], values[right])
                    if rules.admit(result):
                        yield (*values[:i], result, *values[i + 1 : j], *values[j + 1 :])


def _products(expression: Expression) -> int:
    """Return how many multiplications and divisions an expression has."""
    if not isinstance(expression, Operation):
        return 0
    here = expression.operator.precedence == 2
    return here + _products(expression.left) + _products(expression.right)
