"""Which values are free at a point of a search, and what an operation makes of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, cast

from countdown_gym.behaviors.computations import Operation
from countdown_gym.behaviors.tokens import Value


class Entry(NamedTuple):
    """A value that is free."""

    value: Value
    numbers: int
    """Which numbers of the board it is made of, a bit for each."""
    exact: Value
    """What it is in truth, where the text has it wrong."""
    made: tuple[Operation, ...] = ()
    """The operations that made it."""


State = tuple[Entry, ...]
new_entry = cast(
    "Callable[[tuple[Value, int, Value, tuple[Operation, ...]]], Entry]",
    partial(tuple.__new__, Entry),
)
"""`Entry._make`, twice as fast: it does not count the fields."""


def carried_out(state: State, operation: Operation) -> State | None:
    """Return the state after an operation on two of its values; None if they are not both there."""
    _, left, right, result = operation
    first = second = None
    rest: list[Entry] = []
    for entry in state:
        value, _, exact, _ = entry
        if first is None and left in (value, exact):
            first = entry
        elif second is None and right in (value, exact):
            second = entry
        else:
            rest.append(entry)
    if first is None or second is None:
        return _by_one(state, operation) if left == 1 or right == 1 else None
    _, numbers, _, made = first
    _, others, _, made_too = second
    return (*rest, new_entry((result, numbers | others, result, (*made, *made_too, operation))))


def _by_one(state: State, operation: Operation) -> State | None:
    """Return the state after a free 1 is used up on a value without changing it."""
    operator, left, right, result = operation
    if right == 1 and operator in "*/":
        other = left
    elif left == 1 and operator == "*":
        other = right
    else:
        return None
    for one in state:
        if one.value == 1:
            break
    else:
        return None
    value = next((e for e in state if other in (e.value, e.exact) and e is not one), None)
    made = state[-1] if value is None else value
    if made is one or not made.numbers & (made.numbers - 1):
        return None
    rest = (e for e in state if e is not one and e is not made)
    return (
        *rest,
        Entry(made.value if value is None else result, made.numbers | one.numbers, made.exact),
    )
