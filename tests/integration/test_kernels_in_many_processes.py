"""Kernels in threads, in many processes with a cold cache, and where nothing can be written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest

import countdown_gym
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.grading import grade
from countdown_gym.solver.oracle import Oracle

ASK = """
import numba  # so that nothing is answered without it
from countdown_gym.puzzles import Rules
from countdown_gym.solver.oracle import Oracle
oracle = Oracle(Rules())
raise SystemExit(not oracle.solvable((3, 3, 8, 8), 24) or oracle.solvable((1, 1, 1, 1), 5))
"""


def start(package: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a process that asks the oracle and exits with 0 if the answers are right."""
    settings = {**os.environ, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", ASK],
        env={**settings, **environment},
        stderr=subprocess.PIPE,
        text=True,
        cwd=package,
    )


def test_threads_get_the_answers_that_one_gets() -> None:
    puzzles = [Puzzle((a, b, 7, 9, 2)[:size], 24) for a, b, size in product(*BOARDS)]
    alone = list(map(every_answer, puzzles))
    grade.cache_clear()
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(every_answer, puzzles))
    assert together == alone


BOARDS = (range(1, 12), range(1, 12), (3, 4, 5))


def every_answer(puzzle: Puzzle) -> tuple[object, ...]:
    oracle, numbers, target = Oracle(puzzle.rules), puzzle.numbers, puzzle.target
    return (
        oracle.solvable(numbers, target),
        oracle.fewest_operations(numbers, target),
        oracle.fewest_operations_batch([numbers] * 3, [target, target + 1, 0]).tolist(),
        oracle.count_solutions(numbers, target),
        grade(puzzle) if len(numbers) < 5 else None,
    )


@pytest.mark.slow
def test_a_hundred_processes_start_at_once_with_a_cold_cache(tmp_path: Path) -> None:
    package = Path(countdown_gym.__file__).parents[1]
    started = [start(package, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(100)]
    said = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * 100
    # processes take turns, so each kernel is compiled by one; without locks, several may
    kernels = len(list(tmp_path.rglob("*.nbc")))
    assert 1 <= sum("compiling" in line for line in said) <= kernels or sys.platform == "win32"
    assert not [line for line in said if "Error" in line]


@pytest.mark.slow
def test_a_read_only_installation_without_a_home_compiles_anew(tmp_path: Path) -> None:
    source = Path(countdown_gym.__file__).parent
    package = tmp_path / "countdown_gym"
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    (
        package / "solver" / "kernels" / "__pycache__"
    ).touch()  # no folder can be made, not even by root
    nowhere = str(package / "__init__.py")
    process = start(tmp_path, NUMBA_CACHE_DIR=nowhere, HOME=nowhere, XDG_CACHE_HOME=nowhere)
    said = process.communicate()[1]
    assert process.returncode == 0, said
    assert "NUMBA_CACHE_DIR" in said
    process = start(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert process.communicate()[0] is None
    assert process.returncode == 0
    assert list((tmp_path / "cache").rglob("*.nbc"))
