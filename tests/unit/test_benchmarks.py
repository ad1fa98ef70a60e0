"""The one loop of all benchmarks: what it runs, refuses and writes."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.checkout
ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Return `main` with made-up benchmarks, `folder` for their results."""
    from benchmarks import run as loop
    from benchmarks.contest import Entry, Rounds

    def race(parameters: Mapping[str, str]) -> Iterator[Entry]:
        for player, answer in (("one", "same"), ("two", parameters.get("answer", "same"))):
            yield Entry("race", player, 10, lambda answer=answer: answer)  # type: ignore[misc]  # a default is no argument here
        yield Entry("walk", "one", 10, lambda: None)

    def count(rows: Iterator[Any]) -> Mapping[str, int]:
        return {"rows": len(list(rows))}

    def names(rounds: Sequence[Rounds]) -> str:
        return ", ".join(f"{each.work} {each.player} {len(each.seconds)}" for each in rounds)

    modules = {
        "benchmarks.fast.sweep": SimpleNamespace(sweep=race, PARAMETERS=("answer", "device")),
        "benchmarks.fast.analysis": SimpleNamespace(table=names),
        "benchmarks.good.sweep": SimpleNamespace(sweep=lambda _: iter("abc")),
        "benchmarks.good.analysis": SimpleNamespace(summarise=count, table=str),
    }
    monkeypatch.setattr(loop, "import_module", modules.__getitem__)
    monkeypatch.setattr(loop, "BENCHMARKS", {"fast": loop.contest, "good": loop.survey})
    monkeypatch.setattr(loop, "RESULTS", tmp_path)
    return lambda *arguments: loop.main(arguments)


def test_every_folder_is_a_benchmark_that_the_loop_knows() -> None:
    from benchmarks.run import BENCHMARKS

    assert {path.parent.name for path in (ROOT / "benchmarks").glob("*/sweep.py")} == {*BENCHMARKS}
    for name in BENCHMARKS:
        readme = (ROOT / "benchmarks" / name / "README.md").read_text("utf-8")
        assert f"python -m benchmarks.run {name}" in readme
        assert (ROOT / "benchmarks" / name / "analysis.py").is_file()
        assert (ROOT / "benchmarks" / "results" / f"{name}.json").is_file()
    noted = json.loads((ROOT / "benchmarks" / "results" / "commands.json").read_text("utf-8"))
    assert {name.removesuffix("_cuda") for name in noted} == {*BENCHMARKS}
    for name, how in noted.items():
        assert (ROOT / "benchmarks" / "results" / f"{name}.json").is_file()
        benchmark = name.removesuffix("_cuda")
        assert how["command"].startswith(f"python -m benchmarks.run {benchmark}")
        assert ("--set device=cuda" in how["command"]) == (name != benchmark)


def test_a_contest_plays_all_in_turns_and_writes_every_round(
    run: Callable[..., object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("fast", "--repeats", "3")
    assert capsys.readouterr().out == "race one 3, race two 3, walk one 3\n"
    record = json.loads((tmp_path / "fast.json").read_text("utf-8"))
    assert [len(each["seconds"]) for each in record["rounds"]] == [3, 3, 3]


def test_players_that_disagree_end_a_contest(run: Callable[..., object], tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="race: two and one disagree"):
        run("fast", "--set", "answer=other")
    assert not list(tmp_path.iterdir())


def test_part_of_a_contest_does_not_overwrite_the_whole(
    run: Callable[..., object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("fast", "--only", "walk")
    assert capsys.readouterr().out == "walk one 7\n"
    assert not list(tmp_path.iterdir())


def test_a_survey_writes_its_summary(
    run: Callable[..., object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("good")
    assert capsys.readouterr().out == "{'rows': 3}\n"
    assert json.loads((tmp_path / "good.json").read_text("utf-8")) == {"rows": 3}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["fast", "--set", "anser=x"], "did you mean 'answer'?"),
        (["good", "--set", "x=y"], "unknown parameter of this benchmark 'x'"),
        (["good", "--only", "walk"], "good is no contest"),
        (["slow"], "invalid choice: 'slow'"),
    ],
)
def test_what_nobody_reads_is_refused(
    run: Callable[..., object],
    arguments: list[str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        run(*arguments)
    assert complaint in capsys.readouterr().err


def test_how_a_result_was_measured_is_written_beside_it(
    run: Callable[..., object], tmp_path: Path
) -> None:
    run("good")
    run("fast", "--repeats", "2", "--set", "answer=same")
    run("fast", "--only", "race", "--repeats", "5")
    noted = json.loads((tmp_path / "commands.json").read_text("utf-8"))
    assert noted["good"]["command"] == "python -m benchmarks.run good"
    expected = "python -m benchmarks.run fast --set answer=same --repeats 2"
    assert noted["fast"]["command"] == expected
    assert "Python 3." in noted["fast"]["machine"]
    assert "numpy" in noted["fast"]["versions"]


def test_what_a_device_did_stands_beside_what_a_processor_did(
    run: Callable[..., object], tmp_path: Path
) -> None:
    run("fast", "--set", "device=cuda", "--repeats", "1")
    assert not (tmp_path / "fast.json").exists()
    assert len(json.loads((tmp_path / "fast_cuda.json").read_text("utf-8"))["rounds"]) == 3
    noted = json.loads((tmp_path / "commands.json").read_text("utf-8"))
    expected = "python -m benchmarks.run fast --set device=cuda --repeats 1"
    assert noted["fast_cuda"]["command"] == expected


def test_where_things_lie_on_one_machine_is_not_written_down(
    run: Callable[..., object], tmp_path: Path
) -> None:
    from benchmarks.run import note_command

    run("good")  # leaves results in a folder of the test
    note_command("good", "good", Namespace(set=["peer=/home/somebody/peer"], repeats=None))
    assert "somebody" not in (tmp_path / "commands.json").read_text("utf-8")
