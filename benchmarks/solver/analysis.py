"""Medians, spread and ratios of the solver's benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.contest import Rounds

OURS = "countdown-gym"
ARRAY = f"{OURS}, all in one array"


@dataclass(frozen=True, slots=True)
class Goal:
    """How we want to compare with another player."""

    work: str
    ours: str
    """One of our players."""
    peer: str
    times: float
    """How many times our time the peer should take at least."""


GOALS = (
    Goal("whole television game", OURS, "hknrx/Numbers, 1,000 of them", 1_000),
    Goal("one television instance", OURS, "hknrx/Numbers", 5),
    Goal("one board, all targets", OURS, "panzi/numbers", 100),
    Goal("distinct solutions of one television instance", OURS, "bennorth's evaluator", 5),
    Goal("all 3 used, naturals", OURS, "Stream of Search", 100),
    Goal("all 3 used, naturals", ARRAY, "Stream of Search", 100),
    Goal("all 4 used, naturals", OURS, "Stream of Search", 400),
    Goal("all 4 used, naturals", ARRAY, "Stream of Search", 400),
    Goal("all 5 used, naturals", OURS, "Stream of Search", 500),
    Goal("all 5 used, naturals", ARRAY, "Stream of Search", 500),
    Goal("certified puzzle of 4 numbers", OURS, "reasoning-gym, not certified", 1_000),
    Goal("first answer in a fresh process", OURS, "import numpy", 1 / 2),
    Goal("first answer in a fresh process", f"{OURS}, four numbers", "import numpy", 1 / 6),
    Goal("first answer in a fresh process", f"{OURS}, cached kernels", "import numpy", 1 / 6),
)


def per_question(rounds: Rounds) -> list[float]:
    """Return the microseconds per question of each round, ascending."""
    return sorted(seconds / rounds.questions * 1e6 for seconds in rounds.seconds)


def table(results: Sequence[Rounds]) -> str:
    """Return a line per entry: median and range in microseconds, and how many times ours it is."""
    ours = {r.work: median(per_question(r)) for r in results if r.player == OURS}
    lines = ["| work | player | median | range | times ours |", "|---|---|---|---|---|"]
    shown = ""
    for result in results:
        times = per_question(result)
        middle = median(times)
        ratio = "1" if result.player == OURS else _short(middle / ours[result.work])
        span = f"{_short(times[0])} - {_short(times[-1])}"
        work = "" if result.work == shown else result.work
        lines.append(f"| {work} | {result.player} | {_short(middle)} | {span} | {ratio} |")
        shown = result.work
    return "\n".join(lines)


def summary(results: Sequence[Rounds], goals: Sequence[Goal] = GOALS) -> str:
    """Return the results as the README shows them: how our time compares with what is wanted."""
    middle = {(r.work, r.player): median(per_question(r)) for r in results}
    lines = ["| work | ours, µs | compared with | times ours | wanted |", "|---|---|---|---|---|"]
    for goal in goals:
        ours = middle[goal.work, goal.ours]
        ratio = middle[goal.work, goal.peer] / ours
        times = f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"
        wanted = f"at least {goal.times:,.0f}"
        if goal.times < 1:  # ours takes longer, and that is what is bounded
            times, wanted = f"1 / {1 / ratio:.2g}", f"at least 1 / {1 / goal.times:.2g}"
        label = goal.work if goal.ours == OURS else f"{goal.work} ({goal.ours.split(', ')[1]})"
        lines.append(f"| {label} | {_short(ours)} | {goal.peer} | {times} | {wanted} |")
    return "\n".join(lines)


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
