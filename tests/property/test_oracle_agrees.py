"""The oracle against an independent brute force that forms every expression there is."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from countdown_gym.expressions import (
    Expression,
    Number,
    Operation,
    Operator,
    normal_form,
    numbers_used,
    steps,
    value,
)
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver.oracle import Oracle

rule_sets = st.builds(
    Rules,
    operators=st.sets(st.sampled_from(Operator), min_size=1).map(frozenset),
    use_all=st.booleans(),
    keep_order=st.booleans(),
    intermediates=st.sampled_from(Intermediates),
    largest_intermediate=st.none() | st.integers(1, 200),
)
boards = st.lists(st.integers(-3, 12), min_size=1, max_size=4).map(tuple)
small_boards = st.lists(st.integers(0, 12), min_size=1, max_size=3).map(tuple)


def trees(leaves: tuple[int, ...], rules: Rules) -> Iterator[tuple[Expression, Fraction]]:
    """Yield every expression over the leaves in this order that keeps the rules."""
    if len(leaves) == 1:
        yield Number(leaves[0]), Fraction(leaves[0])
    for cut in range(1, len(leaves)):
        for left, left_value in trees(leaves[:cut], rules):
            for right, right_value in trees(leaves[cut:], rules):
                for operator in rules.operators:
                    if operator is Operator.DIVIDE and right_value == 0:
                        continue
                    result = operator.apply(left_value, right_value)
                    if rules.admit(result):
                        yield Operation(operator, left, right), result


def every_answer(board: tuple[int, ...], rules: Rules) -> dict[Fraction, list[Expression]]:
    """Return all expressions over all allowed orders of all allowed choices, by value."""
    sizes = [len(board)] if rules.use_all else range(1, len(board) + 1)
    arrange = combinations if rules.keep_order else permutations
    found: dict[Fraction, list[Expression]] = {}
    for leaves in {leaves for size in sizes for leaves in arrange(board, size)}:
        for expression, result in trees(leaves, rules):
            found.setdefault(result, []).append(expression)
    return found


@settings(max_examples=60, deadline=None)
@given(boards, rule_sets)
def test_exactly_the_values_of_some_expression_are_reachable(
    board: tuple[int, ...], rules: Rules
) -> None:
    assert Oracle(rules).reachable(board) == set(every_answer(board, rules))


@settings(max_examples=60, deadline=None)
@given(small_boards, rule_sets, st.data())
def test_solutions_are_all_answers_up_to_normal_form(
    board: tuple[int, ...], rules: Rules, data: st.DataObject
) -> None:
    answers = every_answer(board, rules)
    target = data.draw(st.sampled_from(sorted(answers)) if answers else st.just(Fraction(1)))
    solutions = list(Oracle(rules).solutions(board, target))
    forms = [normal_form(solution) for solution in solutions]
    assert len(forms) == len(set(forms))
    assert set(forms) == {normal_form(answer) for answer in answers.get(target, [])}


@settings(max_examples=100, deadline=None)
@given(boards, rule_sets, st.integers(-5, 60))
def test_what_the_oracle_says_of_a_target_is_what_brute_force_finds(
    board: tuple[int, ...], rules: Rules, target: int
) -> None:
    oracle = Oracle(rules)
    answers = every_answer(board, rules)
    right = answers.get(Fraction(target), [])
    fewest = min((len(steps(answer)) for answer in right), default=None)
    assert oracle.solvable(board, target) == bool(right)
    assert oracle.fewest_operations(board, target) == fewest
    found = oracle.solve(board, target)
    assert (found is not None) == bool(right)
    if found is not None:
        assert value(found) == target
        assert len(steps(found)) == fewest
        assert all(rules.admit(step.result) for step in steps(found))
        assert not set(numbers_used(found)) - set(board)
    nearest = oracle.closest(board, target)
    assert (nearest is not None) == bool(answers)
    if nearest is not None:
        assert nearest.distance == min(abs(v - target) for v in answers)
        assert value(nearest.expression) == nearest.value in answers


@settings(max_examples=50, deadline=None)
@given(boards, rule_sets, st.integers(0, 40))
def test_a_target_is_reachable_exactly_if_it_is_after_some_first_step(
    board: tuple[int, ...], rules: Rules, target: int
) -> None:
    oracle = Oracle(rules)
    entries = [Number(number) for number in board]
    children: list[list[Expression]] = []
    for i, j in permutations(range(len(entries)), 2):
        if rules.keep_order and j != i + 1:
            continue
        for operator in rules.operators:
            if operator is Operator.DIVIDE and board[j] == 0:
                continue
            made = Operation(operator, entries[i], entries[j])
            if rules.admit(value(made)):
                rest: list[Expression] = list(entries)
                rest[i] = made
                del rest[j]
                children.append(rest)
    answered = [oracle.solve(child, target) for child in children]
    alone = Fraction(target) in board and (len(board) == 1 or not rules.use_all)
    skips = rules.keep_order and not rules.use_all  # neighbours come about by leaving one out
    if not skips:
        assert oracle.solvable(board, target) == (alone or any(answered))
    for answer in answered:
        if answer is not None:
            assert value(answer) == target
            assert oracle.solvable(board, target)
