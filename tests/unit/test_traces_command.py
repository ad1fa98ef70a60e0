"""`countdown-gym traces`, as a user sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from countdown_gym import cli
from countdown_gym.checking import check
from countdown_gym.datasets import read_rows
from countdown_gym.parsing import read_answer
from countdown_gym.puzzles import Puzzle


def run(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        cli.main(("traces", *arguments))
    return ended.value.code or 0


def test_without_a_file_two_traces_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--condition", "all_habits", "--seed", "1") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.count("User: Using the numbers") == 2
    assert shown.count("backtracking") == 2
    assert "the answer is" in shown


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_a_set_is_written_with_its_certificate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    out = tmp_path / f"set{ending}"
    options = ("--count", "6", "--solve-rate", "0.5", "--wording", "english_chat")
    assert run(*options, "--out", str(out)) == 0
    rows = list(read_rows(out))
    certificate = json.loads((tmp_path / "set.certificate.json").read_text())
    assert certificate["traces"] == len(rows) == 6
    for habit, shown in certificate["habits"].items():
        assert sum(row["habits"][habit] for row in rows) == shown
    for row in rows:
        assert row["messages"][1]["content"] == row["completion"]
        puzzle = Puzzle.from_dict(row["puzzle"])
        assert check(puzzle, read_answer(row["completion"])).solved == row["solved"]
    assert "right answers" in capsys.readouterr().out


@pytest.mark.agents
def test_a_tokenizer_that_is_nowhere_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--tokenizer", "nowhere/at/all") == 2
    assert "a folder that save_pretrained wrote or a name on" in " ".join(
        capsys.readouterr().err.split()
    )


@pytest.mark.agents
def test_filler_is_as_long_as_the_search_in_the_tokens_of_a_model(
    tmp_path: Path, save_tiny_model: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    tokenizer = str(save_tiny_model(tmp_path / "model"))  # of bytes
    thoughts = {}
    for condition in ("all_habits", "filler"):
        out = tmp_path / f"{condition}.jsonl"
        options = ("--condition", condition, "--count", "4", "--tokenizer", tokenizer)
        assert run(*options, "--out", str(out)) == 0
        texts = [row["completion"] for row in read_rows(out)]
        certificate = json.loads(out.with_suffix(".certificate.json").read_text())
        assert certificate["tokens"]["most"] == max(len(text.encode()) for text in texts)
        assert "tokens of a completion" in capsys.readouterr().out
        thoughts[condition] = [len(text.partition("</think>")[0].encode()) for text in texts]
    for whole, filler in zip(*thoughts.values(), strict=True):
        assert abs(filler - whole) <= 4  # as near as one more piece of filler


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--condition", "all_habit"), "did you mean 'all_habits'"),
        (("--wording", "englisch"), "did you mean 'english'"),
        (("--family", "four_fours"), "traces combine numbers by the four operations only"),
        (("--out", "nowhere/set.jsonl"), "must be in a folder that exists"),
        (("--out", "set.csv"), "ending of a file of rows"),
        (("--count", "0", "--out", "set.jsonl"), "num_traces must be at least 1"),
    ],
)
def test_mistakes_are_refused_with_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    assert run(*arguments) == 2
    said = capsys.readouterr().err.strip()
    assert message in said
    assert "\n" not in said
    assert list(tmp_path.iterdir()) == []
