"""The results that the page shows are those of the last run of the benchmark."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).parents[2]


def test_the_published_tables_are_those_of_the_results() -> None:
    from benchmarks.behaviors.analysis import table

    summary = json.loads((ROOT / "benchmarks/results/behaviors.json").read_text("utf-8"))
    assert table(summary) in (ROOT / "docs/results/behaviors.md").read_text("utf-8")


def test_shares_are_of_what_was_matched() -> None:
    from benchmarks.behaviors.analysis import summarise

    row = {"on": "open", "habit": "verification", "matched": 3, "found": 4, "gold": 6}
    summary = summarise([row, {"on": "time", "characters": 1_000, "seconds": 0.5}])
    got = summary["scores"]["open"]["verification"]
    assert (got["precision"], got["recall"], got["f1"]) == (0.75, 0.5, 0.6)
    assert summary["seconds"] == {"1000": 0.5}
