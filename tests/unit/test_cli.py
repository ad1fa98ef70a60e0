"""The command line of the game, as a user sees it."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import NamedTuple

import pytest

import countdown_gym
from countdown_gym import cli
from countdown_gym.cli.options import family_of
from countdown_gym.cli.plug_ins import HELP, PlugIn
from countdown_gym.errors import InvalidParameterError
from countdown_gym.families import FAMILIES, NNumbers
from countdown_gym.prompts import STYLES, prompt
from countdown_gym.puzzles import Puzzle
from countdown_gym.registration import ENVIRONMENTS
from countdown_gym.rewards import COMPONENTS, MIXTURES
from countdown_gym.solver.grading import grade
from countdown_gym.splits import puzzles, split_of

ARTICLE = ("25", "30", "3", "4", "32")
RULES = "rules: each number exactly once; + - * / and parentheses\n"


class Finished(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Finished]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs one command in this process."""
    monkeypatch.setenv("COLUMNS", "120")

    def run_command(*arguments: str, typed: bytes = b"") -> Finished:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), encoding="utf-8"))
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        captured = capsys.readouterr()
        status = ended.value.code or 0
        assert isinstance(status, int)
        return Finished(status, plain(captured.out), plain(captured.err))

    return run_command


def plain(text: str) -> str:
    """Return text without the colours that a terminal or a CI server asks for."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def one_complaint(finished: Finished) -> str:
    """Return the complaint of a command that must fail with one line and nothing else."""
    assert finished.status == 2
    assert finished.out == ""
    assert re.fullmatch(r"error: [^\n]+\n", finished.err)
    return finished.err


# --- the program -----------------------------------------------------------------------------


def test_the_version_is_the_package_s(run: Run) -> None:
    assert run("--version").out == f"countdown-gym {countdown_gym.__version__}\n"


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    finished = run()
    assert "Usage: countdown-gym" in finished.out + finished.err


def test_help_lists_every_command(run: Run) -> None:
    finished = run("--help")
    assert finished.status == 0
    for name in (*cli.COMMANDS, *HELP):
        assert re.search(rf"\s{name}\s", finished.out)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself(run: Run, name: str) -> None:
    finished = run(name, "--help")
    assert finished.status == 0
    assert f"Usage: countdown-gym {name}" in finished.out
    assert "Args:" not in finished.out


@pytest.mark.parametrize(
    "arguments",
    [("--nonsense",), ("nonsense",), ("solve", "--nonsense"), ("solve", "5"), ("solve", "5", "x")],
)
def test_what_the_program_does_not_know_ends_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    finished = run(*arguments)
    assert finished.status == 2
    assert finished.out == ""
    assert "Usage: countdown-gym" in finished.err
    assert "Traceback" not in finished.err


# --- list ------------------------------------------------------------------------------------


def test_list_names_every_part(run: Run) -> None:
    out = run("list").out
    for name in (*ENVIRONMENTS, *FAMILIES, *STYLES, *MIXTURES, *COMPONENTS):
        assert name in out
    assert "keep_order=false" in out


# --- solve -----------------------------------------------------------------------------------


def test_solve_shows_a_solution_and_its_steps(run: Run) -> None:
    finished = run("solve", "3", "3", "8", "8", "24")
    assert finished == (
        0,
        "8 / (3 - 8 / 3) = 24\n  8 / 3 = 8/3\n  3 - (8/3) = 1/3\n  8 / (1/3) = 24\n" + RULES,
        "",
    )


def test_solve_says_plainly_that_there_is_no_solution_and_what_is_closest(run: Run) -> None:
    finished = run("solve", "1", "1", "9")
    closest = "closest: 1 + 1 = 2, off by 7\n"
    assert finished == (1, f"unsolvable: nothing makes 9\n{closest}{RULES}", "")


def test_solve_says_that_the_rules_allow_nothing(run: Run) -> None:
    finished = run("solve", "0", "0", "9", "--intermediates", "positive_integers")
    assert finished.status == 1
    assert "closest: none, since the rules allow no expression at all\n" in finished.out


def test_solve_says_unsolvable_of_boards_too_large_for_a_closest_value(run: Run) -> None:
    board = (*"1111111", "999", "--operators", "+")
    finished = run("solve", *board)
    assert finished.status == 1
    assert finished.out.startswith("unsolvable: nothing makes 999\nclosest: not searched for")
    assert "more than 6 numbers" in finished.out
    found = json.loads(run("solve", *board, "--json").out)
    assert (found["solvable"], found["closest"]) == (False, None)


def test_solve_keeps_the_proof_when_the_search_for_the_closest_value_is_interrupted(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []

    def interrupt(*_: object) -> None:
        told.append(capsys.readouterr().out)
        raise KeyboardInterrupt

    monkeypatch.setattr("countdown_gym.solver.oracle.Oracle.closest", interrupt)
    finished = run("solve", "1", "1", "9", "--closest")
    assert told == ["unsolvable: nothing makes 9\n"]
    assert finished == (1, f"closest: not found, since the search was interrupted\n{RULES}", "")
    found = json.loads(run("solve", "--json", "1", "1", "9").out)
    assert (found["solvable"], found["closest"]) == (False, None)


def test_solve_shows_all_distinct_solutions(run: Run) -> None:
    finished = run("solve", "--all", "2", "2", "4")
    assert finished.out == f"2 + 2 = 4\n2 * 2 = 4\n2 distinct solutions\n{RULES}"


def test_solve_takes_a_negative_target_after_two_dashes(run: Run) -> None:
    assert run("solve", "--operators", "-", "--", "5", "7", "-2").out.startswith("5 - 7 = -2\n")


def test_solve_keeps_to_the_rules_it_is_given(run: Run) -> None:
    assert run("solve", "2", "9", "7", "9").status == 1
    assert run("solve", "2", "9", "7", "9", "--subset").out.startswith(
        "9 = 9\nrules: each number at most"
    )
    assert run("solve", "2", "9", "7", "--keep-order").status == 1
    assert run("solve", "3", "3", "8", "8", "24", "--intermediates", "integers").status == 1


def test_solve_takes_the_rules_of_a_family(run: Run) -> None:
    board = ("2", "9", "7", "9")
    assert run("solve", *board, "--rules", "television").out == (
        "9 = 9\n"
        "rules: each number at most once; + - * / and parentheses; all results positive integers\n"
    )
    assert "did you mean 'television'" in one_complaint(
        run("solve", *board, "--rules", "televison")
    )


def test_solve_searches_for_a_formula_where_the_rules_allow_more(run: Run) -> None:
    fours = ("4", "4", "4", "4")
    found, rules = run("solve", *fours, "27", "--rules", "four_fours").out.splitlines()
    assert found == "4 + (4! - 4 / 4) = 27"
    assert rules.startswith("rules: each number exactly once; + - * /, power, root, factorial")
    finished = run("solve", *fours, "73", "--rules", "four_fours")
    assert (finished.out, finished.status) == (f"no solution found for 73\n{rules}\n", 1)


def test_solve_writes_the_same_fields_of_formulas_and_proves_nothing_of_them(run: Run) -> None:
    usual = json.loads(run("solve", "--json", *ARTICLE).out)
    solved, unsolved = (
        json.loads(run("solve", *"4444", target, "--rules", "four_fours", "--json").out)
        for target in ("27", "73")
    )
    assert set(usual) == set(solved) == set(unsolved)
    assert (solved["solvable"], solved["solutions"]) == (True, ["4 + (4! - 4 / 4)"])
    assert (unsolved["solvable"], unsolved["solutions"]) == (None, [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--latex", "--json"), "with --latex or with --json, not both"),
        (("--rules", "television", "--subset"), "--rules says all rules, so leave out --subset"),
        (("--rules", "make_ten", "--operators", "+-*/"), "so leave out --operators"),
        (
            ("--rules", "four_fours", "--keep-order", "--intermediates", "naturals"),
            "so leave out --keep-order and --intermediates",
        ),
        (
            ("--rules", "four_fours", "--all", "--latex"),
            "under the rules of four_fours one formula is shown, so leave out --all and --latex",
        ),
        (("--rules", "four_fours", "--closest"), "leave out --closest"),
    ],
)
def test_solve_refuses_options_that_it_would_ignore(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    assert message in one_complaint(run("solve", *"4444", "27", *arguments))


def test_solve_shows_flags_as_what_takes_no_value(run: Run) -> None:
    for flag in ("all", "closest", "latex", "json", "subset", "keep-order"):
        assert re.search(rf"--{flag} +(?!<)\w", run("solve", "--help").out)


def test_solve_is_content_with_the_closest_value_where_that_will_do(run: Run) -> None:
    finished = run("solve", "1", "1", "9", "--closest")
    assert finished.status == 0
    assert "off by 7" in finished.out


def test_solve_writes_latex(run: Run) -> None:
    first, *_ = run("solve", "3", "3", "8", "8", "24", "--latex").out.splitlines()
    assert first == r"\frac{8}{3 - \frac{8}{3}} = 24"


def test_solve_writes_json_that_says_the_same(run: Run) -> None:
    found = json.loads(run("solve", "--json", *ARTICLE).out)
    assert found["solvable"]
    fields = {name: found[name] for name in ("numbers", "target", "rules")}
    assert Puzzle.from_dict(fields) == Puzzle((25, 30, 3, 4), 32)
    assert found["closest"] is None
    assert len(found["steps"]) == 3
    unsolvable = json.loads(run("solve", "--json", "1", "1", "9").out)
    assert unsolvable["closest"] == {"expression": "1 + 1", "value": "2", "distance": "7"}
    assert unsolvable["solutions"] == unsolvable["steps"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("99999999999", "3"), "at most 1,000,000,000, got 99,999,999,999"),
        (tuple("1234567891"), "at most 8 numbers"),
        (("--all", *"12345678"), "at most 6 numbers"),
        (("1", "2", "--operators", "+%"), "operators must be among + - * /, got '%'"),
        (("1", "2", "--operators", ""), "at least one of + - * /, got none"),
        (("--", "-1", "2"), "numbers must not be negative, got -1"),
    ],
)
def test_solve_refuses_what_is_no_puzzle(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    assert message in one_complaint(run("solve", *arguments))


# --- check -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status", "verdict"),
    [
        ("(30 - 25 + 3) * 4", 0, "solved\n"),
        ("30 - 25 + 3 * 4", 1, "wrong_value: 17, not 32\n"),
        ("[bold]", 1, "unreadable: unexpected '['\n"),
        ("(" * 1000, 1, "too_long: 1000 characters, at most 512 are read\n"),
        ("", 1, "no_answer: the answer is empty\n"),
    ],
)
def test_check_gives_the_verdict(run: Run, text: str, status: int, verdict: str) -> None:
    assert run("check", *ARTICLE, text) == (status, verdict, "")


def test_check_reads_a_completion_from_standard_input(run: Run) -> None:
    completion = b"\xff<think>hm</think><answer>(30 - 25 + 3) * 4</answer>"
    arguments = ("check", *ARTICLE, "-", "--convention", "answer_tag")
    assert run(*arguments, typed=completion) == (0, "solved\n", "")


def test_check_knows_the_rules(run: Run) -> None:
    assert run("check", "1", "2", "2", "2").out == "unused_number: 1 left out\n"
    assert run("check", "1", "2", "2", "2", "--subset").status == 0
    assert run("check", "1", "2", "3", "2+1", "--keep-order").out.startswith("wrong_order")


def test_check_refuses_an_unknown_convention(run: Run) -> None:
    complaint = one_complaint(run("check", *ARTICLE, "1", "--convention", "boxd"))
    assert "did you mean 'boxed'" in complaint


# --- generate --------------------------------------------------------------------------------


def test_generate_writes_the_puzzles_of_a_split(run: Run) -> None:
    arguments = ("--family", "n_numbers", "--param", "max_numbers=3", "--split", "test")
    finished = run("generate", *arguments, "--seed", "4", "--count", "3")
    written = [Puzzle.from_dict(json.loads(line)) for line in finished.out.splitlines()]
    assert written == list(puzzles(NNumbers(max_numbers=3), "test", 4, 3))
    assert {split_of(puzzle) for puzzle in written} == {"test"}


def test_generate_adds_prompts(run: Run) -> None:
    row = json.loads(run("generate", "--count", "1", "--style", "terse").out)
    text = row.pop("prompt")
    assert text == prompt(Puzzle.from_dict(row), "terse")


@pytest.mark.parametrize("family", ["three_to_four", "television", "make_ten"])
def test_generate_grades_every_puzzle(run: Run, family: str) -> None:
    rows = [*map(json.loads, run("generate", "--family", family, "--count", "3").out.splitlines())]
    for row in rows:
        assert row["grade"] == grade(Puzzle.from_dict(row)).to_dict()
    assert len(rows) == 3
    assert "grade" not in run("generate", "--family", family, "--count", "3", "--no-grade").out


def test_generate_chooses_by_grade(run: Run) -> None:
    asked = ("--param", "min_search_cost=8", "--param", "max_search_cost=9.5", "--count", "3")
    rows = [*map(json.loads, run("generate", *asked).out.splitlines())]
    assert all(8 <= row["grade"]["search_cost"] <= 9.5 for row in rows)
    unsolvable = run("generate", "--param", "solvable=false", "--count", "3").out
    assert not any(json.loads(row)["grade"]["solvable"] for row in unsolvable.splitlines())


def test_generate_writes_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "puzzles.jsonl"
    finished = run("generate", "--count", "2", "--out", str(path))
    assert finished == (0, "", f"2 puzzles written to {path}\n")
    assert path.read_text(encoding="utf-8") == run("generate", "--count", "2").out


def test_generate_leaves_a_file_alone_if_it_fails(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "puzzles.jsonl"
    path.write_text("precious", encoding="utf-8")
    one_complaint(run("generate", "--style", "trse", "--out", str(path)))
    assert path.read_text(encoding="utf-8") == "precious"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--count", "-3"), "count must not be negative, got -3"),
        (("--seed", "-1"), "seed and index must not be negative, got -1"),
        (("--family", "twentyfour"), "did you mean 'twenty_four'"),
        (("--split", "tset"), "did you mean 'test'"),
        (("--style", "trse"), "did you mean 'terse'"),
        (("--param", "max_numbers"), "written NAME=VALUE, got 'max_numbers'"),
        (("--param", "=3"), "written NAME=VALUE, got '=3'"),
        (("--param", "max_number=3"), "did you mean 'max_numbers'"),
        (("--param", "max_numbers=2"), "min_numbers must not exceed max_numbers, got 3 and 2"),
        (("--param", "max_numbers=9"), "max_numbers must be at most 8"),
        (("--param", "intermediates=tiny"), "'tiny' (known: integers"),
        (("--out", "no/such/folder/puzzles.jsonl"), "must be in a folder that exists"),
    ],
)
def test_generate_refuses_with_one_line(run: Run, arguments: tuple[str, ...], message: str) -> None:
    assert message in one_complaint(run("generate", *arguments))


# --- parameters ------------------------------------------------------------------------------


def test_parameters_become_values_of_their_types() -> None:
    family = family_of(
        "n_numbers",
        ["max_numbers=5", "use_all=false", "operators=+-", "largest_intermediate=null"],
    )
    assert family == NNumbers(max_numbers=5, use_all=False, operators="+-")
    assert family_of("n_numbers", ["largest_intermediate=99"]) == NNumbers(largest_intermediate=99)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("max_numbers=x", "max_numbers must be a whole number, got 'x'"),
        ("max_numbers=3.5", "max_numbers must be a whole number, got '3.5'"),
        ("max_numbers=true", "max_numbers must be a whole number, got 'true'"),
        ("max_numbers=null", "max_numbers must be a whole number, got 'null'"),
        ("max_numbers=[3]", "max_numbers must be a whole number"),
        ("max_numbers=" + "9" * 5000, "max_numbers must be a whole number"),
        ("use_all=1", "use_all must be true or false, got '1'"),
        ("largest_intermediate=x", "must be a whole number or null, got 'x'"),
    ],
)
def test_a_parameter_of_another_type_is_refused(assignment: str, message: str) -> None:
    with pytest.raises(InvalidParameterError, match=re.escape(message)):
        family_of("n_numbers", [assignment])


# --- play ------------------------------------------------------------------------------------

SMALL = ("play", "--family", "n_numbers", "--param", "max_numbers=3", "--seed", "0")


def test_play_goes_on_until_the_end_of_input(run: Run) -> None:
    finished = run(*SMALL, typed=b"1 +\n\n\xff\xfe\n")
    assert finished.status == 0
    assert "unreadable: unexpected end" in finished.out
    assert finished.out.count("make") == 2
    assert finished.out.endswith("Solved 0 of 2. Goodbye.\n")


def test_play_counts_what_is_solved_and_shows_a_solution_on_giving_up(run: Run) -> None:
    given_up = run(*SMALL, typed=b"\n").out
    solution = re.search(r"> (.*) = \d+\n", given_up)
    assert solution is not None
    finished = run(*SMALL, typed=f"{solution[1]}\n".encode())
    assert "Solved!" in finished.out
    assert finished.out.endswith("Solved 1 of 2. Goodbye.\n")


def test_play_tells_which_extras_are_allowed(run: Run) -> None:
    finished = run("play", "--family", "four_fours", "--seed", "0", typed=b"\n")
    assert "+ - * /, power, root, factorial, concatenation, negation and par" in finished.out


def test_play_ends_politely_when_it_is_interrupted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupt)
    finished = run(*SMALL)
    assert finished.status == 0
    assert finished.out.endswith("Solved 0 of 1. Goodbye.\n")


def test_play_chooses_fresh_puzzles_and_says_which(run: Run) -> None:
    seeds = {re.search(r"seed (\d+)", run("play").out) for _ in range(3)}
    assert len({seed[1] for seed in seeds if seed is not None}) > 1


def test_play_refuses_a_negative_seed(run: Run) -> None:
    assert "seed must not be negative, got -1" in one_complaint(run("play", "--seed", "-1"))


# --- commands of other packages --------------------------------------------------------------


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that installs a command `extra`, made of a module's source."""

    def write(source: str) -> None:
        (tmp_path / "some_plug_in.py").write_text(source, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "some_plug_in", raising=False)
        point = EntryPoint("extra", "some_plug_in:extra", "countdown_gym.commands")
        monkeypatch.setattr(cli, "plug_ins", lambda: (PlugIn(point),))

    return write


