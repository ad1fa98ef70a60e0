"""`countdown-gym train`: prime a small language model, train it with PPO, show what happened."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from countdown_agents.models import BASE_MODEL


def train(
    run: Annotated[
        Path, typer.Option(help="The run folder. A run that was begun there goes on.")
    ] = Path("runs/train"),
    batches: Annotated[int, typer.Option(help="How many batches PPO trains on.")] = 40,
    seed: Annotated[int, typer.Option(help="Decides traces, prompts and samples.")] = 0,
    base: Annotated[
        Path, typer.Option(help="The model to begin with.", show_default="the one shipped")
    ] = BASE_MODEL,
    puzzles: Annotated[int, typer.Option(help="Test puzzles asked before and after.")] = 400,
    threads: Annotated[
        int, typer.Option(min=0, help="Processor threads; 0 leaves the choice to torch.")
    ] = 0,
) -> None:
    """Prime a small language model on searches, train it with PPO, and show what happened.

    The model plays Countdown with three numbers from 1 to 20. It is primed on 1,000 traces of
    random search and then trained, token by token, on nothing but whether its answers are right.
    The run folder holds settings, log, learning curve, every answer and the model.
    """
    # Read when torch is imported. A thread that spins while it waits takes the core that the other
    # one needs: on two busy cores training was up to three times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    from countdown_agents.finetuning import FinetuningConfig
    from countdown_agents.study.config import ExperimentConfig
    from countdown_agents.study.screen import run_on_screen

    if threads:
        torch.set_num_threads(threads)
    config = replace(
        ExperimentConfig(),
        base_model=str(base),
        seed=seed,
        batches=batches,
        num_puzzles=puzzles,
        priming=FinetuningConfig(seed=seed),
    )
    if not run_on_screen(run, config):
        raise typer.Exit(130)
