"""How it is scored: the share of held-out puzzles that each run solves, with its interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from countdown_agents.intervals import wilson_interval

Row = Mapping[str, Any]
"""What `sweep.sweep` yields."""
REFERENCES = ("random", "oracle")


def summarise(rows: Iterable[Row]) -> dict[str, Any]:
    """Return for each setting the references' solve rates and the curve of every run."""
    summary: dict[str, Any] = defaultdict(lambda: {"references": {}, "runs": defaultdict(dict)})
    for row in rows:
        found = summary[row["setting"]]
        if row["agent"] in REFERENCES:
            found["references"][row["agent"]] = row["solved"] / row["asked"]
            found["puzzles"] = row["asked"]  # the oracle, which comes last, is asked each once
            continue
        points = found["runs"][row["agent"]].setdefault(str(row["seed"]), [])
        points.append({name: row[name] for name in ("turns", "solved", "seconds")})
    return summary


def table(summary: Mapping[str, Any]) -> str:
    """Return what is solved at the end of training: a row for each setting and agent."""
    lines = [
        "| puzzles | who plays | seed 0 | seed 1 | seed 2 | turns | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for setting, found in summary.items():
        for name in REFERENCES:
            rate = _rate(found["references"][name])
            who = "random allowed actions" if name == "random" else name
            lines.append(f"| {setting} | {who} | {rate} | | | | |")
        for agent, runs in found["runs"].items():
            cells = [_cell(points[-1]["solved"], found["puzzles"]) for points in runs.values()]
            turns = next(iter(runs.values()))[-1]["turns"]
            seconds = sorted(points[-1]["seconds"] for points in runs.values())
            lines.append(
                f"| {setting} | {agent} | {' | '.join(cells)} | {turns:,} | "
                f"{seconds[0]:.0f}–{seconds[-1]:.0f} |"  # noqa: RUF001 - a range
            )
    return "\n".join(lines)


def _rate(rate: float) -> str:
    return "1" if rate == 1 else f"{rate:.2f}".lstrip("0")


def _cell(solved: int, asked: int) -> str:
    low, high = wilson_interval(solved, asked)
    return f"{_rate(solved / asked)} ({_rate(low)} to {_rate(high)})"
