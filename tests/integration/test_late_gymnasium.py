"""Gymnasium knows the environments in whatever order, way and process it is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

AGAIN = (
    "importlib.reload(countdown_gym)\n"
    "assert importlib.util.find_spec('gymnasium').loader.is_package('gymnasium')\n"
)
KNOWN = "gymnasium.make('Countdown-v0')"


def run(program: str, folder: Path) -> str:
    """Run a program in a fresh interpreter and return what it said in complaint."""
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )
    return finished.stderr


@pytest.mark.parametrize(
    "program",
    [
        f"import countdown_gym, gymnasium\n{KNOWN}",
        f"import gymnasium, countdown_gym\n{KNOWN}",
        f"import countdown_gym, gymnasium.spaces\n{KNOWN}",
        f"from countdown_gym.checking import check\nimport gymnasium\n{KNOWN}",
        "import gymnasium\ngymnasium.make('countdown_gym:Countdown-v0')",
        "from countdown_gym import make_vec\nmake_vec('Countdown-v0')",
        # asking whether it is installed imports nothing, and a second copy of us disturbs nobody
        f"import importlib.util, countdown_gym\n{AGAIN}import gymnasium\n{KNOWN}",
    ],
)
def test_whoever_imports_both_finds_the_environments(program: str, tmp_path: Path) -> None:
    assert run(program, tmp_path) == ""


def test_gymnasium_keeps_its_own_loader(tmp_path: Path) -> None:
    program = (
        "import countdown_gym, gymnasium, gymnasium.envs\n"
        "assert type(gymnasium.__loader__) is type(gymnasium.envs.__loader__)\n"
        "assert gymnasium.__spec__.loader is gymnasium.__loader__\n"
    )
    assert run(program, tmp_path) == ""


def test_an_import_that_fails_can_be_tried_again(tmp_path: Path) -> None:
    program = (
        "import sys, countdown_gym\n"
        "sys.modules['gymnasium.core'] = None\n"
        "try:\n"
        "    import gymnasium\n"
        "except ImportError:\n"
        "    del sys.modules['gymnasium.core']\n"
        f"import gymnasium\n{KNOWN}"
    )
    assert run(program, tmp_path) == ""


def test_everything_but_gymnasium_works_where_it_is_missing(tmp_path: Path) -> None:
    (tmp_path / "gymnasium.py").write_text("raise ImportError('not today')", encoding="utf-8")
    program = (
        "from countdown_gym.solver.oracle import Oracle\n"
        "from countdown_gym.solver.television import RULES\n"
        "assert Oracle(RULES).solvable((25, 50, 75, 100, 3, 6), 952)\n"
        "import gymnasium"
    )
    assert run(program, tmp_path).endswith("ImportError: not today\n")


def test_a_new_process_makes_an_environment_from_its_description(tmp_path: Path) -> None:
    program = tmp_path / "spawning.py"
    program.write_text(
        "import multiprocessing\n"
        "import countdown_gym\n"
        "import gymnasium\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        pool.apply(gymnasium.make, [gymnasium.spec('Countdown-v0')])\n"
        "        pool.apply(gymnasium.make, ['Countdown-v0'])\n",
        encoding="utf-8",
    )
    finished = subprocess.run(
        [sys.executable, program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert finished.stderr == ""
