"""Writing an answer as a person would: sums and products without brackets that change nothing."""

from __future__ import annotations

from collections.abc import Collection

from countdown_gym.expressions import Expression, Number, Operation, Operator, steps
from countdown_gym.puzzles import Rules


def tidy(expression: Expression, rules: Rules, whole: Collection[Expression] = ()) -> Expression:
    """Return the same answer with fewer brackets, by reordering and regrouping sums and products.

    Where the order of the numbers is kept, or the rules do not admit a result on the new way, the
    answer comes back as it is.

    Args:
        expression: The answer.
        rules: What an operation may do.
        whole: Parts to leave as they are.

    Example:
        >>> five = Operation(Operator.SUBTRACT, Number(30), Number(25))
        >>> str(tidy(Operation(Operator.ADD, Number(3), five), Rules()))
        '30 - 25 + 3'
    """
    if rules.keep_order:
        return expression
    made = _tidied(expression, whole)
    return made if all(rules.admit(step.result) for step in steps(made)) else expression


def _tidied(expression: Expression, whole: Collection[Expression]) -> Expression:
    if isinstance(expression, Number) or expression in whole:
        return expression
    operator = expression.operator
    left, right = _tidied(expression.left, whole), _tidied(expression.right, whole)
    if not operator.commutes:
        return Operation(operator, left, right)
    if _binds(right) == operator.precedence != _binds(left):
        left, right = right, left
    return _joined(operator, left, right, whole)


def _joined(
    operator: Operator, left: Expression, right: Expression, whole: Collection[Expression]
) -> Expression:
    """Return left + right or left * right, what right adds or subtracts taken one by one."""
    if isinstance(right, Number) or right in whole or _binds(right) != operator.precedence:
        return Operation(operator, left, right)
    return Operation(right.operator, _joined(operator, left, right.left, whole), right.right)


def _binds(expression: Expression) -> int:
    return 0 if isinstance(expression, Number) else expression.operator.precedence
