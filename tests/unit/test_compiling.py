"""Compiled code that is kept on disk must never outlive a source that went into it."""

from __future__ import annotations

import ast
import gc
import pkgutil
import tempfile
from importlib.resources import files
from pathlib import Path

import pytest

from countdown_gym.solver import kernels
from countdown_gym.solver.kernels import compiling, fraction_search, whole_search


def test_the_stamp_covers_every_module_that_goes_into_a_kernel() -> None:
    stamped = {
        f"{package}.{name.removesuffix('.py')}" for package, name in compiling.sources_of_kernels()
    }
    for file in files(kernels).iterdir():
        if file.name.endswith(".py") and file.name != "__init__.py":
            assert f"{kernels.__name__}.{file.name.removesuffix('.py')}" in stamped
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and str(node.module).startswith("countdown"):
                    whole = node.module == "countdown_gym.solver" and node.names[0].name
                    assert node.module in stamped or whole == "kernels", (file.name, node.module)


def test_a_change_of_any_source_changes_the_stamp(monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = {compiling._stamp()}
    original, sources = pkgutil.get_data, compiling.sources_of_kernels()
    for changed in sources:
        compiling._stamp.cache_clear()
        monkeypatch.setattr(
            pkgutil,
            "get_data",
            lambda package, name, changed=changed: (
                (original(package, name) or b"") + (b"#" if (package, name) == changed else b"")
            ),
        )
        stamps.add(compiling._stamp())
    monkeypatch.undo()
    compiling._stamp.cache_clear()
    assert len(stamps) == 1 + len(sources)


@pytest.mark.parametrize("was_on", [True, False])
def test_loading_leaves_the_garbage_collector_as_it_was(was_on: bool) -> None:
    try:
        (gc.enable if was_on else gc.disable)()
        with kernels.collector_paused():
            assert not gc.isenabled()
        assert gc.isenabled() is was_on
    finally:
        gc.enable()


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
