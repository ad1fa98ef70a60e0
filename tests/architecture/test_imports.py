import json
import subprocess
import sys
from pathlib import Path

HEAVY = frozenset(
    {"PIL", "countdown_agents", "gymnasium", "numba", "pygame", "stable_baselines3", "sympy"}
    | {"torch", "transformers"}
)

JUDGE = "import countdown_gym.checking, countdown_gym.families, countdown_gym.rewards.mixtures"

LOOK_UP = """
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.television import RULES
if not Oracle(RULES).solvable((25, 50, 75, 100, 3, 6), 952):
    raise SystemExit(1)
"""


def modules_after(statement: str, folder: Path) -> set[str]:
    """Return the modules that a fresh interpreter holds after one statement."""
    program = f"{statement}\nimport json, sys\nsys.stdout.write(json.dumps(sorted(sys.modules)))"
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(json.loads(finished.stdout))


def test_importing_the_game_loads_nothing_heavy(tmp_path: Path) -> None:
    loaded = modules_after("import countdown_gym", tmp_path)
    assert "countdown_gym" in loaded
    assert loaded & HEAVY == set()


def test_drawing_judging_and_paying_load_nothing_heavy(tmp_path: Path) -> None:
    loaded = modules_after(JUDGE, tmp_path)
    assert "countdown_gym.rewards" in loaded
    assert loaded & HEAVY == set()


def test_the_probe_notices_a_heavy_import(tmp_path: Path) -> None:
    assert modules_after("import countdown_gym, sympy", tmp_path) & HEAVY == {"sympy"}


def test_an_answer_from_the_table_loads_no_other_engine(tmp_path: Path) -> None:
    loaded = modules_after(LOOK_UP, tmp_path)
    assert "countdown_gym.solver.television" in loaded
    others = {"deciding", "forms", "listing", "partitions", "coverage", "whole_search"}
    assert loaded & (HEAVY | {f"countdown_gym.solver.{name}" for name in others}) == set()


def test_numba_waits_until_more_is_asked_than_it_takes_to_import_it(tmp_path: Path) -> None:
    program = """
import sys
from countdown_gym.puzzles import Rules
from countdown_gym.solver import searching
from countdown_gym.solver.oracle import Oracle
oracle = Oracle(Rules())
answers = [oracle.solvable((1, 2, 3, 4), 24) for _ in range(searching.PLAIN_QUESTIONS)]
before = "numba" in sys.modules
answers.append(oracle.solvable((1, 2, 3, 4), 24))
print(set(answers), before, "numba" in sys.modules)
"""
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert finished.stdout == "{True} False True\n"
