"""Runs are resumed: nothing is asked twice, nothing is lost, and nothing is mixed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from countdown_agents import RandomAgent
from countdown_agents.evaluation import Evaluation, examine
from countdown_agents.examination import Examination
from countdown_agents.record_file import RecordFile
from countdown_agents.records import read_records
from countdown_gym.errors import InvalidParameterError
from countdown_gym.families import TwentyFour, make_family

pytestmark = pytest.mark.agents

SETTINGS = {"temperature": 1.0, "stop": ["</answer>"]}
EXAM = Examination(make_family("three_to_four"), num_puzzles=3, samples=2)


def run(path: Path, exam: Examination = EXAM) -> Evaluation:
    with RecordFile(path, SETTINGS) as file:
        return examine(RandomAgent(), exam, file)


def test_a_run_leaves_one_row_for_each_sample_and_its_settings(tmp_path: Path) -> None:
    evaluation = run(tmp_path / "a.jsonl")
    assert read_records(tmp_path / "a.jsonl") == evaluation.records
    assert [(r.index, r.sample) for r in evaluation.records] == [
        (i, k) for i in range(3) for k in range(2)
    ]
    assert json.loads((tmp_path / "a.jsonl.settings.json").read_text("utf-8")) == SETTINGS


def test_a_file_that_is_cut_anywhere_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    run(path)
    whole = path.read_bytes()
    starts = [0, *(i + 1 for i, byte in enumerate(whole) if byte == ord("\n"))]
    for cut in {*range(starts[-2] - 3, len(whole) + 1), *starts, *range(30), 700}:
        path.write_bytes(whole[:cut])
        with RecordFile(path, SETTINGS) as file:
            # a record is whole from its closing brace on
            assert len(file.records) == sum(end - 1 <= cut for end in starts[1:])
            assert path.read_bytes() == whole[:cut], "nothing is changed before the first record"
            examine(RandomAgent(), EXAM, file)
        if cut < starts[-1] - 1:
            assert path.read_bytes() == whole
        assert read_records(path) == run(path).records


def test_more_puzzles_and_samples_are_added_to_those_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    run(path)
    more = Examination(EXAM.family, num_puzzles=4, samples=3)
    fresh = examine(RandomAgent(), more)
    assert run(path, more) == fresh
    assert len(read_records(path)) == 12
    assert len(run(path, Examination(EXAM.family, num_puzzles=2)).records) == 2


def test_other_settings_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    run(path)
    before = path.read_bytes()
    with pytest.raises(InvalidParameterError, match=r"temperature was 1\.0 in .*, got 0\.5"):
        RecordFile(path, SETTINGS | {"temperature": 0.5})
    with pytest.raises(InvalidParameterError, match=r"model was None in .*, got 'b'"):
        RecordFile(path, SETTINGS | {"model": "b"})
    (tmp_path / "a.jsonl.settings.json").unlink()
    with pytest.raises(InvalidParameterError, match="has none beside it; name another file"):
        RecordFile(path, SETTINGS)
    assert path.read_bytes() == before


def test_answers_to_other_puzzles_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    run(path)
    with pytest.raises(InvalidParameterError, match="must answer the puzzle of its index: 0 is"):
        run(path, Examination(TwentyFour(), num_puzzles=1))


def test_a_file_that_two_runs_wrote_to_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    run(path)
    first = path.read_bytes().splitlines(keepends=True)[0]
    path.write_bytes(path.read_bytes() + first)
    with pytest.raises(InvalidParameterError, match="sample 0 of puzzle 0 twice"):
        RecordFile(path, SETTINGS)


@pytest.mark.parametrize("text", ["precious", "precious\n", '{"index": "x"}\n'])
def test_a_file_of_something_else_is_left_alone(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidParameterError, match=r"a\.txt, line 1: a record is a line"):
        RecordFile(path, SETTINGS)
    assert path.read_text(encoding="utf-8") == text


KILLED = """
import os, signal, sys
from pathlib import Path

def player(prompt):
    asked = Path("asked.txt")
    with asked.open("a") as file:
        file.write(prompt + "\\n")
    if len(asked.read_text().splitlines()) == int(os.environ["KILL_AT"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return f"<answer>{len(prompt)}</answer>"
"""
COMMAND = "from countdown_gym.cli import main; main()"


def test_a_killed_run_asks_only_what_is_not_answered(tmp_path: Path) -> None:
    (tmp_path / "dying.py").write_text(KILLED, encoding="utf-8")
    options = ["--policy", "dying:player", "--num-puzzles", "9", "--batch-size", "1"]
    statuses = []
    for kill_at in (3, 8, 10**9):
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, "eval", *options, "--out", "a.jsonl"],
            cwd=tmp_path,
            env=os.environ | {"KILL_AT": str(kill_at)},
            capture_output=True,
            check=False,
        )
        statuses.append(done.returncode)
    assert statuses == [-9, -9, 0]
    asked = (tmp_path / "asked.txt").read_text(encoding="utf-8").splitlines()
    killed_at = [2, 7]  # were asked and not answered, so they are asked again
    assert len(asked) == 9 + len(killed_at)
    assert len(set(asked)) == 9
    assert [record.index for record in read_records(tmp_path / "a.jsonl")] == list(range(9))
