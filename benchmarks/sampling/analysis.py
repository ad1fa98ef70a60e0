"""Medians, spread and ratios of the sampling benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from benchmarks.contest import Rounds
from benchmarks.sampling.sweep import OURS


def table(results: Sequence[Rounds]) -> str:
    """Return one line for each entry: tokens per second, range, and how often ours is as fast."""
    ours = {r.work: median(_pace(r)) for r in results if r.player == OURS}
    lines = ["| completions | player | tokens/s | range | times slower |", "|---|---|---|---|---|"]
    for result in results:
        pace = sorted(_pace(result))
        middle = median(pace)
        times = "" if result.player == OURS else f"{ours[result.work] / middle:.2g}"
        lines.append(
            f"| {result.work} | {result.player} | {middle:,.0f} "
            f"| {pace[0]:,.0f} to {pace[-1]:,.0f} | {times} |"
        )
    return "\n".join(lines)


def _pace(rounds: Rounds) -> list[float]:
    return [rounds.questions / seconds for seconds in rounds.seconds]
