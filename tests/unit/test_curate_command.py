"""`countdown-gym curate`, as a user sees it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from countdown_gym.cli import main
from countdown_gym.curation.on_ray import score_on_ray
from countdown_gym.datasets import read_rows, write_rows
from countdown_gym.errors import InvalidParameterError, MissingResourceError

Shown = Callable[..., tuple[int, str, str]]

REWRITER = """
def rewriter(prompt):
    text = prompt.partition("<document>\\n")[2].partition("\\n</document>")[0]
    if len(text) % 9 == 0:
        return "I cannot."
    return f"<question>What is shown?</question><thought>{text}</thought><answer>1</answer>"
"""


@pytest.fixture
def curate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shown:
    """Return what calls the command in an empty folder, with its status and what it wrote."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "path", list(sys.path))

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(("curate", *arguments))
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return call


@pytest.mark.checkout
def test_the_commands_of_the_page_run(curate: Shown) -> None:
    Path("rewriter.py").write_text(REWRITER)
    page = Path(__file__).parents[2] / "docs" / "curation.md"
    (commands,) = page.read_text(encoding="utf-8").split("```bash\n")[1:]
    for line in commands.split("```")[0].strip().splitlines():
        program, name, *arguments = shlex.split(line, comments=True)
        assert (program, name) == ("countdown-gym", "curate")
        assert curate(*arguments)[0] == 0, line
    assert any(row["completion"] for row in read_rows(Path("rich.jsonl")))


