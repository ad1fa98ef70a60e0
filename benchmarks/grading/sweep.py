"""What is measured: searches played out on graded puzzles, and people's games of 24."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from countdown_gym.families import make_family
from countdown_gym.puzzles import Rules
from countdown_gym.solver.random_search import nodes_visited
from countdown_gym.solver.search_cost import search_cost
from countdown_gym.solver.search_curve import success_curve
from countdown_gym.splits import generator, puzzles

Row = Mapping[str, Any]
"""Plain JSON values."""
PARAMETERS = ("people",)
"""`people`: a file of games of 24 with people's solve rates; see `measure_people`."""
BUDGETS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0)
"""How many nodes searches are given, in multiples of the puzzle's expected number: spread so that
success is rarely certain either way, which would flatter any prediction."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A family of puzzles and how much is played on it."""

    name: str
    """What rows and tables call it."""
    family: str
    """A name in `FAMILIES`."""
    parameters: Mapping[str, Any]
    """Fields of the family that differ from their defaults."""
    puzzle_count: int = 200
    """How many puzzles of the test split."""
    searches: int = 100
    """How many searches on each."""
    seed: int = 0
    """Says which puzzles and which searches."""


def sweep(parameters: Mapping[str, str]) -> Iterator[Row]:
    """Yield a row for each puzzle of each setting, and for each game of people's if given."""
    for setting in settings():
        yield from measure(setting)
    if "people" in parameters:
        yield from measure_people(Path(parameters["people"]))


def settings() -> tuple[Setting, ...]:
    """Return the settings: rules of every kind, up to four numbers."""
    television = {"use_all": False, "intermediates": "positive_integers", "max_target": 300}
    digits = {"smallest": 0, "largest": 9, "min_target": 10, "max_target": 10}
    return (
        Setting("language models", "three_to_four", {}),
        Setting("game of 24", "twenty_four", {}),
        Setting("television rules", "n_numbers", television),
        Setting("digits in order", "n_numbers", {**digits, "min_numbers": 4, "keep_order": True}),
    )


def measure(setting: Setting) -> Iterator[Row]:
    """Yield a row for each puzzle: what was predicted, and what came of the searches."""
    family = make_family(setting.family, setting.parameters)
    drawn = puzzles(family, "test", setting.seed, setting.puzzle_count)
    for index, puzzle in enumerate(drawn):
        asked = (puzzle.rules, puzzle.numbers, puzzle.target)
        cost, curve = search_cost(*asked).cost, success_curve(*asked)
        budgets = np.maximum(1, np.rint(np.array(BUDGETS) * 2**cost)).astype(int)
        rng = generator(setting.seed + 1, "test", index)
        nodes = np.array([nodes_visited(*asked, rng) for _ in range(setting.searches)])
        yield {
            "setting": setting.name,
            "numbers": list(puzzle.numbers),
            "target": puzzle.target,
            "search_cost": cost,
            "mean_nodes": float(nodes.mean()),
            "standard_error": float(nodes.std(ddof=1)) / len(nodes) ** 0.5,
            "searches": len(nodes),
            "budgets": budgets.tolist(),
            "predicted": curve[np.minimum(budgets, len(curve) - 1)].tolist(),
            "from_mean_alone": (1 - (1 - 2**-cost) ** budgets).tolist(),
            "succeeded": [int((nodes <= budget).sum()) for budget in budgets],
        }


def measure_people(path: Path) -> Iterator[Row]:
    """Yield a row for each game of 24 that people played: its search cost and how they did.

    Args:
        path: A CSV file with the columns `Puzzles` (four numbers), `Solved rate` (in percent) and
            `AMT (s)` (mean seconds), such as `src/tot/data/24/24.csv` of
            https://github.com/princeton-nlp/tree-of-thought-llm.
    """
    with path.open(encoding="utf-8", newline="") as file:
        for game in csv.DictReader(file):
            numbers = tuple(int(number) for number in game["Puzzles"].split())
            yield {
                "setting": "people",
                "numbers": list(numbers),
                "target": 24,
                "search_cost": search_cost(Rules(), numbers, 24).cost,
                "solve_rate": float(game["Solved rate"].rstrip("%")) / 100,
                "seconds": float(game["AMT (s)"]),
            }
