"""`Line`: the states that the present line of attempt went through, and what it has done."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from countdown_gym.behaviors.computations import Computation, Operation
from countdown_gym.behaviors.states import State, carried_out, new_entry
from countdown_gym.behaviors.tokens import Value

REMEMBERED = 12
"""How many states back a line may have begun."""
MOST_STATES = 3 * REMEMBERED
"""How many states a line may have, before all but the last are let go."""
_VALUE, _EXACT = itemgetter(0), itemgetter(2)
Outcome = tuple[list[State], int]
"""The states after each operation that is new, and which numbers the result is made of."""


class Line:
    """Keeps the states of a line, from the board on."""

    __slots__ = ("_free", "_free_in", "board", "done", "held", "numbers", "states")

    def __init__(self, numbers: tuple[int, ...]) -> None:
        self.numbers = numbers
        self.board: State = tuple([new_entry((n, 1 << i, n, ())) for i, n in enumerate(numbers)])
        self.states = [self.board]
        self.done: dict[tuple[str, Value, Value], int] = {}
        """By operation and operands: the state from which it was carried out."""
        self.held: set[Value | None] = set(numbers)
        """All values that a state has or had."""
        self._free: set[Value] = set()
        self._free_in: State | None = None

    def free(self) -> set[Value]:
        """Return the values that are free at present, as they are told and as they are."""
        state = self.states[-1]
        if state is not self._free_in:
            self._free = {*map(_VALUE, state), *map(_EXACT, state)}
            self._free_in = state
        return self._free

    def may_allow(self, operations: Sequence[Operation]) -> bool:
        """Whether some state may allow an expression: a quick look, right where it says no."""
        if not operations:
            return False
        _, left, right, _ = operations[0]
        held = self.held
        return (left in held and right in held) or left == 1 or right == 1

    def outcome(self, depth: int, operations: Sequence[Operation]) -> Outcome | None:
        """Carry an expression out on an earlier state; None if the state does not allow it."""
        if len(operations) == 1:  # as most have
            following = carried_out(self.states[depth], operations[0])
            if following is not None:
                return [following], following[-1][1]
            return ([], 0) if depth and self._was_done(operations[0], depth) else None
        if not operations:
            return None
        state, numbers = self.states[depth], 0
        after: list[State] = []
        for operation in operations:
            following = carried_out(state, operation)
            if following is not None:
                state = following
                after.append(state)
                numbers = state[-1][1]
            elif depth and self._was_done(operation, depth):
                numbers = 0
            else:
                return None
        return after, numbers

    def _was_done(self, operation: Operation, depth: int) -> bool:
        operator, left, right, _ = operation
        at = self.done.get((operator, left, right))
        if at is None and operator in "+*":
            at = self.done.get((operator, right, left))
        return at is not None and at < depth

    def depths(self, top: int) -> range:
        """Return the states that a line may return to, from one down."""
        return range(top, max(-1, len(self.states) - 1 - REMEMBERED), -1)

    def first_done(self, depth: int, operations: Sequence[Operation]) -> int:
        """Return the earliest state, from some depth down, that has an expression done."""
        while depth:
            before = self.outcome(depth - 1, operations)
            if before is None or before[0]:
                break
            depth -= 1
        return depth

    def push(self, computation: Computation, after: Sequence[State]) -> int:
        """Add the states after a computation; return the numbers its result is made of."""
        if len(self.states) > MOST_STATES:
            self.forget()
        top, held = len(self.states) - 1, self.held
        for operation in computation.operations:
            operator, left, right, value = operation
            self.done.setdefault((operator, left, right), top)
            held.add(value)
        self.states += after
        result = computation.result
        held.add(result)
        state = self.states[-1]
        made = state[-1]
        if result is not None and made[0] != result:
            self.states[-1] = (*state[:-1], made._replace(value=result))
        return made[1]

    def forget(self) -> None:
        """Let all states go but the present one and the board."""
        self.states, self.done = [self.states[0], self.states[-1]], {}

    def cut(self, depth: int) -> None:
        """Go back to a state."""
        del self.states[depth + 1 :]
        self.done = {key: at for key, at in self.done.items() if at < depth} if depth else {}

    def mend(self, value: Value, claimed: Value) -> None:
        """Replace a result that was said wrong before."""
        self.held.add(claimed)
        self.states[-1] = tuple(
            [
                e._replace(value=claimed)
                if e.exact == value and e.value not in (claimed, value)
                else e
                for e in self.states[-1]
            ]
        )

    def numbers_of(self, value: Value | None) -> int:
        """Return which numbers of the board a free value is made of; 0 if it is not free."""
        return next((e.numbers for e in self.states[-1] if value in (e.value, e.exact)), 0)

    def taken_by(self, operands: Sequence[Value]) -> int:
        """Return which numbers of the board an expression takes."""
        numbers = 0
        entries = *self.board, *self.states[-1]
        for operand in operands:
            for value, made_of, _, _ in entries:
                if value == operand and not numbers & made_of:
                    numbers |= made_of
                    break
        return numbers
