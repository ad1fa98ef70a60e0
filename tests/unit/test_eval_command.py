"""`countdown-gym eval`, as a user sees it."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import typer

from countdown_agents import RandomAgent
from countdown_agents.evaluation import evaluate
from countdown_agents.records import read_records
from countdown_gym.cli import main
from countdown_gym.cli.plug_ins import GROUP, HELP
from countdown_gym.cli.screen import OUT
from countdown_gym.families import NNumbers

pytestmark = pytest.mark.agents

POLICY = """
def ones(prompt):
    return "<answer>[1]</answer>"

class Echo:
    def respond(self, prompts):
        return list(prompts)

broken = 3

class Tires:
    asked = 0
    def respond(self, prompts):
        self.asked += 1
        if self.asked == 3:
            raise RuntimeError("tired")
        return list(prompts)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder that holds a module of policies."""
    (tmp_path / "my_policies.py").write_text(POLICY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "my_policies", raising=False)
    monkeypatch.setattr(OUT, "width", 120)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["eval", *arguments])
    out, err = (re.sub(r"\x1b\[[0-9;]*m", "", text) for text in capsys.readouterr())
    status = ended.value.code or 0
    assert isinstance(status, int)
    return status, out, err


def rows(table: str) -> list[list[str]]:
    """Return the cells of a printed table, its head first."""
    lines = (re.split("[│┃|]", line) for line in table.splitlines())
    return [[cell.strip() for cell in cells[1:-1]] for cells in lines if len(cells) > 2]


def test_the_random_and_the_oracle_row_stand_in_every_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, err = run(capsys, "--agent", "my_policies:ones", "--num-puzzles", "4")
    head, mine, random, oracle = rows(out)
    assert (status, err) == (0, "")
    assert head[:3] == ["player", "solved", "95% interval"]
    assert mine[:3] == ["my_policies:ones", "0.0%", "0.0% to 49.0%"]
    assert mine[-1] == "unreadable 4"
    assert random[0] == "random"
    assert oracle[:3] == ["oracle", "100.0%", "51.0% to 100.0%"]


@pytest.mark.parametrize("agent", ["random", "oracle"])
def test_no_row_stands_twice(capsys: pytest.CaptureFixture[str], agent: str) -> None:
    _, out, _ = run(capsys, "--agent", agent, "--num-puzzles", "2")
    assert sorted(row[0] for row in rows(out)) == ["oracle", "player", "random"]


def test_options_reach_the_evaluation(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    family = ("--family", "n_numbers", "--param", "max_numbers=3", "--split", "train")
    options = (*family, "--seed", "5", "--num-puzzles", "6", "--reward", "tinyzero")
    status, _, err = run(capsys, *options, "--batch-size", "4", "--out", "answers.jsonl")
    assert (status, err) == (0, "the answers of random are in answers.jsonl\n")
    written = read_records(folder / "answers.jsonl")
    expected = evaluate(RandomAgent(), NNumbers(max_numbers=3), 6, 5, split="train").records
    assert [record.puzzle for record in written] == [record.puzzle for record in expected]
    assert [record.answer for record in written] == [record.answer for record in expected]
    assert {record.reward for record in written} <= {0.1, 1.0}


def test_the_style_and_the_convention_are_the_policy_s(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    options = ("--style", "terse", "--convention", "whole_text", "--out", "answers.jsonl")
    run(capsys, "--agent", "my_policies:Echo", *options, "--num-puzzles", "1")
    (record,) = read_records(folder / "answers.jsonl")
    assert record.completion.endswith(f"make {record.puzzle.target} <think>")


def test_a_run_that_breaks_off_keeps_the_records_it_had(folder: Path) -> None:
    options = ("--agent", "my_policies:Tires", "--batch-size", "2", "--out", "answers.jsonl")
    with pytest.raises(RuntimeError, match="tired"):
        main(["eval", *options])
    assert [record.index for record in read_records(folder / "answers.jsonl")] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--num-puzzles", "0"), "num_puzzles must be at least 1, got 0"),
        (("--num-puzzles", "-2"), "num_puzzles must be at least 1, got -2"),
        (("--seed", "-1"), "seed and index must not be negative, got -1"),
        (("--batch-size", "0"), "batch_size must be at least 1, got 0"),
        (("--agent", "orcale"), "did you mean 'oracle'"),
        (("--agent", "no.such:thing"), "there is no module 'no'"),
        (("--agent", "my_policies:one"), "did you mean 'ones'"),
        (("--agent", "my_policies:broken"), "a function from prompt to completion, got int"),
        (("--agent", "my_policies:ones", "--style", "trse"), "did you mean 'terse'"),
        (("--family", "three_to_for"), "did you mean 'three_to_four'"),
        (("--env", "CartPole-v1"), "an environment of countdown_gym, and CartPole-v1 is"),
        (("--samples", "0"), "samples must be at least 1, got 0"),
        (("--temperature", "-1"), "temperature must not be negative, got -1.0"),
        (("--by-grade", "serch_cost"), "did you mean 'search_cost'"),
        (("--policy", "nobody/no-such-model"), "'nobody/no-such-model' could not be loaded"),
        (("compare", "here.jsonl", "there.jsonl"), "there is none at here.jsonl"),
        (("--param", "max_numbers=x"), "max_numbers must be a whole number, got 'x'"),
        (("--split", "tset"), "did you mean 'test'"),
        (("--reward", "strickt"), "did you mean 'strict'"),
        (("--convention", "boxd"), "did you mean 'boxed'"),
        (("--out", "no/such/folder/x", "--num-puzzles", "1"), "no/such/folder/x"),
    ],
)
def test_bad_input_is_refused_with_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert re.fullmatch(r"error: [^\n]+\n", err)
    assert message in err


def test_a_refused_run_overwrites_nothing(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "answers.jsonl").write_text("precious", encoding="utf-8")
    run(capsys, "--num-puzzles", "0", "--out", "answers.jsonl")
    assert (folder / "answers.jsonl").read_text(encoding="utf-8") == "precious"


def first_line(command: object) -> str:
    """Return what the help of a command, or of an app with sub-commands, begins with."""
    if isinstance(command, typer.Typer):
        assert command.registered_callback is not None
        command = command.registered_callback.callback
    return (inspect.getdoc(command) or "").partition("\n")[0]


def test_the_list_of_commands_says_what_their_help_says() -> None:
    commands = {point.name: point.load() for point in entry_points(group=GROUP)}
    first_lines = {name: first_line(command) for name, command in commands.items() if name in HELP}
    assert first_lines == dict(HELP)


def test_a_player_that_needs_no_torch_is_evaluated_without_it(folder: Path) -> None:
    program = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "from countdown_gym.cli import main\n"
        "main(['eval', '--agent', 'my_policies:ones', '--num-puzzles', '2'])\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (finished.returncode, finished.stderr) == (0, "")


# --- what is asked, what is shown ------------------------------------------------------------


def test_an_environment_is_named_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--env", "CountdownDialogue-v0", "--num-puzzles", "3", "--param", "max_numbers=3")
    _, out, _ = run(capsys, *options)
    head, random, oracle = rows(out)
    assert "attempts" in head
    assert float(random[head.index("attempts")]) > 1
    assert oracle[head.index("attempts")] == "1.0"


def test_several_samples_are_summed_up_as_pass_at_k(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--num-puzzles", "5", "--samples", "3")
    head, _, oracle = rows(out)
    assert head[3:5] == ["pass@3", "its interval"]
    assert oracle[3:5] == ["100.0%", "56.6% to 100.0%"]


def test_the_summary_is_one_json_object_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--num-puzzles", "4", "--samples", "2", "--json", "--by-grade", "numbers")
    status, out, err = run(capsys, "--policy", "my_policies:ones", *options)
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert found["settings"]["policy"] == "my_policies:ones"
    assert list(found["players"]) == ["my_policies:ones", "random", "oracle"]
    assert found["players"]["my_policies:ones"]["faults"] == {"unreadable": 8}
    assert found["players"]["oracle"]["pass_at"]["2"][0] == 1
    grades = found["players"]["oracle"]["by_grade"]
    assert sum(row["puzzles"] for row in grades) == 4


def test_grades_are_shown_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--num-puzzles", "12", "--by-grade", "numbers")
    cells = rows(out)
    head = next(row for row in cells if row[0] == "numbers")
    assert head == ["numbers", "puzzles", "random", "95% interval", "oracle", "95% interval"]
    shown = [row for row in cells if row[0] in {"3", "4"}]
    assert sum(int(row[1]) for row in shown) == 12
    assert {row[4] for row in shown} == {"100.0%"}


def test_a_picture_is_drawn_on_request(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    options = ("--num-puzzles", "4", "--picture", "rates.png", "--by-grade", "search_cost")
    status, _, err = run(capsys, *options)
    assert (status, err) == (0, "the picture is rates.png\n")
    assert (folder / "rates.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_goes_on_where_it_was_and_refuses_other_settings(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    first = ("--num-puzzles", "3", "--out", "answers.jsonl")
    run(capsys, *first)
    before = (folder / "answers.jsonl").read_bytes()
    _, _, err = run(capsys, "--num-puzzles", "5", "--batch-size", "1", "--out", "answers.jsonl")
    assert err.startswith("3 answers are in answers.jsonl\n")
    after = (folder / "answers.jsonl").read_bytes()
    assert after.startswith(before)
    assert len(after.splitlines()) == 5
    status, _, err = run(capsys, *first, "--seed", "1")
    assert status == 2
    assert "seed was 0 in answers.jsonl, got 1; name another file" in err
    assert (folder / "answers.jsonl").read_bytes() == after


def test_two_runs_are_compared_puzzle_by_puzzle(capsys: pytest.CaptureFixture[str]) -> None:
    for policy in ("random", "oracle"):
        run(capsys, "--policy", policy, "--num-puzzles", "20", "--out", f"{policy}.jsonl")
    status, out, _ = run(capsys, "compare", "random.jsonl", "oracle.jsonl")
    assert status == 0
    _, random, oracle, difference = rows(out)
    assert oracle[:2] == ["oracle.jsonl", "100.0%"]
    assert random[3] == "0 puzzles"
    assert difference[1].startswith("+")
    assert float(difference[3].removeprefix("p = ")) < 0.001
    _, out, _ = run(capsys, "compare", "random.jsonl", "oracle.jsonl", "--json")
    assert json.loads(out)["worse"] == 0
    run(capsys, "--seed", "1", "--num-puzzles", "20", "--out", "other.jsonl")
    status, _, err = run(capsys, "compare", "random.jsonl", "other.jsonl")
    assert status == 2
    assert "two runs are compared on the same puzzles" in err


def test_a_language_model_plays_by_the_name_of_its_folder(
    capsys: pytest.CaptureFixture[str], folder: Path, save_tiny_model: Callable[..., Path]
) -> None:
    save_tiny_model(folder / "tiny")
    options = ("--max-tokens", "8", "--temperature", "0", "--stop", "</answer>")
    asked = ("--policy", "./tiny", *options, "--num-puzzles", "2", "--out", "tiny.jsonl")
    status, out, _ = run(capsys, *asked)
    assert status == 0
    assert rows(out)[1][0] == "./tiny"
    assert "8 tokens" in out  # and the other rows, which nobody counts, in characters
    assert "chars" in out
    began = json.loads((folder / "tiny.jsonl.settings.json").read_text(encoding="utf-8"))
    assert (began["style"], began["max_tokens"], began["stop"]) == ("tinyzero", 8, ["</answer>"])
    save_tiny_model(folder / "tiny", "gpt2")
    status, _, err = run(capsys, *asked)
    assert status == 2
    assert "model was {'weights': " in err
