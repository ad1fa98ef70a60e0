"""Writing the report of a study: page, table and figures, from the folder of its runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from countdown_agents.study.findings import ArmFindings, findings, run_rows, summary
from countdown_agents.study.finished import read_study
from countdown_agents.study.report.content import content
from countdown_agents.study.report.page import page, table
from countdown_agents.study.targets import targets


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was written."""

    page: Path
    """The page; `report.md` and `findings.json` lie beside it."""
    found: tuple[ArmFindings, ...]
    """What it reports."""


def write_report(
    folder: Path,
    progress: Callable[[str, int, int], None] = lambda _arm, _done, _total: None,
) -> Report:
    """Write `report.html`, `report.md` and `findings.json` into the folder of a study.

    Args:
        folder: The folder of the study.
        progress: Told which arm is being read, how many runs have been, and how many there are.

    Raises:
        MissingResourceError: If the folder holds no study, or none of its runs is finished.
        UnknownNameError: If the study has an arm that this version does not know.
    """
    study = read_study(folder)
    found = findings(study.runs, progress)
    wanted = targets(found)
    said = content(study, found, wanted)
    figures = {
        "arms": summary(found),
        "targets": [target.to_dict() for target in wanted],
        "runs": run_rows(found),
    }
    for name, text in (
        ("report.html", page(said)),
        ("report.md", table(said)),
        ("findings.json", json.dumps(figures, indent=2) + "\n"),
    ):
        unfinished = folder / f"{name}.unfinished"
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(folder / name)
    return Report(folder / "report.html", found)
