"""The benchmark of grades: its scores, and a small run of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.checkout


def test_calibration_error_is_worked_out_by_hand() -> None:
    from benchmarks.grading.analysis import expected_calibration_error

    predicted = np.array([0.10, 0.15, 0.90, 1.00])
    assert expected_calibration_error(predicted, predicted) == 0
    # .10 and .15 share a bin and are .05 too low together; .90 and 1.00 share one, .10 too high
    observed = np.array([0.20, 0.10, 0.85, 0.95])
    assert expected_calibration_error(predicted, observed) == pytest.approx((0.05 + 0.10) / 4)


def test_rank_correlation_shares_the_ranks_of_ties() -> None:
    from benchmarks.grading.analysis import spearman

    assert spearman(np.array([1.0, 2, 3]), np.array([10.0, 200, 3000])) == pytest.approx(1)
    assert spearman(np.array([1.0, 2, 3]), np.array([3.0, 2, 1])) == pytest.approx(-1)
    assert spearman(np.array([1.0, 1, 2]), np.array([1.0, 2, 2])) == pytest.approx(0.5)


def test_success_is_foretold_in_every_setting() -> None:
    from dataclasses import replace

    from benchmarks.grading.analysis import summarise
    from benchmarks.grading.sweep import measure, settings

    small = [replace(setting, puzzle_count=6, searches=20) for setting in settings()]
    scores = summarise(row for setting in small for row in measure(setting))
    assert set(scores) == {setting.name for setting in settings()}
    for score in scores.values():
        assert score["searches"] == 120
        assert score["calibration_error"] < 0.08


def test_peoples_games_are_read_from_a_file(tmp_path: Path) -> None:
    from benchmarks.grading.analysis import summarise
    from benchmarks.grading.sweep import measure_people

    games = ["1 1 4 6,4.4,99.2%", "3 8 8 10,9.0,80.0%", "3 3 8 8,12.0,60.0%"] * 4
    path = tmp_path / "games.csv"
    path.write_text("\n".join(["Puzzles,AMT (s),Solved rate", *games]), encoding="utf-8")
    people = summarise(measure_people(path))["people"]
    assert people["puzzles"] == 12
    assert people["solve_rate_of_cheapest_tenth"] == pytest.approx(0.992)


def test_the_published_table_is_that_of_the_results() -> None:
    from benchmarks.grading.analysis import table

    root = Path(__file__).parents[2]
    summary = json.loads((root / "benchmarks/results/grading.json").read_text("utf-8"))
    assert table(summary) in (root / "benchmarks/grading/README.md").read_text("utf-8")


def test_success_was_foretold_within_a_hundredth_in_every_recorded_setting() -> None:
    from benchmarks.grading.sweep import settings

    root = Path(__file__).parents[2]
    summary = json.loads((root / "benchmarks/results/grading.json").read_text("utf-8"))
    for setting in settings():
        assert summary[setting.name]["calibration_error"] <= 0.01
        assert summary[setting.name]["puzzles"] == setting.puzzle_count
