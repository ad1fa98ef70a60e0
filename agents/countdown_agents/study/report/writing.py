"""Writing the report of a study: the page and the table, from the folder of its runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from countdown_agents.study.findings import findings
from countdown_agents.study.presets import Preset
from countdown_agents.study.report.content import content
from countdown_agents.study.report.page import page, table
from countdown_agents.study.study import plan
from countdown_gym.errors import MissingResourceError


def write_report(
    folder: Path,
    name: str,
    preset: Preset,
    progress: Callable[[str, int, int], None] = lambda _arm, _done, _total: None,
) -> Path:
    """Write `report.html` and `report.md` into the folder of a study; return the page's path.

    Args:
        folder: The folder of the study.
        name: What the size of the study is called.
        preset: Its size.
        progress: Told which arm is being read, how many have been, and how many there are.

    Raises:
        InvalidParameterError: If the folder holds another study.
        MissingResourceError: If no run of it is finished.
    """
    runs = plan(folder, preset)
    found = findings(runs)
    if not found:
        raise MissingResourceError(
            f"a report needs a finished run, and {folder} holds none: run countdown-gym study"
        )
    said = content(name, preset.to_dict(), runs, found, progress)
    for file, text in (("report.html", page(said)), ("report.md", table(said))):
        unfinished = folder / f"{file}.unfinished"
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(folder / file)
    return folder / "report.html"
