"""sympy's second opinion on a value, built from our own tree and never from text.

Importing this module imports sympy, which takes some tenths of a second; whoever needs it imports
it at the moment of need.
"""

from __future__ import annotations

from fractions import Fraction

import sympy

from countdown_gym.expressions import Expression, Number, Operator


def to_sympy(expression: Expression) -> sympy.Expr:
    """Return the expression as sympy evaluates it; a division by zero gives `nan`."""
    if isinstance(expression, Number):
        return sympy.Integer(expression.value)
    left, right = to_sympy(expression.left), to_sympy(expression.right)
    match expression.operator:
        case Operator.ADD:
            return sympy.Add(left, right)
        case Operator.SUBTRACT:
            return sympy.Add(left, sympy.Mul(sympy.Integer(-1), right))
        case Operator.MULTIPLY:
            return sympy.Mul(left, right)
        case Operator.DIVIDE:
            if right.is_zero:  # sympy's own 1 / 0 is an infinity, and 1 over that is 0 again
                return sympy.nan
            return sympy.Mul(left, sympy.Pow(right, sympy.Integer(-1)))


def symbolic_value(expression: Expression) -> Fraction | None:
    """Return the value that sympy finds, or None where it finds no finite number."""
    found = to_sympy(expression)
    if not found.is_Rational:
        return None
    return Fraction(int(found.p), int(found.q))
