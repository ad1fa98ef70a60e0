"""`countdown-gym report`: the page of a study, from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    preset: Annotated[
        str, typer.Option(help="The size with which the study was run: says which folder.")
    ] = "demo",
    folder: Annotated[
        Path | None,
        typer.Option(help="The folder of the study.", show_default="runs/study-<preset>"),
    ] = None,
) -> None:
    """Write the report of a study: one page with curves, tables and completions, and a table.

    What is not finished is left out; run it again as the study goes on.
    """
    from countdown_agents.study.study_screen import report_on_screen
    from countdown_gym.cli.screen import OUT

    written = report_on_screen(folder or Path("runs") / f"study-{preset}")
    OUT.print(f"Open {written.page.resolve().as_uri()}", markup=False, soft_wrap=True)
