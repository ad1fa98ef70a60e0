"""What is imported, each time in a fresh process: this package, and what it stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.contest import Entry
from benchmarks.solver.analysis import OURS
from benchmarks.solver.sweep import runs


def sweep(parameters: Mapping[str, str]) -> Iterator[Entry]:  # noqa: ARG001 - there are none
    """Yield one entry for each package."""
    for player, module in ((OURS, "countdown_gym"), ("gymnasium", "gymnasium")):
        yield Entry("import in a fresh process", player, 1, runs(f"import {module}"))
