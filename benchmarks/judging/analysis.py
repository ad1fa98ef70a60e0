"""How our times compare with the others', and with what is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from benchmarks.contest import Rounds
from benchmarks.solver import analysis as solver
from benchmarks.solver.analysis import Goal, per_question, table

__all__ = ["CONFIRMED", "EVAL", "GOALS", "OURS", "summary", "table"]

OURS = solver.OURS
CONFIRMED = f"{OURS}, confirmed by sympy"
EVAL = "character class and `eval`"
MOST_FOR_CONFIRMING = 100

_RIGHT, _WRONG = "a right answer", "a legal answer that misses"
GOALS = (
    Goal(_RIGHT, OURS, EVAL, 1),
    Goal(_WRONG, OURS, EVAL, 1),
    Goal(_RIGHT, OURS, "reasoning-gym", 10),
    Goal(_WRONG, OURS, "reasoning-gym", 10),
    Goal(_RIGHT, OURS, "math-verify", 100),
    Goal(_WRONG, OURS, "math-verify", 100),
)


def summary(results: Sequence[Rounds]) -> str:
    """Return the table of the README, and what sympy's confirmation adds."""
    middle = {(r.work, r.player): median(per_question(r)) for r in results}
    added = middle[_RIGHT, CONFIRMED] - middle[_RIGHT, OURS]
    return (
        f"{solver.summary(results, GOALS)}\n\nsympy's confirmation adds {added:.2g} µs to a right "
        f"answer (wanted: at most {MOST_FOR_CONFIRMING})."
    )
