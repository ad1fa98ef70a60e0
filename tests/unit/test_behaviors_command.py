"""`countdown-gym behaviors`, as a user sees it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from countdown_agents import RandomAgent
from countdown_agents.evaluation import evaluate
from countdown_agents.habit_shares import habit_shares
from countdown_agents.intervals import clustered_interval, wilson_interval
from countdown_agents.passages import read_passages
from countdown_agents.records import write_records
from countdown_gym.behaviors import analyze
from countdown_gym.behaviors.search_tree import search_tree
from countdown_gym.cli import main
from countdown_gym.cli.screen import OUT
from countdown_gym.datasets import write_rows
from countdown_gym.errors import InvalidParameterError
from countdown_gym.families import ThreeToFour
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.habits import Habit
from countdown_gym.traces.priming import PrimingRecipe, priming_set

pytestmark = pytest.mark.agents

POLICY = """
from pathlib import Path

def ones(prompt):
    with Path("asked.txt").open("a") as file:
        file.write("asked\\n")
    return "<count>1</count>"

def torn(prompt):
    return "<count>2</count>" if "backtrack" in prompt else "I could not say."
"""
ARTICLE = Puzzle((25, 30, 3, 4), 32)
TEXTS = (
    ("30 + 3 = 33, one too many.\nLet me try 30 - 25 = 5.", (1, 1, 0, 0)),
    ("32 / 4 = 8, so I need 8 from the rest.", (0, 0, 1, 1)),
    ("25 + 3 = 28, 28 + 4 = 32", (0, 0, 0, 0)),
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder that holds a module of policies and a labelled file of texts."""
    (tmp_path / "judges.py").write_text(POLICY, encoding="utf-8")
    rows = [
        {
            "puzzle": ARTICLE.to_dict(),
            "completion": text,
            "habits": dict(zip([habit.value for habit in Habit], counts, strict=True)),
        }
        for text, counts in TEXTS
    ]
    write_rows(rows, tmp_path / "texts.jsonl")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "judges", raising=False)
    monkeypatch.setattr(OUT, "width", 140)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["behaviors", *arguments])
    out, err = (re.sub(r"\x1b\[[0-9;]*m", "", text) for text in capsys.readouterr())
    status = ended.value.code or 0
    assert isinstance(status, int)
    return status, out, err


def rows(table: str) -> list[list[str]]:
    """Return the cells of the printed tables, without their heads."""
    lines = (re.split("│", line) for line in table.splitlines() if line.startswith("│"))
    return [[cell.strip() for cell in cells[1:-1]] for cells in lines]


def found_in(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    status, out, _ = run(capsys, *arguments, "--json")
    assert status == 0
    files: list[dict[str, Any]] = json.loads(out)["files"]
    return files


def test_records_of_an_evaluation_are_counted(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    records = evaluate(RandomAgent(), num_puzzles=4, samples=2).records
    write_records(records, folder / "answers.jsonl")
    status, out, err = run(capsys, "answers.jsonl")
    assert (status, err) == (0, "")
    assert "answers.jsonl: 8 texts about 4 puzzles" in out
    assert [row[0] for row in rows(out)] == [
        "verification",
        "backtracking",
        "subgoal setting",
        "backward chaining",
    ]
    (found,) = found_in(capsys, "answers.jsonl")
    expected = [analyze(record.puzzle, record.completion).counts for record in records]
    for habit in Habit:
        assert found["habits"]["rules"][habit]["total"] == sum(c[habit] for c in expected)


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_a_priming_set_is_held_against_what_it_was_made_of(
    capsys: pytest.CaptureFixture[str], folder: Path, ending: str
) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    examples, certificate = priming_set(PrimingRecipe(ThreeToFour(), num_traces=8), "all_habits")
    write_rows((example.to_dict() for example in examples), folder / f"set{ending}")
    (found,) = found_in(capsys, f"set{ending}", "--agree")
    for habit in Habit:
        assert found["habits"]["file"][habit]["total"] == certificate.habits[habit]
    (pair,) = found["agreement"]
    assert (pair["first"], pair["second"]) == ("file", "rules")
    assert pair["habits"]["backtracking"]["raw"] == 1.0
    assert pair["habits"]["backtracking"]["spearman"] > 0.9


def test_the_judge_the_rules_and_the_file_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "texts.jsonl", "--agree", "--judge", "judges:torn")
    assert status == 0
    assert err == "9 of 12 replies of the judge are unreadable (9 no_answer) and count nowhere\n"
    shares, cells = rows(out)[:12], rows(out)[12:]
    assert shares[0] == ["verification", "file", "33.3%", "6.1% to 79.2%", "0.33", "1", "0"]
    assert shares[2] == ["verification", "judge", "-", "-", "-", "0", "3"]
    assert shares[5][:3] == ["backtracking", "judge", "100.0%"]
    for pair in ("file and rules", "file and judge", "rules and judge"):
        assert f"{pair}: do they agree" in out
    assert cells[0] == ["verification", "1.00 (-0.79 to 1.00)", "100.0%", "1.00", "1.00"]
    assert cells[4] == ["verification", "1", "0", "0", "2"]
    assert cells[8] == ["verification", "-", "-", "-", "-"]
    assert cells[12] == ["verification", "0", "0", "0", "0", "3"]
    assert (cells[9][2], cells[13][1:5]) == ("33.3%", ["1", "0", "2", "0"])


def test_the_tables_of_agreement_fit_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OUT, "width", 80)
    _, out, _ = run(capsys, "texts.jsonl", "--agree", "--judge", "judges:torn")
    said = out[out.index("do they agree") :]
    assert said.count("kappa (95% interval)") == said.count("Pearson") == 3
    assert "┃ rules only ┃ judge only ┃ neither ┃ unreadable ┃" in said


