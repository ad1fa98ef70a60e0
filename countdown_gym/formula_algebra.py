"""sympy's word on formulas: exact where fractions do not suffice, and a second opinion elsewhere.

Like `countdown_gym.symbolic`, it builds from our own tree, never from text, and importing it
imports sympy. A value is a real algebraic number: whole numbers under the four operations, roots
and powers. sympy simplifies what it simplifies by itself; whether the rest is a whole number is
decided by sympy's digits, of which a theorem says how many suffice.

**How many digits suffice.** Write a value as U / L, both algebraic integers, and keep bounds `u`
and `l` above all conjugates of U and L: a whole number n has u = |n|, l = 1; a sum u = u1·l2 +
u2·l1, l = l1·l2; a product u = u1·u2, l = l1·l2; a quotient u = u1·l2, l = l1·u2; the k-th root of
U / L is that of U·L^(k-1) over L, or U over that of U^(k-1)·L, whichever bounds are smaller. With D
the product of the indices of the distinct roots, U has at most D conjugates and their product is a
whole number, so U = 0 or |U| ≥ u^(1-D), and |L| ≤ l: a value below u^(1-D) / l is 0. (Burnikel,
Funke, Mehlhorn, Schirra and Schmitt 2001, *A separation bound for real algebraic expressions*,
ESA, LNCS 2161, https://doi.org/10.1007/3-540-44676-1_21.)
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log2, prod

import sympy
from sympy.core.evalf import PrecisionExhausted

from countdown_gym.expressions import Operator
from countdown_gym.faults import Fault
from countdown_gym.formula_values import (
    MAX_BITS,
    NoValueError,
    bounded,
    factorial_of,
    require_length,
    require_power,
)
from countdown_gym.formulas import Applied, Combined, Extra, Formula, Literal

MAX_DEGREE = 128
"""The largest product of the indices of the roots that stay in a value."""
MAX_RADICAND_BITS = 256
"""The longest numerator or denominator under a root that is no fraction, in binary digits."""
MAX_SEPARATION_BITS = 8192
"""How many binary digits are looked at before a value is taken for a whole number, at most."""

_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Real:
    """A real number as sympy has it."""

    number: sympy.Expr
    """Its exact value."""
    roots: frozenset[tuple[sympy.Expr, int]]
    """What stands under roots, and their indices; empty if the value is a fraction."""
    upper: float
    """Log2 of the bound `u`."""
    lower: float
    """Log2 of the bound `l`."""

    @property
    def fraction(self) -> Fraction | None:
        """The value as a fraction, or None if sympy does not see that it is one."""
        if not self.number.is_Rational:
            return None
        return Fraction(int(self.number.p), int(self.number.q))

    def __str__(self) -> str:
        """Return the value, rounded if it is no fraction."""
        exact = self.fraction
        return f"about {self.number.evalf(6)}" if exact is None else str(exact)


def real_value(formula: Formula) -> Real:
    """Return the exact value; it is a whole number only if `fraction` says so.

    Raises:
        NoValueError: If there is none, or it is beyond the bounds of this module and of
            `countdown_gym.formula_values`.

    Example:
        >>> root = Applied(Extra.ROOT, Applied(Extra.ROOT, Literal("4")))
        >>> real_value(Combined(Extra.POWER, root, Literal("4"))).fraction
        Fraction(4, 1)
    """
    if isinstance(formula, Literal):
        return _exact(Fraction(int(formula.digits), 10**formula.places))
    if isinstance(formula, Applied):
        operand = real_value(formula.operand)
        if formula.sign is Extra.NEGATION:
            return Real(-operand.number, operand.roots, operand.upper, operand.lower)
        if formula.sign is Extra.ROOT:
            return _power(operand, Fraction(1, 2))
        return _factorial(operand)
    left, right = real_value(formula.left), real_value(formula.right)
    if formula.sign is Extra.POWER:
        exponent = right.fraction
        if exponent is None:
            raise NoValueError(Fault.OUT_OF_BOUNDS, "an exponent that is no fraction")
        return _power(left, exponent)
    return _joined(formula, left, right)


def _joined(formula: Combined, left: Real, right: Real) -> Real:
    """Return the result of one of the four operators."""
    roots, below = left.roots | right.roots, left.lower + right.lower
    match formula.sign:
        case Operator.MULTIPLY:
            return _settled(
                Real(sympy.Mul(left.number, right.number), roots, left.upper + right.upper, below)
            )
        case Operator.DIVIDE:
            if right.number == 0:
                raise NoValueError(Fault.DIVIDES_BY_ZERO, "division by zero")
            turned = sympy.Pow(right.number, sympy.Integer(-1))
            upper, lower = left.upper + right.lower, left.lower + right.upper
            return _settled(Real(sympy.Mul(left.number, turned), roots, upper, lower))
        case _:
            upper = _log_of_sum(left.upper + right.lower, right.upper + left.lower)
            negate = formula.sign is Operator.SUBTRACT
            other = sympy.Mul(sympy.Integer(-1), right.number) if negate else right.number
            return _settled(Real(sympy.Add(left.number, other), roots, upper, below))


def _power(base: Real, exponent: Fraction) -> Real:
    value = base.fraction
    require_power(Fraction(_sign(base)) if value is None else value, exponent)
    rooted = _root(base, exponent.denominator)
    times = exponent.numerator
    value = rooted.fraction
    if value is not None:
        require_length(value, times)
        return _exact(_fraction(sympy.Pow(rooted.number, sympy.Integer(_reduced(value, times)))))
    if max(rooted.upper, rooted.lower) * abs(times) > MAX_BITS:
        raise NoValueError(Fault.OUT_OF_BOUNDS, f"a power has more than {MAX_BITS} binary digits")
    over, under = (rooted.upper, rooted.lower) if times >= 0 else (rooted.lower, rooted.upper)
    raised = sympy.Pow(rooted.number, sympy.Integer(times))
    return _settled(Real(raised, rooted.roots, over * abs(times), under * abs(times)))


def _reduced(base: Fraction, exponent: int) -> int:
    """Return an exponent of the same power that is short even where the base is 0, 1 or -1."""
    return 2 - exponent % 2 if abs(base) in {0, 1} else exponent


def _root(value: Real, index: int) -> Real:
    if index == 1:
        return value
    root = sympy.Pow(value.number, sympy.Rational(1, index))
    if root.is_Rational:
        return _exact(_fraction(root))
    if max(value.upper, value.lower) > MAX_RADICAND_BITS:
        raise NoValueError(
            Fault.OUT_OF_BOUNDS, f"a root of more than {MAX_RADICAND_BITS} binary digits"
        )
    upper, lower = value.upper, value.lower
    if upper >= lower:
        upper = (upper + (index - 1) * lower) / index
    else:
        lower = ((index - 1) * upper + lower) / index
    return _settled(Real(root, value.roots | {(value.number, index)}, upper, lower))


def _factorial(operand: Real) -> Real:
    value = operand.fraction
    if value is None:
        raise NoValueError(Fault.UNDEFINED, "the factorial of what is no natural number")
    factorial_of(value)  # for its refusals
    return _exact(_fraction(sympy.factorial(operand.number)))


def _settled(real: Real) -> Real:
    """Return the number in its simplest form: a fraction if sympy sees one, or if it is whole."""
    if real.number.is_Rational:
        return _exact(_fraction(real.number))
    if _degree(real) > MAX_DEGREE:
        raise NoValueError(Fault.OUT_OF_BOUNDS, f"roots of a degree above {MAX_DEGREE}")
    near = _nearest(real)
    if near is None:
        return real
    apart = sympy.Add(real.number, sympy.Integer(-near))
    upper = _log_of_sum(real.upper, log2(max(1, abs(near))) + real.lower)
    away = Real(apart, real.roots, upper, real.lower)
    return _exact(Fraction(near)) if _is_zero(away) else real


def _nearest(real: Real) -> int | None:
    """Return the whole number that the value may be, or None if it is seen to be none."""
    try:
        estimate = real.number.evalf(_DIGITS, maxn=10 * _DIGITS, strict=True)
        size = max(0, ceil(log2(1 + abs(float(estimate))) / log2(10)))
        if size > 2:
            estimate = real.number.evalf(_DIGITS + size, maxn=10 * (_DIGITS + size), strict=True)
    except PrecisionExhausted:  # so small that it may be 0
        return 0
    except OverflowError:
        raise NoValueError(Fault.OUT_OF_BOUNDS, "a value is too large") from None
    near = round(estimate)
    return int(near) if abs(estimate - near) < sympy.Float(10) ** -10 else None


def _is_zero(real: Real) -> bool:
    """Whether the value is 0, decided with as many digits as the theorem asks for."""
    bits = (_degree(real) - 1) * real.upper + real.lower
    if bits > MAX_SEPARATION_BITS:
        raise NoValueError(Fault.OUT_OF_BOUNDS, "roots too intricate to decide")
    if real.number.is_Rational:
        return bool(real.number == 0)
    digits = _DIGITS + ceil((bits + 2 * real.upper + 64) / log2(10))
    try:
        real.number.evalf(_DIGITS, maxn=digits, strict=True)
    except PrecisionExhausted:
        return True
    return False


def _sign(real: Real) -> int:
    """Return the sign of a value that is no whole number, and so not 0."""
    return 1 if real.number.evalf(_DIGITS, maxn=10 * _DIGITS, strict=True) > 0 else -1


def _degree(real: Real) -> int:
    return prod(index for _, index in real.roots)


def _exact(value: Fraction) -> Real:
    value = bounded(value)
    number = sympy.Rational(value.numerator, value.denominator)
    above, below = max(1, abs(value.numerator)), value.denominator
    return Real(number, frozenset(), log2(above), log2(below))


def _fraction(number: sympy.Expr) -> Fraction:
    return Fraction(int(number.p), int(number.q))


def _log_of_sum(one: float, other: float) -> float:
    """Return log2 of a sum, given log2 of its terms, never too little."""
    return max(one, other) + 1
