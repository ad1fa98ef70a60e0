"""Formulas: expressions with powers, roots, factorials, joined digits, points and minus signs.

A formula is what answers are read as where the rules allow more than the four operations
(`Rules.extras`). It is a tree of `Literal`s, `Applied` signs and `Combined` parts; every
`Expression` has a formula. This module knows the notation and no values: those are for
`countdown_gym.formula_values`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from countdown_gym.expressions import Expression, Number, Operator


class Extra(StrEnum):
    """What rules may allow beyond the four operations."""

    POWER = "power"  # 4 ^ 4
    ROOT = "root"  # sqrt(4)
    FACTORIAL = "factorial"  # 4!
    CONCATENATION = "concatenation"  # 44, of two fours
    DECIMAL_POINT = "decimal_point"  # .4 and 4.4
    NEGATION = "negation"  # -4


@dataclass(frozen=True, slots=True)
class Literal:
    """A number as it is written: digits, perhaps with a point among them."""

    digits: str
    """One or more ASCII digits."""
    places: int = 0
    """How many of the digits stand after the point; 0 where there is none."""

    def __str__(self) -> str:
        """Return the number as it is written.

        Example:
            >>> str(Literal("44", 1)), str(Literal("4", 1))
            ('4.4', '.4')
        """
        if not self.places:
            return self.digits
        return f"{self.digits[: -self.places]}.{self.digits[-self.places :]}"


@dataclass(frozen=True, slots=True)
class Applied:
    """A sign with one operand: a root, a factorial or a minus."""

    sign: Extra
    """`ROOT`, `FACTORIAL` or `NEGATION`."""
    operand: Formula

    def __str__(self) -> str:
        """Return the formula with no parenthesis more than reading it back needs.

        Example:
            >>> str(Applied(Extra.FACTORIAL, Applied(Extra.ROOT, Literal("9"))))
            '(sqrt(9))!'
        """
        if self.sign is Extra.ROOT:
            return f"sqrt({self.operand})"
        if self.sign is Extra.FACTORIAL:
            written = str(self.operand)
            return f"{written}!" if isinstance(self.operand, Literal) else f"({written})!"
        return f"-{_within(self.operand, _NEGATION)}"


@dataclass(frozen=True, slots=True)
class Combined:
    """Two formulas joined by one of the four operators or by a power."""

    sign: Operator | Extra
    """An `Operator` or `POWER`."""
    left: Formula
    right: Formula

    def __str__(self) -> str:
        """Return infix text with no parenthesis more than reading it back needs.

        Example:
            >>> four = Literal("4")
            >>> power = Combined(Extra.POWER, four, Combined(Extra.POWER, four, four))
            >>> str(Combined(Operator.SUBTRACT, four, Combined(Operator.ADD, power, four)))
            '4 - (4 ^ 4 ^ 4 + 4)'
        """
        binding = _binding(self)
        if self.sign is Extra.POWER:
            return f"{_within(self.left, binding + 1)} ^ {_within(self.right, _NEGATION)}"
        return f"{_within(self.left, binding)} {self.sign} {_within(self.right, binding + 1)}"


Formula = Literal | Applied | Combined

_NEGATION, _POWER, _CLOSED = 3, 4, 5


def _binding(formula: Formula) -> int:
    """Return how tightly the outermost sign binds: sums 1, products 2, then minus, powers."""
    if isinstance(formula, Combined):
        return formula.sign.precedence if isinstance(formula.sign, Operator) else _POWER
    if isinstance(formula, Applied) and formula.sign is Extra.NEGATION:
        return _NEGATION
    return _CLOSED


def _within(formula: Formula, least: int) -> str:
    """Return the text of a part, in parentheses if its sign binds less tightly than `least`."""
    return str(formula) if _binding(formula) >= least else f"({formula})"


def as_formula(expression: Expression | Formula) -> Formula:
    """Return the formula of an expression; a formula comes back as it is."""
    if isinstance(expression, Literal | Applied | Combined):
        return expression
    if isinstance(expression, Number):
        return Literal(str(expression.value))
    left, right = as_formula(expression.left), as_formula(expression.right)
    return Combined(expression.operator, left, right)


def literals(formula: Formula) -> tuple[Literal, ...]:
    """Return the numbers from left to right, as they are written."""
    if isinstance(formula, Literal):
        return (formula,)
    if isinstance(formula, Applied):
        return literals(formula.operand)
    return literals(formula.left) + literals(formula.right)


def signs(formula: Formula) -> frozenset[Operator | Extra]:
    """Return the operators and extras that occur, joined digits excepted: that is for the rules."""
    if isinstance(formula, Literal):
        return frozenset({Extra.DECIMAL_POINT}) if formula.places else frozenset()
    if isinstance(formula, Applied):
        return signs(formula.operand) | {formula.sign}
    return signs(formula.left) | signs(formula.right) | {formula.sign}


def numbers_in(formula: Formula, *, joined: bool) -> tuple[int, ...]:
    """Return the numbers of the board that a formula uses, from left to right.

    Args:
        formula: What was written.
        joined: Whether each digit is a number of its own, so that `44` is two fours.

    Example:
        >>> numbers_in(Combined(Operator.ADD, Literal("44"), Literal("4", 1)), joined=True)
        (4, 4, 4)
    """
    if joined:
        return tuple(int(digit) for literal in literals(formula) for digit in literal.digits)
    return tuple(int(literal.digits) for literal in literals(formula))
