"""Why an answer fails: the one vocabulary that reading, checking, rewards and reports share."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """Why an answer fails, in the order the referee looks; the first one found counts."""

    TRUNCATED = "truncated"
    """The completion was cut by its token budget."""
    NO_ANSWER = "no_answer"
    """There is no answer where one should stand, or it is empty."""
    TOO_LONG = "too_long"
    """The answer has more characters or numbers than any answer needs."""
    TOO_DEEP = "too_deep"
    """The answer nests parentheses deeper than any answer needs."""
    UNREADABLE = "unreadable"
    """The answer is not an expression of numbers, + - * / and parentheses."""
    FORBIDDEN_OPERATOR = "forbidden_operator"
    """An operator occurs that the rules do not allow."""
    FOREIGN_NUMBER = "foreign_number"
    """A number is used that is not on the board."""
    REUSED_NUMBER = "reused_number"
    """A number is used more often than it is on the board."""
    UNUSED_NUMBER = "unused_number"
    """A number is left out where all must be used."""
    WRONG_ORDER = "wrong_order"
    """The numbers do not stand in the order of the board where they must."""
    DIVIDES_BY_ZERO = "divides_by_zero"
    """Some operation divides by zero."""
    UNDEFINED = "undefined"
    """Some operation has no real value: a root of a negative number, 0 to the power 0, the
    factorial of what is no natural number."""
    OUT_OF_BOUNDS = "out_of_bounds"
    """Some power, root or factorial is beyond what the referee works out: see
    `countdown_gym.formula_values` and `countdown_gym.formula_algebra`."""
    FORBIDDEN_INTERMEDIATE = "forbidden_intermediate"
    """Some operation results in a value that the rules do not allow."""
    FALSE_EQUATION = "false_equation"
    """The answer states `= value` and that is not its value."""
    WRONG_VALUE = "wrong_value"
    """Everything is allowed, but the value is not the target."""
    UNCONFIRMED = "unconfirmed"
    """The second opinion does not agree that the answer is right; nobody has seen this happen."""
