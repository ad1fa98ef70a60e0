"""Families of other packages: what the documentation shows works, and clashes are refused."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families import FAMILIES, NNumbers, Television, make_family, register_family

EXTENDING = Path(__file__).parents[2] / "docs" / "extending.md"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return what runs a program in a new process, so that no family is left behind here."""

    def start(program: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
            capture_output=True,
            text=True,
            check=False,
        )

    return start


def shown() -> str:
    found = re.search(r"```python\n(.*?)```", EXTENDING.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def install(folder: Path, package: str, name: str, value: str) -> None:
    """Write what an installed distribution with one family leaves on disk."""
    information = folder / f"{package}-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[countdown_gym.families]\n{name} = {value}\n")


@pytest.mark.checkout
def test_the_family_of_the_documentation_is_short_and_plays(run: Run) -> None:
    program = shown()
    assert len([line for line in program.splitlines() if line.strip()]) < 30
    asked = run(program + "\nprompt, info = env.reset(seed=3)\nprint(len(info['puzzle'].numbers))")
    assert (asked.returncode, asked.stdout.strip()) == (0, "3"), asked.stderr


@pytest.mark.checkout
def test_an_installed_family_is_found_by_name_and_imported_late(run: Run, tmp_path: Path) -> None:
    family = shown().partition("register_family(")[0]
    (tmp_path / "their_family.py").write_text(family, encoding="utf-8")
    install(tmp_path, "their-package", "consecutive", "their_family:Consecutive")
    finished = run(
        "import sys, countdown_gym\n"
        "from countdown_gym.families import known_families, make_family\n"
        "make_family('television')\n"
        "assert 'their_family' not in sys.modules\n"
        "print(make_family('consecutive', {'count': 5}), 'consecutive' in known_families())"
    )
    assert finished.stdout.strip() == "Consecutive(count=5) True", finished.stderr


def test_a_broken_family_is_named_and_leaves_the_others_alone(run: Run, tmp_path: Path) -> None:
    install(tmp_path, "one", "lost", "countdown_gym.families:NoSuchFamily")
    install(tmp_path, "two", "odd", "builtins:dict")
    listed = run("from countdown_gym.cli import main; main(['list'])")
    assert listed.returncode == 0, listed.stderr
    assert "television" in listed.stdout
    assert "cannot be imported" in " ".join(listed.stdout.split())
    asked = run("from countdown_gym.families import make_family; make_family('lost')")
    assert "mend or uninstall that package" in asked.stderr
    asked = run("from countdown_gym.families import make_family; make_family('odd')")
    assert "odd must make a Family, got a dict" in asked.stderr


def test_two_packages_may_not_offer_families_of_one_name(run: Run, tmp_path: Path) -> None:
    install(tmp_path, "one", "mine", "countdown_gym.families:NNumbers")
    install(tmp_path, "two", "mine", "countdown_gym.families:MakeTen")
    finished = run("from countdown_gym.families import make_family; make_family('mine')")
    assert "each family has a name of its own, but 'mine' of" in finished.stderr
    assert "(one)" in finished.stderr
    assert "(two)" in finished.stderr


def test_a_package_may_not_replace_a_built_in_family(run: Run, tmp_path: Path) -> None:
    install(tmp_path, "one", "television", "countdown_gym.families:NNumbers")
    finished = run("from countdown_gym.families import known_families; known_families()")
    assert (
        "'television' of countdown_gym.families:NNumbers (one) is already built in"
        in finished.stderr
    )


def test_a_registered_name_must_be_new_and_registering_twice_is_harmless() -> None:
    register_family("television", Television)
    with pytest.raises(InvalidParameterError, match="'television' is that of"):
        register_family("television", NNumbers)
    assert FAMILIES["television"] is Television


def test_an_unknown_family_is_told_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'television'"):
        make_family("televsion")
