"""A right answer under any rules: the oracle's, or one searched for among formulas."""

from __future__ import annotations

from countdown_gym.expressions import Expression
from countdown_gym.formulas import Formula
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.formula_search import formulas
from countdown_gym.solver.oracle import Oracle


def solution(puzzle: Puzzle) -> Expression | Formula | None:
    """Return a right answer, or None if there is none or, with extras, none was found.

    Raises:
        InvalidParameterError: If the board is larger than the oracle or the search combines.

    Example:
        >>> from countdown_gym.puzzles import Rules
        >>> str(solution(Puzzle((4, 4), 26, Rules(extras=["factorial", "root"]))))
        'sqrt(4) + 4!'
    """
    if puzzle.rules.extras:
        return formulas(puzzle.rules, puzzle.numbers).get(puzzle.target)
    return Oracle(puzzle.rules).solve(puzzle.numbers, puzzle.target)
