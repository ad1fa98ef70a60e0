"""`countdown-gym solve`: ask the oracle."""

from __future__ import annotations

import json
from itertools import islice
from typing import Annotated

import typer

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
from countdown_gym.cli.screen import ERR, say
from countdown_gym.expressions import Expression, steps
from countdown_gym.puzzles import Intermediates, Puzzle
from countdown_gym.solver.oracle import Closest, Oracle


def solve(
    numbers: Numbers,
    target: Target,
    subset: Subset = False,
    keep_order: KeepOrder = False,
    operators: Operators = ALL_OPERATORS,
    intermediates: Results = Intermediates.RATIONALS,
    every: Annotated[bool, typer.Option("--all", help="Show every distinct solution.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Solve a puzzle exactly, or prove that it cannot be solved.

    For example: `countdown-gym solve 25 30 3 4 32`

    Shows a shortest solution and its steps, or else the closest value; then the exit status is 1.
    """
    rules = rules_of(
        subset=subset, keep_order=keep_order, operators=operators, intermediates=intermediates
    )
    puzzle = Puzzle(tuple(numbers), target, rules)
    oracle = Oracle(rules)
    with ERR.status("Searching"):
        found = list(islice(oracle.solutions(puzzle.numbers, target), None if every else 1))
        closest = None if found else oracle.closest(puzzle.numbers, target)
    if as_json:
        typer.echo(json.dumps(_as_fields(puzzle, found, closest)))
    elif found:
        _show(found, target, every=every)
    else:
        _show_closest(closest, target)
    raise typer.Exit(0 if found else 1)


def _show(found: list[Expression], target: int, *, every: bool) -> None:
    if every:
        for expression in found:
            say(f"{expression} = {target}")
        say(f"{len(found)} distinct solution{'s' if len(found) > 1 else ''}", "dim")
        return
    say(f"{found[0]} = {target}", "bold green")
    for step in steps(found[0]):
        say(f"  {step}")


def _show_closest(closest: Closest | None, target: int) -> None:
    if closest is None:
        say("unsolvable: the rules allow no expression at all", "bold red")
        return
    say(f"unsolvable: nothing makes {target}", "bold red")
    say(f"closest: {closest.expression} = {closest.value}, off by {closest.distance}")


def _as_fields(
    puzzle: Puzzle, found: list[Expression], closest: Closest | None
) -> dict[str, object]:
    """Return the finding as plain JSON values; exact values are texts such as `"7/2"`."""
    return {
        **puzzle.to_dict(),
        "solvable": bool(found),
        "solutions": [str(expression) for expression in found],
        "steps": [str(step) for step in steps(found[0])] if found else [],
        "closest": None
        if closest is None
        else {
            "expression": str(closest.expression),
            "value": str(closest.value),
            "distance": str(closest.distance),
        },
    }
