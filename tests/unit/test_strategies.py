"""What is drawn as legal, as illegal or as a near miss is one, says the referee."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from countdown_gym.checking import Verdict, judge
from countdown_gym.expressions import Expression, Operator, numbers_used
from countdown_gym.faults import Fault
from countdown_gym.puzzles import Intermediates, Puzzle, Rules
from countdown_gym.testing import (
    boards,
    illegal_expressions,
    legal_expressions,
    near_misses,
    puzzles,
    rules,
)

# Some boards leave nothing that is legal, or little that is not.
seldom = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
anywhere = settings(max_examples=500, database=None, derandomize=True, phases=[Phase.generate])
strange_puzzles = puzzles(boards(max_size=4, largest=12), rules())
STRICT = Puzzle(
    (3, 8, 2, 5),
    20,
    Rules(
        operators=frozenset({Operator.ADD, Operator.SUBTRACT, Operator.DIVIDE}),
        keep_order=True,
        intermediates=Intermediates.POSITIVE_INTEGERS,
    ),
)


def verdict(puzzle: Puzzle, expression: Expression) -> Verdict:
    return judge(puzzle, str(expression), convention="whole_text").verdict


@seldom
@given(st.data())
def test_a_legal_expression_keeps_every_rule(data: st.DataObject) -> None:
    puzzle = data.draw(strange_puzzles)
    assert verdict(puzzle, data.draw(legal_expressions(puzzle))).legal


@seldom
@given(st.data())
def test_an_illegal_expression_breaks_a_rule(data: st.DataObject) -> None:
    puzzle = data.draw(strange_puzzles)
    assert not verdict(puzzle, data.draw(illegal_expressions(puzzle))).legal


@pytest.mark.parametrize(
    "fault",
    [
        Fault.FORBIDDEN_OPERATOR,
        Fault.FOREIGN_NUMBER,
        Fault.REUSED_NUMBER,
        Fault.UNUSED_NUMBER,
        Fault.WRONG_ORDER,
        Fault.FORBIDDEN_INTERMEDIATE,
    ],
)
def test_every_rule_is_broken_by_some_illegal_expression(fault: Fault) -> None:
    find(
        illegal_expressions(STRICT), lambda e: verdict(STRICT, e).fault is fault, settings=anywhere
    )


@pytest.mark.parametrize("wanted", ["8", "8 - 3"])
def test_legal_expressions_leave_numbers_out_where_they_may(wanted: str) -> None:
    puzzle = Puzzle((3, 8), 5, Rules(use_all=False))
    find(legal_expressions(puzzle), lambda drawn: str(drawn) == wanted, settings=anywhere)


@given(near_misses())
def test_a_near_miss_is_no_answer_and_wrong_in_one_respect(case: tuple[Puzzle, Expression]) -> None:
    puzzle, expression = case
    found = verdict(puzzle, expression)
    assert not found.solved
    if found.fault is Fault.WRONG_VALUE:
        assert found.value is not None
        assert abs(found.value - puzzle.target) < 2
    else:
        assert found.fault in {Fault.FOREIGN_NUMBER, Fault.REUSED_NUMBER, Fault.UNUSED_NUMBER}
        freed = Puzzle(numbers_used(expression), puzzle.target)
        assert verdict(freed, expression).solved


@pytest.mark.parametrize(
    "fault", [Fault.WRONG_VALUE, Fault.FOREIGN_NUMBER, Fault.REUSED_NUMBER, Fault.UNUSED_NUMBER]
)
def test_near_misses_are_of_every_kind(fault: Fault) -> None:
    find(near_misses(), lambda case: verdict(*case).fault is fault, settings=anywhere)
