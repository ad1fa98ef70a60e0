"""Writing an answer as a person would: sums and products open with the part that has brackets."""

from __future__ import annotations

from collections.abc import Collection

from countdown_gym.expressions import Expression, Number, Operation


def tidy(expression: Expression, whole: Collection[Expression] = ()) -> Expression:
    """Return the same answer with fewer brackets, by exchanging operands of + and of *.

    Args:
        expression: The answer.
        whole: Parts to leave as they are.

    Example:
        >>> from countdown_gym.expressions import Operator
        >>> five = Operation(Operator.SUBTRACT, Number(30), Number(25))
        >>> str(tidy(Operation(Operator.ADD, Number(3), five)))
        '30 - 25 + 3'
    """
    if isinstance(expression, Number) or expression in whole:
        return expression
    operator = expression.operator
    left, right = tidy(expression.left, whole), tidy(expression.right, whole)
    if operator.commutes and _binds(right) == operator.precedence != _binds(left):
        left, right = right, left
    return Operation(operator, left, right)


def _binds(expression: Expression) -> int:
    return 0 if isinstance(expression, Number) else expression.operator.precedence
