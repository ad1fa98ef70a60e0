"""An experiment on the terminal: progress bars, a table, some completions."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import transformers
from rich.markup import escape
from rich.table import Table

from countdown_agents.evaluation import Evaluation
from countdown_agents.study.bars import Bars
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
    with stopping_politely() as stop, Bars() as bars:
        experiment = Experiment(path, config, bars.show, lambda: stop.wanted)
        OUT.print(
            f"Priming a small language model on {config.num_traces:,} traces and training it with "
            f"PPO on {config.batches} batches of {config.prompts_per_batch} puzzles, "
            f"{config.ppo.samples_per_prompt} samples each. Run folder: {escape(str(path))}"
        )
        try:
            outcome = experiment.run()
        except KeyboardInterrupt:
            bars.stop()
            _say_how_to_go_on(path)
            return False
    _print_outcome(outcome, path)
    if not outcome.finished:
        _say_how_to_go_on(path)
    return outcome.finished


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
