"""An experiment on the terminal: progress bars, a table, some completions."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Self

import transformers
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from countdown_agents.evaluation import Evaluation
from countdown_agents.study.config import ExperimentConfig
from countdown_agents.study.experiment import Experiment, Outcome
from countdown_gym.cli.screen import OUT

_SHOWN_COMPLETIONS = 3


def run_on_screen(path: Path, config: ExperimentConfig) -> bool:
    """Run an experiment, show how it goes and what came of it; return whether it was finished.

    The first Ctrl-C stops at the next safe point, the second at once; either way the folder holds
    what was done, and the same call goes on from there.

    Raises:
        InvalidParameterError: If the folder holds a run of other settings, or other files.
        MissingResourceError: If the base model is not there.
    """
    transformers.utils.logging.disable_progress_bar()  # the stages have bars of their own
    with stopping_politely() as stop, _Display() as display:
        experiment = Experiment(path, config, display.show, lambda: stop.wanted)
        OUT.print(
            f"Priming a small language model on {config.num_traces:,} traces and training it with "
            f"PPO on {config.batches} batches of {config.prompts_per_batch} puzzles, "
            f"{config.ppo.samples_per_prompt} samples each. Run folder: {escape(str(path))}"
        )
        try:
            outcome = experiment.run()
        except KeyboardInterrupt:
            display.stop()
            _say_how_to_go_on(path)
            return False
    _print_outcome(outcome, path)
    if not outcome.finished:
        _say_how_to_go_on(path)
    return outcome.finished


class _Display:
    """A progress bar for each stage, made when the stage begins."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<34}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[measures]}"),
            console=OUT,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Leave the terminal as it was."""
        self._progress.stop()

    def show(self, stage: str, done: int, total: int, measures: Mapping[str, float]) -> None:
        """Draw how far a stage is."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total, measures="")
        written = "  ".join(f"{name} {short(value)}" for name, value in measures.items())
        self._progress.update(self._tasks[stage], completed=done, measures=written)


class _Stop:
    """Whether the user has asked to stop."""

    wanted = False


@contextmanager
def stopping_politely() -> Iterator[_Stop]:
    """Turn the first Ctrl-C into a wish; the second interrupts at once."""
    stop = _Stop()
    usual = signal.getsignal(signal.SIGINT)

    def wish(_number: int, _frame: FrameType | None) -> None:
        stop.wanted = True
        signal.signal(signal.SIGINT, usual)
        OUT.print("Stopping at the next safe point; Ctrl-C again stops at once.")

    signal.signal(signal.SIGINT, wish)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, usual)


def _say_how_to_go_on(path: Path) -> None:
    OUT.print(
        "Stopped. What was finished is kept; the same command goes on from there: "
        f"countdown-gym train --run {escape(str(path))} (with the same options)"
    )


def _print_outcome(outcome: Outcome, path: Path) -> None:
    """Print the table, some completions, and where everything is."""
    table = Table(title=f"Solve rate on {len(outcome.before.records)} test puzzles")
    for heading in ("player", "solved", "95 % interval", "most frequent fault"):
        table.add_column(heading, justify="left" if heading == "player" else "right")
    for name, evaluation in (
        ("random", outcome.references["random"]),
        ("primed, before PPO", outcome.before),
        ("trained, after PPO", outcome.after),
        ("oracle", outcome.references["oracle"]),
    ):
        low, high = evaluation.interval()
        fault = next(iter(evaluation.faults), "")
        table.add_row(name, f"{evaluation.solve_rate:.1%}", f"{low:.1%} to {high:.1%}", fault)
    OUT.print(table)
    for title, evaluation in (("Before PPO", outcome.before), ("After PPO", outcome.after)):
        _print_completions(title, evaluation)
    OUT.print(f"Learning curve: {escape(str(path / 'learning_curve.png'))}")
    OUT.print(f"Model, log and all answers: {escape(str(path))}")


def _print_completions(title: str, evaluation: Evaluation) -> None:
    OUT.print(f"\n[bold]{title}[/bold]")
    for record in evaluation.records[:_SHOWN_COMPLETIONS]:
        numbers = " ".join(str(number) for number in record.puzzle.numbers)
        verdict = "[green]solved[/green]" if record.solved else f"[red]{record.fault}[/red]"
        OUT.print(f"  {numbers} → {record.puzzle.target}  {verdict}")
        OUT.print(f"    {escape(record.completion)}", style="dim", highlight=False)


def short(value: float) -> str:
    """Return a measure in few characters."""
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"
