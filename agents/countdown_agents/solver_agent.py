"""The row at the top of every table: what exact search answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.solution import solution


@dataclass(frozen=True, slots=True)
class OracleAgent:
    """Answers with a shortest solution, and with the closest value where there is none.

    Under rules with extras it answers with a formula that was found, or with nothing.

    Raises:
        InvalidParameterError: From `answer`, if a board is larger than the oracle combines.
    """

    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        """Return `<answer>…</answer>` for each puzzle, empty where no expression is allowed."""
        return [f"<answer>{_best(puzzle)}</answer>" for puzzle in puzzles]


def _best(puzzle: Puzzle) -> str:
    found = solution(puzzle)
    if found is None and not puzzle.rules.extras:
        closest = Oracle(puzzle.rules).closest(puzzle.numbers, puzzle.target)
        found = closest.expression if closest is not None else None
    return "" if found is None else str(found)
