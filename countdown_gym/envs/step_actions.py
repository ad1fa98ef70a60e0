"""Operations on a board as numbers: the discrete actions of the steps environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

from countdown_gym.expressions import Operator
from countdown_gym.solver.moves import Move

FORMS: tuple[tuple[Operator, bool], ...] = (
    (Operator.ADD, False),
    (Operator.SUBTRACT, False),
    (Operator.SUBTRACT, True),
    (Operator.MULTIPLY, False),
    (Operator.DIVIDE, False),
    (Operator.DIVIDE, True),
)
"""What may be done with two entries: the operation, and whether the later entry stands left."""


@dataclass(frozen=True, slots=True)
class StepActions:
    """The numbering: `6 · pair + form`, and after them, if there is one, the undo.

    Pairs of places i < j come in lexicographic order: (0, 1), (0, 2), … (1, 2), …; forms are
    i + j, i - j, j - i, i * j, i / j, j / i.

    Example:
        >>> actions = StepActions(max_numbers=4)
        >>> actions.count, actions.undo
        (37, 36)
        >>> actions.describe(8)
        '#3 - #1'
    """

    max_numbers: int
    """The most entries that a board has."""
    allow_undo: bool = True
    """Whether the last action takes the latest operation back."""
    _pairs: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """List the pairs of places."""
        object.__setattr__(self, "_pairs", tuple(combinations(range(self.max_numbers), 2)))

    @property
    def count(self) -> int:
        """How many actions there are."""
        return len(FORMS) * len(self._pairs) + self.allow_undo

    @property
    def undo(self) -> int | None:
        """The action that takes the latest operation back."""
        return self.count - 1 if self.allow_undo else None

    def of(self, move: Move) -> int:
        """Return the action that makes a move."""
        first, second = sorted((move.left, move.right))
        # the pairs before (first, second): those that begin earlier, then those with this beginning
        earlier = first * (2 * self.max_numbers - first - 1) // 2 + second - first - 1
        return len(FORMS) * earlier + FORMS.index((move.operator, move.left > move.right))

    def describe(self, action: int) -> str:
        """Return an action in words, the places counted from 1."""
        if action == self.undo:
            return "undo"
        pair, form = divmod(action, len(FORMS))
        (operator, swapped), (first, second) = FORMS[form], self._pairs[pair]
        left, right = (second, first) if swapped else (first, second)
        return f"#{left + 1} {operator} #{right + 1}"
