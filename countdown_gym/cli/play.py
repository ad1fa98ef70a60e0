"""`countdown-gym play`: a person at the board."""

from __future__ import annotations

import io
import sys
from itertools import count
from typing import Annotated

import numpy as np
import typer

from countdown_gym.checking import judge
from countdown_gym.cli.options import FamilyName, Parameters, family_of
from countdown_gym.cli.rules_told import told
from countdown_gym.cli.screen import OUT, say
from countdown_gym.errors import InvalidParameterError
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.solution import solution
from countdown_gym.splits import Split, puzzle_at


def play(
    family: FamilyName = "three_to_four",
    param: Parameters = None,
    seed: Annotated[
        int | None, typer.Option(help="Which puzzles; a fresh choice if left out.")
    ] = None,
) -> None:
    """Play in the terminal, puzzle after puzzle, until Ctrl-D or Ctrl-C."""
    drawn_by = family_of(family, param)
    chosen = int(np.random.default_rng().integers(2**31)) if seed is None else seed
    if chosen < 0:
        raise InvalidParameterError(f"seed must not be negative, got {chosen}")
    _accept_any_bytes()
    say(f"Countdown: {family}, seed {chosen}; {told(drawn_by.rules)}")
    say("Type an expression. An empty line gives up and shows a solution. Ctrl-D ends.", "dim")
    solved = seen = 0
    try:
        for index in count():
            puzzle = puzzle_at(drawn_by, Split.TRAIN, chosen, index)
            _show_board(puzzle)
            seen += 1
            solved += _attempts(puzzle)
    except (EOFError, KeyboardInterrupt):
        say(f"\nSolved {solved} of {seen}. Goodbye.")


def _attempts(puzzle: Puzzle) -> bool:
    """Judge one line after another until the puzzle is solved (True) or given up (False)."""
    while line := OUT.input("> ").strip():
        verdict = judge(puzzle, line, convention="whole_text").verdict
        if verdict.solved:
            say("Solved!", "bold green")
            return True
        say(f"{verdict.fault}: {verdict.detail}", "red")
    found = solution(puzzle)
    say(f"{found} = {puzzle.target}" if found is not None else "No solution is known.")
    return False


def _show_board(puzzle: Puzzle) -> None:
    board = " ".join(f"[{number}]" for number in puzzle.numbers)
    say(f"\n  {board}  make  {puzzle.target}", "bold")


def _accept_any_bytes() -> None:
    """Let what is typed be read whatever it is, so that it ends as a verdict."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
