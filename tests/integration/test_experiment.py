"""From a base model to a report, small enough for a test."""

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, SupportsFloat

import gymnasium as gym
import pytest
import torch
from gymnasium.envs.registration import EnvSpec
from safetensors.torch import load_file

from countdown_agents.finetuning import FinetuningConfig
from countdown_agents.language_model.config import SmallModelConfig
from countdown_agents.language_model.loading import build_model, load_model
from countdown_agents.language_model.tokenizer import load_tokenizer, symbol_tokenizer
from countdown_agents.study.config import ExperimentConfig
from countdown_agents.study.experiment import Experiment, Outcome
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.schedules import Linear
from countdown_gym.envs.text import CountdownEnv
from countdown_gym.errors import InvalidParameterError, MissingResourceError

pytestmark = pytest.mark.agents


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    build_model(SmallModelConfig(), seed=0).save_pretrained(folder)
    symbol_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def config(base: Path) -> ExperimentConfig:
    return ExperimentConfig(
        base_model=str(base),
        num_traces=30,
        priming=FinetuningConfig(steps=8, batch_size=8),
        ppo=TokenPPOConfig(samples_per_prompt=2, kl_coefficient=0.01),
        prompts_per_batch=3,
        batches=4,
        max_completion_tokens=30,
        num_puzzles=8,
        curve_puzzles=6,
        curve_every=2,
    )


class PaysForLength(gym.Wrapper[str, str, str, str]):
    """Countdown that pays an untrained model too, so that there is something to learn."""

    def step(self, action: str) -> tuple[str, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, _, terminated, truncated, info = self.env.step(action)
        return observation, len(action) % 5 / 4, terminated, truncated, info


@pytest.fixture(autouse=True)
def _paying_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = EnvSpec("Countdown-v0", lambda **kwargs: PaysForLength(CountdownEnv(**kwargs)))
    monkeypatch.setitem(gym.registry, "Countdown-v0", spec)


def run(
    path: Path, config: ExperimentConfig, wants_to_stop: Callable[[], bool] = lambda: False
) -> Outcome:
    return Experiment(path, config, wants_to_stop=wants_to_stop).run()


def test_a_run_leaves_everything_a_reader_asks_for(
    tmp_path: Path, config: ExperimentConfig
) -> None:
    outcome = run(tmp_path / "run", config)
    assert outcome.finished
    files = {file.name for file in (tmp_path / "run").iterdir()}
    assert {
        "config.json",
        "traces.jsonl",
        "primed",
        "before.jsonl",
        "after.jsonl",
        "random.jsonl",
        "oracle.jsonl",
        "curve.json",
        "learning_curve.png",
        "summary.json",
        "checkpoint.zip",
        "log",
        "model",
    } <= files
    assert not [name for name in files if "unfinished" in name]
    curve = json.loads((tmp_path / "run" / "curve.json").read_text())
    assert [point["batches"] for point in curve] == [0, 2, 4]
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["players"]["oracle"]["solve_rate"] == 1.0
    assert len((tmp_path / "run" / "after.jsonl").read_text().splitlines()) == 8
    assert (tmp_path / "run" / "learning_curve.png").read_bytes().startswith(b"\x89PNG")
    assert load_model(tmp_path / "run" / "model").num_parameters() < 500_000
    assert load_tokenizer(tmp_path / "run" / "model").encode("3 make 3") == [6, 112, 6]


def test_a_stopped_run_goes_on_to_the_same_end(tmp_path: Path, config: ExperimentConfig) -> None:
    run(tmp_path / "straight", config)
    asked = 0

    def after_three_batches() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    stopped = run(tmp_path / "stopped", config, after_three_batches)
    assert not stopped.finished
    assert (tmp_path / "stopped" / "after_3_batches.jsonl").exists()
    resumed = run(tmp_path / "stopped", config)
    assert resumed.finished
    for name in ("before.jsonl", "after.jsonl"):
        straight = (tmp_path / "straight" / name).read_text()
        assert (tmp_path / "stopped" / name).read_text() == straight
    primed, one, other = (
        load_file(tmp_path / folder / "model.safetensors")
        for folder in ("straight/primed", "straight/model", "stopped/model")
    )
    assert any(not torch.equal(primed[name], one[name]) for name in one)
    assert all(torch.equal(one[name], other[name]) for name in one)
    curves = [(tmp_path / folder / "curve.json").read_text() for folder in ("straight", "stopped")]
    assert curves[0] == curves[1]


def test_progress_tells_how_the_last_batch_went(tmp_path: Path, config: ExperimentConfig) -> None:
    shown: list[tuple[int, set[str]]] = []

    def note(stage: str, done: int, _total: int, measures: Mapping[str, float]) -> None:
        if stage == "PPO":
            shown.append((done, set(measures)))

    Experiment(tmp_path / "run", config, note).run()
    known = {"solve rate", "tokens"}
    assert shown == [(0, set()), (1, known), (2, known), (3, known), (4, known)]


def test_the_log_holds_every_update_and_schedules_end_with_the_run(
    tmp_path: Path, config: ExperimentConfig
) -> None:
    falling = replace(config.ppo, learning_rate=Linear(4e-4, 0.0))
    run(tmp_path / "run", replace(config, ppo=falling))
    with (tmp_path / "run" / "log" / "from_batch_0" / "progress.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["train/n_updates"]]
    assert [int(float(row["train/n_updates"])) for row in rows] == [2, 4, 6, 8]
    rates = [float(row["train/learning_rate"]) for row in rows]
    assert rates == pytest.approx([4e-4, 3e-4, 2e-4, 1e-4])


def test_a_finished_run_is_not_run_again(tmp_path: Path, config: ExperimentConfig) -> None:
    first = run(tmp_path / "run", config)
    stages: list[str] = []
    again = Experiment(
        tmp_path / "run", config, lambda stage, _done, _total, _measures: stages.append(stage)
    ).run()
    assert again == first
    assert stages == []
    assert len(list((tmp_path / "run" / "log").iterdir())) == 1


def test_a_run_of_other_settings_is_refused(tmp_path: Path, config: ExperimentConfig) -> None:
    Experiment(tmp_path / "run", config)
    with pytest.raises(InvalidParameterError, match="another seed"):
        Experiment(tmp_path / "run", replace(config, seed=5))


def test_a_missing_base_model_is_named(tmp_path: Path, config: ExperimentConfig) -> None:
    with pytest.raises(MissingResourceError, match="no-such-model"):
        Experiment(tmp_path / "run", replace(config, base_model="no-such-model"))
    assert not (tmp_path / "run").exists()


def test_nothing_to_do_is_refused(config: ExperimentConfig) -> None:
    with pytest.raises(InvalidParameterError, match="batches must be at least 1, got 0"):
        replace(config, batches=0)
