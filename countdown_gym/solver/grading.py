"""A puzzle's grade: whether it can be solved, what searching costs, and what solutions are like."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import ceil, log2

from countdown_gym.expressions import Expression, Number, steps
from countdown_gym.grades import Grade
from countdown_gym.puzzles import Intermediates, Puzzle
from countdown_gym.solver.oracle import Oracle, oracle_of
from countdown_gym.solver.search_cost import search_cost
from countdown_gym.solver.search_walk import walk
from countdown_gym.solver.value_moves import ValueMoves, ratio


@lru_cache(maxsize=4096)
def grade(puzzle: Puzzle) -> Grade:
    """Return the grade of a puzzle; asking again is free.

    Exact, but for a search cost that `countdown_gym.solver.search_cost` says is estimated. Takes a
    tenth of a millisecond for four numbers, 3 ms for five, 10 ms for a television board and a
    quarter of a second for six numbers and fractions.

    Raises:
        InvalidParameterError: If there are more numbers than the oracle lists all answers of.

    Example:
        >>> found = grade(Puzzle((3, 3, 8, 8), 24))
        >>> found.needs_fraction, found.unique, found.fewest_products
        (True, True, 2)
    """
    numbers, target, oracle = puzzle.numbers, puzzle.target, oracle_of(puzzle.rules)
    walked = walk(puzzle.rules, ValueMoves(puzzle.rules).start(numbers), ratio(target))
    if walked is None:
        return _grade_from_solutions(puzzle)
    return Grade(
        solvable=walked.solvable,
        fewest_operations=walked.fewest_operations,
        search_cost=log2(walked.nodes),
        search_cost_error=0.0,
        numbers=len(numbers),
        fewest_products=walked.fewest_products,
        largest_intermediate=walked.largest_intermediate,
        needs_fraction=walked.needs_fraction,
        unique=oracle.count_solutions(numbers, target) == 1 if walked.solvable else None,
    )


def graded(puzzle: Puzzle) -> Puzzle:
    """Return the puzzle so that it carries its grade, which is worked out when it is first read.

    A puzzle that carries one comes back as it is. So does one of more numbers than the oracle lists
    all answers of, or under rules with extras: it has no grade.
    """
    if puzzle.grading is not None or puzzle.rules.extras:
        return puzzle
    if len(puzzle.numbers) > oracle_of(puzzle.rules).max_listed_entries:
        return puzzle
    return Puzzle(puzzle.numbers, puzzle.target, puzzle.rules, grade)


def _grade_from_solutions(puzzle: Puzzle) -> Grade:
    """Return the grade of a puzzle whose tree is not walked: from all its solutions."""
    rules, numbers, target = puzzle.rules, puzzle.numbers, puzzle.target
    oracle = oracle_of(rules)
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
