"""The game tree: which operations a state of play allows, and the state that each leads to.

This module knows the rules and not the target: whether a state is worth anything is for others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple, TypeVar

from countdown_gym.expressions import Expression, Operation, Operator, Step
from countdown_gym.puzzles import Rules
from countdown_gym.solver.state import State

Part = TypeVar("Part")


class Move(NamedTuple):
    """One operation on two entries of a state, by their places from 0."""

    operator: Operator
    left: int
    """The place of the left operand."""
    right: int
    """The place of the right operand."""
    result: Fraction
    """What the operation comes to."""
    skipped: Sequence[int] = ()
    """The places that no later move can use: those between the operands, where order is kept."""


def legal_moves(values: Sequence[Fraction], rules: Rules) -> Iterator[Move]:
    """Yield every operation that the rules allow on entries of these values, each once.

    Of the two orders of a sum or product only the one with the earlier entry on the left comes.
    Entries of equal value are different entries. Where order is kept, operands are neighbours, or,
    if numbers may be left out, any two: what stands between them is then left out.

    Example:
        >>> moves = legal_moves((Fraction(6), Fraction(3)), Rules(intermediates="naturals"))
        >>> [f"{move.operator} {move.result}" for move in moves]
        ['+ 9', '- 3', '* 18', '/ 2']
    """
    operators = tuple(operator for operator in Operator if operator in rules.operators)
    for first in range(len(values) - 1):
        adjoining = rules.keep_order and rules.use_all
        for second in range(first + 1, first + 2 if adjoining else len(values)):
            skipped = range(first + 1, second) if rules.keep_order else ()
            for operator in operators:
                for left, right in _operands(operator, first, second, rules):
                    if operator is Operator.DIVIDE and values[right] == 0:
                        continue
                    result = operator.apply(values[left], values[right])
                    if rules.admit(result):
                        yield Move(operator, left, right, result, skipped)


def play(state: State, move: Move) -> State:
    """Return the state after a move: the result stands where the earlier operand stood."""
    return State(
        joined(state.values, move, move.result),
        joined(state.expressions, move, written(state, move)),
    )


def written(state: State, move: Move) -> Expression:
    """Return the expression that a move makes."""
    return Operation(move.operator, state.expressions[move.left], state.expressions[move.right])


def joined(parts: tuple[Part, ...], move: Move, result: Part) -> tuple[Part, ...]:
    """Return one part for each entry after a move, given one for each entry before it.

    Args:
        parts: Values, expressions, or whatever else stands for the entries.
        move: Which entries are joined.
        result: What stands for the joined entry.
    """
    earlier, later = sorted((move.left, move.right))
    gone = {later, *move.skipped}
    return tuple(
        result if place == earlier else part
        for place, part in enumerate(parts)
        if place not in gone
    )


def step_of(values: Sequence[Fraction], move: Move) -> Step:
    """Return a move on entries of these values as a line of working."""
    return Step(move.operator, values[move.left], values[move.right], move.result)


def _operands(
    operator: Operator, first: int, second: int, rules: Rules
) -> tuple[tuple[int, int], ...]:
    """Return the places of the left and right operand, in each order that is a move of its own."""
    if operator.commutes or rules.keep_order:
        return ((first, second),)
    return (first, second), (second, first)
