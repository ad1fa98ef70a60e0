"""The benchmarks of training and sampling: what they publish, and how the players are asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.agents, pytest.mark.checkout]
ROOT = Path(__file__).parents[2]
PAGE = "docs/results/training.md"


@pytest.mark.parametrize("name", ["training", "training_cuda"])
def test_the_page_shows_the_recorded_training(name: str) -> None:
    from benchmarks.training.analysis import table

    summary = json.loads((ROOT / f"benchmarks/results/{name}.json").read_text("utf-8"))
    for part in table(summary).split("\n\n"):
        assert part in (ROOT / PAGE).read_text("utf-8")


def test_the_page_shows_the_recorded_sampling() -> None:
    from benchmarks.contest import Rounds
    from benchmarks.sampling.analysis import table

    record = json.loads((ROOT / "benchmarks/results/sampling.json").read_text("utf-8"))
    rounds = [Rounds(**{**each, "seconds": tuple(each["seconds"])}) for each in record["rounds"]]
    assert table(rounds) in (ROOT / PAGE).read_text("utf-8")


def test_medians_ratios_and_rewards_are_those_of_the_batches() -> None:
    from benchmarks.training.analysis import summarise, table
    from benchmarks.training.protocol import BatchReport
    from benchmarks.training.sweep import ONE_HEAD, OURS, TRL, Observation

    seconds = {OURS: (1.0, 2.0, 4.0), TRL: (2.0, 4.0, 8.0)}
    summary = summarise(
        Observation(work, player, BatchReport(1_000, spent, 0.75 * spent, 0.5 * spent, 10.0, 0.1))
        for work in (ONE_HEAD,)
        for player, times in seconds.items()
        for spent in times
    )
    assert summary[ONE_HEAD][OURS]["tokens_per_second"] == 500
    assert f"| {ONE_HEAD} | {TRL} | 250 | 125 to 500 | 2 | 25% | 10 MB |" in table(summary)


def test_shares_are_of_the_fastest_products_that_anybody_saw() -> None:
    from benchmarks.training.analysis import summarise, table
    from benchmarks.training.protocol import BatchReport
    from benchmarks.training.sweep import GROUPS, LARGE, OURS, Observation

    def batch(rate: float) -> BatchReport:
        return BatchReport(1_000, 2.0, 0, 1.0, 10.0, 0.1, parameters=10**9, matrix_rate=rate)

    pairs = {OURS: batch(50e12), GROUPS: batch(100e12)}
    summary = summarise(Observation(LARGE, player, report) for player, report in pairs.items())
    for player in pairs:
        # 8 and 6 operations for each of a billion weights and of 1,000 tokens
        assert f"| {LARGE} | {player} | 100 TFLOP/s | 4.0% | 6.0% |" in table(summary)


@pytest.mark.slow
def test_a_player_is_asked_for_batches_and_says_what_they_were_like(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from benchmarks.training.protocol import Process, Setting

    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'agents'}")
    setting = Setting(rollouts=8, budget=6)
    module = "benchmarks.training.players.token_ppo"
    with Process(sys.executable, module, setting) as player:
        first, second = player.batch(), player.batch()
    for report in (first, second):
        assert 8 <= report.tokens <= 48
        assert 0 < report.sampling_seconds < report.seconds
        assert 0 < report.model_seconds < report.seconds
        assert report.megabytes > 50
    assert first != second


def test_both_samplers_write_the_lengths_that_they_are_given() -> None:
    import torch

    from benchmarks.sampling import sweep

    lengths = torch.tensor([1, 5, 3, 5])
    prompts = [[3, 4, 5, 6, 7, 8, 9]] * 4
    for model in sweep._models().values():
        assert sweep._ours(model, prompts, lengths) == 14
        assert sweep._theirs(model, prompts, lengths, log_probs=True) == 14
