"""Medians, spread and ratios of the solver's benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rich.table import Table

from benchmarks.contest import Rounds

OURS = "countdown-gym"


def per_question(rounds: Rounds) -> list[float]:
    """Return the microseconds per question of each round, ascending."""
    return sorted(seconds / rounds.questions * 1e6 for seconds in rounds.seconds)


def table(results: Sequence[Rounds]) -> Table:
    """Return one line per entry: median, range, and how many times ours goes into it."""
    ours = {r.work: median(per_question(r)) for r in results if r.player == OURS}
    shown = Table(title="The solver against others, one core, processor time")
    for heading in ("work", "player", "µs per question", "range", "times ours"):
        shown.add_column(heading, justify="left" if heading in ("work", "player") else "right")
    for result in results:
        times = per_question(result)
        middle = median(times)
        ratio = "1" if result.player == OURS else f"{middle / ours[result.work]:,.1f}"
        span = f"{times[0]:,.3g} - {times[-1]:,.3g}"
        shown.add_row(result.work, result.player, f"{middle:,.4g}", span, ratio)
    return shown