def test_the_same_command_goes_on_where_it_stopped(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    command = ("texts.jsonl", "--judge", "judges:ones", "--out", "replies.jsonl", "--seed", "3")
    first = found_in(capsys, *command)
    lines = (folder / "replies.jsonl").read_text("ascii").splitlines(keepends=True)
    (folder / "replies.jsonl").write_text("".join(lines[:10]), encoding="ascii")
    (folder / "asked.txt").unlink()
    status, out, err = run(capsys, *command, "--json")
    assert (status, json.loads(out)["files"]) == (0, first)
    assert err == "10 replies are in replies.jsonl\n"
    assert (folder / "asked.txt").read_text() == "asked\n" * 2
    status, _, err = run(capsys, *command[:-1], "4")
    assert status == 2
    assert "seed was 3 in replies.jsonl, got 4; name another file" in err


def test_each_file_has_a_table_of_its_own(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "more.jsonl").write_text(
        '{"numbers": [1, 2], "target": 3, "completion": "2 - 1 = 1, too low."}\n', encoding="utf-8"
    )
    first, second = found_in(capsys, "texts.jsonl", "more.jsonl", "--judge", "judges:ones")
    assert (first["texts"], second["texts"]) == (3, 1)
    assert first["habits"]["judge"]["verification"]["total"] == 3
    assert second["habits"]["judge"]["verification"]["total"] == 1
    assert set(second["habits"]) == {"rules", "judge"}


def test_texts_are_shown_with_marks_and_a_tree(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "texts.jsonl", "--show", "2")
    assert status == 0
    assert "Marked: ⟦v verification⟧, ⟦b backtracking⟧" in out
    assert "30 + 3 = 33, ⟦v one too many⟧." in out
    assert "⟦b Let me try 30 - 25 = 5⟧" in out
    assert "⟦c 32 / 4 = 8⟧" in out
    assert "25 + 3 = 28, 28 + 4 = 32" not in out
    assert "├── 30 + 3 = 33  leaves 25 4 33\n└── 30 - 25 = 5  leaves 3 4 5\n" in out
    assert "no answer is read" in out


def test_markup_in_a_text_is_no_markup(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    text = "[bold]30 + 3 = 33[/], [link=x]too high[/oops]"
    write_rows([{"puzzle": ARTICLE.to_dict(), "completion": text}], folder / "hostile.jsonl")
    _, out, _ = run(capsys, "hostile.jsonl", "--show", "1")
    assert re.sub("⟦. |⟧", "", out).count(text) == 1


def test_the_tree_starts_each_line_where_the_text_does() -> None:
    text = "30 - 25 = 5, 5 + 3 = 9. No. Back to 30 - 25 = 5: 5 * 4 = 20, too low."
    nodes = search_tree(analyze(ARTICLE, text))
    assert [(node.parent, node.label) for node in nodes] == [
        (None, "25 30 3 4"),
        (0, "30 - 25 = 5"),
        (1, "5 + 3 = 9"),
        (1, "5 * 4 = 20"),
    ]
    assert [node.sound for node in nodes] == [True, True, False, True]
    assert list(map(str, nodes[3].values)) == ["3", "20"]


def test_shares_weigh_texts_about_one_puzzle_together() -> None:
    counts = [dict.fromkeys(Habit, n) for n in (1, 3, 0, 0)]
    pairs = habit_shares(counts, "aabb")[Habit.VERIFICATION]
    assert pairs.interval == clustered_interval([1.0, 0.0], 2)
    assert (pairs.share, pairs.mean, pairs.total) == (0.5, 1.0, 4)
    uneven = habit_shares(counts, "aaab")[Habit.VERIFICATION]
    assert uneven.interval == wilson_interval(1, 2)
    with pytest.raises(InvalidParameterError, match="got 4 texts and 1 groups"):
        habit_shares(counts, "a")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[]", "every line must be an object of JSON"),
        ('{"completion": "x"}', "must hold a puzzle and a completion, got the fields completion"),
        ('{"puzzle": 3, "completion": "x"}', "must hold a puzzle and a completion"),
        ('{"puzzle": {"numbers": [1]}, "completion": "x"}', "a puzzle needs numbers and target"),
        ('{"numbers": [1], "target": 1, "completion": null}', "got the fields numbers, target, co"),
        ('{"numbers": [1], "target": 1, "completion": "", "habits": {}}', "habits must be a count"),
    ],
)
def test_rows_of_another_kind_are_refused_by_place(folder: Path, line: str, message: str) -> None:
    first = (folder / "texts.jsonl").read_text("utf-8").splitlines()[0]
    (folder / "other.jsonl").write_text(f"{first}\n{line}\n", encoding="utf-8")
    with pytest.raises(InvalidParameterError, match=r"other\.jsonl(, row |:)2") as refused:
        list(read_passages(folder / "other.jsonl"))
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.jsonl",), "nowhere.jsonl is not a file"),
        (("judges.py",), "unknown ending of a file of rows '.py'"),
        (("empty.jsonl",), "at least one text, got none in empty.jsonl"),
        (("texts.jsonl", "--show", "-1"), "--show must not be negative, got -1"),
        (("texts.jsonl", "--out", "r.jsonl"), "name one with --judge"),
        (("bare.jsonl", "--agree"), "bare.jsonl has no habits of its own in every row; name a"),
        (("texts.jsonl", "--judge", "oracle"), "oracle answers puzzles only; name a function"),
        (("texts.jsonl", "--judge", "no_such"), "unknown agent 'no_such'"),
        (("texts.jsonl", "--judge", "judges:one"), "did you mean 'ones'?"),
        (("texts.jsonl", "--judge", "judges:ones", "--seed", "-1"), "seed must not be negative"),
        (("texts.jsonl", "--judge", "judges:ones", "--max-tokens", "0"), "max_new_tokens must be"),
    ],
)
def test_mistakes_are_refused_with_one_line(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    (folder / "empty.jsonl").touch()
    (folder / "bare.jsonl").write_text(
        '{"numbers": [1], "target": 1, "completion": "1"}\n', encoding="utf-8"
    )
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert re.fullmatch(r"error: [^\n]+\n", err)
    assert message in err
    assert not (folder / "r.jsonl").exists()


def test_a_small_language_model_judges_and_its_noise_is_reported(
    capsys: pytest.CaptureFixture[str], folder: Path, save_tiny_model: Callable[..., Path]
) -> None:
    save_tiny_model(folder / "tiny")
    status, out, err = run(capsys, "texts.jsonl", "--judge", "./tiny", "--max-tokens", "4")
    assert status == 0
    assert "12 of 12 replies of the judge are unreadable (12 truncated)" in err
    assert rows(out)[2] == ["verification", "judge", "-", "-", "-", "0", "3"]
