"""`countdown-gym generate`: puzzles, one on each line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from countdown_gym.cli.options import FamilyName, Parameters, family_of
from countdown_gym.cli.screen import ERR, plural
from countdown_gym.datasets import write_rows
from countdown_gym.prompts import prompt
from countdown_gym.puzzles import Puzzle
from countdown_gym.splits import Split, puzzles


def generate(
    family: FamilyName = "three_to_four",
    param: Parameters = None,
    split: Annotated[str, typer.Option(help=f"Which part: {', '.join(Split)}.")] = "train",
    seed: Annotated[int, typer.Option(help="Which puzzles of it.")] = 0,
    count: Annotated[int, typer.Option(help="How many.")] = 10,
    style: Annotated[
        str | None, typer.Option(help="Add the prompt in this style to each line.")
    ] = None,
    grade: Annotated[
        bool, typer.Option("--grade/--no-grade", help="Say of each puzzle how hard it is.")
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Write to this .jsonl or .parquet file, whole or not at all."
        ),
    ] = None,
) -> None:
    """Draw puzzles and write them as rows; the solver certifies and grades every one."""
    drawn = puzzles(family_of(family, param), split, seed, count)
    if not grade:
        drawn = (replace(puzzle, grading=None) for puzzle in drawn)
    rows = (_row(puzzle, style) for puzzle in drawn)
    if out is None:
        for row in rows:
            typer.echo(json.dumps(row))
    else:
        write_rows(rows, out)
        ERR.print(f"{plural(count, 'puzzle')} written to {out}", markup=False, soft_wrap=True)


def _row(puzzle: Puzzle, style: str | None) -> dict[str, object]:
    asked = {} if style is None else {"prompt": prompt(puzzle, style)}
    return {**puzzle.to_dict(), **asked}
