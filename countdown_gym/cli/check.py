"""`countdown-gym check`: ask the referee."""

from __future__ import annotations

from typing import Annotated

import typer

from countdown_gym.checking import judge
from countdown_gym.cli.options import (
    ALL_OPERATORS,
    KeepOrder,
    Numbers,
    Operators,
    Results,
    Subset,
    Target,
    rules_of,
)
from countdown_gym.cli.screen import say
from countdown_gym.parsing import CONVENTIONS
from countdown_gym.puzzles import Intermediates, Puzzle


def check(
    numbers: Numbers,
    target: Target,
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="The answer; - reads it from standard input.")
    ],
    convention: Annotated[
        str, typer.Option(help=f"Where the answer stands in it: {', '.join(CONVENTIONS)}.")
    ] = "whole_text",
    subset: Subset = False,
    keep_order: KeepOrder = False,
    operators: Operators = ALL_OPERATORS,
    intermediates: Results = Intermediates.RATIONALS,
) -> None:
    """Judge an answer to a puzzle.

    For example: `countdown-gym check 25 30 3 4 32 "(30 - 25 + 3) * 4"`

    The exit status is 0 if the puzzle is solved and 1 if not.
    """
    rules = rules_of(
        subset=subset, keep_order=keep_order, operators=operators, intermediates=intermediates
    )
    puzzle = Puzzle(tuple(numbers), target, rules)
    if text == "-":
        text = typer.get_text_stream("stdin", errors="replace").read()
    verdict = judge(puzzle, text, convention=convention).verdict
    if verdict.solved:
        say("solved", "bold green")
    else:
        say(f"{verdict.fault}: {verdict.detail}", "bold red")
    raise typer.Exit(0 if verdict.solved else 1)
