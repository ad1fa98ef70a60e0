"""Arithmetic expressions: exact value, numbers used, normal form, printing.

An expression is a tree of `Number`s and `Operation`s. This module knows nothing of puzzles: which
numbers and operators are allowed is for `countdown_gym.checking` to say.
"""

from __future__ import annotations

import operator as arithmetic
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

Exact = int | Fraction
"""A value in whole numbers, the faster ones, while they suffice."""


def _quotient(x: Exact, y: Exact) -> Exact:
    quotient, rest = divmod(x, y)
    return quotient if rest == 0 else Fraction(x) / y


_EXACT: dict[str, Callable[[Exact, Exact], Exact]] = {
    "+": arithmetic.add,
    "-": arithmetic.sub,
    "*": arithmetic.mul,
    "/": _quotient,
}


class Operator(StrEnum):
    """The four operations, by the character that stands for each."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"

    precedence: int
    """How tightly the operator binds: 1 for sums, 2 for products."""
    commutes: bool
    """Whether the operands may change places."""
    exact: Callable[[Exact, Exact], Exact]
    """Returns the exact result; what divides by zero raises a `ZeroDivisionError`."""

    def __init__(self, sign: str) -> None:
        """Note what is asked of an operator again and again."""
        self.precedence = 1 if sign in "+-" else 2
        self.commutes = sign in "+*"
        self.exact = _EXACT[sign]

    def apply(self, left: Fraction, right: Fraction) -> Fraction:
        """Return the exact result.

        Raises:
            ZeroDivisionError: If `right` is zero and the operator divides.
        """
        match self:
            case Operator.ADD:
                return left + right
            case Operator.SUBTRACT:
                return left - right
            case Operator.MULTIPLY:
                return left * right
            case Operator.DIVIDE:
                return left / right


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands on the board."""

    value: int  # never negative in an answer that was read

    def __str__(self) -> str:
        """Return the decimal digits."""
        return str(self.value)


@dataclass(frozen=True, slots=True, init=False)
class Operation:
    """Two expressions joined by an operator."""

    operator: Operator
    left: Expression
    right: Expression

    def __init__(self, operator: Operator, left: Expression, right: Expression) -> None:
        """Set the fields: the dataclass's own way to do so takes most of the time of reading."""
        _set_operator(self, operator)
        _set_left(self, left)
        _set_right(self, right)

    def __str__(self) -> str:
        """Return infix text with no parenthesis more than reading it back needs.

        Example:
            >>> three, four = Number(3), Number(4)
            >>> str(Operation(Operator.SUBTRACT, three, Operation(Operator.ADD, three, four)))
            '3 - (3 + 4)'
        """
        left, right, operator = self.left, self.right, self.operator
        if isinstance(left, Number):  # most are, and a call takes longer than a look
            before = str(left.value)
        else:
            before = left.__str__()
            if left.operator.precedence < operator.precedence:
                before = f"({before})"
        if isinstance(right, Number):
            after = str(right.value)
        else:
            after = right.__str__()
            if right.operator.precedence <= operator.precedence:
                after = f"({after})"
        return f"{before} {operator} {after}"


_set_operator, _set_left, _set_right = (
    vars(Operation)[name].__set__ for name in ("operator", "left", "right")
)

Expression = Number | Operation


def latex(expression: Expression) -> str:
    r"""Return the expression as LaTeX, quotients as fractions, for reading in mathematics mode.

    Example:
        >>> eight, three = Number(8), Number(3)
        >>> inner = Operation(Operator.SUBTRACT, three, Operation(Operator.DIVIDE, eight, three))
        >>> print(latex(Operation(Operator.DIVIDE, eight, inner)))
        \frac{8}{3 - \frac{8}{3}}
        >>> print(latex(Operation(Operator.MULTIPLY, eight, inner)))
        8 \times \left(3 - \frac{8}{3}\right)
    """
    if isinstance(expression, Number):
        return str(expression)
    left, right = latex(expression.left), latex(expression.right)
    if expression.operator is Operator.DIVIDE:
        return f"\\frac{{{left}}}{{{right}}}"
    if _is_sum(expression.left) and expression.operator is Operator.MULTIPLY:
        left = f"\\left({left}\\right)"
    if _is_sum(expression.right) and expression.operator is not Operator.ADD:
        right = f"\\left({right}\\right)"
    sign = "\\times" if expression.operator is Operator.MULTIPLY else expression.operator.value
    return f"{left} {sign} {right}"


def _is_sum(expression: Expression) -> bool:
    return isinstance(expression, Operation) and expression.operator.precedence == 1


@dataclass(frozen=True, slots=True)
class Step:
    """One operation carried out: `left operator right = result`."""

    operator: Operator
    left: Fraction
    right: Fraction
    result: Fraction

    def __str__(self) -> str:
        """Return the step as a line of working, such as `3 * 4 = 12` or `8 / (1/3) = 24`."""
        left, right = (str(v) if _is_plain(v) else f"({v})" for v in (self.left, self.right))
        return f"{left} {self.operator} {right} = {self.result}"


def _is_plain(operand: Fraction) -> bool:
    """Whether an operand can be written without brackets around it."""
    return operand >= 0 and operand.denominator == 1


