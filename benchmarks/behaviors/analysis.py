"""How the instrument did: precision, recall and F1 for each habit, and texts a second."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_NAMES = {
    "own traces": "our own traces, counts of each text",
    "open": "gold passages, the open half: tuned on",
    "held_out": "gold passages, the held-out half: opened after three scores",
    "fresh": "gold passages, the fresh set: tuned on after its first score",
    "unseen": "gold passages, the unseen set: tuned on after its first score",
    "final": "gold passages, the final set: its one score, of 876d03d",
    "final again": "gold passages, the final set: scored again",
}
_TIMES = {
    "time": "",
    "first reading": ", some hundred new texts",
    "further reading": ", the same again",
    "everything": ", the same with attempts and shares",
}
"""What is said of a time behind the number of characters."""


def summarise(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return precision, recall and F1 by habit for each set of texts, and times by length."""
    scores: dict[str, dict[str, Any]] = {}
    seconds: dict[str, float] = {}
    for row in rows:
        if row["on"] in _TIMES:
            seconds[f"{row['characters']}{_TIMES[row['on']]}"] = row["seconds"]
        else:
            scores.setdefault(row["on"], {})[row["habit"]] = {
                **{name: row[name] for name in ("matched", "found", "gold")},
                "precision": row["matched"] / row["found"],
                "recall": row["matched"] / row["gold"],
                "f1": 2 * row["matched"] / (row["found"] + row["gold"]),
            }
    return {"scores": scores, "seconds": seconds}


def table(summary: Mapping[str, Any]) -> str:
    """Return the tables in Markdown."""
    lines = [
        "| on | habit | there are | found | precision | recall | F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for on, habits in summary["scores"].items():
        for habit, got in habits.items():
            shares = " | ".join(f"{got[name]:.3f}" for name in ("precision", "recall", "f1"))
            name = habit.replace("_", " ")
            lines.append(f"| {_NAMES[on]} | {name} | {got['gold']} | {got['found']} | {shares} |")
    lines += ["", "| characters | milliseconds | texts a second |", "|---|---|---|"]
    for read, seconds in summary["seconds"].items():
        length, _, how = read.partition(", ")
        name = f"{int(length):,}{', ' if how else ''}{how}"
        lines.append(f"| {name} | {1_000 * seconds:.1f} | {1 / seconds:,.0f} |")
    return "\n".join(lines) + "\n"
