"""Labels of steps, on workings small enough to follow."""

from __future__ import annotations

from fractions import Fraction

from countdown_gym.expressions import Operator, Step, steps
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver.labels import StepLabel, label_steps
from countdown_gym.solver.oracle import Oracle

ORACLE = Oracle(Rules())


def step(left: int, operator: str, right: int, result: int) -> Step:
    return Step(Operator(operator), Fraction(left), Fraction(right), Fraction(result))


def test_every_step_of_an_answer_keeps_the_target_reachable() -> None:
    board = (25, 30, 3, 4)
    answer = ORACLE.solve(board, 32)
    assert answer is not None
    assert label_steps(ORACLE, board, 32, steps(answer)) == (StepLabel.KEEPS,) * 3


def test_the_step_that_loses_the_target_is_named_and_later_ones_come_too_late() -> None:
    working = (step(25, "+", 30, 55), step(55, "*", 3, 165), step(165, "+", 4, 169))
    labels = label_steps(ORACLE, (25, 30, 3, 4), 32, working)
    assert labels == (StepLabel.LOSES, StepLabel.TOO_LATE, StepLabel.TOO_LATE)


def test_steps_that_cannot_be_carried_out_are_illegal_and_change_nothing() -> None:
    working = (
        step(7, "+", 3, 10),  # there is no 7
        step(3, "+", 4, 8),  # miscalculated
        step(30, "-", 25, 5),
    )
    labels = label_steps(ORACLE, (25, 30, 3, 4), 32, working)
    assert labels == (StepLabel.ILLEGAL, StepLabel.ILLEGAL, StepLabel.KEEPS)


def test_what_the_rules_forbid_is_illegal() -> None:
    naturals = Oracle(Rules(intermediates=Intermediates.NATURALS))
    assert label_steps(naturals, (2, 5), 3, (step(2, "-", 5, -3), step(5, "-", 2, 3))) == (
        StepLabel.ILLEGAL,
        StepLabel.KEEPS,
    )
    assert label_steps(naturals, (0, 5), 5, (step(5, "/", 0, 0),)) == (StepLabel.ILLEGAL,)


def test_in_order_only_neighbours_are_joined() -> None:
    oracle = Oracle(Rules(keep_order=True))
    assert label_steps(oracle, (1, 2, 3), 6, (step(1, "+", 3, 4), step(2, "*", 3, 6))) == (
        StepLabel.ILLEGAL,
        StepLabel.KEEPS,
    )
