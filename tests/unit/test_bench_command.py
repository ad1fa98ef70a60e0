"""`countdown-gym bench`, as a user sees it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from countdown_agents import AGENTS
from countdown_gym.cli import main
from countdown_gym.families import NNumbers
from countdown_gym.splits import puzzles

SOLVERS = """
from countdown_agents.search import SearchResult

class Silent:
    def answer(self, puzzles):
        return ["" for _ in puzzles]

class Counting(Silent):
    def search(self, puzzle):
        return SearchResult(puzzle, None, nodes=1234)

class Raising(Silent):
    def answer(self, puzzles):
        raise KeyError("no [bold] such\\nthing")

class Unborn(Silent):
    def __init__(self):
        raise OSError("no luck")

class Speechless(Silent):
    def answer(self, puzzles):
        return [None for _ in puzzles]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder that holds a module of solvers."""
    (tmp_path / "my_solvers.py").write_text(SOLVERS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "my_solvers", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["bench", *arguments])
    out, err = (re.sub(r"\x1b\[[0-9;]*m", "", text) for text in capsys.readouterr())
    status = ended.value.code or 0
    assert isinstance(status, int)
    return status, out, err


def rows(table: str) -> list[list[str]]:
    """Return the cells of a printed table, its head first."""
    lines = (re.split("[│┃|]", line) for line in table.splitlines())
    return [[cell.strip() for cell in cells[1:-1]] for cells in lines if len(cells) > 2]


def test_every_agent_with_a_name_is_measured_by_default(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, err = run(capsys, "solvers", "--num-puzzles", "3")
    head, *body = rows(out)
    assert (status, err) == (0, "")
    assert head == ["solver", "solved", "95% interval", "nodes", "ms"]
    assert [row[0] for row in body] == list(AGENTS)
    assert body[-1][:4] == ["oracle", "100.0%", "43.9% to 100.0%", "–"]  # noqa: RUF001 - a dash
    assert "searches end after 1,000 nodes" in out


def test_a_solver_of_one_s_own_stands_above_the_references(
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = ("--agent", "my_solvers:Silent", "--agent", "my_solvers:Counting")
    _, out, _ = run(capsys, "solvers", *own, "--agent", "oracle", "--num-puzzles", "2")
    _, silent, counting, oracle, random = rows(out)
    assert silent[:4] == ["my_solvers:Silent", "0.0%", "0.0% to 65.8%", "–"]  # noqa: RUF001 - a dash
    assert counting[:4] == ["my_solvers:Counting", "0.0%", "0.0% to 65.8%", "1,234"]
    assert (oracle[0], random[0]) == ("oracle", "random")


def test_a_solver_that_fails_is_told_and_the_others_are_measured(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    own = ("--agent", "my_solvers:Raising", "--agent", "my_solvers:Speechless")
    options = (
        *own,
        "--agent",
        "my_solvers:Unborn",
        "--agent",
        "my_solvers:Silent",
        "--num-puzzles",
        "2",
        "--out",
        "all.json",
    )
    status, out, err = run(capsys, "solvers", *options)
    assert status == 1
    assert [row[0] for row in rows(out)] == ["solver", "my_solvers:Silent", "random", "oracle"]
    unborn, raising, speechless, written = err.splitlines()
    assert "my_solvers:Unborn is not in the table: OSError: no luck" in unborn
    assert raising.startswith(
        "error: my_solvers:Raising is not in the table: KeyError: 'no [bold] "
    )
    assert raising.endswith("(my_solvers.py, line 14)")
    assert "my_solvers:Speechless is not in the table: InvalidParameterError: a compl" in speechless
    assert written == "all figures are in all.json"
    figures = json.loads((folder / "all.json").read_text(encoding="ascii"))
    assert sorted(figures["failures"]) == [
        "my_solvers:Raising",
        "my_solvers:Speechless",
        "my_solvers:Unborn",
    ]
    assert list(figures["solvers"]) == ["my_solvers:Silent", "random", "oracle"]


def test_options_reach_the_puzzles_and_the_searches(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    family = ("--family", "n_numbers", "--param", "max_numbers=3", "--split", "train")
    limits = ("--max-nodes", "2", "--seconds", "60", "--agent", "depth_first_sum")
    options = (*family, *limits, "--seed", "5", "--num-puzzles", "4", "--out", "figures.json")
    status, out, err = run(capsys, "solvers", *options)
    assert (status, err) == (0, "all figures are in figures.json\n")
    assert "searches end after 2 nodes or 60 s" in out
    figures = json.loads((folder / "figures.json").read_text(encoding="ascii"))
    drawn = puzzles(NNumbers(max_numbers=3), "train", 5, 4)
    assert figures["puzzles"] == [puzzle.to_dict() for puzzle in drawn]
    assert (figures["max_nodes"], figures["max_seconds"]) == (2, 60)
    trials = figures["solvers"]["depth_first_sum"]["trials"]
    assert len(trials) == 4
    assert {trial["nodes"] for trial in trials} <= {1, 2}
    assert list(figures["solvers"]) == ["depth_first_sum", "random", "oracle"]


def test_a_limit_in_seconds_alone_lifts_the_limit_in_nodes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ("--agent", "greedy", "--num-puzzles", "1", "--seconds", "5")
    assert "searches end after 5 s" in run(capsys, "solvers", *options)[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--num-puzzles", "0"), "num_puzzles must be at least 1, got 0"),
        (("--max-nodes", "0"), "max_nodes must be at least 1, got 0"),
        (("--seconds", "-1"), "max_seconds must be above 0, got -1.0"),
        (("--agent", "greedi"), "did you mean 'greedy'"),
        (("--agent", "my_solvers:Silnt"), "did you mean 'Silent'"),
        (("--family", "three_to_for"), "did you mean 'three_to_four'"),
        (("--split", "tset"), "did you mean 'test'"),
        (("--out", "no/such/folder/x"), "no/such/folder/x must be in a folder that exists"),
    ],
)
def test_bad_input_is_refused_with_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    status, out, err = run(capsys, "solvers", *arguments)
    assert (status, out) == (2, "")
    assert re.fullmatch(r"error: [^\n]+\n", err)
    assert message in err


def test_without_a_question_the_questions_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = run(capsys)
    assert "Usage: countdown-gym bench" in out + err
    assert "Compare solvers on the same puzzles" in out + err
