"""Solve rates with their intervals as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from countdown_agents.evaluation import Estimate, Evaluation

_COLORS = ("#1b6ca8", "#9a9a9a", "#5b5b5b")


def draw_evaluations(
    file: Path, rows: Mapping[str, Evaluation], title: str, field: str | None = None
) -> None:
    """Write a PNG: each player's solve rate with its interval, and beside it the rates by grade.

    Args:
        file: Where to; replaced if it is there.
        rows: Players and what came of asking them the same puzzles.
        title: What was asked.
        field: A field of `Grade`; None leaves the grades out.
    """
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        panels = 1 if field is None else 2
        figure = Figure(figsize=(4.8 * panels, 3.6), dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        figure.suptitle(title, fontsize=10)
        overall, *graded = figure.subplots(1, panels, squeeze=False, sharey=True)[0]
        overall.set(ylim=(0, 1.02), ylabel="solve rate, 95% interval")
        for place, evaluation in enumerate(rows.values()):
            rate = Estimate(evaluation.solve_rate, *evaluation.interval())
            color = _COLORS[place % len(_COLORS)]
            overall.bar(place, rate.value, yerr=_whiskers([rate]), color=color, capsize=4)
        overall.set_xticks(range(len(rows)), list(rows))
        if field is not None:
            _draw_grades(graded[0], rows, field)
        figure.savefig(file, format="png")


def _draw_grades(axes: Axes, rows: Mapping[str, Evaluation], field: str) -> None:
    for place, (name, evaluation) in enumerate(rows.items()):
        grades = evaluation.by_grade(field)
        rates = [row.solve_rate for row in grades]
        color = _COLORS[place % len(_COLORS)]
        axes.errorbar(
            range(len(grades)),
            [rate.value for rate in rates],
            _whiskers(rates),
            color=color,
            label=name,
            marker="o",
            capsize=3,
        )
        axes.set_xticks(range(len(grades)), [row.grade for row in grades])
    axes.set(xlabel=field)
    axes.legend(fontsize=8)


def _whiskers(rates: Sequence[Estimate]) -> list[list[float]]:
    """Return how far the bounds are below and above; rounding must not turn them over."""
    below = [max(0.0, rate.value - rate.low) for rate in rates]
    return [below, [max(0.0, rate.high - rate.value) for rate in rates]]
