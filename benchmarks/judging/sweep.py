"""Which completions are judged, by us and by whoever else is at hand.

Parameters, all optional: `reasoning-gym` and `math-verify`, the folders of packages that hold them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.contest import Entry
from benchmarks.exploits.sweep import Checker, math_verify, plain_eval, reasoning_gym
from benchmarks.judging.analysis import CONFIRMED, EVAL, OURS
from countdown_gym.checking import judge
from countdown_gym.expressions import Expression, Operation, Operator, value
from countdown_gym.families import make_family
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.oracle import Oracle
from countdown_gym.splits import puzzles

PARAMETERS = ("reasoning-gym", "math-verify")
PUZZLES = 200
CHARS = 900


@dataclass(frozen=True, slots=True)
class Work:
    """Completions to judge."""

    name: str
    asked: tuple[tuple[Puzzle, str], ...]


def sweep(parameters: Mapping[str, str]) -> Iterator[Entry]:
    """Yield every judge that the parameters allow, for right and for wrong answers."""
    judges: dict[str, tuple[Checker, int]] = {  # and how many of the completions each round
        OURS: (partial(_ours, confirm=False), PUZZLES),
        CONFIRMED: (partial(_ours, confirm=True), PUZZLES),
        EVAL: (plain_eval, PUZZLES),
    }
    if "reasoning-gym" in parameters:
        sys.path.append(parameters["reasoning-gym"])
        judges["reasoning-gym"] = (reasoning_gym(), PUZZLES // 4)
    if "math-verify" in parameters:
        sys.path.append(parameters["math-verify"])
        judges["math-verify"] = (math_verify(), PUZZLES // 20)
    for work in (right_answers(), wrong_answers()):
        for name, (check, count) in judges.items():
            times = 5 if count == PUZZLES else 1  # the quick ones are done too soon to be timed
            yield Entry(work.name, name, count * times, partial(_play, check, work, count, times))


def right_answers() -> Work:
    """Return completions that end with a solution."""
    asked = tuple((puzzle, completion(puzzle, answer)) for puzzle, answer in solved())
    return Work("a right answer", asked)


def wrong_answers() -> Work:
    """Return completions that end with a legal expression of another value."""
    asked = []
    for puzzle, answer in solved():
        wrong = next(
            each for each in neighbours(answer) if _worth(each) not in (None, puzzle.target)
        )
        asked.append((puzzle, completion(puzzle, wrong)))
    return Work("a legal answer that misses", tuple(asked))


def solved() -> Iterator[tuple[Puzzle, Expression]]:
    """Yield puzzles of three or four numbers, each with a solution."""
    for puzzle in puzzles(make_family("three_to_four"), "test", 0, PUZZLES):
        answer = Oracle(puzzle.rules).solve(puzzle.numbers, puzzle.target)
        if answer is not None:
            yield puzzle, answer


def neighbours(expression: Expression) -> Iterator[Expression]:
    """Yield expressions that differ in the last operator."""
    if isinstance(expression, Operation):
        for operator in Operator:
            yield Operation(operator, expression.left, expression.right)


def completion(puzzle: Puzzle, answer: Expression) -> str:
    """Return `CHARS` characters that think aloud and give an answer."""
    rng = np.random.default_rng(puzzle.numbers)
    end = f"</think>\n<answer>{answer}</answer>"
    text = f"<think>I have {list(puzzle.numbers)} and need {puzzle.target}."
    while len(text) + len(end) < CHARS:
        a, b = rng.choice(puzzle.numbers, 2)
        text += f" {a} - {b} = {a - b}, that is not {puzzle.target}. {a} + {b} = {a + b}, no."
    return text[: CHARS - len(end)] + end


def _ours(puzzle: Puzzle, text: str, *, confirm: bool) -> bool:
    return judge(puzzle, text, confirm=confirm).verdict.solved


def _play(check: Checker, work: Work, count: int, times: int) -> bool:
    """Return whether all were found to be right; they are all right or all wrong.

    Raises:
        SystemExit: If some are found to be right and others not.
    """
    found = {check(puzzle, text) for _ in range(times) for puzzle, text in work.asked[:count]}
    if len(found) != 1:
        raise SystemExit(f"{work.name}: found right in some cases and not in others")
    return found.pop()


def _worth(expression: Expression) -> object:
    try:
        return value(expression)
    except ZeroDivisionError:
        return None
