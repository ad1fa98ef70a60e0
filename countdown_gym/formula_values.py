"""What powers, roots and factorials come to, in fractions and within bounds.

Every function returns a `Fraction`, or None where the value is real and no fraction, and raises
`NoValueError` where there is no value or it is beyond the bounds. The bounds are looked at before
anything is worked out, so `4 ^ 4 ^ 4 ^ 4` and `(((4!)!)!)!` are refused as quickly as `1 / 0`.
Values that are no fractions are for `countdown_gym.formula_algebra`.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial, isqrt, log2

from countdown_gym.expressions import Operator
from countdown_gym.faults import Fault
from countdown_gym.formulas import Applied, Extra, Formula, Literal

MAX_BITS = 1024
"""The longest numerator or denominator of a value, in binary digits: some 300 decimal ones."""
MAX_FACTORIAL = 170
"""The largest number whose factorial has no more than `MAX_BITS` binary digits."""
MAX_ROOT = 64
"""The largest denominator of an exponent."""


class NoValueError(Exception):
    """An operation has no value, or one beyond the bounds: what a model wrote, so it is caught."""

    def __init__(self, fault: Fault, detail: str) -> None:
        """Remember which fault it is."""
        super().__init__(detail)
        self.fault = fault


def fraction_of(formula: Formula) -> Fraction | None:
    """Return the exact value, or None if it is made of values that are no fractions.

    Raises:
        NoValueError: If there is no value, or one on the way is beyond the bounds.

    Example:
        >>> fraction_of(Applied(Extra.ROOT, Literal("4"))), fraction_of(Literal("4", 1))
        (Fraction(2, 1), Fraction(2, 5))
    """
    if isinstance(formula, Literal):
        return bounded(Fraction(int(formula.digits), 10**formula.places))
    if isinstance(formula, Applied):
        operand = fraction_of(formula.operand)
        return None if operand is None else applied(formula.sign, operand)
    left = fraction_of(formula.left)
    right = None if left is None else fraction_of(formula.right)
    return None if left is None or right is None else combined(formula.sign, left, right)


def applied(sign: Extra, operand: Fraction) -> Fraction | None:
    """Return what a root, a factorial or a minus makes of a fraction; None if no fraction.

    Raises:
        NoValueError: If it has no value, or one beyond the bounds.
    """
    match sign:
        case Extra.ROOT:
            return root(operand)
        case Extra.FACTORIAL:
            return factorial_of(operand)
        case _:
            return -operand


def combined(sign: Operator | Extra, left: Fraction, right: Fraction) -> Fraction | None:
    """Return what an operator or a power makes of two fractions; None if no fraction.

    Raises:
        NoValueError: If it has no value, or one beyond the bounds.
    """
    match sign:
        case Extra.POWER:
            return power(left, right)
        case Operator.ADD:
            return bounded(left + right)
        case Operator.SUBTRACT:
            return bounded(left - right)
        case Operator.MULTIPLY:
            return bounded(left * right)
        case _:
            return bounded(quotient(left, right))


def bounded(value: Fraction) -> Fraction:
    """Return the value.

    Raises:
        NoValueError: If it has more than `MAX_BITS` binary digits above or below the line.
    """
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise NoValueError(Fault.OUT_OF_BOUNDS, f"a value has more than {MAX_BITS} binary digits")
    return value


def quotient(left: Fraction, right: Fraction) -> Fraction:
    """Return left / right.

    Raises:
        NoValueError: If `right` is 0.
    """
    if right == 0:
        raise NoValueError(Fault.DIVIDES_BY_ZERO, "division by zero")
    return left / right


def factorial_of(value: Fraction) -> Fraction:
    """Return value!.

    Raises:
        NoValueError: If the value is negative or not whole, or larger than `MAX_FACTORIAL`.
    """
    if value.denominator != 1 or value < 0:
        raise NoValueError(Fault.UNDEFINED, "the factorial of what is no natural number")
    if value > MAX_FACTORIAL:
        raise NoValueError(Fault.OUT_OF_BOUNDS, f"the factorial of more than {MAX_FACTORIAL}")
    return Fraction(factorial(value.numerator))


def power(base: Fraction, exponent: Fraction) -> Fraction | None:
    """Return base ^ exponent, the positive value where there are several; None if no fraction.

    Raises:
        NoValueError: If that is 0 to the power 0, a division by 0, a root of a negative number, a
            root beyond `MAX_ROOT`, or too long.

    Example:
        >>> power(Fraction(8), Fraction(-2, 3))
        Fraction(1, 4)
    """
    require_power(base, exponent)
    rooted = root(base, exponent.denominator)
    return None if rooted is None else whole_power(rooted, exponent.numerator)


def require_power(base: Fraction, exponent: Fraction) -> None:
    """Refuse a power that has no value, or whose root is beyond `MAX_ROOT`.

    Raises:
        NoValueError: As `power` does.
    """
    if base == 0 and exponent <= 0:
        if exponent == 0:
            raise NoValueError(Fault.UNDEFINED, "0 to the power 0")
        raise NoValueError(Fault.DIVIDES_BY_ZERO, "0 to a negative power")
    if exponent.denominator > 1:
        if base < 0:
            raise NoValueError(Fault.UNDEFINED, "a root of a negative number")
        if exponent.denominator > MAX_ROOT:
            raise NoValueError(Fault.OUT_OF_BOUNDS, f"a root beyond the {MAX_ROOT}th")


def whole_power(base: Fraction, exponent: int) -> Fraction:
    """Return base ^ exponent, where the base is not 0 or the exponent is positive.

    Raises:
        NoValueError: If the value is too long.
    """
    require_length(base, exponent)
    if base in {0, 1, -1}:
        return base ** (2 - exponent % 2)
    return bounded(base**exponent)


def require_length(base: Fraction, exponent: int) -> None:
    """Refuse base ^ exponent if it is too long.

    Raises:
        NoValueError: If it has more than `MAX_BITS` binary digits.
    """
    longest = max(abs(base.numerator), base.denominator)
    if longest > 1 and log2(longest) * abs(exponent) > MAX_BITS:
        raise NoValueError(Fault.OUT_OF_BOUNDS, f"a power has more than {MAX_BITS} binary digits")


def root(value: Fraction, index: int = 2) -> Fraction | None:
    """Return the root that is not negative, or None if it is no fraction.

    Raises:
        NoValueError: If the value is negative and the index even.
    """
    if index == 1:
        return value
    if value < 0:
        raise NoValueError(Fault.UNDEFINED, "a root of a negative number")
    above, below = _whole_root(value.numerator, index), _whole_root(value.denominator, index)
    return None if above is None or below is None else Fraction(above, below)


def _whole_root(value: int, index: int) -> int | None:
    """Return the exact root of a whole number, or None."""
    found = isqrt(value) if index == 2 else _floor_root(value, index)
    return found if found**index == value else None


def _floor_root(value: int, index: int) -> int:
    """Return the largest whole number whose power is at most `value`, by halving."""
    low, high = 0, 1 << (value.bit_length() // index + 1)
    while high - low > 1:
        middle = (low + high) // 2
        if middle**index <= value:
            low = middle
        else:
            high = middle
    return low
