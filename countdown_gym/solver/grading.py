"""A puzzle's grade: whether it can be solved, what searching costs, and what solutions are like."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import ceil

from countdown_gym.expressions import Expression, Number, steps
from countdown_gym.grades import Grade
from countdown_gym.puzzles import Intermediates, Puzzle
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.search_cost import search_cost


@lru_cache(maxsize=4096)
def grade(puzzle: Puzzle) -> Grade:
    """Return the grade of a puzzle; asking again is free.

    Takes milliseconds for four numbers. Search cost is exact or estimated as
    `countdown_gym.solver.search_cost` says; everything else is exact, and the oracle says it.

    Raises:
        InvalidParameterError: If there are more numbers than the oracle lists all answers of.

    Example:
        >>> found = grade(Puzzle((3, 3, 8, 8), 24))
        >>> found.needs_fraction, found.unique, found.fewest_products
        (True, True, 2)
    """
    rules, numbers, target = puzzle.rules, puzzle.numbers, puzzle.target
    oracle = Oracle(rules)
    listed = oracle.solvable(numbers, target)  # to list the solutions takes far longer
    solutions = tuple(oracle.solutions(numbers, target)) if listed else ()
    _, cost, error = search_cost(rules, numbers, target)
    shortest = min((len(steps(solution)) for solution in solutions), default=None)
    return Grade(
        solvable=bool(solutions),
        fewest_operations=shortest,
        search_cost=cost,
        search_cost_error=error,
        numbers=len(numbers),
        fewest_products=min(map(_products, solutions), default=None),
        largest_intermediate=_largest_intermediate(puzzle, solutions) if solutions else None,
        needs_fraction=_needs_fraction(puzzle, solutions) if solutions else None,
        unique=len(solutions) == 1 if solutions else None,
    )


def graded(puzzle: Puzzle) -> Puzzle:
    """Return the puzzle with its grade; one that has a grade comes back as it is."""
    return puzzle if puzzle.grade is not None else replace(puzzle, grade=grade(puzzle))


def _products(solution: Expression) -> int:
    """Return how many multiplications and divisions there are: the same in every regrouping."""
    return sum(step.operator.precedence == 2 for step in steps(solution))


def _needs_fraction(puzzle: Puzzle, solutions: tuple[Expression, ...]) -> bool:
    """Whether no solution keeps to whole numbers.

    If none of those at hand does, another grouping of one still may: the oracle knows.
    """
    if any(all(step.result.denominator == 1 for step in steps(s)) for s in solutions):
        return False
    whole = replace(puzzle.rules, intermediates=Intermediates.INTEGERS)
    return not Oracle(whole).solvable(puzzle.numbers, puzzle.target)


def _largest_intermediate(puzzle: Puzzle, solutions: tuple[Expression, ...]) -> int:
    """Return the smallest bound on results under which the puzzle can be solved, by halving.

    The solutions at hand bound it from above; another grouping of one may stay lower still.
    """
    if any(isinstance(solution, Number) for solution in solutions):
        return 0
    low = max(1, abs(puzzle.target))
    high = min(max(ceil(abs(step.result)) for step in steps(s)) for s in solutions)
    while low < high:
        middle = (low + high) // 2
        bounded = replace(puzzle.rules, largest_intermediate=middle)
        if Oracle(bounded).solvable(puzzle.numbers, puzzle.target):
            high = middle
        else:
            low = middle + 1
    return low
