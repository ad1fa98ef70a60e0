"""What a grade says, and how puzzles carry it."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from math import log2

import pytest

from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.grades import Grade
from countdown_gym.puzzles import Intermediates, Puzzle, Rules
from countdown_gym.solver import search_cost as search_cost_module
from countdown_gym.solver import search_walk
from countdown_gym.solver.grading import grade, graded
from countdown_gym.solver.search_cost import estimated_search_cost, search_cost
from countdown_gym.solver.search_curve import success_curve
from countdown_gym.solver.value_moves import ValueMoves
from countdown_gym.splits import split_of

FRACTIONS = Puzzle((3, 3, 8, 8), 24)
IMPOSSIBLE = Puzzle((1, 1, 1, 1), 24)
TELEVISION = Rules(use_all=False, intermediates=Intermediates.POSITIVE_INTEGERS)


def test_two_threes_and_two_eights_make_24_only_through_a_fraction() -> None:
    found = grade(FRACTIONS)
    assert (found.solvable, found.unique, found.needs_fraction) == (True, True, True)
    assert (found.numbers, found.fewest_operations, found.fewest_products) == (4, 3, 2)
    assert found.largest_intermediate == 24
    assert found.search_cost_error == 0


def test_an_unsolvable_puzzle_costs_its_whole_tree() -> None:
    whole_tree = log2(1 + 5)  # the board, and the values 3, -1, 1, 2 = 1 * 2 = 2 / 1 and 1/2
    assert grade(Puzzle((1, 2), 24)) == Grade(False, None, whole_tree, 0, 2, None, None, None, None)


def test_a_solution_without_operations_costs_nothing() -> None:
    found = grade(Puzzle((7, 3), 7, TELEVISION))
    assert (found.search_cost, found.fewest_operations, found.largest_intermediate) == (0, 0, 0)


def test_a_search_among_three_moves_is_worked_out_by_hand() -> None:
    # 2 + 3, 2 * 3, 3 - 2; none but the first makes 5: in expectation one of the others comes first
    rules = Rules(intermediates=Intermediates.POSITIVE_INTEGERS)
    assert 2 ** search_cost(rules, (2, 3), 5).cost == pytest.approx(1 + 1 + 1)
    assert list(success_curve(rules, (2, 3), 5)) == pytest.approx([0, 0, 1 / 3, 2 / 3, 1, 1])


def test_a_tree_too_large_to_walk_is_estimated_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact = search_cost(Rules(), (2, 3, 5, 7, 11), 24)
    monkeypatch.setattr(search_walk, "MAX_NODES", 1_000)
    assert search_cost(Rules(), (2, 3, 5, 7, 11), 24) == pytest.approx(exact)
    monkeypatch.setattr(search_cost_module, "MAX_EXACT_NODES", 1_000)
    found = search_cost(Rules(), (2, 3, 5, 7, 11), 24)
    assert found.error > 0 == exact.error
    assert abs(found.cost - exact.cost) < 4 * found.error
    assert found == search_cost(Rules(), (2, 3, 5, 7, 11), 24)
    assert found != estimated_search_cost(Rules(), (2, 3, 5, 7, 11), 24, seed=1)


PROGRAM = """
from countdown_gym.puzzles import Rules
from countdown_gym.solver.search_cost import estimated_search_cost, search_cost
print(estimated_search_cost(Rules(), (2, 3, 5, 7, 11), 24, samples=4))
print(search_cost(Rules(), (3, 5, 7, 11), 24))
"""


def test_costs_are_the_same_in_every_process() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_a_curve_is_refused_where_it_would_take_too_long() -> None:
    with pytest.raises(InvalidParameterError, match="at most 5,000 nodes, got up to 274,381"):
        success_curve(Rules(), (1, 2, 3, 4, 5), 24)


@pytest.mark.parametrize("puzzle", [FRACTIONS, IMPOSSIBLE])
def test_grades_survive_json(puzzle: Puzzle) -> None:
    found = grade(puzzle)
    assert Grade.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    carried = graded(puzzle)
    again = Puzzle.from_dict(json.loads(json.dumps(carried.to_dict())))
    assert again == puzzle
    assert again.grade == carried.grade == found


def test_a_grade_tells_no_two_puzzles_apart() -> None:
    carried = graded(FRACTIONS)
    assert carried == FRACTIONS
    assert hash(carried) == hash(FRACTIONS)
    assert carried.content_hash == FRACTIONS.content_hash
    assert split_of(carried) is split_of(FRACTIONS)
    assert repr(carried) == repr(FRACTIONS)
    assert graded(carried) is carried
    assert "grade" not in FRACTIONS.to_dict()


def test_a_grade_is_worked_out_once_when_it_is_read() -> None:
    asked: list[Puzzle] = []

    def grader(puzzle: Puzzle) -> Grade:
        asked.append(puzzle)
        return grade(puzzle)

    puzzle = replace(FRACTIONS, grading=grader)
    assert (puzzle, hash(puzzle), repr(puzzle)) == (FRACTIONS, hash(FRACTIONS), repr(FRACTIONS))
    assert not asked
    assert puzzle.grade is puzzle.grade
    assert puzzle.to_dict()["grade"] == grade(FRACTIONS).to_dict()
    assert asked == [puzzle]
    other = replace(puzzle, target=10)  # another puzzle has another grade
    assert other.grade == grade(other) != puzzle.grade


def test_a_carried_grade_goes_to_other_processes() -> None:
    carried = graded(FRACTIONS)
    before = pickle.loads(pickle.dumps(carried))  # noqa: S301 - written a moment ago
    assert carried.grade == before.grade == grade(FRACTIONS)
    after = pickle.loads(pickle.dumps(carried))  # noqa: S301
    assert after.grade == carried.grade


def test_a_board_too_large_to_list_has_no_grade() -> None:
    assert graded(Puzzle((1, 2, 3, 4, 5, 6, 7), 24)).grade is None
    assert graded(Puzzle((1, 2, 3, 4, 5, 6, 7), 24, Rules(keep_order=True))).grade is not None


@pytest.mark.parametrize(
    "puzzle",
    [
        FRACTIONS,
        IMPOSSIBLE,
        Puzzle((2, 3, 5, 7, 11), 24),
        Puzzle((9, 9, 9, 9, 9), 24, Rules(keep_order=True)),
        Puzzle((1, 3, 25, 50, 75), 952, TELEVISION),
        Puzzle((0, 0, 4, 6, 9), 24, Rules(largest_intermediate=60)),
        Puzzle((0, 1, 5, 5), 26, Rules(operators="+*/", intermediates="integers")),  # type: ignore[arg-type]  # converts
    ],
)
def test_the_compiled_walk_grades_as_the_solutions_do(
    puzzle: Puzzle, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked = grade.__wrapped__(puzzle)
    monkeypatch.setattr(search_walk, "MAX_NODES", 0)
    listed = grade.__wrapped__(puzzle)
    assert walked.search_cost == pytest.approx(listed.search_cost)
    assert replace(walked, search_cost=0.0) == replace(listed, search_cost=0.0)


def test_numbers_that_might_overflow_are_not_walked() -> None:
    huge = Puzzle((10**9, 10**9, 10**9, 7), 7)
    start = ValueMoves(huge.rules).start(huge.numbers)
    assert search_walk.walk(huge.rules, start, (7, 1)) is None
    assert grade(huge).solvable


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"search_cost": -1.0}, "search_cost must be finite and at least 0, got -1.0"),
        ({"search_cost_error": float("nan")}, "search_cost_error must be finite"),
        ({"numbers": 0}, "numbers must be at least 1, got 0"),
        ({"unique": None}, "unique must be None exactly if"),
        ({"solvable": False}, "must be None exactly if the puzzle is not solvable"),
    ],
)
def test_what_no_puzzle_can_have_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        replace(grade(FRACTIONS), **change)  # type: ignore[arg-type]


def test_reading_a_grade_names_the_wrong_field() -> None:
    fields = grade(FRACTIONS).to_dict()
    with pytest.raises(UnknownNameError, match="did you mean 'unique'"):
        Grade.from_dict({**fields, "uniqe": True})
    del fields["unique"]
    with pytest.raises(InvalidParameterError, match="got no unique"):
        Grade.from_dict(fields)
