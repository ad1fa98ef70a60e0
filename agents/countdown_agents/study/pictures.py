"""Learning curves as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_TRAINED, _LENGTH, _REFERENCE = "#1b6ca8", "#b8561b", "#6b6b6b"


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What held-out puzzles say of a model after some batches."""

    batches: int
    """How many batches it had been trained on."""
    solve_rate: float
    """The share of puzzles solved."""
    low: float
    """The lower end of the 95 % interval."""
    high: float
    """The upper end."""
    completion_tokens: float
    """The mean length of a completion."""


def draw_learning_curve(
    file: Path, points: Sequence[CurvePoint], references: Sequence[tuple[str, float]]
) -> None:
    """Write a PNG: solve rate with its interval above, length of completions below.

    Args:
        file: Where to; replaced if it is there.
        points: At least one, in the order of training.
        references: Names and solve rates of players to compare with, drawn as level lines.
    """
    batches = [point.batches for point in points]
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(7.2, 5.6), dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        above.fill_between(
            batches,
            [point.low for point in points],
            [point.high for point in points],
            color=_TRAINED,
            alpha=0.2,
            linewidth=0,
        )
        above.plot(batches, [p.solve_rate for p in points], "o-", color=_TRAINED, markersize=4)
        draw_references(above, references)
        above.set_ylim(0, 1.02)
        above.set_ylabel("solve rate, held out")
        above.set_title("Countdown under PPO (band: 95 % interval)", loc="left")
        below.plot(
            batches, [p.completion_tokens for p in points], "s-", color=_LENGTH, markersize=4
        )
        below.set_ylim(bottom=0)
        below.set_ylabel("tokens a completion")
        below.set_xlabel("batches of PPO")
        figure.savefig(file)


def draw_references(axes: Axes, references: Iterable[tuple[str, float]]) -> None:
    """Draw other players' solve rates as level lines, each with its name at the right end."""
    for name, rate in references:
        axes.axhline(rate, color=_REFERENCE, linestyle=":", linewidth=1)
        axes.annotate(
            name,
            (1, rate),
            xycoords=("axes fraction", "data"),
            xytext=(-2, 2 if rate < 0.95 else -11),
            textcoords="offset points",
            horizontalalignment="right",
            color=_REFERENCE,
        )