def value(expression: Expression) -> Fraction:
    """Return the exact value.

    Raises:
        ZeroDivisionError: If some operation divides by zero.
    """
    return as_fraction(exact_value(expression))


as_fraction = lru_cache(maxsize=1024)(Fraction)
"""Most values are small whole numbers, and making a fraction takes as long as three additions."""


def exact_value(expression: Expression) -> Exact:
    """Return the exact value.

    Raises:
        ZeroDivisionError: If some operation divides by zero.
    """
    if isinstance(expression, Number):
        return expression.value
    left, right = expression.left, expression.right
    x = left.value if isinstance(left, Number) else exact_value(left)
    y = right.value if isinstance(right, Number) else exact_value(right)
    return expression.operator.exact(x, y)


def steps(expression: Expression) -> tuple[Step, ...]:
    """Return the operations in an order in which they can be carried out, the root last.

    Raises:
        ZeroDivisionError: If some operation divides by zero.
    """
    done: list[Step] = []

    def carry_out(node: Expression) -> Fraction:
        if isinstance(node, Number):
            return Fraction(node.value)
        left, right = carry_out(node.left), carry_out(node.right)
        result = node.operator.apply(left, right)
        done.append(Step(node.operator, left, right, result))
        return result

    carry_out(expression)
    return tuple(done)


def numbers_used(expression: Expression) -> tuple[int, ...]:
    """Return the numbers from left to right."""
    found: list[int] = []
    _collect_numbers(expression, found)
    return tuple(found)


def _collect_numbers(expression: Expression, found: list[int]) -> None:
    if isinstance(expression, Number):
        found.append(expression.value)
        return
    left, right = expression.left, expression.right
    if isinstance(left, Number):  # as when it is printed
        found.append(left.value)
    else:
        _collect_numbers(left, found)
    if isinstance(right, Number):
        found.append(right.value)
    else:
        _collect_numbers(right, found)


def operators_used(expression: Expression) -> frozenset[Operator]:
    """Return the operators that occur."""
    if isinstance(expression, Number):
        return frozenset()
    return (
        operators_used(expression.left)
        | operators_used(expression.right)
        | frozenset({expression.operator})
    )


def normal_form(expression: Expression) -> str:
    """Return a text that two expressions share exactly when they are the same solution.

    Same means: one becomes the other by reordering and regrouping sums, by reordering and
    regrouping products (a subtraction adds the negative, a division multiplies by the reciprocal)
    and by moving minus signs through brackets and products. Nothing is multiplied out and nothing
    is computed, so `x * 1`, `x / 1` and `x` differ, as do `x + 0` and `x - 0`; equal tiles are
    interchangeable.

    Example:
        >>> a, b, c = Number(9), Number(5), Number(2)
        >>> one = Operation(Operator.SUBTRACT, a, Operation(Operator.SUBTRACT, b, c))
        >>> two = Operation(Operator.ADD, Operation(Operator.SUBTRACT, c, b), a)
        >>> normal_form(one) == normal_form(two)
        True
    """
    sign, body = _signed_form(expression)
    return f"-{body}" if sign < 0 else body


def _signed_form(expression: Expression) -> tuple[int, str]:
    """Return a sign and the form of what remains, which never begins with a minus.

    The sign is 0 where turning it changes nothing, as in `x - x`, which is `-(x - x)` reordered.
    """
    if isinstance(expression, Number):
        return 1, str(expression.value)
    if expression.operator.precedence == 1:
        return _sum_form(_terms(expression, 1))
    sign, above, below = _factors(expression, 1)
    return sign, f"({'*'.join(sorted(above))}{''.join('/' + f for f in sorted(below))})"


def _terms(expression: Expression, sign: int) -> list[tuple[int, str]]:
    """Return the signed terms of a sum, nested sums opened."""
    if isinstance(expression, Operation) and expression.operator.precedence == 1:
        right_sign = sign if expression.operator is Operator.ADD else -sign
        return _terms(expression.left, sign) + _terms(expression.right, right_sign)
    inner, body = _signed_form(expression)
    return [(sign * inner, body)]


def _sum_form(terms: list[tuple[int, str]]) -> tuple[int, str]:
    """Return the sum written with the sign that makes its text smaller, and that sign."""

    def written(sign: int) -> str:
        ordered = sorted((body, sign * s) for s, body in terms)
        return "(" + "".join(_SIGNS[s] + body for body, s in ordered) + ")"

    plus, minus = written(1), written(-1)
    if plus == minus:
        return 0, plus
    return (1, plus) if plus < minus else (-1, minus)


_SIGNS = {1: "+", -1: "-", 0: "±"}


def _factors(expression: Expression, power: int) -> tuple[int, list[str], list[str]]:
    """Return the sign, the factors above and the factors below, nested products opened."""
    if isinstance(expression, Operation) and expression.operator.precedence == 2:
        right_power = power if expression.operator is Operator.MULTIPLY else -power
        left_sign, above, below = _factors(expression.left, power)
        right_sign, right_above, right_below = _factors(expression.right, right_power)
        return left_sign * right_sign, above + right_above, below + right_below
    sign, body = _signed_form(expression)
    return (sign, [body], []) if power > 0 else (sign, [], [body])
