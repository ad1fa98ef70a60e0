"""The benchmark of pay: a small run of it, and the published table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from countdown_gym.rewards import MIXTURES

pytestmark = pytest.mark.checkout


def test_who_says_nothing_of_the_puzzle_is_paid_nothing_but_for_form() -> None:
    from benchmarks.pay.analysis import summarise
    from benchmarks.pay.sweep import measure

    for players in summarise(measure(count=20)).values():
        for player in ("nothing", "echo of the prompt"):
            assert set(players[player].values()) == {(0.0, 0.0)}
        for player in ("the prompt's example", "the target", "random symbols"):
            paid = {name: mean for name, (mean, _) in players[player].items() if mean}
            assert set(paid) <= {"tinyzero"}
        assert players["oracle"]["strict"][0] > 0.8


def test_the_published_table_is_that_of_the_results() -> None:
    from benchmarks.pay.analysis import table

    root = Path(__file__).parents[2]
    summary = json.loads((root / "benchmarks/results/pay.json").read_text("utf-8"))
    for players in summary.values():
        assert set(players["nothing"]) == set(MIXTURES)
    assert table(summary).strip() in (root / "docs/rewards.md").read_text("utf-8")
