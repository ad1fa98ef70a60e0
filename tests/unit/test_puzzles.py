"""Which puzzles and rules there are, and how they are written as JSON."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given

from countdown_gym.expressions import Operator
from countdown_gym.puzzles import MAX_MAGNITUDE, MAX_NUMBERS, Intermediates, Puzzle, Rules
from countdown_gym.solver.grading import grade
from countdown_gym.testing import puzzles, rules


@given(puzzles(rules=rules()))
def test_a_puzzle_survives_json(puzzle: Puzzle) -> None:
    written = json.dumps(puzzle.to_dict())
    assert Puzzle.from_dict(json.loads(written)) == puzzle
    assert json.dumps(Puzzle.from_dict(json.loads(written)).to_dict()) == written


@given(rules())
def test_rules_survive_json(rules: Rules) -> None:
    assert Rules.from_dict(json.loads(json.dumps(rules.to_dict()))) == rules


def test_left_out_fields_take_their_defaults() -> None:
    assert Rules.from_dict({}) == Rules()
    assert Rules.from_dict({"use_all": False}) == Rules(use_all=False)
    television = Rules(use_all=False, intermediates=Intermediates.POSITIVE_INTEGERS)
    fields = {"numbers": [1, 2], "target": 3}
    assert Puzzle.from_dict(fields).rules == Rules()
    assert Puzzle.from_dict(fields, television).rules == television
    assert Puzzle.from_dict(fields | {"rules": {}}, television).rules == Rules()


def test_operators_may_be_a_text_or_a_list() -> None:
    expected = Rules(operators=frozenset({Operator.ADD, Operator.DIVIDE}))
    assert Rules.from_dict({"operators": "/+"}) == expected
    assert Rules.from_dict({"operators": ["+", "/", "+"]}) == expected


def test_the_largest_puzzle_there_is() -> None:
    puzzle = Puzzle((MAX_MAGNITUDE,) * MAX_NUMBERS, -MAX_MAGNITUDE)
    assert Puzzle.from_dict(puzzle.to_dict()) == puzzle


def test_a_list_of_numbers_makes_the_same_puzzle_as_a_tuple() -> None:
    assert Puzzle([1, 2], 3) == Puzzle((1, 2), 3)  # type: ignore[arg-type]
    assert hash(Puzzle([1, 2], 3)) == hash(Puzzle((1, 2), 3))  # type: ignore[arg-type]


def test_content_forgets_the_order_of_the_board_unless_it_is_kept() -> None:
    assert Puzzle((3, 25, 4), 7).content == Puzzle((4, 3, 25), 7).content
    ordered = Rules(keep_order=True)
    assert Puzzle((3, 25, 4), 7, ordered).content != Puzzle((4, 3, 25), 7, ordered).content


def test_content_tells_apart_all_that_makes_another_puzzle() -> None:
    contents = {
        puzzle.content_hash
        for puzzle in (
            Puzzle((1, 2), 3),
            Puzzle((1, 2), 2),
            Puzzle((1, 2, 2), 3),
            Puzzle((12,), 3),
            Puzzle((1, 2), 3, Rules(use_all=False)),
            Puzzle((1, 2), 3, Rules(keep_order=True)),
            Puzzle((1, 2), 3, Rules(operators=frozenset({Operator.ADD}))),
            Puzzle((1, 2), 3, Rules(intermediates=Intermediates.NATURALS)),
            Puzzle((1, 2), 3, Rules(largest_intermediate=9)),
        )
    }
    assert len(contents) == 9


def test_the_content_hash_is_fixed_for_ever() -> None:
    # Splits are cut by this hash: another value moves puzzles from train to test.
    assert Puzzle((25, 30, 3, 4), 32).content_hash == "1602dfd82a61b263"


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_content_hash_is_the_same_in_every_process(hash_seed: str) -> None:
    program = (
        "import sys\n"
        "from countdown_gym.puzzles import Puzzle\n"
        "sys.stdout.write(Puzzle((25, 30, 3, 4), 32).content_hash)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout == Puzzle((25, 30, 3, 4), 32).content_hash


@pytest.mark.parametrize(
    ("kind", "admitted"),
    [
        (Intermediates.POSITIVE_INTEGERS, {5}),
        (Intermediates.NATURALS, {5, 0}),
        (Intermediates.INTEGERS, {5, 0, -5}),
        (Intermediates.RATIONALS, {5, 0, -5, Fraction(1, 2)}),
    ],
)
def test_each_kind_of_intermediates_admits_its_own(
    kind: Intermediates, admitted: set[Fraction | int]
) -> None:
    candidates = (Fraction(5), Fraction(0), Fraction(-5), Fraction(1, 2))
    assert {value for value in candidates if kind.admits(value)} == admitted
    rules = Rules(intermediates=kind)
    assert {value for value in candidates if rules.admit(value)} == admitted
    assert rules.restrict_results == (len(admitted) < 4)


def test_the_largest_intermediate_bounds_the_absolute_value() -> None:
    rules = Rules(largest_intermediate=10)
    assert rules.restrict_results
    assert [v for v in range(-12, 13) if rules.admit(Fraction(v))] == list(range(-10, 11))


def test_rules_show_the_call_that_makes_them() -> None:
    """In one order, so that names which hold them are the same in every process."""
    shown = repr(Rules(operators=frozenset({Operator.SUBTRACT, Operator.ADD}), keep_order=True))
    assert shown == (
        "Rules(operators='+-', use_all=True, keep_order=True, intermediates='rationals', "
        "largest_intermediate=None)"
    )


def test_a_puzzle_of_fit_numbers_is_the_one_that_is_looked_at() -> None:
    ordered = Puzzle.of_fit_numbers((3, 3, 8, 8), 24, Rules(keep_order=True), None)
    assert ordered == Puzzle((3, 3, 8, 8), 24, Rules(keep_order=True))
    assert copy.deepcopy(ordered) == ordered
    assert ordered.grade is None
    assert Puzzle.of_fit_numbers((3, 3, 8, 8), 24, Rules(), grade).grade == grade(
        Puzzle((3, 3, 8, 8), 24)
    )
