"""`countdown-gym eval`: a player's solve rate, beside the random and the oracle row."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from countdown_agents import AGENTS, REFERENCES, make_agent
from countdown_agents import evaluation as evaluating
from countdown_agents.commands.progress import progress_bars
from countdown_agents.evaluation import Evaluation, Scoring
from countdown_agents.records import Record
from countdown_gym.cli.options import FamilyName, Parameters, family_of
from countdown_gym.cli.screen import ERR, OUT
from countdown_gym.parsing import CONVENTIONS
from countdown_gym.prompts import STYLES
from countdown_gym.rewards import MIXTURES
from countdown_gym.splits import Split


def evaluate(
    agent: Annotated[
        str,
        typer.Option(
            help=f"Who plays: {', '.join(AGENTS)}, or the place of a player in Python "
            "code, package.module:name; a function from prompt to completion will do."
        ),
    ] = "random",
    family: FamilyName = "three_to_four",
    param: Parameters = None,
    num_puzzles: Annotated[int, typer.Option(help="How many puzzles are asked.")] = 100,
    seed: Annotated[int, typer.Option(help="Which puzzles of the split.")] = 0,
    split: Annotated[str, typer.Option(help=f"Which part: {', '.join(Split)}.")] = "test",
    style: Annotated[
        str, typer.Option(help=f"How a function is asked: {', '.join(STYLES)}.")
    ] = "plain",
    reward: Annotated[str, typer.Option(help=f"What is paid: {', '.join(MIXTURES)}.")] = "strict",
    convention: Annotated[
        str, typer.Option(help=f"Where the answer stands: {', '.join(CONVENTIONS)}.")
    ] = "answer_tag",
    batch_size: Annotated[int, typer.Option(help="How many puzzles are asked at a time.")] = 64,
    out: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write each answer to this file, as JSON lines."),
    ] = None,
) -> None:
    """Let a player answer puzzles, beside the random and the oracle row."""
    drawn_by = family_of(family, param)
    scoring = Scoring(reward, convention, batch_size)
    # A player's module is looked for where the command is typed too, after everything installed.
    sys.path.append(str(Path.cwd()))
    players = {agent: make_agent(agent, style)}
    players |= {name: AGENTS[name]() for name in REFERENCES if name != agent}

    rows: dict[str, Evaluation] = {}
    with progress_bars() as bars, _recorder(out) as save:
        tasks = {name: bars.add_task(name, total=max(num_puzzles, 0)) for name in players}
        for name, player in players.items():

            def on_record(record: Record, name: str = name) -> None:
                if name == agent:
                    save(record)
                bars.advance(tasks[name])

            rows[name] = evaluating.evaluate(
                player,
                drawn_by,
                num_puzzles,
                seed,
                split=split,
                scoring=scoring,
                on_record=on_record,
            )
    OUT.print(_table(rows, f"{family}, {split} split, {num_puzzles} puzzles, seed {seed}"))
    if out is not None:
        ERR.print(f"the answers of {agent} are in {out}", markup=False, soft_wrap=True)


@contextmanager
def _recorder(path: Path | None) -> Iterator[Callable[[Record], None]]:
    """Give a function that writes a record at once, so that a killed run keeps what it had.

    The file is opened with the first record: a run that asks nothing overwrites nothing.
    """
    with ExitStack() as opened:
        files: list[TextIO] = []

        def save(record: Record) -> None:
            if path is None:
                return
            if not files:
                files.append(opened.enter_context(path.open("w", encoding="ascii", newline="\n")))
            files[0].write(f"{record.to_json()}\n")
            files[0].flush()

        yield save


def _table(rows: Mapping[str, Evaluation], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name, justify in _COLUMNS.items():
        table.add_column(name, justify=justify)
    for player, evaluation in rows.items():
        low, high = evaluation.interval()
        faults = ", ".join(f"{fault} {count}" for fault, count in evaluation.faults.items())
        cells = (
            player,
            f"{evaluation.solve_rate:.1%}",
            f"{low:.1%} to {high:.1%}",
            f"{evaluation.mean_reward:.3f}",
            f"{evaluation.mean_length:.0f}",
            faults or "none",
        )
        table.add_row(*(Text(cell) for cell in cells))
    return table


_COLUMNS: Mapping[str, JustifyMethod] = {
    "player": "left",
    "solved": "right",
    "95% interval": "right",
    "reward": "right",
    "characters": "right",
    "faults": "left",
}
