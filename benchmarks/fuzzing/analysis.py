"""Counts over all chunks, by origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from benchmarks.fuzzing.sweep import Chunk

Summary = Mapping[str, Mapping[str, Any]]
"""Origin, or `all` → field of `Counts` → its sum, or the largest of it."""
_LARGEST = ("longest_chars", "slowest_ms")
_COLUMNS = (
    "cases",
    "paid",
    "unpaid_and_checked",
    "wrong_payments",
    "missed_payments",
    "exceptions",
    "slow",
    "slowest_ms",
)


def summarise(chunks: Iterable[Chunk]) -> Summary:
    """Return the counts of each origin and of all."""
    found: dict[str, dict[str, Any]] = {}
    for chunk in chunks:
        for origin, counts in chunk.by_origin.items():
            for name in (origin, "all"):
                _add(found.setdefault(name, {}), asdict(counts))
    ordered = [*sorted(found.keys() - {"all"}), *(["all"] if found else [])]
    return {name: found[name] for name in ordered}


def _add(total: dict[str, Any], counts: Mapping[str, Any]) -> None:
    for name, count in counts.items():
        if name in _LARGEST:
            total[name] = max(total.get(name, 0), round(count, 3))
        else:
            total[name] = total.get(name, type(count)()) + count


def table(summary: Summary) -> str:
    """Return the Markdown table."""
    headings = [name.replace("_", " ") for name in _COLUMNS]
    lines = [f"| made of | {' | '.join(headings)} |", "|---" * (len(_COLUMNS) + 1) + "|"]
    for origin, counts in summary.items():
        cells = (
            f"{counts[name]:.2g}" if name == "slowest_ms" else f"{counts[name]:,}"
            for name in _COLUMNS
        )
        name = "**all**" if origin == "all" else origin
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
