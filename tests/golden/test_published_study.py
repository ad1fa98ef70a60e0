"""The study's published figures follow from its published completions, judged anew."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from countdown_agents.records import Record
from countdown_gym.checking import Verdict, judge
from countdown_gym.faults import Fault
from countdown_gym.parsing import CutCompletion

pytestmark = [pytest.mark.agents, pytest.mark.checkout]

STUDY = Path(__file__).parents[2] / "benchmarks/results/study"
STAGES = ("before", "after")

Asked = tuple[str, int, str]
"""Arm, seed and stage."""


def records_of_stages() -> Iterator[tuple[Asked, list[Record]]]:
    """Yield what each run answered before and after reinforcement learning."""
    with tarfile.open(STUDY / "records.tar.xz") as records:
        for member in records:
            file = PurePosixPath(member.name)
            content = records.extractfile(member)
            if file.suffix == ".jsonl" and file.stem in STAGES and content is not None:
                arm, seed = file.parts[-3], int(file.parts[-2].removeprefix("seed_"))
                lines = content.read().decode().splitlines()
                yield (arm, seed, file.stem), [Record.from_json(line) for line in lines]


def judged_anew(record: Record) -> Verdict:
    """Return what the referee says today of what a model wrote then."""
    cut = record.fault is Fault.TRUNCATED
    return judge(record.puzzle, (CutCompletion if cut else str)(record.completion)).verdict


@pytest.mark.slow
def test_the_solve_rates_of_the_study_are_what_the_referee_finds_in_its_records() -> None:
    findings = json.loads((STUDY / "findings.json").read_text(encoding="utf-8"))
    published = {
        (run["arm"], run["seed"], stage): run[stage]["solved"]
        for run in findings["runs"]
        for stage in STAGES
    }
    found: dict[Asked, str] = {}
    for asked, records in records_of_stages():
        for record in records:
            verdict = judged_anew(record)
            assert (verdict.fault, verdict.value) == (record.fault, record.value), record
        found[asked] = "".join("01"[record.solved] for record in records)
    assert found == published
