"""Answers as a person would write them, where the rules and the state of play allow it."""

from __future__ import annotations

import pytest

from countdown_gym.expressions import Expression, value
from countdown_gym.parsing import parse_expression
from countdown_gym.puzzles import Rules
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.tidying import tidy

NATURALS = Rules(intermediates="naturals")  # type: ignore[arg-type]  # converts


def read(text: str) -> Expression:
    found = parse_expression(text)
    assert not hasattr(found, "reason")
    return found  # type: ignore[return-value]  # as just seen


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("1 + (1 + (1 + 1))", "1 + 1 + 1 + 1"),
        ("3 * 3 * ((1 + 2) * (1 + 2))", "3 * 3 * (1 + 2) * (1 + 2)"),
        ("3 + (30 - 25)", "30 - 25 + 3"),
        ("1 + 2 + (5 - 3)", "1 + 2 + 5 - 3"),
        ("2 * 3 * (8 / 4)", "2 * 3 * 8 / 4"),
        ("2 * (3 * (8 / 4))", "8 / 4 * 3 * 2"),
        ("9 - (3 + 1)", "9 - (3 + 1)"),
        ("(1 + 2) * (3 + 4)", "(1 + 2) * (3 + 4)"),
    ],
)
def test_brackets_that_change_nothing_are_left_out(text: str, tidied: str) -> None:
    made = tidy(read(text), NATURALS)
    assert str(made) == tidied
    assert value(made) == value(read(text))


def test_the_order_of_the_board_is_kept() -> None:
    assert str(tidy(read("3 + (30 - 25)"), Rules(keep_order=True))) == "3 + (30 - 25)"


def test_results_that_the_rules_refuse_are_not_made() -> None:
    bounded = Rules(largest_intermediate=12)
    assert str(tidy(read("2 * 3 * (8 / 4)"), bounded)) == "2 * 3 * (8 / 4)"


def test_work_already_done_stays_whole() -> None:
    done = read("30 - 25")
    assert str(Oracle(NATURALS).solve((done, read("3 + 1")), 9)) == "30 - 25 + (3 + 1)"


def test_the_closest_value_is_tidy_too() -> None:
    found = Oracle(Rules()).closest((1, 1, 1, 1), 24)
    assert found is not None
    assert str(found.expression) == "1 + 1 + 1 + 1"
