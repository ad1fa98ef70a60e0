"""The curves as a picture: `python -m benchmarks.steps_learning.picture` draws the results anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from countdown_agents.intervals import wilson_interval
from countdown_agents.study.pictures import draw_references

ROOT = Path(__file__).parents[2]
COLOURS = {"PPO": "#b8561b", "MaskablePPO": "#1b6ca8"}


def draw(file: Path, summary: Mapping[str, Any]) -> None:
    """Write a PNG: for each setting a curve for each run, with its 95 % interval."""
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(10.5, 3.8), dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        for axes, (setting, found) in zip(
            figure.subplots(1, len(summary), sharey=True), summary.items(), strict=True
        ):
            _draw_setting(axes, setting, found)
        figure.axes[0].set_ylabel("solve rate, held out")
        figure.axes[0].legend(frameon=False, loc="lower right", fontsize=8)
        figure.savefig(file)


def _draw_setting(axes: Axes, setting: str, found: Mapping[str, Any]) -> None:
    for agent, runs in found["runs"].items():
        for seed, points in runs.items():
            turns = [point["turns"] / 1_000 for point in points]
            ends = [wilson_interval(point["solved"], found["puzzles"]) for point in points]
            axes.fill_between(
                turns, *zip(*ends, strict=True), color=COLOURS[agent], alpha=0.1, lw=0
            )
            rates = [point["solved"] / found["puzzles"] for point in points]
            label = agent if seed == "0" else None
            axes.plot(turns, rates, color=COLOURS[agent], linewidth=1.2, label=label)
    draw_references(axes, found["references"].items())
    axes.set_ylim(0, 1.02)
    axes.set_title(setting, loc="left")
    axes.set_xlabel("thousand turns of training")


if __name__ == "__main__":
    results = ROOT / "benchmarks" / "results" / "steps_learning.json"
    draw(ROOT / "docs" / "results" / "steps.png", json.loads(results.read_text(encoding="utf-8")))
