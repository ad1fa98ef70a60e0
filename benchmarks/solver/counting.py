"""Counting distinct solutions of television instances, beside bennorth's evaluator.

Parameter: `bennorth`, the program `evaluator-cli` built of bennorth/countdown-numbers-solver.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping

import numpy as np

from benchmarks.contest import Entry
from benchmarks.solver.analysis import OURS
from countdown_gym.expressions import Expression, Number, value
from countdown_gym.solver import television
from countdown_gym.solver.oracle import Oracle

WORK = "distinct solutions of one television instance"
Question = tuple[tuple[int, ...], int]


def counting(parameters: Mapping[str, str]) -> Iterator[Entry]:
    """Yield: how many distinct solutions, one television instance after another.

    Raises:
        SystemExit: If the other program finds other solutions, where both mean the same.
    """
    asked = questions(100)
    oracle = Oracle(television.RULES)

    def ours() -> list[int]:
        return [oracle.count_solutions(*question) for question in asked]

    yield Entry(WORK, OURS, len(asked), ours, comparable=False)
    if "bennorth" in parameters:
        program = parameters["bennorth"]
        for question in asked:
            same = sum(not multiplies_by_one(each) for each in oracle.solutions(*question))
            found = bennorth(program, question)
            if found != same:
                raise SystemExit(f"{WORK}: {question} has {same} solutions, bennorth finds {found}")
        yield Entry(
            WORK,
            "bennorth's evaluator",
            len(asked),
            lambda: [bennorth(program, question) for question in asked],
            comparable=False,
        )


def questions(count: int) -> list[Question]:
    """Draw boards of six different tiles, since equal tiles are counted apart elsewhere."""
    draw = np.random.default_rng(7)
    tiles = sorted(set(television.TILES))
    return [
        (tuple(draw.choice(tiles, 6, replace=False).tolist()), target)
        for target in draw.integers(101, 1000, count).tolist()
    ]


def bennorth(program: str, question: Question) -> int:
    """Return how many solutions the evaluator prints."""
    board, target = question
    arguments = [program, str(target), *map(str, board)]
    printed = subprocess.run(arguments, stdout=subprocess.PIPE, check=True)  # noqa: S603 - the program that the user named
    return printed.stdout.count(b"\n")


def multiplies_by_one(expression: Expression) -> bool:
    """Whether some product has a factor worth 1, or is divided by one."""
    if isinstance(expression, Number):
        return False
    if expression.operator.precedence == 2 and any(
        value(factor) == 1 for factor in factors(expression)
    ):
        return True
    return multiplies_by_one(expression.left) or multiplies_by_one(expression.right)


def factors(expression: Expression) -> Iterator[Expression]:
    """Yield what a product multiplies and divides by, nested products opened."""
    if isinstance(expression, Number) or expression.operator.precedence == 1:
        yield expression
    else:
        yield from factors(expression.left)
        yield from factors(expression.right)
