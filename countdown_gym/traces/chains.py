"""The ways to work through a board: chains of legal steps, each with its expression.

A chain for n numbers has n - 1 steps and uses every number once. In each step the larger operand
stands first (of equal ones either, they read the same), so a sum or product is met once, not once
per order, and no difference is negative; different workings of the same value stay different
chains. With natural intermediates every value that can be reached is reached.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Expression, Number, Operation, Operator, Step
from countdown_gym.puzzles import Puzzle, Rules


@dataclass(frozen=True, slots=True)
class Chain:
    """A board worked through to one value."""

    steps: tuple[Step, ...]
    """The operations in the order in which they are carried out."""
    expression: Expression
    """The same as one expression."""
    working: str = field(init=False, compare=False)
    """The steps as symbols: `17 - 12 = 5 , 5 * 2 = 10`."""
    answer: str = field(init=False, compare=False)
    """The expression as symbols, every inner operation bracketed: `( 17 - 12 ) * 2`."""

    def __post_init__(self) -> None:
        """Write both texts once: documents use them many thousand times."""
        object.__setattr__(self, "working", " , ".join(str(step) for step in self.steps))
        object.__setattr__(self, "answer", bracketed(self.expression))

    @property
    def result(self) -> Fraction:
        """The value that is reached."""
        return self.steps[-1].result

    def solves(self, puzzle: Puzzle) -> bool:
        """Whether the chain reaches the target; that it is legal is taken for granted."""
        return self.result == puzzle.target


def bracketed(expression: Expression) -> str:
    """Return the expression with white space between all symbols and brackets that show the tree.

    Example:
        >>> inner = Operation(Operator.SUBTRACT, Number(17), Number(2))
        >>> bracketed(Operation(Operator.SUBTRACT, inner, Number(12)))
        '( 17 - 2 ) - 12'
    """
    if isinstance(expression, Number):
        return str(expression)
    left, right = (
        f"( {bracketed(side)} )" if isinstance(side, Operation) else str(side)
        for side in (expression.left, expression.right)
    )
    return f"{left} {expression.operator} {right}"


def legal_chains(puzzle: Puzzle) -> tuple[Chain, ...]:
    """Return the chains that the puzzle's rules allow, whatever value they reach.

    About 22 for three numbers from 1 to 20 with natural intermediates up to 99. Boards are
    remembered, so asking again is free.

    Raises:
        InvalidParameterError: If the puzzle has one number only, or its rules let numbers be left
            out or ask for the board's order: no chain is written for those.
    """
    if len(puzzle.numbers) < 2 or not puzzle.rules.use_all or puzzle.rules.keep_order:
        raise InvalidParameterError(
            "chains are written for two or more numbers, all used, in any order, "
            f"got {puzzle.numbers} under {puzzle.rules}"
        )
    return _board_chains(tuple(sorted(puzzle.numbers)), puzzle.rules)


@lru_cache(maxsize=4096)
def _board_chains(numbers: tuple[int, ...], rules: Rules) -> tuple[Chain, ...]:
    """Return the chains of a sorted board, each once."""
    found: dict[tuple[Step, ...], Chain] = {}

    def extend(
        parts: tuple[Expression, ...], values: tuple[Fraction, ...], done: tuple[Step, ...]
    ) -> None:
        if len(parts) == 1:
            found.setdefault(done, Chain(done, parts[0]))
            return
        for i, j in combinations(range(len(parts)), 2):
            high, low = (i, j) if values[i] >= values[j] else (j, i)
            others = [k for k in range(len(parts)) if k not in (i, j)]
            for operator in Operator:
                if operator not in rules.operators:
                    continue
                if operator is Operator.DIVIDE and values[low] == 0:
                    continue
                result = operator.apply(values[high], values[low])
                if rules.admit(result):
                    extend(
                        (*(parts[k] for k in others), Operation(operator, parts[high], parts[low])),
                        (*(values[k] for k in others), result),
                        (*done, Step(operator, values[high], values[low], result)),
                    )

    extend(tuple(Number(n) for n in numbers), tuple(Fraction(n) for n in numbers), ())
    return tuple(found.values())
