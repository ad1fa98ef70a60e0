"""Shapes: what expressions have in common that differ in their numbers alone.

Answers take few shapes. Whoever has read one before need not read it again, and can say what it is
worth with other numbers, and print it, without a tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from countdown_gym.expressions import Exact, Expression, Number, Operation, Operator


@dataclass(frozen=True, slots=True)
class Shape:
    """An expression without its numbers, which its methods take from left to right.

    Example:
        >>> three, four = Number(3), Number(4)
        >>> seven = Operation(Operator.ADD, three, four)
        >>> shape = Shape.of(Operation(Operator.MULTIPLY, seven, four))
        >>> shape.text
        '(%d + %d) * %d'
        >>> shape.value((1, 2, 5))
        15
        >>> str(shape.filled((1, 2, 5)))
        '(1 + 2) * 5'
    """

    text: str
    """How it prints: `%d` for each number."""
    steps: tuple[tuple[Operator, int, int], ...]
    """The operations, the root last: the operator and the places of what it joins. The numbers come
    first, then the results of the steps."""

    @classmethod
    def of(cls, expression: Expression) -> Self:
        """Return the shape of an expression."""
        numbers, steps = 0, list[tuple[Operator, int, int]]()

        def place(node: Expression) -> int:
            """Return where a node stands: a number from 0 up, a result from -1 down."""
            nonlocal numbers
            if isinstance(node, Number):
                numbers += 1
                return numbers - 1
            steps.append((node.operator, place(node.left), place(node.right)))
            return -len(steps)

        def behind(at: int) -> int:
            """Return the same, results behind all numbers."""
            return at if at >= 0 else numbers - 1 - at

        place(expression)
        ordered = tuple((operator, behind(left), behind(right)) for operator, left, right in steps)
        return cls(_DIGITS.sub("%d", str(expression)), ordered)

    @property
    def operators(self) -> frozenset[Operator]:
        """The operators that occur."""
        return frozenset(operator for operator, _, _ in self.steps)

    def value(self, numbers: Iterable[int]) -> Exact:
        """Return the exact value, as `expressions.exact_value` does.

        Raises:
            ZeroDivisionError: If some operation divides by zero.
        """
        operands: list[Exact] = [*numbers]
        for operator, left, right in self.steps:
            operands.append(operator.exact(operands[left], operands[right]))
        return operands[-1]

    def filled(self, numbers: Iterable[int]) -> Expression:
        """Return the expression."""
        operands: list[Expression] = [*map(_number, numbers)]
        for operator, left, right in self.steps:
            operands.append(Operation(operator, operands[left], operands[right]))
        return operands[-1]


_DIGITS = re.compile("-?[0-9]+")
_number = lru_cache(maxsize=1024)(Number)
"""Boards hold the same few numbers again and again."""
