"""The referee: the first fault counts, and only what is exactly right is solved."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest

from countdown_gym.checking import Verdict, check, judge
from countdown_gym.errors import UnknownNameError
from countdown_gym.expressions import Operator
from countdown_gym.faults import Fault
from countdown_gym.parsing import parse_answer
from countdown_gym.puzzles import Intermediates, Puzzle, Rules

ARTICLE = Puzzle((25, 30, 3, 4), 32)


def verdict(text: str, puzzle: Puzzle = ARTICLE) -> Verdict:
    return check(puzzle, parse_answer(text))


@pytest.mark.parametrize(
    ("text", "fault", "detail"),
    [
        ("", Fault.NO_ANSWER, "the answer is empty"),
        ("(" * 1000 + ")" * 1000, Fault.TOO_LONG, "2000 characters, at most 512 are read"),
        ("(" * 100, Fault.TOO_DEEP, "parentheses nest deeper than 32"),
        ("thirty-two", Fault.UNREADABLE, "unexpected 't'"),
        ("32", Fault.FOREIGN_NUMBER, "32 not on the board"),
        ("30 + 2 + 5", Fault.FOREIGN_NUMBER, "2, 5 not on the board"),
        ("(30 - 25 + 3) * 4 * 4 / 4", Fault.REUSED_NUMBER, "4 used too often"),
        ("30 + 30 - 25 - 3", Fault.REUSED_NUMBER, "30 used too often"),
        ("(30 - 25 + 3) * 4 + 1", Fault.FOREIGN_NUMBER, "1 not on the board"),
        ("30 + 4 - 3", Fault.UNUSED_NUMBER, "25 left out"),
        ("4", Fault.UNUSED_NUMBER, "3, 25, 30 left out"),
        ("(30 - 25 + 3) * 4 = 33", Fault.FALSE_EQUATION, "32, not 33"),
        ("30 - 25 + 3 * 4", Fault.WRONG_VALUE, "17, not 32"),
        ("30 - 25 + 3 / 4", Fault.WRONG_VALUE, "23/4, not 32"),
        ("30 - 25 + 3 * 4 = 17", Fault.WRONG_VALUE, "17, not 32"),
    ],
)
def test_each_way_to_fail_has_its_own_fault_and_words(text: str, fault: Fault, detail: str) -> None:
    found = verdict(text)
    assert not found.solved
    assert (found.fault, found.detail) == (fault, detail)


@pytest.mark.parametrize(
    "text",
    ["(30 - 25 + 3) * 4", "4 * (3 - (25 - 30))", "(30 - 25 + 3) × 4 = 32", "((30)-25+3)*04"],  # noqa: RUF001
)
def test_an_answer_that_is_exactly_right_is_solved(text: str) -> None:
    assert verdict(text) == Verdict(None, Fraction(32))


FAULTY_IN_EVERY_WAY = (
    # 1 0 2 → 5, in order, no minus, integers: each answer mends the first fault of the one above
    ("", Fault.NO_ANSWER),
    ("((" * 400, Fault.TOO_LONG),
    ("((" * 40, Fault.TOO_DEEP),
    ("7 - 7 +", Fault.UNREADABLE),
    ("7 - 1 = 8", Fault.FORBIDDEN_OPERATOR),
    ("7 + 1 + 1 = 3", Fault.FOREIGN_NUMBER),
    ("1 + 1 = 3", Fault.REUSED_NUMBER),
    ("2 + 1 = 4", Fault.UNUSED_NUMBER),
    ("2 + 1 / 0 = 4", Fault.WRONG_ORDER),
    ("1 / 0 + 2 = 4", Fault.DIVIDES_BY_ZERO),
    ("1 / (0 + 2) = 4", Fault.FORBIDDEN_INTERMEDIATE),
    ("1 + 0 / 2 = 4", Fault.FALSE_EQUATION),
    ("1 + 0 / 2 = 1", Fault.WRONG_VALUE),
)


def test_the_first_fault_in_the_order_of_the_vocabulary_counts() -> None:
    without_minus = frozenset(set(Operator) - {Operator.SUBTRACT})
    rules = Rules(without_minus, keep_order=True, intermediates=Intermediates.INTEGERS)
    puzzle = Puzzle((1, 0, 2), 5, rules)
    faults = [verdict(text, puzzle).fault for text, _ in FAULTY_IN_EVERY_WAY]
    assert faults == [fault for _, fault in FAULTY_IN_EVERY_WAY]
    order = list(Fault)
    places = [order.index(fault) for _, fault in FAULTY_IN_EVERY_WAY]
    assert places == sorted(places)


@pytest.mark.parametrize("text", ["1 / 0", "0 / 0", "1 / (0 * 1)", "0 * (1 / 0)", "1 / (1 / 0)"])
def test_a_division_by_zero_is_never_right_whatever_the_target(text: str) -> None:
    for target in (0, 1):
        found = verdict(text, Puzzle((0, 1, 0, 1), target, Rules(use_all=False)))
        assert found.fault is Fault.DIVIDES_BY_ZERO


def test_a_miss_by_a_hair_is_a_miss() -> None:
    puzzle = Puzzle((5, 1, 100, 99, 98), 5)
    found = verdict("5 + 1 / (100 * 99 * 98)", puzzle)
    assert found.fault is Fault.WRONG_VALUE
    assert found.value == 5 + Fraction(1, 970200)


def test_equal_tiles_are_counted_one_by_one() -> None:
    puzzle = Puzzle((3, 3, 8, 8), 24)
    assert verdict("8 / (3 - 8 / 3)", puzzle).solved
    assert verdict("8 * 3 * 8 / 8", puzzle).detail == "8 used too often"
    assert verdict("8 * 3", puzzle).detail == "3, 8 left out"


def test_where_not_all_must_be_used_each_may_be_used_once() -> None:
    puzzle = Puzzle((4, 8, 32), 32, Rules(use_all=False))
    assert verdict("4 * 8", puzzle).solved
    assert verdict("32", puzzle).solved
    assert verdict("4 * 4 * 4 / 8 + 32 - 8", puzzle).fault is Fault.REUSED_NUMBER


def test_order_is_kept_also_where_numbers_are_left_out() -> None:
    all_used = Puzzle((1, 2, 3), 7, Rules(keep_order=True))
    assert verdict("1 + 2 * 3", all_used).solved
    assert verdict("2 * 3 + 1", all_used).fault is Fault.WRONG_ORDER
    some_used = Puzzle((1, 2, 3, 2), 4, Rules(keep_order=True, use_all=False))
    assert verdict("1 + 3", some_used).solved
    assert verdict("2 * 2", some_used).solved
    assert verdict("3 + 1", some_used).fault is Fault.WRONG_ORDER


@pytest.mark.parametrize(
    ("intermediates", "text", "detail"),
    [
        (Intermediates.INTEGERS, "8 / (3 - 8 / 3)", "8 / 3 = 8/3 is not allowed"),
        (Intermediates.NATURALS, "3 - 8 + 8 + 3", "3 - 8 = -5 is not allowed"),
        (Intermediates.POSITIVE_INTEGERS, "8 - 8 + 3 + 3", "8 - 8 = 0 is not allowed"),
    ],
)
def test_every_result_on_the_way_must_be_allowed(
    intermediates: Intermediates, text: str, detail: str
) -> None:
    puzzle = Puzzle((3, 3, 8, 8), 6, Rules(intermediates=intermediates))
    assert verdict(text, puzzle) == Verdict(Fault.FORBIDDEN_INTERMEDIATE, None, detail)
    assert verdict(text, Puzzle((3, 3, 8, 8), 6)).fault is not Fault.FORBIDDEN_INTERMEDIATE


def test_the_last_result_must_be_allowed_but_a_number_of_the_board_needs_no_leave() -> None:
    rules = Rules(use_all=False, largest_intermediate=10)
    assert verdict("5 + 6", Puzzle((5, 6), 11, rules)).fault is Fault.FORBIDDEN_INTERMEDIATE
    assert verdict("11", Puzzle((5, 11), 11, rules)).solved


def test_a_negative_or_zero_target_can_be_reached_and_claimed() -> None:
    assert verdict("3 - 8 = -5", Puzzle((3, 8), -5)).solved
    assert verdict("3 - 3 = -0", Puzzle((3, 3), 0)).solved


def test_the_value_of_an_illegal_answer_is_not_told() -> None:
    assert verdict("30 + 30").value is None
    assert verdict("30 - 25 + 3 * 4").value == 17


def test_the_second_opinion_has_a_veto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("countdown_gym.symbolic.symbolic_value", lambda _: Fraction(33))
    answer = parse_answer("(30 - 25 + 3) * 4")
    assert check(ARTICLE, answer).fault is Fault.UNCONFIRMED
    assert check(ARTICLE, answer, confirm=False).solved


def test_sympy_is_asked_for_right_answers_only() -> None:
    program = """
