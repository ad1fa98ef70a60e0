"""`countdown-gym solve`: ask the oracle."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
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
from countdown_gym.cli.rules_told import told
from countdown_gym.cli.screen import ERR, say
from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Expression, latex, steps
from countdown_gym.families import make_family
from countdown_gym.formulas import Formula
from countdown_gym.puzzles import Intermediates, Puzzle
from countdown_gym.solver.oracle import Closest, Oracle
from countdown_gym.solver.solution import solution

Nearest = Closest | str
"""The closest value, or why there is none."""


def solve(
    context: typer.Context,
    numbers: Numbers,
    target: Target,
    family: RulesName = None,
    subset: Subset = False,
    keep_order: KeepOrder = False,
    operators: Operators = ALL_OPERATORS,
    intermediates: Results = Intermediates.RATIONALS,
    every: Annotated[
        bool,
        typer.Option("--all", metavar="", help="Show every distinct solution."),
    ] = False,
    nearest: Annotated[
        bool, typer.Option("--closest", metavar="", help="Be content with the closest value.")
    ] = False,
    as_latex: Annotated[
        bool, typer.Option("--latex", metavar="", help="Write expressions as LaTeX.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", metavar="", help="Write one JSON object.")
    ] = False,
) -> None:
    """Solve a puzzle exactly, or prove that it cannot be solved.

    For example: `countdown-gym solve 25 50 75 100 3 6 952 --rules television`

    Shows a shortest solution and its steps. If there is none, shows the closest value; then the
    exit status is 1, unless `--closest` says that this will do. Ctrl-C ends the search for the
    closest value, and what is proved stays.

    Boards have up to eight numbers. All solutions are listed of six at most, or of eight in order;
    so is the closest value, unless all results are whole. Under rules with powers, roots or
    factorials up to four numbers are combined, and one solution is searched for, which may fail
    where there is one.
    """
    if as_latex and as_json:
        raise InvalidParameterError("solutions are written with --latex or with --json, not both")
    if family is None:
        rules = rules_of(
            subset=subset, keep_order=keep_order, operators=operators, intermediates=intermediates
        )
    else:
        _refuse(context, "--rules says all rules", *_RULES)
        rules = make_family(family).rules
    puzzle = Puzzle(tuple(numbers), target, rules)
    if rules.extras:
        _refuse(context, f"under the rules of {family} one formula is shown", *_ORACLE_S)
        raise typer.Exit(0 if _solve_formula(puzzle, as_json=as_json) else 1)
    oracle = Oracle(rules)
    found = _every(oracle, puzzle) if every else _one(oracle, puzzle)
    write = latex if as_latex else str
    if not as_json:
        _show(found, target, write, every=every)
    closest = _NOT_SEARCHED if found else _nearest(oracle, puzzle)
    if as_json:
        typer.echo(json.dumps(_as_fields(puzzle, found, closest)))
    else:
        if not found:
            say(f"closest: {_nearest_in_words(closest, write)}")
        say(told(rules), "dim")
    raise typer.Exit(0 if found or (nearest and isinstance(closest, Closest)) else 1)


_NOT_SEARCHED = "not searched for"
_RULES = ("subset", "keep_order", "operators", "intermediates")
_ORACLE_S = ("every", "nearest", "as_latex")


def _refuse(context: typer.Context, reason: str, *parameters: str) -> None:
    """Refuse options that would be ignored.

    Raises:
        InvalidParameterError: If one of the parameters was given.
    """
    given = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name in parameters
        and (source := context.get_parameter_source(parameter.name)) is not None
        and source.name == "COMMANDLINE"
    ]
    if given:
        raise InvalidParameterError(f"{reason}, so leave out {' and '.join(given)}")


def _solve_formula(puzzle: Puzzle, *, as_json: bool) -> bool:
    """Show a solution under rules with extras; return whether one was found."""
    with ERR.status("Searching"):
        found = solution(puzzle)
    if as_json:
        fields = _as_fields(puzzle, [] if found is None else [found], _NOT_SEARCHED)
        typer.echo(json.dumps(fields))
        return found is not None
    if found is None:
        say(f"no solution found for {puzzle.target}", "bold red")
    else:
        say(f"{found} = {puzzle.target}", "bold green")
    say(told(puzzle.rules), "dim")
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


def _nearest(oracle: Oracle, puzzle: Puzzle) -> Nearest:
    """Return the closest value, which may take longer than the proof that the target is none."""
    try:
        with ERR.status("Unsolvable. Searching for the closest value; Ctrl-C ends the search"):
            closest = oracle.closest(puzzle.numbers, puzzle.target)
    except KeyboardInterrupt:
        return "not found, since the search was interrupted"
    except InvalidParameterError:  # the board is fine, or its proof would have been refused
        return f"not searched for among the values of more than {oracle.max_listed_entries} numbers"
    return "none, since the rules allow no expression at all" if closest is None else closest


def _show(
    found: list[Expression], target: int, write: Callable[[Expression], str], *, every: bool
) -> None:
    if not found:
        say(f"unsolvable: nothing makes {target}", "bold red")
    elif every:
        for expression in found:
            say(f"{write(expression)} = {target}")
        say(f"{len(found)} distinct solution{'s' if len(found) > 1 else ''}", "dim")
    else:
        say(f"{write(found[0])} = {target}", "bold green")
        for step in steps(found[0]):
            say(f"  {step}")


def _nearest_in_words(closest: Nearest, write: Callable[[Expression], str]) -> str:
    if isinstance(closest, str):
        return closest
    return f"{write(closest.expression)} = {closest.value}, off by {closest.distance}"


def _as_fields(
    puzzle: Puzzle, found: Sequence[Expression | Formula], closest: Nearest
) -> dict[str, object]:
    """Return the finding as plain JSON values; exact values are texts such as `"7/2"`.

    Whether it is solvable is null if nothing is proved, and steps are those of the four operations.
    """
    first = found[0] if found else None
    return {
        **puzzle.to_dict(),
        "solvable": True if found else None if puzzle.rules.extras else False,
        "solutions": [str(expression) for expression in found],
        "steps": [str(step) for step in steps(first)] if isinstance(first, Expression) else [],
        "closest": None
        if isinstance(closest, str)
        else {
            "expression": str(closest.expression),
            "value": str(closest.value),
            "distance": str(closest.distance),
        },
    }
