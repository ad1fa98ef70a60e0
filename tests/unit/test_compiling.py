"""Compiled code that is kept on disk must never outlive a source that went into it."""

from __future__ import annotations

import ast
import pkgutil
import tempfile
from importlib.resources import files
from pathlib import Path

import pytest

from countdown_gym.solver import compiling, fraction_search, whole_search

KERNEL_MODULES = (
    "batch_drawing",
    "board_drawing",
    "coverage",
    "deciding",
    "forms",
    "fraction_search",
    "walking",
    "whole_search",
)
PREFIX = "countdown_gym.solver"


def imported(module: str) -> set[str]:
    """Return the modules of the solver that a module of it imports."""
    source = (files(PREFIX) / f"{module}.py").read_text(encoding="utf-8")
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == PREFIX:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PREFIX}."):
            found.add(str(node.module).removeprefix(f"{PREFIX}."))
    return found


def test_the_stamp_covers_every_module_that_goes_into_a_kernel() -> None:
    reached, fresh = set(KERNEL_MODULES), set(KERNEL_MODULES)
    while fresh:
        fresh = set().union(*map(imported, fresh)) - reached
        reached |= fresh
    assert {f"{module}.py" for module in reached} == set(compiling.SOURCES)


def test_a_change_of_any_source_changes_the_stamp(monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = {compiling._stamp()}
    original = pkgutil.get_data
    for changed in compiling.SOURCES:
        compiling._stamp.cache_clear()
        monkeypatch.setattr(
            pkgutil,
            "get_data",
            lambda package, name, changed=changed: (
                (original(package, name) or b"") + (b"#" if name == changed else b"")
            ),
        )
        stamps.add(compiling._stamp())
    monkeypatch.undo()
    compiling._stamp.cache_clear()
    assert len(stamps) == 1 + len(compiling.SOURCES)


def test_kernels_are_kept_under_a_name_with_the_stamp() -> None:
    names = {search.fewest_operations.__qualname__ for search in (fraction_search, whole_search)}
    stamp = compiling._stamp()
    assert names == {f"fraction_search_{stamp}", f"whole_search_{stamp}"}


def test_only_those_who_want_the_same_kernel_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks = pytest.importorskip("fcntl")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with compiling._in_turn("one"):
        (held,) = tmp_path.iterdir()
        with compiling._in_turn("another"):  # would never return if it had to wait
            assert len(list(tmp_path.iterdir())) == 2
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "elsewhere"))
        with compiling._in_turn("one"):
            assert len(list(tmp_path.iterdir())) == 3
        with held.open() as file, pytest.raises(BlockingIOError):
            locks.flock(file, locks.LOCK_EX | locks.LOCK_NB)
