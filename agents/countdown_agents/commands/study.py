"""`countdown-gym study`: the priming study, every arm with every seed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def study(
    preset: Annotated[
        str,
        typer.Option(help="How large: demo (minutes), laptop (hours), gpu, or paper (a recipe)."),
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
    model: Annotated[
        str | None,
        typer.Option(help="The folder of the model to begin with.", show_default="the preset's"),
    ] = None,
    verl: Annotated[
        Path | None,
        typer.Option(help="Run nothing: write data, settings and commands for veRL here."),
    ] = None,
) -> None:
    """Prime models with and without the four habits, train them all alike, and compare.

    Each run has a folder of its own, and what is finished is not done again: the same command goes
    on after a stop.
    """
    from countdown_agents.study.study_screen import preset_named, study_on_screen
    from countdown_agents.study.verl_recipe import write_recipe
    from countdown_gym.cli.screen import OUT

    bases = None if model is None else {"habit_poor": model}
    if verl is not None:
        script = write_recipe(verl, preset_named(preset, bases), arm)
        OUT.print(f"Where veRL is installed: bash {script}", markup=False, soft_wrap=True)
    elif not study_on_screen(out or Path("runs") / f"study-{preset}", preset, arm, workers, bases):
        raise typer.Exit(130)