import sys
from countdown_gym.checking import judge
from countdown_gym.puzzles import Puzzle
for text in ("30 - 25 + 3 * 4", "30 + 30", "1 / 0", "", "(" * 99):
    judge(Puzzle((25, 30, 3, 4), 32), f"<answer>{text}</answer>")
right = "<answer>(30 - 25 + 3) * 4</answer>"
assert judge(Puzzle((25, 30, 3, 4), 32), right, confirm=False).verdict.solved
assert "sympy" not in sys.modules
assert judge(Puzzle((25, 30, 3, 4), 32), right).verdict.solved
assert "sympy" in sys.modules
"""
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr


def test_a_judgement_holds_all_that_was_found_out() -> None:
    judgement = judge(ARTICLE, "\\boxed{30 - 25 + 3 * 4}", convention="boxed")
    assert judgement.puzzle is ARTICLE
    assert judgement.completion == "\\boxed{30 - 25 + 3 * 4}"
    assert judgement.answer == parse_answer("30 - 25 + 3 * 4")
    assert judgement.verdict == Verdict(Fault.WRONG_VALUE, Fraction(17), "17, not 32")


def test_an_unknown_convention_is_the_programmers_mistake_whatever_was_written() -> None:
    with pytest.raises(UnknownNameError):
        judge(ARTICLE, "", convention="tags")
