"""The gates can fail: each is shown a violation and must refuse it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def run(
    program: str, *arguments: str, folder: Path, given: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / program, *arguments],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        # The copy's own agents come before the installed ones; the copy's game comes from the
        # working folder.
        env=os.environ | {"PYTHONPATH": str(folder / "agents"), "COLUMNS": "200"},
    )


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return run("lint-imports", "--no-cache", "--no-logo", folder=folder)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the sources that a test may spoil."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("countdown_gym", "agents/countdown_agents"):
        for source in (ROOT / package).rglob("*.py"):
            target = tmp_path / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return tmp_path


def test_the_layers_hold() -> None:
    finished = lint_imports(ROOT)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_the_copy_passes_before_it_is_spoiled(copy: Path) -> None:
    finished = lint_imports(copy)
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("countdown_gym/errors.py", "import countdown_gym.cli", "only the stages before it"),
        ("countdown_gym/parsing.py", "import countdown_gym.checking", "only the stages before it"),
        ("countdown_gym/new_stage.py", '"""A stage that no layer names."""', "only the stages"),
        ("countdown_gym/puzzles.py", "import torch", "never imports torch"),
        ("countdown_gym/cli/__init__.py", "import countdown_agents", "never imports torch"),
        ("countdown_gym/cli/__init__.py", "import benchmarks", "no package imports tests"),
        ("agents/countdown_agents/__init__.py", "import tests", "no package imports tests"),
    ],
)
def test_a_wrong_import_breaks_its_contract(
    copy: Path, module: str, line: str, contract: str
) -> None:
    with (copy / module).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    finished = lint_imports(copy)
    assert finished.returncode == 1, finished.stdout + finished.stderr
    broken = [text for text in finished.stdout.splitlines() if text.endswith("BROKEN")]
    assert len(broken) == 1
    assert contract in broken[0]


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        ("ANN201", "def answer():\n    return 42\n"),
        ("BLE001", "try:\n    x = 1\nexcept Exception:\n    x = 0\n"),
        ("D103", "def answer() -> int:\n    return 42\n"),
        ("ERA001", "# x = answer(1)\n"),
        ("FIX002", "# TODO: later\n"),
        ("NPY002", "import numpy as np\n\nnp.random.rand()\n"),
        ("S101", "assert True\n"),
        ("S102", 'exec("x = 1")\n'),
        ("S307", 'x = eval("1 + 1")\n'),
        ("T201", 'print("hello")\n'),
        ("TID251", "import random\n"),
        ("TID251", "from typing import TYPE_CHECKING\n"),
        ("TID253", "import sympy\n"),
        ("TID253", "from countdown_gym.symbolic import symbolic_value\n"),
        ("TID252", "from . import puzzles\n"),
    ],
)
def test_ruff_refuses(rule: str, source: str) -> None:
    arguments = ("check", "--stdin-filename", "countdown_gym/stage.py", "-")
    finished = run("ruff", *arguments, folder=ROOT, given=source)
    assert finished.returncode == 1, finished.stdout + finished.stderr
    assert rule in finished.stdout


def test_ruff_refuses_another_format() -> None:
    arguments = ("format", "--check", "--stdin-filename", "countdown_gym/stage.py", "-")
    assert run("ruff", *arguments, folder=ROOT, given="x = {'a':1}\n").returncode == 1
    assert run("ruff", *arguments, folder=ROOT, given='x = {"a": 1}\n').returncode == 0


def test_mypy_refuses_an_untyped_function(tmp_path: Path) -> None:
    config = ("--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path / "cache"))
    (tmp_path / "typed.py").write_text("def same(x: int) -> int:\n    return x\n", encoding="utf-8")
    (tmp_path / "untyped.py").write_text("def same(x):\n    return x\n", encoding="utf-8")
    assert run("mypy", *config, "typed.py", folder=tmp_path).returncode == 0
    refused = run("mypy", *config, "untyped.py", folder=tmp_path)
    assert refused.returncode == 1
    assert "no-untyped-def" in refused.stdout
