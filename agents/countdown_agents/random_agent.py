"""The row at the bottom of every table: answers that are legal and blind to the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Expression, Number, Operation, Operator, steps
from countdown_gym.puzzles import Puzzle, Rules

MAX_TRIES = 64
"""How many expressions are drawn before one with a forbidden result is handed in."""


@dataclass(frozen=True, slots=True)
class RandomAgent:
    """Answers with a random legal expression.

    The order of the numbers, the shape of the tree and the operators are uniform and independent.
    Where a number may be left out, how many are used is uniform and so is which. An expression
    that divides by zero or has a result that the rules forbid is drawn again, up to `MAX_TRIES`
    times.

    The answer depends on the seeds and the puzzle alone, so neither the other puzzles nor the size
    of a batch changes it, and the same puzzle gets the same answer.

    Raises:
        InvalidParameterError: If `seed` is negative.
    """

    seed: int = 0
    """The only source of randomness, with the puzzle itself."""

    def __post_init__(self) -> None:
        """Refuse a seed that seeds nothing."""
        if self.seed < 0:
            raise InvalidParameterError(f"seed must not be negative, got {self.seed}")

    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        """Return `<answer>…</answer>` for each puzzle, and nothing around it."""
        return [f"<answer>{self._expression(puzzle)}</answer>" for puzzle in puzzles]

    def answer_seeded(self, puzzles: Sequence[Puzzle], seeds: Sequence[int]) -> list[str]:
        """Return what `answer` does, with a further seed for each puzzle."""
        drawn = (self._expression(p, seed) for p, seed in zip(puzzles, seeds, strict=True))
        return [f"<answer>{expression}</answer>" for expression in drawn]

    def _expression(self, puzzle: Puzzle, *seed: int) -> Expression:
        rng = np.random.default_rng([self.seed, int(puzzle.content_hash, 16), *seed])
        expression = random_expression(puzzle, rng)
        for _ in range(MAX_TRIES - 1):
            if _admitted(puzzle.rules, expression):
                break
            expression = random_expression(puzzle, rng)
        return expression


def random_expression(puzzle: Puzzle, rng: np.random.Generator) -> Expression:
    """Return an expression of allowed numbers and operators, whatever its results are."""
    numbers, rules = puzzle.numbers, puzzle.rules
    size = len(numbers) if rules.use_all else int(rng.integers(1, len(numbers) + 1))
    chosen = rng.choice(len(numbers), size, replace=False)
    if rules.keep_order:
        chosen.sort()
    operators = [operator for operator in Operator if operator in rules.operators]
    return _random_tree([Number(numbers[position]) for position in chosen], operators, rng)


def _random_tree(
    leaves: Sequence[Number], operators: Sequence[Operator], rng: np.random.Generator
) -> Expression:
    """Return a tree of uniform shape over the leaves, whose order stays."""
    if len(leaves) == 1:
        return leaves[0]
    shapes = [_shapes(left) * _shapes(len(leaves) - left) for left in range(1, len(leaves))]
    weights = np.array([count / sum(shapes) for count in shapes])
    split = 1 + int(rng.choice(len(weights), p=weights))
    return Operation(
        operators[int(rng.integers(len(operators)))],
        _random_tree(leaves[:split], operators, rng),
        _random_tree(leaves[split:], operators, rng),
    )


def _shapes(leaves: int) -> int:
    """Return how many binary trees have so many leaves: a Catalan number."""
    return comb(2 * leaves - 2, leaves - 1) // leaves


def _admitted(rules: Rules, expression: Expression) -> bool:
    """Whether every operation has a result that the rules allow."""
    try:
        return all(rules.admit(step.result) for step in steps(expression))
    except ZeroDivisionError:
        return False
