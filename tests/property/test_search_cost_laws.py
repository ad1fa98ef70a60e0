"""Search cost, its curve and grades against every order and every working that there is."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate, permutations
from math import factorial, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countdown_gym.expressions import Operator
from countdown_gym.puzzles import Intermediates, Puzzle, Rules
from countdown_gym.solver import search_estimate
from countdown_gym.solver.grading import grade
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.random_search import nodes_visited
from countdown_gym.solver.search_cost import search_cost
from countdown_gym.solver.search_curve import success_curve
from countdown_gym.solver.search_estimate import SearchEstimate
from countdown_gym.solver.search_tree import SearchTree
from countdown_gym.solver.value_moves import ValueMoves, ratio

Board = tuple[Fraction, ...]
Distribution = dict[int, Fraction]

boards = st.lists(st.integers(0, 9), min_size=1, max_size=3).map(tuple)
rule_sets = st.builds(
    Rules,
    operators=st.sets(st.sampled_from(Operator), min_size=1).map(frozenset),
    use_all=st.booleans(),
    keep_order=st.booleans(),
    intermediates=st.sampled_from(Intermediates),
    largest_intermediate=st.none() | st.integers(1, 60),
)
few_children = st.builds(  # at most six for three numbers: 720 orders
    Rules,
    operators=st.sampled_from(["+", "*", "+*", "-", "/"]),
    use_all=st.booleans(),
    keep_order=st.booleans(),
    intermediates=st.sampled_from(Intermediates),
)


def children(board: Board, rules: Rules) -> Iterator[tuple[Operator, Fraction, Board]]:
    """Yield every legal operation, its result and the board after it, in plain fractions."""
    for i, j in permutations(range(len(board)), 2):
        if rules.keep_order and (j < i or (rules.use_all and j > i + 1)):
            continue
        for operator in sorted(rules.operators):
            if operator.commutes and j < i:
                continue
            if operator is Operator.DIVIDE and board[j] == 0:
                continue
            result = operator.apply(board[i], board[j])
            if rules.admit(result):
                dropped = range(i, j + 1) if rules.keep_order else (i, j)
                rest = [value for k, value in enumerate(board) if k not in dropped]
                rest.insert(i if rules.keep_order else 0, result)
                yield operator, result, tuple(rest if rules.keep_order else sorted(rest))


def reached(board: Board, rules: Rules, target: int) -> bool:
    return board == (Fraction(target),) if rules.use_all else target in board


def every_order(board: Board, rules: Rules, target: int) -> tuple[bool, Distribution]:
    """Return whether a search succeeds and how many nodes it visits, over all orders."""
    if reached(board, rules, target):
        return True, {1: Fraction(1)}
    states = {after for *_, after in children(board, rules)}
    below = [every_order(state, rules, target) for state in states]
    visited: Distribution = {}
    for order in permutations(below):
        so_far: Distribution = {1: Fraction(1, factorial(len(below)))}
        for succeeds, nodes in order:
            added: Distribution = {}
            for a, p in so_far.items():
                for b, q in nodes.items():
                    added[a + b] = added.get(a + b, Fraction(0)) + p * q
            so_far = added
            if succeeds:
                break
        for nodes_in_all, p in so_far.items():
            visited[nodes_in_all] = visited.get(nodes_in_all, Fraction(0)) + p
    return any(succeeds for succeeds, _ in below), visited


@settings(max_examples=80, deadline=None)
@given(boards, few_children, st.integers(0, 12))
def test_cost_and_curve_are_the_average_over_every_order(
    board: tuple[int, ...], rules: Rules, target: int
) -> None:
    solvable, visited = every_order(tuple(map(Fraction, board)), rules, target)
    found = search_cost(rules, board, target)
    assert found.solvable == solvable == Oracle(rules).solvable(board, target)
    assert found.cost == pytest.approx(log2(sum(n * p for n, p in visited.items())))
    assert found.error == 0
    curve = success_curve(rules, board, target)
    assert len(curve) > max(visited)
    exactly = [visited.get(k, Fraction(0)) if solvable else Fraction(0) for k in range(len(curve))]
    assert curve == pytest.approx([float(p) for p in accumulate(exactly)], abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(boards, rule_sets, st.integers(0, 12), st.integers(0, 2**32))
def test_a_search_in_vain_visits_the_whole_tree_and_any_search_no_more(
    board: tuple[int, ...], rules: Rules, target: int, seed: int
) -> None:
    visited = nodes_visited(rules, board, target, np.random.default_rng(seed))
    solvable, cost, _ = search_cost(rules, board, target)
    assert visited <= ValueMoves(rules).most_nodes(len(board))
    if not solvable:
        assert 2**cost == pytest.approx(visited)


@settings(max_examples=100, deadline=None)
@given(boards, rule_sets, st.integers(0, 12))
def test_grades_tell_what_all_workings_tell(
    board: tuple[int, ...], rules: Rules, target: int
) -> None:
    def workings(
        state: Board, done: tuple[tuple[Operator, Fraction], ...]
    ) -> Iterator[tuple[tuple[Operator, Fraction], ...]]:
        if reached(state, rules, target):
            yield done
        for operator, result, after in children(state, rules):
            yield from workings(after, (*done, (operator, result)))

    found = grade(Puzzle(board, target, rules))
    every = list(workings(tuple(map(Fraction, board)), ()))
    if not rules.use_all:  # a working may hold steps that its answer does not need
        every = [w for w in every if not w or w[-1][1] == target]
    assert found.solvable == bool(every)
    assert found.numbers == len(board)
    if every:
        largest = min(max((abs(r) for _, r in w), default=Fraction(0)) for w in every)
        idle = any(not w for w in every)
        assert found.largest_intermediate == (0 if idle else max(1, -(-largest // 1)))
        assert found.fewest_operations == min(map(len, every))
        assert found.fewest_products == min(
            sum(operator.precedence == 2 for operator, _ in w) for w in every
        )
        assert found.needs_fraction == all(any(r.denominator > 1 for _, r in w) for w in every)
        assert found.unique == (Oracle(rules).count_solutions(board, target) == 1)


RULES = {
    "rationals": Rules(),
    "television": Rules(use_all=False, intermediates=Intermediates.POSITIVE_INTEGERS),
    "in order": Rules(keep_order=True),
    "in order, some left out": Rules(keep_order=True, use_all=False),
}


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_costs_are_what_searching_takes(rules: Rules) -> None:
    rng = np.random.default_rng(7)
    errors = []
    for _ in range(8):
        board = tuple(int(n) for n in rng.integers(1, 14, size=int(rng.integers(3, 5))))
        nodes = [nodes_visited(rules, board, 24, rng) for _ in range(60)]
        mean = 2 ** search_cost(rules, board, 24).cost
        spread = np.std(nodes, ddof=1) / 60**0.5
        errors.append((np.mean(nodes) - mean) / spread if spread else np.mean(nodes) - mean)
    assert np.abs(errors).max() < 4
    assert np.sum(np.square(errors)) < 30  # eight squares of standard normals: p = 0.0002


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_estimates_stand_within_their_errors(rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_estimate, "MAX_WALKED_NODES", 10)
    rng = np.random.default_rng(8)
    for _ in range(6):
        board = tuple(int(n) for n in rng.integers(1, 14, size=4))
        target = ratio(24)
        start = ValueMoves(rules).start(board)
        exact = SearchTree(rules, target).subtree(start).nodes
        mean, error = SearchEstimate(rules, target, rng).estimate(start, 150)
        assert abs(mean - exact) <= 4 * error + 1e-9
