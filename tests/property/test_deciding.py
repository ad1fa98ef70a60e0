"""The compiled decision on three and four numbers against the plain reference."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countdown_gym.expressions import Operator
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver import searching
from countdown_gym.solver.oracle import NONE, Oracle
from countdown_gym.solver.reference import Reference
from countdown_gym.solver.state import State

boards = st.lists(st.integers(1, 9) | st.integers(1, 100), min_size=3, max_size=4)


class Board(tuple[int, ...]):
    """A tuple of a kind of its own, which may not be what it seems."""

    __slots__ = ()


def kind_of(rules: Rules) -> int:
    kind = searching.decision_kind(rules)
    assert kind is not None
    return kind


@settings(max_examples=40, deadline=None)
@given(boards, st.sampled_from(Intermediates))
def test_every_target_is_decided_as_the_reference_does(
    board: list[int], kind: Intermediates
) -> None:
    rules = Rules(intermediates=kind)
    reachable = Reference(rules, State.read(board)).reachable()
    expected = [len(board) - 1 if Fraction(t) in reachable else NONE for t in range(1, 200)]
    asked = kind_of(rules)
    assert [searching.decide(asked, tuple(board), t) for t in range(1, 200)] == expected
    repeated = np.tile(board, (199, 1))
    assert searching.decide_batch(asked, repeated, np.arange(1, 200)).tolist() == expected


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers(1, 1_000), min_size=3, max_size=4),
    st.lists(st.sampled_from(Operator), min_size=3, max_size=3),
    st.booleans(),
)
def test_what_large_numbers_make_is_found(
    numbers: list[int], operators: list[Operator], in_pairs: bool
) -> None:
    values = [Fraction(number) for number in numbers]
    try:
        first = operators[0].apply(values[0], values[1])
        if len(values) == 3:
            made = operators[1].apply(values[2], first)
        elif in_pairs:
            made = operators[1].apply(first, operators[2].apply(values[2], values[3]))
        else:
            made = operators[2].apply(values[3], operators[1].apply(first, values[2]))
    except ZeroDivisionError:
        return
    if made.denominator == 1:
        assert Oracle(Rules()).solvable(numbers, abs(int(made)))


@pytest.mark.parametrize(
    ("entries", "target"),
    [
        ((1, 2, 0), 3),
        ((1, 2, 1_001), 3),
        ((1, 2, 3), 0),
        ((1, 2, 3), -6),
        ((1, 2, 3), 10**6 + 1),
        ((1, 2, 3), 2**70),
        ((1, 2), 3),
        ((1, 2, 3, 4, 5), 15),
        ((1, 2, Fraction(3)), 6),
        ((1, 2, True), 4),
        ((1, 2, 3), 6.0),
        ((1, 2, 3), None),
        ((1, 2, 3), True),
        ((1, 2, 3.0), 6),
        ((1, 2, "3"), 6),
        ((1, 2, 2**70), 3),
        ((1, -(2**70), 3, 4), 3),
        ((), 0),
        ([1, 2, 3], 6),
        ("123", 6),
        (Board((1, 2, 3)), 6),
        (123, 6),
        (None, 6),
    ],
)
def test_what_is_not_covered_is_left_to_others(entries: object, target: object) -> None:
    assert searching.decide(kind_of(Rules()), entries, target) == searching.UNSURE


@pytest.mark.parametrize(
    "rules",
    [
        Rules(use_all=False),
        Rules(keep_order=True),
        Rules(largest_intermediate=50),
        Rules(operators=frozenset({Operator.ADD, Operator.MULTIPLY})),
    ],
)
def test_other_rules_are_left_to_others(rules: Rules) -> None:
    assert searching.decision_kind(rules) is None


def test_a_batch_answers_rows_of_every_kind() -> None:
    oracle = Oracle(Rules())
    rows = [(1, 2, 3, 4), (0, 2, 3, 4), (5_000, 1, 1, 1), (7, 7, 7, 7), (10**12, 1, 1, 1)]
    targets = [24, 24, 4_999, 1_000, 10**12 + 1]
    expected = [oracle.fewest_operations(row, t) for row, t in zip(rows, targets, strict=True)]
    assert oracle.fewest_operations_batch(rows, targets).tolist() == [
        NONE if found is None else found for found in expected
    ]


def test_asking_takes_and_keeps_no_references() -> None:
    board, target = (10**6 + 1, 2, 3), 10**6 + 7  # not among the numbers that Python shares
    held = [sys.getrefcount(thing) for thing in (board, board[0], target)]
    for _ in range(1_000):
        searching.decide(kind_of(Rules()), board, target)
    assert [sys.getrefcount(thing) for thing in (board, board[0], target)] == held


def test_without_compiled_code_the_question_is_left_to_others() -> None:
    ask = (
        "import numba\n"
        "import numpy as np\n"
        "from countdown_gym.families import ThreeToFour\n"
        "from countdown_gym.puzzles import Rules\n"
        "from countdown_gym.solver import searching\n"
        "from countdown_gym.solver.oracle import Oracle\n"
        "assert searching.decide(0, (1, 2, 3), 6) == searching.UNSURE\n"
        "assert Oracle(Rules()).solvable((1, 2, 3), 6)\n"
        "assert ThreeToFour(max_numbers=3).draw(np.random.default_rng(1)).grade.solvable\n"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-c", ask], env=environment, check=True)


def test_the_lazy_name_is_the_only_one() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'decides'"):
        searching.decides  # noqa: B018 - asking is the test
