"""The results that the page shows are those of the last run of the benchmark."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from countdown_gym.errors import InvalidParameterError

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).parents[2]


def test_the_published_tables_are_those_of_the_results() -> None:
    from benchmarks.behaviors.analysis import table

    summary = json.loads((ROOT / "benchmarks/results/behaviors.json").read_text("utf-8"))
    assert table(summary) in (ROOT / "docs/results/behaviors.md").read_text("utf-8")


def test_the_final_set_is_left_unread_and_its_score_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from benchmarks.behaviors import sweep
    from benchmarks.behaviors.passages import FINAL, SETS

    read: list[str] = []

    def gold(name: str) -> Iterator[sweep.Row]:
        read.append(name)
        return iter(())

    monkeypatch.setattr(sweep, "gold", gold)
    repeated = list(islice(sweep.sweep({}), 4))
    assert read == [name for name in SETS if name != FINAL]
    summary = json.loads((ROOT / "benchmarks/results/behaviors.json").read_text("utf-8"))
    for row in repeated:
        recorded = summary["scores"][row["on"]][row["habit"]]
        assert {name: recorded[name] for name in ("matched", "found", "gold")}.items() < row.items()
    with pytest.raises(InvalidParameterError, match="final must be yes or no"):
        next(sweep.sweep({"final": "maybe"}))


def test_shares_are_of_what_was_matched() -> None:
    from benchmarks.behaviors.analysis import summarise

    row = {"on": "open", "habit": "verification", "matched": 3, "found": 4, "gold": 6}
    once = {"on": "first reading", "characters": 1_000, "seconds": 1.0}
    summary = summarise([row, once, {"on": "time", "characters": 1_000, "seconds": 0.5}])
    got = summary["scores"]["open"]["verification"]
    assert (got["precision"], got["recall"], got["f1"]) == (0.75, 0.5, 0.6)
    assert summary["seconds"] == {"1000, some hundred new texts": 1.0, "1000": 0.5}
