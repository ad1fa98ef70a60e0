"""How our times compare with the others', and with what is wanted."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.contest import Rounds
from benchmarks.solver import analysis as solver
from benchmarks.solver.analysis import Goal, table

__all__ = ["BATCHES", "GOALS", "OURS", "PEER", "SINGLE", "SYNC", "summary", "table"]

OURS = solver.OURS
PEER = "reasoning-gym, item and score"
SYNC = "Gymnasium's SyncVectorEnv"
SINGLE = "Countdown-v0, reset and step"
BATCHES = ("Countdown-v0", "Game24-v0", "CountdownTV-v0")

GOALS = (
    Goal(SINGLE, OURS, PEER, 50),
    Goal("256 x Countdown-v0", OURS, SYNC, 3),
)


def summary(results: Sequence[Rounds]) -> str:
    """Return the table that the documentation shows."""
    return solver.summary(results, GOALS)
