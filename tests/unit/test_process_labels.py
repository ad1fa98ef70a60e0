"""Which step kept the target within reach, and which threw it away."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from countdown_gym.expressions import Operator, Step, steps
from countdown_gym.puzzles import Intermediates, Puzzle, Rules
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.process_labels import StepLabel, label_steps

KEEPS, LOSES, LOST, ILLEGAL = StepLabel

ARTICLE = Puzzle((25, 30, 3, 4), 32)


def step(text: str) -> Step:
    """Return the step that a line such as `30 - 25 = 5` writes."""
    left, operator, right, _, result = text.split()
    return Step(Operator(operator), Fraction(left), Fraction(right), Fraction(result))


def labels(puzzle: Puzzle, *lines: str) -> list[StepLabel]:
    return list(label_steps(puzzle, map(step, lines)))


def test_a_solution_keeps_the_target_to_the_end() -> None:
    assert labels(ARTICLE, "30 - 25 = 5", "5 + 3 = 8", "8 * 4 = 32") == [KEEPS] * 3


def test_one_step_loses_it_and_the_rest_finds_it_lost() -> None:
    assert labels(ARTICLE, "30 - 25 = 5", "5 * 3 = 15", "15 + 4 = 19") == [KEEPS, LOSES, LOST]


def test_an_unsolvable_puzzle_is_lost_from_the_start() -> None:
    assert labels(Puzzle((1, 1), 24), "1 + 1 = 2") == [LOST]


def test_no_steps_have_no_labels() -> None:
    assert label_steps(ARTICLE, ()) == ()


@pytest.mark.parametrize(
    "line",
    [
        "30 - 25 = 6",  # false
        "30 - 26 = 4",  # there is no 26
        "30 + 30 = 60",  # there is one 30
        "25 / 0 = 0",
    ],
)
def test_an_illegal_step_changes_nothing(line: str) -> None:
    assert labels(ARTICLE, line, "30 - 25 = 5") == [ILLEGAL, KEEPS]


@pytest.mark.parametrize(
    ("rules", "line"),
    [
        (Rules(operators=frozenset({Operator.ADD})), "25 - 3 = 22"),
        (Rules(intermediates=Intermediates.POSITIVE_INTEGERS), "3 - 4 = -1"),
        (Rules(intermediates=Intermediates.INTEGERS), "3 / 4 = 3/4"),
        (Rules(largest_intermediate=50), "25 + 30 = 55"),
        (Rules(keep_order=True), "30 + 25 = 55"),
        (Rules(keep_order=True), "25 + 3 = 28"),
    ],
)
def test_the_rules_say_what_is_legal(rules: Rules, line: str) -> None:
    assert labels(Puzzle(ARTICLE.numbers, 32, rules), line) == [ILLEGAL]
    assert labels(ARTICLE, line) != [ILLEGAL]


def test_numbers_may_be_left_out_where_the_rules_say_so() -> None:
    rules = Rules(use_all=False, keep_order=True)
    assert labels(Puzzle((25, 30, 3), 28, rules), "25 + 3 = 28") == [KEEPS]
    assert labels(Puzzle((25, 30, 3), 58, rules), "25 + 3 = 28") == [LOSES]
    assert labels(Puzzle((25, 30, 3), 30, rules), "25 + 3 = 28") == [LOSES]  # 30 is skipped
    assert labels(Puzzle((25, 3, 30), 30, rules), "25 + 3 = 28") == [KEEPS]


def test_where_equal_numbers_are_ambiguous_the_best_reading_counts() -> None:
    puzzle = Puzzle((2, 3, 2, 3), 20, Rules(keep_order=True))
    assert labels(puzzle, "2 * 3 = 6", "3 * 6 = 18", "2 + 18 = 20") == [KEEPS] * 3
    assert labels(puzzle, "2 * 3 = 6", "6 * 2 = 12", "12 + 3 = 15") == [KEEPS, LOSES, LOST]


rule_sets = st.builds(
    Rules,
    use_all=st.booleans(),
    keep_order=st.booleans(),
    intermediates=st.sampled_from(Intermediates),
)


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=4), rule_sets, st.data())
def test_labels_are_what_the_oracle_says_of_every_board(
    board: list[int], rules: Rules, data: st.DataObject
) -> None:
    puzzle = Puzzle(tuple(board), data.draw(st.integers(0, 30)), rules)
    free = [Fraction(number) for number in board]
    before = Oracle(rules).solvable(free, puzzle.target)
    taken, expected = [], []
    while len(free) > 1:
        # of equal numbers in order, another reading may fare better
        assume(not rules.keep_order or len(set(free)) == len(free))
        i = data.draw(st.integers(0, len(free) - 2))
        operator = data.draw(st.sampled_from(Operator))
        assume(operator is not Operator.DIVIDE or free[i + 1] != 0)
        result = operator.apply(free[i], free[i + 1])
        taken.append(Step(operator, free[i], free[i + 1], result))
        if not rules.admit(result):
            expected.append(ILLEGAL)
            break
        free[i : i + 2] = [result]
        after = Oracle(rules).solvable(free, puzzle.target)
        expected.append(KEEPS if before and after else LOSES if before else LOST)
        before = after
    assert list(label_steps(puzzle, taken)) == expected


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=4), rule_sets, st.integers(0, 30))
def test_every_step_of_every_solution_keeps_the_target(
    board: list[int], rules: Rules, target: int
) -> None:
    puzzle = Puzzle(tuple(board), target, rules)
    for solution in Oracle(rules).solutions(board, target):
        assert set(label_steps(puzzle, steps(solution))) <= {KEEPS}
