"""`countdown-gym traces`: priming sets with chosen habits."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from countdown_gym.cli.options import Parameters, family_of
from countdown_gym.cli.screen import ERR, OUT
from countdown_gym.cli.token_counters import token_counter
from countdown_gym.datasets import require_writable, write_rows
from countdown_gym.errors import UnknownNameError
from countdown_gym.families import FAMILIES
from countdown_gym.traces.conditions import CONDITIONS
from countdown_gym.traces.priming import Certificate, PrimingExample, PrimingRecipe, priming_set
from countdown_gym.traces.search import Teacher
from countdown_gym.traces.wording import WORDINGS

_SHOWN = 2
_TAUGHT = tuple(name for name in FAMILIES if name != "four_fours")
"""Families whose puzzles teachers search: those of the four operations."""


def traces(
    condition: Annotated[
        str, typer.Option(help=f"What is shown: {', '.join(CONDITIONS)}.")
    ] = "all_habits",
    family: Annotated[
        str, typer.Option(help=f"How puzzles are drawn: {', '.join(_TAUGHT)}.")
    ] = "three_to_four",
    param: Parameters = None,
    wording: Annotated[str, typer.Option(help=f"In what words: {', '.join(WORDINGS)}.")] = (
        "english"
    ),
    count: Annotated[int, typer.Option(help="How many traces.")] = 1_000,
    seed: Annotated[int, typer.Option(help="Which puzzles and searches.")] = 0,
    fewest_attempts: Annotated[int, typer.Option(help="The fewest lines of a search.")] = 1,
    most_attempts: Annotated[int, typer.Option(help="The most lines of a search.")] = 6,
    solve_rate: Annotated[
        float | None, typer.Option(help="The share of searches that succeed; luck if not given.")
    ] = None,
    returns: Annotated[
        float, typer.Option(help="How often a line keeps steps of the one before.")
    ] = 0.3,
    pull: Annotated[
        float, typer.Option(help="How strongly lines that end near the target are preferred.")
    ] = 1.0,
    tokenizer: Annotated[
        str | None,
        typer.Option(
            help="Count lengths, those of filler too, in the tokens of this tokenizer of "
            "transformers, a folder or a name on the hub. By default words are counted."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Write to this .jsonl or .parquet file; a certificate beside it."
        ),
    ] = None,
) -> None:
    """Write reasoning traces that show chosen habits; without --out, show a few.

    Sets of the same family, count, seed and search options hold the same puzzles and the same
    searches, whatever their condition: only what is told of them differs.
    """
    if wording not in WORDINGS:
        raise UnknownNameError("wording", wording, WORDINGS)
    if out is not None:
        require_writable(out)
    count_tokens = token_counter(tokenizer)
    recipe = PrimingRecipe(
        family_of(family, param),
        WORDINGS[wording](),
        Teacher(fewest_attempts, most_attempts, solve_rate, returns, pull, tidy=True),
        num_traces=_SHOWN if out is None else count,
        seed=seed,
    )
    with Progress(console=ERR, transient=True) as progress:
        task = progress.add_task("writing traces", total=recipe.num_traces)
        examples, certificate = priming_set(
            recipe,
            condition,
            count_tokens,
            progress=lambda done: progress.update(task, completed=done),
        )
    if out is None:
        for example in examples:
            _show(example)
        return
    write_rows((example.to_dict() for example in examples), out)
    beside = out.with_suffix(".certificate.json")
    beside.write_text(f"{json.dumps(asdict(certificate), indent=2)}\n", encoding="utf-8")
    OUT.print(_table(certificate, "words" if tokenizer is None else "tokens"))
    ERR.print(f"{out} and {beside} written", markup=False, soft_wrap=True)


def _show(example: PrimingExample) -> None:
    OUT.print(Panel(Text(f"{example.prompt}{example.completion}")))
    habits = ", ".join(f"{habit.value} {count}" for habit, count in example.habits.items())
    OUT.print(f"{habits}; the answer is {'right' if example.solved else 'wrong'}", markup=False)


def _table(certificate: Certificate, counted: str) -> Table:
    table = Table("what", "how much", title=certificate.condition)
    table.add_row("traces", f"{certificate.traces:,}")
    table.add_row("different puzzles", f"{certificate.puzzles:,}")
    table.add_row("right answers", f"{certificate.solved_share:.1%}")
    for habit, shown in certificate.habits.items():
        table.add_row(f"{habit}, for each trace", f"{shown / certificate.traces:.2f}")
    tokens = certificate.tokens
    table.add_row(
        f"{counted} of a completion",
        f"{tokens['mean']:.0f} ({tokens['fewest']:.0f} to {tokens['most']:.0f})",
    )
    return table
