"""Medians, spread and ratio of the benchmark of imports."""

from __future__ import annotations

from benchmarks.solver.analysis import table

__all__ = ["table"]
