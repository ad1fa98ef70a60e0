"""`countdown-gym generate`: puzzles, one on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from countdown_gym.cli.options import FamilyName, Parameters, family_of
from countdown_gym.cli.screen import ERR
from countdown_gym.errors import MissingResourceError
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
        Path | None, typer.Option(dir_okay=False, help="Write to this file, whole or not at all.")
    ] = None,
) -> None:
    """Draw puzzles and write them as JSON lines; the solver certifies and grades every one."""
    drawn = puzzles(family_of(family, param), split, seed, count)
    if not grade:
        drawn = (replace(puzzle, grading=None) for puzzle in drawn)
    lines = (f"{json.dumps(_row(puzzle, style))}\n" for puzzle in drawn)
    if out is None:
        for line in lines:
            typer.echo(line, nl=False)
    else:
        _write(lines, out)
        ERR.print(f"{count} puzzles written to {out}", markup=False, soft_wrap=True)


def _row(puzzle: Puzzle, style: str | None) -> dict[str, object]:
    asked = {} if style is None else {"prompt": prompt(puzzle, style)}
    return {**puzzle.to_dict(), **asked}


def _write(lines: Iterator[str], path: Path) -> None:
    """Write a file that is there only once it is whole."""
    if not path.parent.is_dir():
        raise MissingResourceError(f"{path} must be in a folder that exists, not {path.parent}")
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
