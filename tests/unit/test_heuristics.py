"""The two heuristics of Stream of Search, against values worked by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from countdown_agents.search import Budget, Exploration
from countdown_agents.search.heuristics import make_heuristic
from countdown_gym.errors import UnknownNameError
from countdown_gym.puzzles import Puzzle, Rules


def far(heuristic: str, target: int, *values: int | Fraction) -> Fraction:
    return make_heuristic(heuristic, target).score([Fraction(value) for value in values])


def test_the_sum_heuristic_is_the_mean_distance_from_the_target() -> None:
    assert far("sum", 32, 25, 30, 3, 4) == Fraction(7 + 2 + 29 + 28, 4)
    assert far("sum", 32, 40) == 8
    assert far("sum", 2, Fraction(1, 3), -1) == Fraction(14, 6)


@pytest.mark.parametrize(
    ("values", "distance"),
    [
        ((12,), 0),  # factors of 12: 2, 3, 4, 6, 12
        ((5, 7), 2),
        ((1, 10, 20), 1 + 2 + 8),
        ((0, -3), 2 + 5),
        ((Fraction(7, 2),), Fraction(1, 2)),
    ],
)
def test_the_multiply_heuristic_sums_the_distances_from_the_nearest_factors(
    values: tuple[int | Fraction, ...], distance: int
) -> None:
    assert far("multiply", 12, *values) == distance


@pytest.mark.parametrize(
    ("target", "number", "distance"),
    [
        (7, 3, 4),  # 7 is its own only factor from 2 upwards
        (49, 9, 2),
        (1, 4, 3),
        (0, 4, 4),
        (-1, 4, 5),
        (-6, 4, 1),
        (-6, -5, 1),
        (10**9, 31_623, 373),  # the nearest factor is 31,250
    ],
)
def test_every_target_has_factors(target: int, number: int, distance: int) -> None:
    assert far("multiply", target, number) == distance


def test_an_unknown_heuristic_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'multiply'"):
        make_heuristic("multipy", 1)


@pytest.mark.parametrize("heuristic", ["sum", "multiply"])
@pytest.mark.parametrize("rules", [Rules(), Rules(keep_order=True, use_all=False)], ids=str)
def test_successors_are_scored_as_their_values_are(heuristic: str, rules: Rules) -> None:
    exploration = Exploration(Puzzle((25, 3, 30, 4), 36, rules), Budget())
    chosen = make_heuristic(heuristic, 36)
    scored = chosen.scored(exploration.expand(exploration.root))
    assert scored
    for score, node in scored:
        assert score == chosen.score(node.values)
