"""Means of pay and how sure they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import sqrt
from statistics import fmean, stdev

from benchmarks.pay.sweep import Pay

Summary = Mapping[str, Mapping[str, Mapping[str, tuple[float, float]]]]
"""Setting → player → mixture → mean pay and its standard error."""


def summarise(pays: Iterable[Pay]) -> Summary:
    """Return the mean pay of every player by every mixture, with its standard error."""
    amounts: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for pay in pays:
        amounts[pay.setting, pay.player, pay.mixture].append(pay.amount)
    found: dict[str, dict[str, dict[str, tuple[float, float]]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for (setting, player, mixture), paid in amounts.items():
        error = stdev(paid) / sqrt(len(paid))
        found[setting][player][mixture] = round(fmean(paid), 4), round(error, 4)
    return found


def table(summary: Summary) -> str:
    """Return one Markdown table for each setting."""
    lines: list[str] = []
    for setting, players in summary.items():
        mixtures = list(next(iter(players.values())))
        lines += [f"| {setting} | {' | '.join(f'`{name}`' for name in mixtures)} |"]
        lines += ["|---" * (len(mixtures) + 1) + "|"]
        for player, paid in players.items():
            cells = (_cell(*paid[mixture]) for mixture in mixtures)
            lines.append(f"| {player} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def _cell(mean: float, error: float) -> str:
    return f"{mean:.3f} ± {error:.3f}" if error else f"{mean:g}"
