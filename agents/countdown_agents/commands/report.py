"""`countdown-gym report`: the page of a study, from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countdown_gym.errors import UnknownNameError


def report(
    preset: Annotated[
        str, typer.Option(help="The size with which the study was run: demo or laptop.")
    ] = "demo",
    folder: Annotated[
        Path | None,
        typer.Option(help="The folder of the study.", show_default="runs/study-<preset>"),
    ] = None,
) -> None:
    """Write the report of a study: one page with curves, tables and completions, and a table.

    What is not finished is left out; run it again as the study goes on.
    """
    from countdown_agents.study.bars import Bars
    from countdown_agents.study.presets import PRESETS
    from countdown_agents.study.report.writing import write_report
    from countdown_gym.cli.screen import OUT

    if preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
    path = folder or Path("runs") / f"study-{preset}"
    with Bars() as bars:
        written = write_report(
            path,
            preset,
            PRESETS[preset],
            lambda arm, done, total: bars.show("reading arms", done, total, {}, arm),
        )
    OUT.print(f"Open {written.resolve().as_uri()}", markup=False, soft_wrap=True)