COMMAND = '''
def extra(word: str, times: int = 1) -> None:
    """Repeat a word."""
    from countdown_gym.errors import InvalidParameterError
    if times < 0:
        raise InvalidParameterError(f"times must not be negative, got {times}")
    import typer
    typer.echo(word * times)
'''


def test_a_plug_in_takes_its_own_arguments(run: Run, install: Callable[[str], None]) -> None:
    install(COMMAND)
    assert run("extra", "ho", "--times", "3") == (0, "hohoho\n", "")
    assert "Repeat a word." in run("extra", "--help").out
    assert "Usage: countdown-gym extra" in run("extra", "--nonsense").err
    assert run("extra", "--nonsense").status == 2
    complaint = one_complaint(run("extra", "ho", "--times", "-1"))
    assert complaint == "error: times must not be negative, got -1\n"


GROUP_OF_COMMANDS = '''
from countdown_gym.cli.plug_ins import make_app
extra = make_app()

@extra.callback()
def _extra() -> None:
    """Say things."""

@extra.command()
def twice(word: str) -> None:
    """Say a word twice."""
    import typer
    typer.echo(word * 2)
'''


def test_a_plug_in_may_have_commands_of_its_own(run: Run, install: Callable[[str], None]) -> None:
    install(GROUP_OF_COMMANDS)
    assert run("extra", "twice", "ho") == (0, "hoho\n", "")
    assert "Say a word twice." in run("extra", "--help").out
    assert "Usage: countdown-gym extra twice" in run("extra", "twice", "--help").out
    assert run("extra", "thrice").status == 2