def kept(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return found


def test_the_stages_go_from_a_corpus_to_training_rows(curate: Shown) -> None:
    Path("rewriter.py").write_text(REWRITER)
    assert curate("sample", "--out", "corpus.jsonl", "--count", "250")[0] == 0
    status, out, err = curate("score", "corpus.jsonl", "--out", "scored.jsonl")
    assert (status, err) == (0, "scored.jsonl and scored.jsonl.statistics.json written\n")
    assert "refused: few numbers" in out
    assert "verification, per 1,000" in out
    statistics = kept("scored.jsonl.statistics.json")
    assert statistics["documents"] + sum(statistics["refused"].values()) == 250

    status, out, _ = curate("select", "scored.jsonl", "--out", "sets")
    assert status == 0
    assert "in both: 0" in out
    report = kept("sets/selection.json")
    assert report["token_difference"] < 0.01

    out_file = ("--out", "rich.jsonl")
    status, out, _ = curate(
        "rewrite", "sets/habit_rich.jsonl", "--policy", "rewriter:rewriter", *out_file, "--json"
    )
    assert status == 0
    told = json.loads(out)
    assert told == kept("rich.jsonl.statistics.json")
    assert told["documents"] == report["sets"]["habit_rich"]["documents"]
    assert told["rewritten"] + told["refused"]["missing_part"] == told["documents"]
    rows = list(read_rows(Path("rich.jsonl")))
    assert all(bool(row["completion"]) != bool(row["refused"]) for row in rows)


def test_a_stage_that_is_finished_is_not_done_again(curate: Shown) -> None:
    curate("sample", "--out", "corpus.jsonl", "--count", "40")
    for most in ("15", "40"):
        assert curate("score", "corpus.jsonl", "--out", "a.jsonl", "--most", most)[0] == 0
    assert curate("score", "corpus.jsonl", "--out", "b.jsonl")[0] == 0
    whole = Path("b.jsonl").read_bytes()
    assert Path("a.jsonl").read_bytes() == whole
    written = Path("b.jsonl").stat().st_mtime_ns
    assert curate("score", "corpus.jsonl", "--out", "b.jsonl")[0] == 0
    assert Path("b.jsonl").stat().st_mtime_ns == written


def test_a_corpus_that_was_changed_is_refused(curate: Shown) -> None:
    corpus = Path("corpus.jsonl")
    rows = [{"text": f"the text number {n}"} for n in range(5)]
    write_rows(rows, corpus)
    assert curate("score", "corpus.jsonl", "--out", "a.jsonl", "--most", "3")[0] == 0
    rows[2] = {"text": "the text number 7"}
    write_rows(rows, corpus)
    status, _, err = curate("score", "corpus.jsonl", "--out", "a.jsonl")
    assert status == 2
    assert "row 3 of a.jsonl is about document" in err


def test_the_sets_of_one_habit_are_not_those_of_another(curate: Shown) -> None:
    pytest.importorskip("pyarrow")
    curate("sample", "--out", "corpus.parquet", "--count", "200")
    curate("score", "corpus.parquet", "--out", "scored.jsonl")
    options = ("--rich-count", "1", "--tokens", "2000", "--ending", ".parquet", "--json")
    status, out, _ = curate(
        "select", "scored.jsonl", "--out", "sets", "--habit", "backtracking", *options
    )
    assert status == 0
    report = json.loads(out)
    assert report["sets"]["habit_poor"]["habits"]["backtracking"]["count"] == 0
    assert report["sets"]["habit_poor"]["habits"]["verification"]["count"] > 0
    assert 1000 < report["sets"]["habit_rich"]["tokens"] <= 2000
    assert Path("sets/habit_rich.parquet").is_file()


def test_a_judge_counts_instead_of_the_rules(curate: Shown) -> None:
    Path("judging.py").write_text(
        "def judge(asked):\n"
        "    if 'number 3' in asked:\n"
        "        return 'many'\n"
        "    return '<count>2</count>' if 'given up for another' in asked else '<count>0</count>'\n"
    )
    write_rows(
        [{"text": f"the text number {n}, 1 + 1 = 2 " * 4} for n in range(5)], Path("t.jsonl")
    )
    status, out, _ = curate(
        "score", "t.jsonl", "--out", "a.jsonl", "--judge", "judging:judge", "--json"
    )
    assert status == 0
    told = json.loads(out)
    assert told["habits"]["backtracking"] == {
        **told["habits"]["backtracking"],
        "count": 8,
        "documents": 4,
    }
    assert told["habits"]["verification"]["count"] == 0
    assert told["refused"] == {"no_count": 1}
    status, _, err = curate("score", "t.jsonl", "--out", "a.jsonl")
    assert status == 2
    assert "instrument was {'policy': 'judging:judge'" in err


@pytest.mark.parametrize("command", ["sample", "score", "select", "rewrite"])
def test_every_stage_explains_itself(curate: Shown, command: str) -> None:
    status, out, _ = curate(command, "--help")
    assert status == 0
    assert f"Usage: countdown-gym curate {command}" in out
    assert "Args:" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("score", "--out", "a.jsonl"), "either CORPUS or --dataset must be given"),
        (("score", "nowhere", "--out", "a.jsonl"), "is neither"),
        (("score", "t.jsonl", "--out", "a.parquet"), "appended to a .jsonl file"),
        (("score", "t.jsonl", "--out", "a.jsonl", "--field", "page"), "must have the field 'page'"),
        (("score", "t.jsonl", "--out", "a.jsonl", "--most", "0"), "most must be at least 1"),
        (("score", "t.jsonl", "--out", "a", "--ray", "--most", "3"), "--ray scores whole files"),
        (("select", "t.jsonl", "--out", "sets"), "`countdown-gym curate score` wrote"),
        (
            ("select", "t.jsonl", "--out", "s", "--habit", "backtrack"),
            "did you mean 'backtracking'",
        ),
        (("rewrite", "t.jsonl", "--policy", "random", "--out", "a.jsonl"), "plays puzzles alone"),
    ],
)
def test_mistakes_are_refused_with_one_line(
    curate: Shown, arguments: tuple[str, ...], message: str
) -> None:
    write_rows([{"text": "1 + 1 = 2"}], Path("t.jsonl"))
    status, out, err = curate(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_without_ray_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("countdown_gym.curation.on_ray.find_spec", lambda _name: None)
    with pytest.raises(MissingResourceError, match=r"pip install 'countdown-gym\[ray\]'"):
        score_on_ray([], tmp_path)


def test_what_ray_is_not_asked_for_is_refused_before_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("countdown_gym.curation.on_ray.find_spec", lambda _name: True)
    with pytest.raises(InvalidParameterError, match="files_at_a_time must be at least 1"):
        score_on_ray([], tmp_path, files_at_a_time=0)
    (tmp_path / "settings.json").write_text("{}")
    with pytest.raises(InvalidParameterError, match="files was None in"):
        score_on_ray([tmp_path / "a.jsonl"], tmp_path)
