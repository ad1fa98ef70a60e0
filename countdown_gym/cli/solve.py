"""`countdown-gym solve`: ask the oracle."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated

import typer

from countdown_gym.cli.options import (
    ALL_OPERATORS,
    KeepOrder,
    Numbers,
    Operators,
    Results,
    RulesName,
    Subset,
    Target,
    rules_of,
)
from countdown_gym.cli.screen import ERR, say
from countdown_gym.expressions import Expression, latex, steps
from countdown_gym.families import make_family
from countdown_gym.puzzles import Intermediates, Puzzle
from countdown_gym.solver.oracle import Closest, Oracle
from countdown_gym.solver.solution import solution


def solve(
    numbers: Numbers,
    target: Target,
    family: RulesName = None,
    subset: Subset = False,
    keep_order: KeepOrder = False,
    operators: Operators = ALL_OPERATORS,
    intermediates: Results = Intermediates.RATIONALS,
    every: Annotated[bool, typer.Option("--all", help="Show every distinct solution.")] = False,
    nearest: Annotated[
        bool, typer.Option("--closest", help="Be content with the closest value.")
    ] = False,
    as_latex: Annotated[bool, typer.Option("--latex", help="Write expressions as LaTeX.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Solve a puzzle exactly, or prove that it cannot be solved.

    For example: `countdown-gym solve 25 50 75 100 3 6 952 --rules television`

    Shows a shortest solution and its steps. If there is none, shows the closest value; then the
    exit status is 1, unless `--closest` says that this will do. Under rules with powers, roots or
    factorials one solution is searched for, which may fail where there is one.
    """
    rules = (
        rules_of(
            subset=subset, keep_order=keep_order, operators=operators, intermediates=intermediates
        )
        if family is None
        else make_family(family).rules
    )
    puzzle = Puzzle(tuple(numbers), target, rules)
    if rules.extras:
        raise typer.Exit(0 if _solve_formula(puzzle, as_json=as_json) else 1)
    oracle = Oracle(rules)
    found = _every(oracle, puzzle) if every else _one(oracle, puzzle)
    with ERR.status("Searching for the closest value"):
        closest = None if found else oracle.closest(puzzle.numbers, target)
    if as_json:
        typer.echo(json.dumps(_as_fields(puzzle, found, closest)))
    elif found:
        _show(found, target, latex if as_latex else str, every=every)
    else:
        _show_closest(closest, target, latex if as_latex else str)
    raise typer.Exit(0 if found or (nearest and closest is not None) else 1)


def _solve_formula(puzzle: Puzzle, *, as_json: bool) -> bool:
    """Show a solution under rules with extras; return whether one was found."""
    with ERR.status("Searching"):
        found = solution(puzzle)
    if as_json:
        solutions = [] if found is None else [str(found)]
        typer.echo(json.dumps({**puzzle.to_dict(), "solutions": solutions}))
    elif found is None:
        say(f"no solution found for {puzzle.target}", "bold red")
    else:
        say(f"{found} = {puzzle.target}", "bold green")
    return found is not None


def _one(oracle: Oracle, puzzle: Puzzle) -> list[Expression]:
    with ERR.status("Searching"):
        answer = oracle.solve(puzzle.numbers, puzzle.target)
    return [] if answer is None else [answer]


def _every(oracle: Oracle, puzzle: Puzzle) -> list[Expression]:
    """Return all solutions, counting aloud: there may be thousands."""
    found: list[Expression] = []
    with ERR.status("Searching") as status:
        for answer in oracle.solutions(puzzle.numbers, puzzle.target):
            found.append(answer)
            status.update(f"Searching: {len(found):,} distinct solutions")
    return found


def _show(
    found: list[Expression], target: int, write: Callable[[Expression], str], *, every: bool
) -> None:
    if every:
        for expression in found:
            say(f"{write(expression)} = {target}")
        say(f"{len(found)} distinct solution{'s' if len(found) > 1 else ''}", "dim")
        return
    say(f"{write(found[0])} = {target}", "bold green")
    for step in steps(found[0]):
        say(f"  {step}")


def _show_closest(closest: Closest | None, target: int, write: Callable[[Expression], str]) -> None:
    if closest is None:
        say("unsolvable: the rules allow no expression at all", "bold red")
        return
    say(f"unsolvable: nothing makes {target}", "bold red")
    say(f"closest: {write(closest.expression)} = {closest.value}, off by {closest.distance}")


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
