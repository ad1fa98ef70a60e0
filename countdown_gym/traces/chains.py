"""The ways to work through a board: chains of legal steps, each with its expression.

A chain that uses n numbers has n - 1 steps. In each step the larger operand stands first (of equal
ones either, they read the same), so a sum or product is met once, not once per order, and no
difference is negative; different workings of the same value stay different chains. With natural
intermediates every value that can be reached is reached. Where the order of the board is kept, the
operands stand as they stand there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

import numpy as np

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Expression, Number, Operation, Operator, Step, steps
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


def chain_of(expression: Expression) -> Chain:
    """Return the chain that carries an expression out.

    Raises:
        InvalidParameterError: If there is nothing to carry out.
        ZeroDivisionError: If some operation divides by zero.
    """
    if isinstance(expression, Number):
        raise InvalidParameterError(f"a chain has at least one step, got the number {expression}")
    return Chain(steps(expression), expression)


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

    def extend(parts: tuple[_Part, ...], done: tuple[Step, ...]) -> None:
        if len(parts) == 1:
            found.setdefault(done, Chain(done, parts[0][1]))
            return
        for i, j, step in _moves(parts, rules):
            others = (part for k, part in enumerate(parts) if k not in (i, j))
            extend((*others, _joined(parts[i], parts[j], step)), (*done, step))

    extend(tuple((Fraction(n), Number(n)) for n in numbers), ())
    return tuple(found.values())


def draw_chain(
    puzzle: Puzzle, rng: np.random.Generator, beginning: Sequence[Step] = ()
) -> Chain | None:
    """Return a chain that the rules allow, drawn step by step; None if it ran into a dead end.

    For boards too large to list. Where numbers may be left out, how many are used is drawn first,
    every count alike, and then which.

    Args:
        puzzle: The board and its rules; the target plays no part.
        rng: The source of randomness.
        beginning: The first steps, where they are decided; if the numbers drawn do not allow them,
            that is a dead end.
    """
    rules, count = puzzle.rules, len(puzzle.numbers)
    if count < 2:
        return None
    used = count if rules.use_all else int(rng.integers(2, count + 1))
    places = sorted(rng.permutation(count)[:used].tolist())
    parts: tuple[_Part, ...] = tuple(
        (Fraction(puzzle.numbers[place]), Number(puzzle.numbers[place])) for place in places
    )
    done: list[Step] = []
    while len(parts) > 1:
        moves = _moves(parts, rules)
        if len(done) < len(beginning):
            moves = [move for move in moves if move[2] == beginning[len(done)]]
        if not moves:
            return None
        i, j, step = moves[rng.integers(len(moves))]
        done.append(step)
        joined = _joined(parts[i], parts[j], step)
        if rules.keep_order:
            parts = (*parts[:i], joined, *parts[j + 1 :])
        else:
            parts = (*(part for k, part in enumerate(parts) if k not in (i, j)), joined)
    return Chain(tuple(done), parts[0][1])


_Part = tuple[Fraction, Expression]


def _joined(left: _Part, right: _Part, step: Step) -> _Part:
    return step.result, Operation(step.operator, left[1], right[1])


def _moves(parts: tuple[_Part, ...], rules: Rules) -> list[tuple[int, int, Step]]:
    """Return the places of operands and the step that each operation allowed on them takes."""
    found = []
    for i, j in _pairs(parts, rules):
        left, right = parts[i][0], parts[j][0]
        for operator in Operator:
            if operator not in rules.operators or (operator is Operator.DIVIDE and right == 0):
                continue
            result = operator.apply(left, right)
            if rules.admit(result):
                found.append((i, j, Step(operator, left, right, result)))
    return found


def _pairs(parts: tuple[_Part, ...], rules: Rules) -> Iterator[tuple[int, int]]:
    """Yield the places of operands, the larger first unless the board's order is kept."""
    if rules.keep_order:
        yield from ((i, i + 1) for i in range(len(parts) - 1))
        return
    for i, j in combinations(range(len(parts)), 2):
        yield (i, j) if parts[i][0] >= parts[j][0] else (j, i)
