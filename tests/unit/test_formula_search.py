"""What formulas of a board come to, against brute force and against what is published."""

from __future__ import annotations

from fractions import Fraction
from itertools import count

import pytest

from countdown_gym.checking import check
from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Operator
from countdown_gym.formula_parsing import FormulaAnswer
from countdown_gym.formula_values import NoValueError, applied, combined
from countdown_gym.formulas import Extra
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.solver.formula_search import MAX_SEARCHED_BITS, formulas
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.solution import solution

ALL = Rules(extras=frozenset(Extra))
WITHOUT_POINT = Rules(extras=frozenset(Extra) - {Extra.DECIMAL_POINT})


def test_the_four_operations_reach_what_the_encyclopedia_of_sequences_lists() -> None:
    plain = formulas(Rules(extras=frozenset({Extra.NEGATION})), (4,) * 4)
    listed = "0 1 2 3 4 5 6 7 8 9 12 15 16 17 20 24 28 32 36 48 60 64 68 80 128 256"  # A171827
    assert [n for n in plain if n >= 0] == [int(number) for number in listed.split()]


@pytest.mark.parametrize(("digit", "last"), [(2, 30), (4, 72), (5, 38)])
def test_every_extra_reaches_as_far_as_norvig_found(digit: int, last: int) -> None:
    found = formulas(ALL, (digit,) * 4)
    assert next(n for n in count() if n not in found) == last + 1


@pytest.mark.slow
def test_four_nines_reach_farther_than_where_roots_nest_only_twice() -> None:
    found = formulas(ALL, (9,) * 4)
    assert next(n for n in count() if n not in found) == 103  # Norvig, two in a row: 62


def test_which_targets_four_fours_reach() -> None:
    found = formulas(WITHOUT_POINT, (4,) * 4)
    missing = "39 53 55 57 59 61 67 69 71 73 75 77 79 83 85 87 89 91"
    assert [n for n in range(101) if n not in found] == [int(number) for number in missing.split()]
    pointed = formulas(ALL, (4,) * 4)
    assert [n for n in range(101) if n not in pointed] == [73, 77, 87]


@pytest.mark.parametrize("numbers", [(4, 4, 4, 4), (1, 2, 3), (0, 5, 5), (9, 3)])
@pytest.mark.parametrize("extras", [list(Extra), ["power", "root"], ["concatenation"]])
def test_the_referee_confirms_whatever_is_found(
    numbers: tuple[int, ...], extras: list[str]
) -> None:
    rules = Rules.from_dict({"extras": extras})
    found = formulas(rules, numbers)
    assert found
    small = [target for target in found if abs(target) <= 10**9]
    for target in [*small[:: max(1, len(small) // 60)], *(n for n in range(101) if n in found)]:
        verdict = check(Puzzle(numbers, target, rules), FormulaAnswer(found[target]))
        assert verdict.solved, (target, str(found[target]), verdict)


def values(numbers: tuple[int, ...], nesting: int) -> set[Fraction]:
    """Return what numbers in any order come to, each result under so many roots and factorials."""
    found = {Fraction(numbers[0])} if len(numbers) == 1 else set()
    for mask in range(1, 2 ** len(numbers) - 1):
        left = tuple(n for i, n in enumerate(numbers) if mask >> i & 1)
        right = tuple(n for i, n in enumerate(numbers) if not mask >> i & 1)
        for one in values(left, nesting):
            for other in values(right, nesting):
                for sign in (*Operator, Extra.POWER):
                    found |= results(sign, one, other)
    for _ in range(nesting):
        for value in list(found):
            for extra in (Extra.ROOT, Extra.FACTORIAL, Extra.NEGATION):
                found |= results(extra, value)
    return found


def results(sign: Operator | Extra, *operands: Fraction) -> set[Fraction]:
    try:
        value = combined(sign, *operands) if len(operands) == 2 else applied(sign, *operands)  # type: ignore[arg-type]
    except NoValueError:
        return set()
    too_long = (
        value is None
        or max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_SEARCHED_BITS
    )
    return set() if value is None or too_long else {value}


@pytest.mark.parametrize("numbers", [(4, 4), (2, 3), (1, 9), (0, 3), (4, 4, 4), (1, 2, 3)])
def test_nothing_is_missed_that_brute_force_finds(numbers: tuple[int, ...]) -> None:
    extras = [Extra.POWER, Extra.ROOT, Extra.FACTORIAL, Extra.NEGATION]
    found = formulas(Rules(extras=frozenset(extras)), numbers)
    reached = {int(v) for v in values(numbers, 2 if len(numbers) == 2 else 1) if v.denominator == 1}
    assert reached <= found.keys()
    assert len(reached) > 5


def test_without_minus_signs_signed_values_are_searched() -> None:
    found = formulas(Rules(extras=frozenset({Extra.FACTORIAL})), (3, 4))
    assert str(found[-1]) == "3 - 4"
    assert str(found[-18]) == "3! - 4!"
    assert -24 not in found  # of 4! and 3 nothing negative is made but by taking away


def test_order_and_the_choice_of_numbers_are_the_rules() -> None:
    ordered = Rules(keep_order=True, extras=frozenset({Extra.CONCATENATION}))
    assert 12 in formulas(ordered, (1, 2))
    assert 21 not in formulas(ordered, (1, 2))
    subset = Rules(use_all=False, extras=frozenset({Extra.CONCATENATION}))
    assert {1, 2, 12, 21} <= formulas(subset, (1, 2)).keys()


def test_a_solution_is_found_under_any_rules() -> None:
    assert str(solution(Puzzle((4,) * 4, 0, ALL))) == "44 - 44"
    assert solution(Puzzle((4,) * 4, 73, ALL)) is None
    plain = solution(Puzzle((3, 3, 8, 8), 24))
    assert str(plain) == "8 / (3 - 8 / 3)"


def test_the_oracle_says_whom_to_ask() -> None:
    with pytest.raises(InvalidParameterError, match=r"rules with root ask .*solver\.solution"):
        Oracle(Rules(extras=frozenset({Extra.ROOT})))
    with pytest.raises(InvalidParameterError, match="at most 4 numbers"):
        formulas(ALL, (4,) * 5)