def test_a_plug_in_is_listed_without_being_imported(
    run: Run, install: Callable[[str], None]
) -> None:
    install("raise RuntimeError('imported')")
    assert "A command of some_plug_in." in run("--help").out


def test_a_missing_extra_is_named_with_its_remedy(
    run: Run, install: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    remedy = "error: countdown-gym extra needs torch: pip install 'countdown-gym[agents]'\n"
    install("import torch.nn")
    assert one_complaint(run("extra", "--help")) == remedy
    install("def extra() -> None:\n    import torch\n")
    assert one_complaint(run("extra")) == remedy


def test_another_missing_module_is_a_fault_of_the_plug_in(
    install: Callable[[str], None],
) -> None:
    install("import no_such_module")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        cli.main(["extra"])


# --- as a program of its own -----------------------------------------------------------------


def run_program(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "countdown_gym", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "120"},
    )


def test_bad_input_ends_a_real_process_with_2_and_no_traceback(tmp_path: Path) -> None:
    finished = run_program("generate", "--count", "-1", folder=tmp_path)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == "error: count must not be negative, got -1\n"


def test_a_real_process_solves_the_puzzle_of_the_article(tmp_path: Path) -> None:
    finished = run_program("solve", *ARTICLE, folder=tmp_path)
    assert finished.returncode == 0
    assert finished.stdout.splitlines()[0].endswith("= 32")


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from countdown_gym.cli import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit:\n"
        "    sys.stderr.write(' '.join(sys.modules))\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in finished.stderr.split()}
    assert "countdown_gym" in loaded
    assert not loaded & {"countdown_agents", "numba", "sympy", "torch", "transformers"}
    assert "eval" in finished.stdout
