"""Writing the two sets, and the report that says what is in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from countdown_gym.curation.scoring import Scored
from countdown_gym.curation.selecting import Selection, Side, Thresholds
from countdown_gym.curation.statistics import Statistics
from countdown_gym.datasets import require_writable, write_rows

REPORT = "selection.json"
"""The name of the report in the folder of the sets."""


def write_sets(
    corpus: Callable[[], Iterable[Scored]],
    selection: Selection,
    thresholds: Thresholds,
    folder: Path,
    ending: str = ".jsonl",
) -> dict[str, Any]:
    """Write both sets and their report to a folder; return the report.

    Args:
        corpus: Returns the scored documents from the first on, each time that it is called.
        selection: What `select` chose of them.
        thresholds: By what.
        folder: Made if it is not there; files of the same names are replaced.
        ending: Of what kind the files are, as `write_rows` takes it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    statistics: dict[Side, Statistics] = {}
    for side in Side:
        path = folder / f"{side.value}{ending}"
        require_writable(path)
        statistics[side] = Statistics()
        write_rows(_counted(_chosen(corpus(), selection, side), statistics[side]), path)
    report = selection_report(selection, thresholds, statistics)
    text = json.dumps(report, indent=2)
    (folder / REPORT).write_text(f"{text}\n", encoding="utf-8")
    return report


def selection_report(
    selection: Selection, thresholds: Thresholds, statistics: dict[Side, Statistics]
) -> dict[str, Any]:
    """Return what there is to know about two sets, as plain JSON values."""
    rich, poor = statistics[Side.RICH], statistics[Side.POOR]
    return {
        "thresholds": asdict(thresholds) | {"habits": [h.value for h in thresholds.habits]},
        "sets": {side.value: each.to_dict() for side, each in statistics.items()},
        "token_difference": abs(rich.tokens - poor.tokens) / max(rich.tokens, 1),
        "length_distance": length_distance(rich, poor),
        "in_both": rich.documents + poor.documents - len(selection.sides),
        "left_out": selection.left_out,
    }


def length_distance(one: Statistics, other: Statistics) -> float:
    """Return how far two distributions of lengths are apart: 0 if equal, 1 if they do not meet.

    The Kolmogorov-Smirnov statistic: the largest difference of the shares up to any length.
    """
    if not (one.documents and other.documents):
        return 1.0
    farthest, below, below_other = 0.0, 0, 0
    for length in sorted({*one.lengths, *other.lengths}):
        below += one.lengths[length]
        below_other += other.lengths[length]
        gap = abs(below / one.documents - below_other / other.documents)
        farthest = max(farthest, gap)
    return farthest


def _chosen(corpus: Iterable[Scored], selection: Selection, side: Side) -> Iterator[Scored]:
    """Yield the documents of one set, each once."""
    waiting = {identity for identity, chosen in selection.sides.items() if chosen is side}
    for scored in corpus:
        if scored.document.id in waiting and scored.refused is None:
            waiting.remove(scored.document.id)
            yield scored


def _counted(documents: Iterable[Scored], statistics: Statistics) -> Iterator[dict[str, Any]]:
    for scored in documents:
        statistics.add(scored)
        yield scored.to_row()
