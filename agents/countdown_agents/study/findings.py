"""What a study found: solve rates before and after, curves, habits, each with its spread."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from countdown_agents.comparison import compare
from countdown_agents.evaluation import Evaluation
from countdown_agents.intervals import bootstrap_interval
from countdown_agents.records import read_records
from countdown_agents.study.finished import FinishedRun
from countdown_agents.study.habit_counts import HabitPoint, habit_curve
from countdown_agents.study.pictures import CurvePoint
from countdown_agents.study.spreads import Spread, apart, over_seeds
from countdown_gym.errors import InvalidParameterError
from countdown_gym.traces.habits import Habit


@dataclass(frozen=True, slots=True)
class ArmFindings:
    """What the finished runs of one arm found."""

    arm: str
    seeds: tuple[int, ...]
    before: tuple[Evaluation, ...]
    """The test puzzles before reinforcement learning, for each seed."""
    after: tuple[Evaluation, ...]
    """The same after it."""
    curves: tuple[tuple[CurvePoint, ...], ...]
    """Validation puzzles on the way, for each seed."""
    habits: tuple[tuple[HabitPoint, ...], ...]
    """The habits in the answers to them, for each seed."""

    @property
    def gain(self) -> Spread:
        """How much reinforcement learning adds to the share of puzzles solved."""
        if len(self.seeds) == 1:
            found = compare(self.before[0], self.after[0])
            return Spread(found.difference, found.interval)
        pairs = zip(self.before, self.after, strict=True)
        return over_seeds([after.solve_rate - before.solve_rate for before, after in pairs])

    def habit_change(self, habit: Habit) -> Spread:
        """Return how much reinforcement learning adds to a habit, on validation puzzles."""
        ends = [(points[0], points[-1]) for points in self.habits]
        if len(ends) == 1:
            pairs = zip(*(end.counts[habit] for end in ends[0]), strict=True)
            changes = [float(last - first) for first, last in pairs]
            return Spread(fmean(changes), bootstrap_interval(changes))
        return over_seeds([last.mean(habit) - first.mean(habit) for first, last in ends])


def findings(
    runs: Sequence[FinishedRun],
    progress: Callable[[str, int, int], None] = lambda _run, _done, _total: None,
) -> tuple[ArmFindings, ...]:
    """Return what finished runs found, arm by arm in their order.

    Args:
        runs: The runs.
        progress: Told which arm is being read, how many runs have been, and how many there are.
    """
    arms: dict[str, list[FinishedRun]] = {}
    for run in runs:
        arms.setdefault(run.arm, []).append(run)
    found, done = [], 0
    for arm, of_arm in arms.items():
        progress(arm, done, len(runs))
        found.append(_arm(arm, of_arm))
        done += len(of_arm)
    return tuple(found)


def _arm(arm: str, runs: Sequence[FinishedRun]) -> ArmFindings:
    return ArmFindings(
        arm,
        tuple(run.seed for run in runs),
        tuple(Evaluation(read_records(run.path / "before.jsonl")) for run in runs),
        tuple(Evaluation(read_records(run.path / "after.jsonl")) for run in runs),
        tuple(_curve(run.path) for run in runs),
        tuple(habit_curve(run.path) for run in runs),
    )


def _curve(path: Path) -> tuple[CurvePoint, ...]:
    points = json.loads((path / "curve.json").read_text(encoding="utf-8"))
    return tuple(CurvePoint(**point) for point in points)


def solve_rate(evaluations: Sequence[Evaluation]) -> Spread:
    """Return the mean solve rate: Student's interval over seeds, Wilson's where there is one.

    Raises:
        InvalidParameterError: If there is none.
    """
    if not evaluations:
        raise InvalidParameterError("a solve rate needs at least one evaluation, got none")
    if len(evaluations) == 1:
        return Spread(evaluations[0].solve_rate, evaluations[0].interval())
    return over_seeds([evaluation.solve_rate for evaluation in evaluations])


def lead(first: ArmFindings, second: ArmFindings) -> Spread:
    """Return by how much the second arm ends above the first.

    The interval is Welch's over seeds; where an arm has one seed, it is that of the first seeds of
    both over puzzles.
    """
    if min(len(first.seeds), len(second.seeds)) == 1:
        found = compare(first.after[0], second.after[0])
        return Spread(found.difference, found.interval)
    rates = [[evaluation.solve_rate for evaluation in arm.after] for arm in (first, second)]
    return apart(*rates)


def summary(found: Sequence[ArmFindings]) -> list[dict[str, Any]]:
    """Return a row of plain values for each arm."""
    rows: list[dict[str, Any]] = []
    for arm in found:
        before, after = solve_rate(arm.before), solve_rate(arm.after)
        rows.append(
            {
                "arm": arm.arm,
                "seeds": list(arm.seeds),
                "before": before.mean,
                "before_interval_95": list(before.interval),
                "after": after.mean,
                "after_interval_95": list(after.interval),
                "gain": arm.gain.mean,
                "gain_interval_95": list(arm.gain.interval),
                "after_by_seed": [evaluation.solve_rate for evaluation in arm.after],
                "before_by_seed": [evaluation.solve_rate for evaluation in arm.before],
                "habit_change": {habit.value: arm.habit_change(habit).mean for habit in Habit},
            }
        )
    return rows


def run_rows(found: Sequence[ArmFindings]) -> list[dict[str, Any]]:
    """Return a row of plain values for each run: every test puzzle, and the curves.

    `solved` has a digit for each test puzzle in their order, 1 where it was solved: what pairs runs
    puzzle by puzzle, in a thousandth of the space of the answers.
    """
    rows: list[dict[str, Any]] = []
    for arm in found:
        for place, seed in enumerate(arm.seeds):
            rows.append(
                {
                    "arm": arm.arm,
                    "seed": seed,
                    "before": _answers(arm.before[place]),
                    "after": _answers(arm.after[place]),
                    "curve": [asdict(point) for point in arm.curves[place]],
                    "habits": [
                        {"batches": point.batches, **{h.value: point.mean(h) for h in Habit}}
                        for point in arm.habits[place]
                    ],
                }
            )
    return rows


def _answers(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "solved": "".join(str(int(record.solved)) for record in evaluation.records),
        "faults": {fault.value: count for fault, count in evaluation.faults.items()},
    }
