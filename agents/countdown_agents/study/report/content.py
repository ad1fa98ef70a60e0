"""What a report says, as plain values: computed here once, drawn elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from countdown_agents.records import Record, read_records
from countdown_agents.study.arms import ARMS
from countdown_agents.study.findings import ArmFindings, Spread, solve_rate, student_interval
from countdown_agents.study.pictures import CurvePoint
from countdown_agents.study.published import PUBLISHED
from countdown_agents.study.runs import provenance
from countdown_agents.study.study import Run
from countdown_gym.behaviors import Analysis, analyze
from countdown_gym.traces.habits import Habit

_STAGES = ("before", "after")
_SHOWN = 12
"""How many completions of an arm's first seed are shown before, and as many after."""


def content(
    preset: str,
    settings: Mapping[str, Any],
    runs: Sequence[Run],
    found: Sequence[ArmFindings],
    progress: Callable[[str, int, int], None] = lambda _arm, _done, _total: None,
) -> dict[str, Any]:
    """Return everything that the report shows, as JSON values.

    Args:
        preset: The name of the study's size.
        settings: The study's settings as JSON values.
        runs: Its runs; those that are not finished are left out.
        found: What the finished ones found.
        progress: Told which arm is being read, how many have been, and how many there are.
    """
    done = [run for run in runs if run.is_finished]
    arms = []
    for place, arm in enumerate(found):
        progress(arm.arm, place, len(found))
        arms.append(_arm(arm, [run for run in done if run.arm == arm.arm]))
    return {
        "preset": preset,
        "runs": {"finished": len(done), "planned": len(runs)},
        "puzzles": settings["experiment"]["num_puzzles"],
        "habits": [habit.value for habit in Habit],
        "arms": arms,
        "completions": [row for run in _first_seeds(done) for row in _completions(run)],
        "settings": dict(settings),
        "provenance": provenance(),
        "files": [
            _hash(run.path / name) for run in done for name in ("before.jsonl", "after.jsonl")
        ],
    }


def _arm(arm: ArmFindings, runs: Sequence[Run]) -> dict[str, Any]:
    what, published = ARMS[arm.arm], PUBLISHED.get(arm.arm)
    habits = [_habit_curve(run) for run in runs]
    return {
        "name": arm.arm,
        "base": what.base,
        "condition": what.condition,
        "advantage": what.advantage,
        "seeds": list(arm.seeds),
        "before": _spread(solve_rate(arm.before), [e.solve_rate for e in arm.before]),
        "after": _spread(solve_rate(arm.after), [e.solve_rate for e in arm.after]),
        "gain": arm.gain,
        "curve": [_point(points) for points in _together(arm.curves)],
        "habits": [
            {"batches": at[0]["batches"], **{h.value: fmean(p[h.value] for p in at) for h in Habit}}
            for at in _together(habits)
        ],
        "published": None
        if published is None
        else {"Llama-3.2-3B": published.llama, "Qwen-2.5-3B": published.qwen},
    }


def _together(curves: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield the points of all seeds at one time, as far as all have come."""
    return zip(*curves, strict=False)


def _point(points: tuple[CurvePoint, ...]) -> dict[str, Any]:
    rates = [point.solve_rate for point in points]
    low, high = student_interval(rates) if len(rates) > 1 else (points[0].low, points[0].high)
    return {
        "batches": points[0].batches,
        "mean": fmean(rates),
        "low": max(low, 0.0),
        "high": min(high, 1.0),
        "by_seed": rates,
        "tokens": fmean(point.completion_tokens for point in points),
    }


def _spread(spread: Spread, by_seed: list[float]) -> dict[str, Any]:
    low, high = spread.interval
    return {"mean": spread.mean, "low": max(low, 0.0), "high": min(high, 1.0), "by_seed": by_seed}


def _habit_curve(run: Run) -> list[dict[str, Any]]:
    """Return how often completions of a run showed each habit at each point of its curve."""
    curve = []
    for file in sorted((run.path / "curve").glob("*.jsonl")):
        counts = [_read(record).counts for record in read_records(file)]
        means = {habit.value: fmean(count[habit] for count in counts) for habit in Habit}
        curve.append({"batches": int(file.stem), **means})
    return curve


def _first_seeds(runs: Sequence[Run]) -> Iterator[Run]:
    shown = set[str]()
    for run in runs:
        if run.arm not in shown:
            shown.add(run.arm)
            yield run


def _completions(run: Run) -> Iterator[dict[str, Any]]:
    for stage in _STAGES:
        for record in read_records(run.path / f"{stage}.jsonl")[:_SHOWN]:
            analysis = _read(record)
            yield {
                "arm": run.arm,
                "stage": stage,
                "numbers": list(record.puzzle.numbers),
                "target": record.puzzle.target,
                "text": record.completion,
                "solved": record.solved,
                "fault": record.fault,
                "spans": [
                    {"habit": habit.value, "start": span.start, "end": span.end}
                    for habit, spans in analysis.spans.items()
                    for span in spans
                ],
                "tree": _tree(analysis),
            }


def _tree(analysis: Analysis) -> list[dict[str, Any]]:
    """Return the search as nodes, each after its parent: the board, and every step from a state."""
    board = " ".join(str(number) for number in analysis.puzzle.numbers)
    nodes: list[dict[str, Any]] = [{"id": 0, "parent": None, "label": board, "fault": False}]
    places: dict[tuple[str, ...], int] = {(): 0}

    def place(path: tuple[str, ...], *, fault: bool) -> None:
        if path not in places:
            places[path] = len(nodes)
            parent = places[path[:-1]]
            nodes.append({"id": len(nodes), "parent": parent, "label": path[-1], "fault": fault})

    for attempt in analysis.attempts:
        path: tuple[str, ...] = ()
        for step in attempt.kept:
            path = (*path, str(step))
            place(path, fault=False)
        for shown in attempt.steps:
            path = (*path, str(shown.step))
            place(path, fault=not (shown.right and shown.legal))
    return nodes


def _read(record: Record) -> Analysis:
    return analyze(record.puzzle, record.completion)


def _hash(file: Path) -> dict[str, str]:
    name = "/".join(file.parts[-3:])
    return {"name": name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
