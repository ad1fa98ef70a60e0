"""The results that the README shows are those of the last run of the benchmark."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.checkout
ROOT = Path(__file__).parents[2]


def test_both_readmes_show_the_recorded_results() -> None:
    from benchmarks.contest import Rounds
    from benchmarks.solver.analysis import summary, table

    record = json.loads((ROOT / "benchmarks/results/solver.json").read_text(encoding="utf-8"))
    rounds = [Rounds(**{**each, "seconds": tuple(each["seconds"])}) for each in record["rounds"]]
    assert summary(rounds) in (ROOT / "README.md").read_text(encoding="utf-8")
    assert table(rounds) in (ROOT / "benchmarks/solver/README.md").read_text(encoding="utf-8")


def test_the_summary_is_worked_out_by_hand() -> None:
    from benchmarks.contest import Rounds
    from benchmarks.solver.analysis import OURS, Goal, Rate, summary

    less, more = "used, naturals", "used, rationals"
    results = [
        Rounds(less, "peer", 2, (8e-6, 12e-6, 40e-6)),  # 4, 6 and 20 µs per question
        Rounds(more, OURS, 4, (4e-6, 8e-6, 8e-6)),  # 1, 2 and 2
    ]
    goals = (Goal(more, OURS, "peer", 2, less), Rate(more, OURS, 0.4))
    assert summary(results, goals).splitlines()[2:] == [
        f"| {more} | 2 | peer, naturals | 3 | 3 - 10 | at least 2 |",
        f"| {more} | 2 | – | 0.5 million/s | 0.5 - 1 | at least 0.4 million/s |",  # noqa: RUF001
    ]


def test_certified_puzzles_are_drawn_as_a_training_run_draws_them() -> None:
    from benchmarks.solver.sweep import generation

    (ours,) = generation({})
    assert ours.play() == ours.questions == 10_000
