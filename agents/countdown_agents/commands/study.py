"""`countdown-gym study`: the priming study, every arm with every seed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def study(
    preset: Annotated[
        str, typer.Option(help="How large: demo (minutes) or laptop (hours).")
    ] = "demo",
    out: Annotated[
        Path | None,
        typer.Option(help="The folder of the study.", show_default="runs/study-<preset>"),
    ] = None,
    arm: Annotated[
        list[str] | None,
        typer.Option(help="Only this arm; may be given several times.", show_default="all"),
    ] = None,
    workers: Annotated[int, typer.Option(help="Runs at a time, one thread each.")] = 2,
) -> None:
    """Prime models with and without the four habits, train them all alike, and compare.

    Each run has a folder of its own, and what is finished is not done again: the same command goes
    on after a stop.
    """
    from countdown_agents.study.study_screen import study_on_screen

    if not study_on_screen(out or Path("runs") / f"study-{preset}", preset, arm, workers):
        raise typer.Exit(130)
