"""What a report says, as plain values: computed here once, drawn elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from countdown_agents.records import Record, read_records
from countdown_agents.study.arms import ARMS, QUESTIONS
from countdown_agents.study.findings import ArmFindings, solve_rate
from countdown_agents.study.finished import FinishedRun, FinishedStudy
from countdown_agents.study.habit_counts import HabitPoint
from countdown_agents.study.pictures import CurvePoint
from countdown_agents.study.published import PUBLISHED, STEPS
from countdown_agents.study.report.tree import tree
from countdown_agents.study.spreads import Spread, over_seeds
from countdown_agents.study.targets import ASKED_OF, Target
from countdown_gym.behaviors import analyze
from countdown_gym.traces.habits import Habit

_STAGES = ("before", "after")
_SHOWN_PUZZLES = 12
"""How many puzzles' completions are shown of each arm, before and after, by its first seed."""
_SHOWN_SEED = 0
"""Decides which puzzles; they are the same in all arms."""
_HASHED = (
    "config.json",
    "traces.jsonl",
    "before.jsonl",
    "after.jsonl",
    "curve.json",
    "model/model.safetensors",
)
"""The files of a run that its figures come from or that came of it; not every run has each."""


def content(
    study: FinishedStudy, found: Sequence[ArmFindings], targets: Sequence[Target]
) -> dict[str, Any]:
    """Return everything that the report shows, as JSON values.

    Args:
        study: The finished runs.
        found: What they found.
        targets: What was expected.
    """
    experiment = study.settings["experiment"]
    arms = [arm.arm for arm in found]
    asked = {question: [a for a in of if a in arms] for question, of in QUESTIONS.items()}
    return {
        "study": study.path.resolve().name,
        "runs": {"finished": len(study.runs), "planned": study.planned},
        "puzzles": experiment["num_puzzles"],
        "curve_puzzles": experiment["curve_puzzles"],
        "habits": [habit.value for habit in Habit],
        "questions": {question: of for question, of in asked.items() if len(of) > 1},
        "arms": [_arm(arm) for arm in found],
        "targets": [target.to_dict() for target in targets],
        "asked_of": dict(ASKED_OF),
        "published_steps": list(STEPS),
        "shown_puzzles": min(_SHOWN_PUZZLES, experiment["num_puzzles"]),
        "completions": [row for run in _first_seeds(study.runs) for row in _completions(run)],
        "settings": _without_places(study.settings),
        "provenance": _provenances(study.runs),
        "files": [row for run in study.runs for row in _hashes(run.path)],
    }


def _arm(arm: ArmFindings) -> dict[str, Any]:
    what, published = ARMS[arm.arm], PUBLISHED.get(arm.arm)
    return {
        "name": arm.arm,
        "base": what.base,
        "condition": what.condition,
        "advantage": what.advantage,
        "seeds": list(arm.seeds),
        "before": _share(solve_rate(arm.before)),
        "after": _share(solve_rate(arm.after)),
        "gain": _plain(arm.gain),
        "by_seed": [
            [before.solve_rate, after.solve_rate]
            for before, after in zip(arm.before, arm.after, strict=True)
        ],
        "curve": [_point(points) for points in _together(arm.curves)],
        "habits": [_habits(points) for points in _together(arm.habits)],
        "published": None
        if published is None
        else {"Llama-3.2-3B": published.llama, "Qwen-2.5-3B": published.qwen},
    }


def _together(curves: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield the points of all seeds at one time, as far as all have come."""
    return zip(*curves, strict=False)


def _point(points: Sequence[CurvePoint]) -> dict[str, Any]:
    first = points[0]
    rates = _over_seeds([point.solve_rate for point in points])
    if len(points) == 1:
        rates |= {"low": first.low, "high": first.high}
    return {
        "batches": first.batches,
        "solve_rate": _within(rates),
        "tokens": _over_seeds([point.completion_tokens for point in points]),
    }


def _habits(points: Sequence[HabitPoint]) -> dict[str, Any]:
    return {
        "batches": points[0].batches,
        **{habit.value: _over_seeds([point.mean(habit) for point in points]) for habit in Habit},
    }


def _over_seeds(values: Sequence[float]) -> dict[str, float]:
    """Return the mean over seeds, and bounds where there are several."""
    return {"mean": values[0]} if len(values) == 1 else _plain(over_seeds(values))


def _plain(spread: Spread) -> dict[str, float]:
    low, high = spread.interval
    return {"mean": spread.mean, "low": low, "high": high}


def _share(spread: Spread) -> dict[str, float]:
    return _within(_plain(spread))


def _within(share: dict[str, float]) -> dict[str, float]:
    """Return a share with bounds that a share can have."""
    return share | {"low": max(share["low"], 0.0), "high": min(share["high"], 1.0)}


# --- completions -----------------------------------------------------------------------------


def _first_seeds(runs: Iterable[FinishedRun]) -> list[FinishedRun]:
    """Return the first run of each arm."""
    first: dict[str, FinishedRun] = {}
    for run in runs:
        first.setdefault(run.arm, run)
    return list(first.values())


def _completions(run: FinishedRun) -> Iterator[dict[str, Any]]:
    for stage in _STAGES:
        records = read_records(run.path / f"{stage}.jsonl")
        for place in _shown_places(len(records)):
            yield {"arm": run.arm, "stage": stage, **_completion(records[place])}


def _shown_places(puzzles: int) -> list[int]:
    rng = np.random.default_rng(_SHOWN_SEED)
    chosen = rng.choice(puzzles, min(_SHOWN_PUZZLES, puzzles), replace=False)
    return sorted(int(place) for place in chosen)


def _completion(record: Record) -> dict[str, Any]:
    analysis = analyze(record.puzzle, record.completion)
    return {
        "numbers": list(record.puzzle.numbers),
        "target": record.puzzle.target,
        "text": record.completion,
        "solved": record.solved,
        "fault": record.fault,
        "spans": [
            [habit.value, span.start, span.end]
            for habit, spans in analysis.spans.items()
            for span in spans
        ],
        "tree": tree(analysis),
    }


# --- where it comes from ---------------------------------------------------------------------


def _without_places(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in which a folder goes by its name: a report is sent round, its place is not.

    A model's name on the hub stays as it is.
    """
    plain: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            plain[name] = _without_places(value)
        elif isinstance(value, str) and PurePath(value).is_absolute():
            plain[name] = PurePath(value).name
        else:
            plain[name] = value
    return plain


def _provenances(runs: Iterable[FinishedRun]) -> list[dict[str, Any]]:
    """Return the different provenances of runs, each with the runs that have it."""
    rows: list[dict[str, Any]] = []
    for run in runs:
        name = f"{run.arm}, seed {run.seed}"
        for row in rows:
            if row["provenance"] == run.provenance:
                row["runs"].append(name)
                break
        else:
            rows.append({"provenance": dict(run.provenance), "runs": [name]})
    return rows


def _hashes(run: Path) -> Iterator[dict[str, str]]:
    for name in _HASHED:
        file = run / name
        if file.is_file():
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            yield {"name": "/".join((*run.parts[-2:], name)), "sha256": digest}
