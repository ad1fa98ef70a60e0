"""`countdown-gym bench`: players measured against each other, a sub-command for each question."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from traceback import extract_tb
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

import countdown_gym
from countdown_agents import AGENTS, REFERENCES, make_agent
from countdown_agents.agent import Agent
from countdown_agents.commands.progress import progress_bars
from countdown_agents.search import Budget, SearchAgent
from countdown_agents.solver_comparison import Standing, Trial, measure
from countdown_gym.cli.options import FamilyName, Parameters, family_of
from countdown_gym.cli.plug_ins import make_app
from countdown_gym.cli.screen import ERR, OUT, complain, plural
from countdown_gym.errors import CountdownGymError, InvalidParameterError, MissingResourceError
from countdown_gym.puzzles import Puzzle
from countdown_gym.splits import Split, puzzles

bench = make_app(no_args_is_help=True)
_UNKNOWN = "–"  # noqa: RUF001 - a dash, and not a minus, for a number that is not there


@bench.callback()
def _bench() -> None:
    """Measure players against each other."""


@bench.command()
def solvers(
    agent: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Who is measured beside {' and '.join(REFERENCES)}: one of {', '.join(AGENTS)}, "
            "or the place of a solver in Python code, package.module:Class; may be given several "
            "times. By default all that have a name."
        ),
    ] = None,
    family: FamilyName = "three_to_four",
    param: Parameters = None,
    num_puzzles: Annotated[int, typer.Option(help="How many puzzles are asked.")] = 100,
    seed: Annotated[int, typer.Option(help="Which puzzles of the split.")] = 0,
    split: Annotated[str, typer.Option(help=f"Which part: {', '.join(Split)}.")] = "test",
    max_nodes: Annotated[
        int | None,
        typer.Option(
            help="The most states that a search may expand for each puzzle. Without a limit here "
            f"or in seconds, {Budget().max_nodes:,}."
        ),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="How long a search may go on for each puzzle.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write all figures to this file, as one JSON object."),
    ] = None,
) -> None:
    """Compare solvers on the same puzzles: what they solve, and at what price.

    For example: `countdown-gym bench solvers --agent my_package.my_module:MySolver`

    Nodes and milliseconds are medians over all puzzles, solved or not. Nodes are the states that a
    search expanded. The limits bind the searches that have a name here; a solver of your own has
    its own, and says what it spent if it has a method `search(puzzle) -> SearchResult`. One that
    raises an exception is left out of the table, and the exit status is 1.
    """
    if num_puzzles < 1:
        raise InvalidParameterError(f"num_puzzles must be at least 1, got {num_puzzles}")
    if out is not None and not out.parent.is_dir():
        raise MissingResourceError(f"{out} must be in a folder that exists, not {out.parent}")
    limited = max_nodes is not None or seconds is not None
    budget = Budget(max_nodes, seconds) if limited else Budget()
    drawn_by = family_of(family, param)
    # A solver's module is looked for where the command is typed too, after everything installed.
    sys.path.append(str(Path.cwd()))
    names = dict.fromkeys([*(agent or AGENTS), *REFERENCES])
    failures: dict[str, str] = {}
    players = _players(names, budget, failures)

    asked = tuple(puzzles(drawn_by, split, seed, num_puzzles))
    standings = _standings(players, asked, failures)
    title = f"{family}, {split} split, {plural(num_puzzles, 'puzzle')}, seed {seed}"
    OUT.print(_table(standings, title, _limits(budget)))
    for name, failure in failures.items():
        complain(f"{name} is not in the table: {failure}")
    if out is not None:
        settings = {
            "version": countdown_gym.__version__,
            "python": platform.python_version(),
            "family": family,
            "parameters": param or [],
            "split": split,
            "seed": seed,
            "max_nodes": budget.max_nodes,
            "max_seconds": budget.max_seconds,
        }
        rows = {name: standing.to_dict() for name, standing in standings.items()}
        fields = {**settings, "puzzles": [puzzle.to_dict() for puzzle in asked], "solvers": rows}
        if failures:
            fields["failures"] = failures
        out.write_text(f"{json.dumps(fields)}\n", encoding="ascii")
        ERR.print(f"all figures are in {out}", markup=False, soft_wrap=True)
    raise typer.Exit(1 if failures else 0)


def _players(names: Iterable[str], budget: Budget, failures: dict[str, str]) -> dict[str, Agent]:
    """Return who plays; of whom cannot be made, the reason is added to the failures."""
    players: dict[str, Agent] = {}
    for name in names:
        try:
            players[name] = _within(make_agent(name), budget)
        except (CountdownGymError, ImportError):
            raise
        except Exception as error:  # noqa: BLE001 - an agent of others may raise anything
            failures[name] = _failure(error)
    return players


def _standings(
    players: Mapping[str, Agent], asked: Sequence[Puzzle], failures: dict[str, str]
) -> dict[str, Standing]:
    """Return what came of whom; of whom raises an exception, it is added to the failures."""
    standings: dict[str, Standing] = {}
    with progress_bars() as bars:
        tasks = {name: bars.add_task(name, total=len(asked)) for name in players}
        for name, player in players.items():

            def on_trial(_: Trial, name: str = name) -> None:
                bars.advance(tasks[name])

            try:
                standings[name] = measure(player, asked, on_trial)
            except Exception as error:  # noqa: BLE001 - the same when it is asked
                failures[name] = _failure(error)
    return standings


def _failure(error: Exception) -> str:
    """Return what was raised and where, in one line."""
    place = extract_tb(error.__traceback__)[-1]
    written = " ".join(str(error).split())
    return f"{type(error).__name__}: {written} ({Path(place.filename).name}, line {place.lineno})"


def _within(agent: Agent, budget: Budget) -> Agent:
    """Return the agent with its budget replaced, if it has one."""
    return replace(agent, budget=budget) if isinstance(agent, SearchAgent) else agent


def _limits(budget: Budget) -> str:
    limits = []
    if budget.max_nodes is not None:
        limits.append(f"{budget.max_nodes:,} nodes")
    if budget.max_seconds is not None:
        limits.append(f"{budget.max_seconds:g} s")
    return f"medians; searches end after {' or '.join(limits)}"


def _table(standings: Mapping[str, Standing], title: str, caption: str) -> Table:
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left")
    for name in ("solver", "solved", "95% interval", "nodes", "ms"):
        table.add_column(name, justify="left" if name == "solver" else "right")
    for solver, standing in standings.items():
        low, high = standing.interval()
        nodes = standing.median_nodes
        cells = (
            solver,
            f"{standing.solve_rate:.1%}",
            f"{low:.1%} to {high:.1%}",
            _UNKNOWN if nodes is None else f"{nodes:,.1f}".removesuffix(".0"),
            f"{standing.median_seconds * 1000:,.2f}",
        )
        table.add_row(*(Text(cell) for cell in cells))
    return table
