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
