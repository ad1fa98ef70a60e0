"""The benchmark of learning step by step: a small run of it, and the published table."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

pytestmark = [pytest.mark.agents, pytest.mark.checkout]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def summary() -> dict[str, dict[str, object]]:
    text = (ROOT / "benchmarks" / "results" / "steps_learning.json").read_text("utf-8")
    found: dict[str, dict[str, object]] = json.loads(text)
    return found


@pytest.mark.slow
def test_a_small_run_has_all_that_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.steps_learning import sweep
    from benchmarks.steps_learning.analysis import summarise, table

    monkeypatch.setattr(sweep, "DRAWS", 200)
    setting = replace(sweep.SETTINGS[0], largest=4, turns=2_048, evaluations=1)
    learned = (sweep.learn(setting, "MaskablePPO", seed) for seed in range(3))
    rows = [*sweep.references(setting), *chain.from_iterable(learned)]
    found = summarise(rows)[setting.name]
    assert found["references"]["oracle"] == 1
    assert 0 < found["references"]["random"] < 1
    assert [point["turns"] for point in found["runs"]["MaskablePPO"]["0"]] == [0, 2_048]
    assert f"| {setting.name} | MaskablePPO |" in table({setting.name: found})


@pytest.mark.slow
def test_the_same_seed_learns_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.steps_learning import sweep

    monkeypatch.setattr(sweep, "DRAWS", 200)
    setting = replace(sweep.SETTINGS[2], largest=3, turns=2_048, evaluations=1)
    one, two = ([{**row, "seconds": 0} for row in sweep.learn(setting, "PPO", 7)] for _ in range(2))
    assert one == two


def test_the_published_table_is_that_of_the_results(summary: dict[str, dict[str, object]]) -> None:
    from benchmarks.steps_learning.analysis import table

    assert table(summary) in (ROOT / "docs" / "results" / "steps.md").read_text("utf-8")


def test_every_run_learns(summary: dict[str, dict[str, object]]) -> None:
    from benchmarks.steps_learning.sweep import AGENTS, SEEDS, SETTINGS

    assert list(summary) == [setting.name for setting in SETTINGS]
    for found in summary.values():
        runs, references = found["runs"], found["references"]
        assert isinstance(runs, dict)
        assert isinstance(references, dict)
        assert list(runs) == list(AGENTS)
        for seeds in runs.values():
            assert list(seeds) == [str(seed) for seed in SEEDS]
            for points in seeds.values():
                assert points[-1]["solved"] / found["puzzles"] > 2 * references["random"]
