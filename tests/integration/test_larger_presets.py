"""The presets for larger models: their figures, their form for veRL, one of them in miniature."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest
import torch

from countdown_agents.study.arms import ARMS, HEADLINE, UNPRIMED
from countdown_agents.study.experiment import Experiment
from countdown_agents.study.presets import PRESETS, Preset
from countdown_agents.study.study import plan
from countdown_agents.study.study_screen import preset_named, study_on_screen
from countdown_agents.study.verl_recipe import verl_overrides, write_recipe
from countdown_agents.study.verl_score import compute_score
from countdown_gym.datasets import read_rows
from countdown_gym.errors import InvalidParameterError, MissingResourceError, UnknownNameError
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.oracle import Oracle
from countdown_gym.traces.conditions import CONDITIONS
from countdown_gym.traces.narration import narrate
from countdown_gym.traces.priming import PrimingRecipe, searches

pytestmark = pytest.mark.agents


def small(name: str, bases: Mapping[str, str] | None = None) -> Preset:
    """Return a preset with its wording, its family and its precision, and little to do."""
    preset = PRESETS[name]
    experiment = replace(
        preset.experiment,
        device="cpu",
        num_traces=12,
        priming=replace(preset.experiment.priming, steps=2, batch_size=4),
        ppo=replace(preset.experiment.ppo, samples_per_prompt=2, micro_batch_tokens=4_096),
        prompts_per_batch=2,
        batches=1,
        max_completion_tokens=12,
        num_puzzles=3,
        curve_puzzles=2,
        curve_every=1,
    )
    return replace(preset, arms=(HEADLINE,), experiment=experiment, bases=bases or preset.bases)


def test_the_preset_for_a_gpu_runs_with_any_model(
    tmp_path: Path, save_tiny_model: Callable[..., Path]
) -> None:
    model = save_tiny_model(tmp_path / "model")
    (run, *_) = plan(tmp_path / "study", small("gpu", bases={"habit_poor": str(model)}))
    assert Experiment(run.path, run.config).run().finished
    assert run.is_finished
    record = json.loads((run.path / "before.jsonl").read_text().splitlines()[0])
    assert len(record["puzzle"]["numbers"]) == 4
    trace = json.loads((run.path / "traces.jsonl").read_text().splitlines()[0])
    assert trace["prompt"].endswith("<think>")
    assert "</think>\n<answer>" in trace["completion"]


@pytest.mark.parametrize("name", ["laptop", "gpu", "paper"])  # the demo's setting is the laptop's
def test_priming_shows_right_answers_unless_they_are_to_be_wrong(name: str) -> None:
    setting = PRESETS[name].experiment.setting
    recipe = PrimingRecipe(setting.make_family(), teacher=setting.teacher, num_traces=20)
    searched = list(searches(recipe))

    def right(condition: str) -> float:
        what = CONDITIONS[condition]
        return fmean(narrate(search, what.habits, what.ending).solved for search in searched)

    headline = ARMS[HEADLINE].condition
    assert headline is not None
    assert right(headline) >= (0.1 if name == "laptop" else 0.6)
    wrong = [condition for condition in CONDITIONS if "wrong" in condition]
    assert len(wrong) == 6
    assert [right(condition) for condition in wrong] == [0] * 6


def test_the_published_figures_are_those_of_the_preset() -> None:
    paper = PRESETS["paper"]
    run, ppo = paper.experiment, paper.experiment.ppo
    assert (run.batches, run.prompts_per_batch, ppo.samples_per_prompt) == (250, 256, 4)
    assert (run.max_completion_tokens, run.num_puzzles, run.num_traces) == (1_024, 1_024, 1_000)
    assert (ppo.learning_rate, ppo.value_learning_rate, ppo.clip) == (1e-6, 1e-5, 0.2)
    assert (ppo.kl_coefficient, ppo.kl_in, ppo.kl_target) == (0.001, "reward", None)
    assert (ppo.gamma, ppo.gae_lambda, ppo.temperature) == (1, 1, 1)
    assert (run.priming.batch_size, run.priming.learning_rate) == (64, 1e-5)
    assert round(run.priming.steps * run.priming.batch_size / run.num_traces, 2) == 4.99
    assert paper.config(UNPRIMED, 0).base_model == "meta-llama/Llama-3.2-3B"
    assert paper.config("rich_unprimed", 0).base_model == "Qwen/Qwen2.5-3B"


def test_the_recipe_for_verl_has_its_columns_and_its_names(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pip install 'countdown-gym[parquet]'")
    preset = small("paper")
    script = write_recipe(tmp_path, preset).read_text(encoding="utf-8")
    (row, *_) = rows = list(read_rows(tmp_path / "train.parquet"))
    assert len(rows) == 2
    assert len(list(read_rows(tmp_path / "test.parquet"))) == 3
    assert set(row) == {"data_source", "prompt", "ability", "reward_model", "extra_info"}
    assert row["prompt"][0]["content"].endswith("<think>")
    assert row["extra_info"] == {"split": "train", "index": 0}
    assert row["reward_model"]["style"] == "rule"
    traces = list(read_rows(tmp_path / f"priming.{preset.config(HEADLINE, 0).condition}.parquet"))
    assert len(traces) == 12
    assert [message["role"] for message in traces[0]["messages"]] == ["user", "assistant"]
    priming, training = _commands(script)
    assert priming[:4] == ["torchrun", "--standalone", "-m", "verl.trainer.sft_trainer"]
    assert training[:3] == ["python3", "-m", "verl.trainer.main_ppo"]
    assert "algorithm.kl_ctrl.kl_coef=0.001" in training
    assert "reward.custom_reward_function.name=compute_score" in training
    (scorer,) = [said for said in training if said.startswith("reward.custom_reward_function.path")]
    assert Path(scorer.partition("=")[2]).is_file()


def test_filler_in_the_recipe_for_verl_is_as_long_in_tokens_of_the_base(
    tmp_path: Path, save_tiny_model: Callable[..., Path]
) -> None:
    pytest.importorskip("pyarrow", reason="pip install 'countdown-gym[parquet]'")
    model = str(save_tiny_model(tmp_path / "model"))
    said, dots = {}, {}
    for base in (model, str(tmp_path / "nowhere")):
        preset = replace(small("paper", bases={"habit_poor": base}), arms=("filler",))
        said[base] = write_recipe(tmp_path / "recipe", preset).read_text(encoding="utf-8")
        traces = read_rows(tmp_path / "recipe" / "priming.filler.parquet")
        dots[base] = [row["messages"][1]["content"].count(" .") for row in traces]
    assert "measured in words" not in said[model]
    assert f"# filler is measured in words: {tmp_path}/nowhere has no tokenizer" in said[base]
    assert dots[model] != dots[base]


def _commands(script: str) -> list[list[str]]:
    joined = script.replace("\\\n", " ")
    starts = ("torchrun", "python3")
    return [shlex.split(line) for line in joined.split("\n") if line.startswith(starts)]


def test_every_way_of_crediting_has_its_name_at_verl(tmp_path: Path) -> None:
    said = {
        arm: verl_overrides(PRESETS["paper"].config(arm, 0), tmp_path, "model")
        for arm in (HEADLINE, f"{HEADLINE}_rloo", f"{HEADLINE}_grpo")
    }
    assert [o["algorithm.adv_estimator"] for o in said.values()] == ["gae", "rloo", "grpo"]
    assert ["critic.optim.lr" in o for o in said.values()] == [True, False, False]
    config = PRESETS["paper"].config(HEADLINE, 0)
    other = replace(config, ppo=replace(config.ppo, advantage="reinforce++"))
    with pytest.raises(InvalidParameterError, match="credits by"):
        verl_overrides(other, tmp_path, "model")


def test_the_scorer_pays_what_the_article_paid(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pip install 'countdown-gym[parquet]'")
    write_recipe(tmp_path, small("paper"))
    (row, *_) = read_rows(tmp_path / "test.parquet")
    truth = row["reward_model"]["ground_truth"]
    puzzle = Puzzle.from_dict(json.loads(truth))

    def paid(text: str) -> dict[str, float]:
        return compute_score(row["data_source"], text, truth, row["extra_info"], more="said")

    assert len(puzzle.numbers) in {3, 4}
    solution = Oracle(puzzle.rules).solve(puzzle.numbers, puzzle.target)
    assert solution is not None
    assert paid(f"so</think><answer>{solution}</answer>") == {"score": 1.0, "solved": 1.0}
    assert paid("<answer>1 + 1</answer>") == {"score": 0.1, "solved": 0.0}
    assert paid("no idea") == {"score": 0.0, "solved": 0.0}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_what_is_not_here_is_said_before_anything_is_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(MissingResourceError, match="needs a CUDA device"):
        study_on_screen(tmp_path / "study", "paper", None, 1)
    assert not (tmp_path / "study").exists()
    assert capsys.readouterr().out == ""
    with pytest.raises(MissingResourceError, match="weights"):
        study_on_screen(tmp_path / "study", "demo", None, 1, {"habit_poor": "no/model"})
    with pytest.raises(UnknownNameError, match="preset"):
        preset_named("huge")
    with pytest.raises(InvalidParameterError, match="name its model"):
        replace(PRESETS["gpu"], arms=("rich_unprimed",))
