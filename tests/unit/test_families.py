"""How puzzles are drawn, and how far a family's knobs reach."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from countdown_gym.errors import ExhaustedError, InvalidParameterError, UnknownNameError
from countdown_gym.families import (
    FAMILIES,
    MakeTen,
    NNumbers,
    Television,
    ThreeToFour,
    TwentyFour,
    make_family,
)
from countdown_gym.families.family import MAX_PROPOSALS, Family
from countdown_gym.puzzles import Intermediates, Puzzle, Rules
from countdown_gym.solver.grading import grade
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.television import TILES


def drawn(family: Family, count: int, seed: int = 0) -> list[Puzzle]:
    rng = np.random.default_rng(seed)
    return [family.draw(rng) for _ in range(count)]


GOLDEN = [
    ((93, 19, 12, 14), 76),
    ((27, 43, 54, 66), 50),
    ((13, 4, 86, 41), 15),
    ((12, 9, 7, 4), 24),
    ((3, 11, 9, 12), 24),
]
SMALL = NNumbers(min_numbers=2, max_numbers=3, largest=9, min_target=1, max_target=20)


def test_the_language_model_setting_is_that_of_the_papers() -> None:
    puzzles = drawn(ThreeToFour(), 30)
    assert {len(puzzle.numbers) for puzzle in puzzles} == {3, 4}
    assert all(1 <= n <= 99 for puzzle in puzzles for n in puzzle.numbers)
    assert all(10 <= puzzle.target <= 100 for puzzle in puzzles)
    assert {puzzle.rules for puzzle in puzzles} == {Rules()}


def test_the_game_of_24_is_four_cards() -> None:
    puzzles = drawn(TwentyFour(), 30)
    assert {(len(puzzle.numbers), puzzle.target) for puzzle in puzzles} == {(4, 24)}
    assert all(1 <= n <= 13 for puzzle in puzzles for n in puzzle.numbers)


def test_television_draws_six_tiles_without_putting_any_back() -> None:
    puzzles = drawn(Television(), 50)
    assert all(len(puzzle.numbers) == 6 for puzzle in puzzles)
    assert not any(Counter(puzzle.numbers) - Counter(TILES) for puzzle in puzzles)
    assert all(101 <= puzzle.target <= 999 for puzzle in puzzles)
    assert len({puzzle.numbers.index(max(puzzle.numbers)) for puzzle in puzzles}) > 1


@pytest.mark.parametrize("large", range(5))
def test_television_draws_as_many_large_tiles_as_asked(large: int) -> None:
    for puzzle in drawn(Television(large_tiles=large), 10):
        assert sum(number > 10 for number in puzzle.numbers) == large
        assert len(puzzle.numbers) == 6


def test_television_puzzles_are_solvable_or_not_as_asked() -> None:
    def solvable(family: Television) -> set[bool]:
        rules = family.rules
        return {Oracle(rules).solvable(p.numbers, p.target) for p in drawn(family, 60)}

    assert solvable(Television()) == {True}
    assert solvable(Television(solvable=False, large_tiles=0)) == {False}
    assert solvable(Television(solvable=None, large_tiles=0)) == {True, False}


@pytest.mark.parametrize(
    "parameters",
    [
        {"min_target": 100},
        {"max_target": 1000},
        {"min_target": 300, "max_target": 299},
        {"large_tiles": 5},
        {"large_tiles": True},
        {"solvable": 1},
    ],
)
def test_television_refuses_what_is_not_the_game(parameters: dict[str, int]) -> None:
    with pytest.raises(InvalidParameterError, match=next(iter(parameters)).split("_")[-1]):
        make_family("television", parameters)


def test_make_ten_is_four_digits_in_their_order() -> None:
    puzzles = drawn(MakeTen(), 30)
    assert {(len(puzzle.numbers), puzzle.target) for puzzle in puzzles} == {(4, 10)}
    assert {n for puzzle in puzzles for n in puzzle.numbers} == set(range(10))
    assert {puzzle.rules for puzzle in puzzles} == {Rules(keep_order=True)}


class Doubled(NNumbers):
    """Draws twice and keeps the second; nobody else grades its puzzles."""

    def draw(
        self, rng: np.random.Generator, wanted: Callable[[Puzzle], bool] | None = None
    ) -> Puzzle:
        super().draw(rng, wanted)
        return super().draw(rng, wanted)

    def finish(self, puzzle: Puzzle) -> Puzzle:
        assert puzzle.grading is None
        return puzzle


def test_a_family_that_draws_or_finishes_in_its_own_way_does_so_for_many_too() -> None:
    family = Doubled(max_numbers=3)
    ahead = family.draw_ahead([np.random.default_rng(seed) for seed in range(3)], 5)
    found = [puzzle for (puzzle,) in ahead]
    assert found == [drawn(NNumbers(max_numbers=3), 2, seed)[1] for seed in range(3)]
    assert [puzzle.grade for puzzle in found] == [None] * 3


def test_proposals_reach_both_ends_of_every_range() -> None:
    family = NNumbers(2, 3, smallest=4, largest=6, min_target=-1, max_target=1)
    rng = np.random.default_rng(0)
    proposals = [family.propose(rng) for _ in range(300)]
    assert {len(puzzle.numbers) for puzzle in proposals} == {2, 3}
    assert {n for puzzle in proposals for n in puzzle.numbers} == {4, 5, 6}
    assert {puzzle.target for puzzle in proposals} == {-1, 0, 1}


@pytest.mark.parametrize(
    "family",
    [
        replace(SMALL, operators="+-"),
        replace(SMALL, use_all=False),
        replace(SMALL, keep_order=True),
        replace(SMALL, intermediates="positive_integers"),
        replace(SMALL, largest_intermediate=12),
    ],
)
def test_every_rule_is_handed_to_the_puzzles_and_to_the_oracle(family: NNumbers) -> None:
    for puzzle in drawn(family, 10):
        assert puzzle.rules == family.rules != Rules()
        assert Oracle(family.rules).solvable(puzzle.numbers, puzzle.target)


def test_rules_are_read_from_json_values() -> None:
    family = make_family("n_numbers", {"operators": "-+", "intermediates": "naturals"})
    assert family.rules == Rules(frozenset("+-"), intermediates=Intermediates.NATURALS)  # type: ignore[arg-type]


def test_an_unsolvable_proposal_is_refused() -> None:
    assert not SMALL.certifies(Puzzle((1, 1), 20))
    assert SMALL.certifies(Puzzle((4, 5), 20))


def test_the_number_of_solutions_can_be_bounded() -> None:
    at_most_one = replace(SMALL, max_solutions=1)
    counts = [Oracle(Rules()).count_solutions(p.numbers, p.target) for p in drawn(SMALL, 40)]
    unique = [Oracle(Rules()).count_solutions(p.numbers, p.target) for p in drawn(at_most_one, 40)]
    assert max(counts) > 1
    assert set(unique) == {1}
    assert not at_most_one.certifies(Puzzle((1, 1), 20))


def test_puzzles_are_chosen_by_their_search_cost_and_carry_their_grade() -> None:
    family = ThreeToFour(min_search_cost=8, max_search_cost=10)
    puzzles = drawn(family, 15)
    assert all(puzzle.grade == grade(puzzle) for puzzle in puzzles)
    assert all(8 <= grade(puzzle).search_cost <= 10 for puzzle in puzzles)
    assert not family.certifies(Puzzle((2, 3), 5))
    assert not replace(family, min_search_cost=None, max_search_cost=1).certifies(Puzzle((2, 3), 5))


@pytest.mark.parametrize("max_solutions", [None, 1])
def test_unsolvable_puzzles_come_on_request(max_solutions: int | None) -> None:
    def solvable(wish: bool | None) -> set[bool]:
        family = replace(SMALL, solvable=wish, max_solutions=max_solutions)
        return {Oracle(family.rules).solvable(p.numbers, p.target) for p in drawn(family, 30)}

    assert solvable(wish=True) == {True}
    assert solvable(wish=False) == {False}
    assert solvable(wish=None) == {True, False}


def test_unsolvable_puzzles_say_so_in_their_grade() -> None:
    family = replace(SMALL, solvable=None, min_search_cost=1)
    solvable = [puzzle.grade.solvable for puzzle in drawn(family, 20) if puzzle.grade]
    assert len(solvable) == 20
    assert set(solvable) == {True, False}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"solvable": "yes"}, "solvable must be true, false or null, got 'yes'"),
        ({"min_search_cost": -1}, "min_search_cost must be finite and at least 0, got -1"),
        ({"max_search_cost": float("inf")}, "max_search_cost must be finite"),
        (
            {"min_search_cost": 9, "max_search_cost": 8},
            "min_search_cost must not exceed max_search_cost, got 9 and 8",
        ),
    ],
)
def test_wishes_that_no_puzzle_meets_are_refused(
    parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        make_family("n_numbers", parameters)


def test_the_puzzles_of_a_seed_are_those_of_the_first_release() -> None:
    puzzles = [*drawn(ThreeToFour(), 3), *drawn(TwentyFour(), 2)]
    assert [(puzzle.numbers, puzzle.target) for puzzle in puzzles] == GOLDEN


def test_a_further_wish_is_asked_before_the_oracle() -> None:
    class Picky(NNumbers):
        asked = 0

        def certifies(self, puzzle: Puzzle) -> bool:
            type(self).asked += 1
            return puzzle.target == 7

    picky = Picky(2, 2, largest=9, min_target=7, max_target=8)
    puzzle = picky.draw(np.random.default_rng(0), lambda puzzle: puzzle.target == 7)
    assert puzzle.target == 7
    assert Picky.asked == 1


def test_a_family_is_named_once_and_found_under_its_name() -> None:
    assert make_family("twenty_four") == TwentyFour()
    assert make_family("n_numbers", {"largest": 9}) == NNumbers(largest=9)
    assert make_family(SMALL) is SMALL
    with pytest.raises(TypeError):
        FAMILIES["mine"] = NNumbers  # type: ignore[index]


def test_giving_up_takes_a_documented_number_of_draws() -> None:
    proposals = 0

    def refuse(_: Puzzle) -> bool:
        nonlocal proposals
        proposals += 1
        return False

    with pytest.raises(ExhaustedError, match=f"no puzzle in {MAX_PROPOSALS:,} draws"):
        # solvable or not, so that every proposal comes before the condition
        replace(SMALL, solvable=None).draw(np.random.default_rng(0), refuse)
    assert proposals == MAX_PROPOSALS


def test_four_fours_draws_only_targets_that_a_formula_reaches() -> None:
    family = make_family("four_fours")
    drawn = {family.draw(np.random.default_rng(seed)).target for seed in range(600)}
    assert len(drawn) >= 80  # of 83
    assert not drawn & {39, 53, 73}
    pointed = make_family("four_fours", {"extras": "decimal_point root factorial concatenation"})
    assert pointed.certifies(Puzzle((4, 4, 4, 4), 39, pointed.rules))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"digit": 0}, "digit must be a whole number from 1 to 9"),
        ({"count": 5}, "count must be a whole number from 2 to 4"),
        ({"min_target": 5, "max_target": 4}, "max_target must be a whole number from 5"),
        ({"extras": ""}, "extras must be names among power"),
        ({"extras": ["power"]}, "extras must be names among power"),
        ({"extras": "powers"}, "did you mean 'power'"),
        ({"operators": "+%"}, "unknown operator '%'"),
    ],
)
def test_four_fours_refuses_what_it_cannot_certify(
    parameters: dict[str, object], message: str
) -> None:
    with pytest.raises((InvalidParameterError, UnknownNameError), match=re.escape(message)):
        make_family("four_fours", parameters)
