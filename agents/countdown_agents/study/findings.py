"""What a study found: solve rates before and after, curves, habits, each with its spread."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

import mpmath

from countdown_agents.evaluation import Evaluation
from countdown_agents.intervals import Interval
from countdown_agents.records import read_records
from countdown_agents.study.pictures import CurvePoint
from countdown_agents.study.study import Run
from countdown_gym.errors import InvalidParameterError


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean over seeds and how sure it is."""

    mean: float
    interval: Interval
    """95 %: Student's over seeds where there are several, Wilson's over puzzles where there is one.

    Student's holds what differs from seed to seed and what differs from puzzle to puzzle.
    """


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

    @property
    def gain(self) -> float:
        """How much reinforcement learning added to the share of puzzles solved, over seeds."""
        return solve_rate(self.after).mean - solve_rate(self.before).mean


def findings(runs: Iterable[Run]) -> tuple[ArmFindings, ...]:
    """Return what the finished runs found, arm by arm in the order of the plan.

    An arm without a finished run is left out.
    """
    arms: dict[str, list[Run]] = {}
    for run in runs:
        if run.is_finished:
            arms.setdefault(run.arm, []).append(run)
    return tuple(_arm(arm, done) for arm, done in arms.items())


def _arm(arm: str, runs: Sequence[Run]) -> ArmFindings:
    return ArmFindings(
        arm,
        tuple(run.seed for run in runs),
        tuple(Evaluation(read_records(run.path / "before.jsonl")) for run in runs),
        tuple(Evaluation(read_records(run.path / "after.jsonl")) for run in runs),
        tuple(_curve(run.path) for run in runs),
    )


def _curve(path: Path) -> tuple[CurvePoint, ...]:
    points = json.loads((path / "curve.json").read_text(encoding="utf-8"))
    return tuple(CurvePoint(**point) for point in points)


def solve_rate(evaluations: Sequence[Evaluation]) -> Spread:
    """Return the mean solve rate over seeds.

    Raises:
        InvalidParameterError: If there is none.
    """
    if not evaluations:
        raise InvalidParameterError("a solve rate needs at least one evaluation, got none")
    rates = [evaluation.solve_rate for evaluation in evaluations]
    if len(rates) == 1:
        return Spread(rates[0], evaluations[0].interval())
    return Spread(fmean(rates), student_interval(rates))


def student_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return Student's interval of the mean that some values were drawn around.

    Raises:
        InvalidParameterError: If there are fewer than two values.

    Example:
        >>> low, high = student_interval([0.50, 0.52, 0.54])
        >>> round(low, 3), round(high, 3)
        (0.47, 0.57)
    """
    if len(values) < 2:
        raise InvalidParameterError(f"an interval over seeds needs at least 2, got {len(values)}")
    free = len(values) - 1

    def outside(t: mpmath.mpf) -> mpmath.mpf:  # the chance of a larger |t|
        return mpmath.betainc(free / 2, 0.5, 0, free / (free + t * t), regularized=True)

    bound = float(mpmath.findroot(lambda t: outside(t) - (1 - confidence), (2, 4)))
    half = bound * stdev(values) / len(values) ** 0.5
    return Interval(fmean(values) - half, fmean(values) + half)


def summary(found: Sequence[ArmFindings]) -> list[Mapping[str, object]]:
    """Return a row of plain values for each arm."""
    rows: list[Mapping[str, object]] = []
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
                "gain": arm.gain,
                "after_by_seed": [evaluation.solve_rate for evaluation in arm.after],
                "before_by_seed": [evaluation.solve_rate for evaluation in arm.before],
            }
        )
    return rows
