"""Arms and seeds to findings, small enough for a test."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from countdown_agents.finetuning import FinetuningConfig
from countdown_agents.models import BASES
from countdown_agents.records import read_records
from countdown_agents.study.arms import ARMS, HEADLINE, UNPRIMED, Arm
from countdown_agents.study.config import ExperimentConfig, Setting
from countdown_agents.study.findings import findings, summary
from countdown_agents.study.finished import read_study
from countdown_agents.study.presets import PRESETS, Preset
from countdown_agents.study.report.writing import write_report
from countdown_agents.study.spreads import student_interval
from countdown_agents.study.study import News, plan, run_study
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_gym.errors import InvalidParameterError, MissingResourceError, UnknownNameError
from countdown_gym.traces.conditions import CONDITIONS

pytestmark = pytest.mark.agents

TINY = Preset(
    arms=(UNPRIMED, "straight"),
    seeds=1,
    headline_seeds=2,
    experiment=ExperimentConfig(
        device="cpu",
        num_traces=20,
        priming=FinetuningConfig(steps=4, batch_size=8),
        ppo=TokenPPOConfig(samples_per_prompt=2, kl_coefficient=0.0),
        prompts_per_batch=2,
        batches=2,
        max_completion_tokens=24,
        num_puzzles=6,
        curve_puzzles=4,
        curve_every=1,
    ),
)


@pytest.mark.slow
def test_every_arm_runs_with_every_seed_and_a_stopped_study_goes_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    runs = plan(tmp_path / "study", TINY)
    assert [(run.arm, run.seed) for run in runs] == [
        (UNPRIMED, 0),
        ("straight", 0),
        (UNPRIMED, 1),
    ]
    reports: list[News] = []
    assert not run_study(runs, 1, reports.append, wants_to_stop=lambda: bool(reports))
    assert run_study(runs, 2, reports.append)
    assert "Loading weights" not in capfd.readouterr().err  # one bar for a run, and no other
    assert {report.run for report in reports} == {run.name for run in runs}
    assert {report.stage for report in reports} >= {"priming", "PPO"}
    again: list[News] = []
    assert run_study(runs, 2, again.append)
    assert again == []  # what is finished is not done again
    found = findings(read_study(tmp_path / "study").runs)
    assert [(arm.arm, arm.seeds) for arm in found] == [(UNPRIMED, (0, 1)), ("straight", (0,))]
    for arm in found:
        assert all(len(evaluation.records) == 6 for evaluation in arm.after)
        assert [point.batches for point in arm.curves[0]] == [0, 1, 2]
    rows = json.loads(json.dumps(summary(found)))
    assert [row["arm"] for row in rows] == [UNPRIMED, "straight"]
    one_run = tmp_path / "study" / "straight" / "seed_0"
    assert len(list((one_run / "curve").glob("*.jsonl"))) == 3
    assert json.loads((one_run / "traces.certificate.json").read_text())["condition"] == "straight"
    report = write_report(tmp_path / "study")
    assert report.found == found
    data = re.search(r'id="content">(.*?)</script>', report.page.read_text(encoding="utf-8"))
    assert data
    shown = json.loads(data[1])
    places = (str(BASES["habit_poor"].parent), str(tmp_path))
    assert not [place for place in places if place in data[1]]  # it is sent round
    assert shown["settings"]["experiment"]["base_model"] == BASES["habit_poor"].name
    assert [arm["name"] for arm in shown["arms"]] == [UNPRIMED, "straight"]
    assert len(shown["completions"]) == 2 * 2 * 6
    assert all(len(arm["habits"]) == 3 for arm in shown["arms"])
    assert shown["runs"] == {"finished": 3, "planned": 3}
    assert shown["questions"] == {
        "Do habits matter, or any priming?": ["straight", UNPRIMED],
    }
    for row in shown["completions"]:
        assert all(node["parent"] is None or node["parent"] < node["id"] for node in row["tree"])
    assert "| straight |" in (report.page.parent / "report.md").read_text(encoding="utf-8")
    written = json.loads((report.page.parent / "findings.json").read_text(encoding="utf-8"))
    assert (written["arms"], written["targets"]) == (rows, [])
    for row, run in zip(written["runs"], read_study(tmp_path / "study").runs, strict=True):
        after = read_records(run.path / "after.jsonl")
        assert (row["arm"], row["seed"], len(row["curve"])) == (run.arm, run.seed, 3)
        assert row["after"]["solved"] == "".join("01"[record.solved] for record in after)
    with pytest.raises(InvalidParameterError, match="holds a run with another"):
        plan(tmp_path / "study", replace(TINY, seeds=2))
    _of_another_version(tmp_path / "study")
    assert write_report(tmp_path / "study").found == found


def _of_another_version(study: Path) -> None:
    """Take settings away that this version has, and put some there that it does not know."""
    for file in study.glob("**/config.json"):
        said = json.loads(file.read_text(encoding="utf-8"))
        if "provenance" in said:
            said["config"].pop("device", None)
            said["config"]["moon"] = "full"
            file.write_text(json.dumps(said), encoding="utf-8")


def test_all_arms_differ_in_base_condition_or_credit_alone() -> None:
    assert set(CONDITIONS) < set(ARMS)
    assert len(set(ARMS.values())) == len(ARMS)
    for preset in PRESETS.values():
        for arm in preset.arms:
            config = preset.config(arm, 3)
            same = replace(
                config,
                base_model=preset.experiment.base_model,
                condition=preset.experiment.condition,
                seed=preset.experiment.seed,
                ppo=replace(config.ppo, advantage=preset.experiment.ppo.advantage),
                priming=replace(config.priming, seed=preset.experiment.priming.seed),
            )
            assert same == preset.experiment
            assert (config.condition, config.seed) == (ARMS[arm].condition, 3)


def test_the_headline_arm_is_held_against_more_seeds() -> None:
    laptop = PRESETS["laptop"]
    assert (len(laptop.seeds_of(HEADLINE)), len(laptop.seeds_of("filler"))) == (5, 3)


def test_a_report_needs_a_finished_run(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="holds no study"):
        write_report(tmp_path / "study")
    (tmp_path / "findings.json").touch()
    with pytest.raises(MissingResourceError, match=r"open its report\.html"):
        write_report(tmp_path)
    plan(tmp_path / "study", TINY)
    with pytest.raises(MissingResourceError, match="needs a finished run"):
        write_report(tmp_path / "study")


def test_impossible_studies_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="base model"):
        Arm("habit_por", None)
    with pytest.raises(UnknownNameError, match="condition"):
        Arm("habit_poor", "all")
    with pytest.raises(UnknownNameError, match="arm"):
        replace(TINY, arms=("all_habit",))
    with pytest.raises(InvalidParameterError, match="at least 1 arm and 1 seed"):
        replace(TINY, seeds=0)
    with pytest.raises(UnknownNameError, match="wording"):
        Setting(wording="tersely")
    with pytest.raises(InvalidParameterError, match="workers must be at least 1"):
        run_study(plan(tmp_path / "study", TINY), 0)


def test_intervals_over_seeds_are_student_s() -> None:
    # t of 95 % with 2, 4 and 9 degrees of freedom: 4.303, 2.776, 2.262
    for count, quantile in ((3, 4.303), (5, 2.776), (10, 2.262)):
        values = [float(i) for i in range(count)]
        spread = (sum((v - (count - 1) / 2) ** 2 for v in values) / (count - 1)) ** 0.5
        low, high = student_interval(values)
        assert high - low == pytest.approx(2 * quantile * spread / count**0.5, rel=1e-3)
        assert (low + high) / 2 == pytest.approx((count - 1) / 2)
    with pytest.raises(InvalidParameterError, match="at least 2"):
        student_interval([0.5])
