"""Every engine against an independent brute force, over all rule sets and awkward boards."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, permutations, product

import numpy as np
import pytest

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Operator, steps, value
from countdown_gym.puzzles import Intermediates, Rules
from countdown_gym.solver import searching, television
from countdown_gym.solver.oracle import MAX_ENTRIES, MAX_ORDERED_ENTRIES, NONE, Oracle
from countdown_gym.solver.reference import Reference
from countdown_gym.solver.state import State

Values = tuple[Fraction, ...]

OPERATOR_SETS = [
    frozenset(chosen) for size in range(1, 5) for chosen in combinations(Operator, size)
]
RULE_SETS = [
    Rules(operators, use_all, keep_order, kind, largest)
    for operators, use_all, keep_order, kind, largest in product(
        OPERATOR_SETS, (True, False), (True, False), Intermediates, (None, 30)
    )
]


def states_after_one(rules: Rules, state: Values) -> Iterator[Values]:
    """Yield what is left after each operation; sorted where order does not count."""
    for i, j in permutations(range(len(state)), 2):
        if rules.keep_order and j != i + 1:
            continue
        for operator in rules.operators:
            if operator is Operator.DIVIDE and state[j] == 0:
                continue
            result = operator.apply(state[i], state[j])
            if not rules.admit(result):
                continue
            if rules.keep_order:
                yield (*state[:i], result, *state[j + 1 :])
            else:
                rest = (v for at, v in enumerate(state) if at not in (i, j))
                yield tuple(sorted((*rest, result)))


def brute_force(rules: Rules, values: Values) -> dict[Fraction, int]:
    """Return the fewest operations of every value that may be an answer: every order tried.

    Knows nothing of masks: any two values are replaced by a result, neighbours where order counts.
    Where numbers may be left out, it starts from every choice of them.
    """
    sizes = [len(values)] if rules.use_all else range(1, len(values) + 1)
    chosen = (choice for size in sizes for choice in combinations(values, size))
    start = {choice if rules.keep_order else tuple(sorted(choice)) for choice in chosen}
    layer, operations, found = start, 0, dict[Fraction, int]()
    while layer:
        for state in layer:
            if len(state) == 1:
                found.setdefault(state[0], operations)
        layer = {after for state in layer for after in states_after_one(rules, state)}
        operations += 1
    return found


def compared(rules: Rules, entries: list[int | Fraction], draw: np.random.Generator) -> int:
    """Ask every engine for targets in and out of reach; return how many they agree on."""
    fewest = brute_force(rules, State.read(entries).values)
    reachable = sorted(fewest)
    targets: list[int | Fraction] = [0, *(int(t) for t in draw.integers(-10, 80, 6))]
    targets += [reachable[i] for i in draw.integers(0, len(reachable), 8)] if reachable else []
    state, oracle = State.read(entries), Oracle(rules)
    reference = Reference(rules, state)
    for target in targets:
        wanted, asked = fewest.get(Fraction(target)), (rules, entries, target)
        assert oracle.fewest_operations(entries, target) == wanted, asked
        assert oracle.solvable(tuple(entries), target) == (wanted is not None), asked
        assert reference.fewest_operations(Fraction(target)) == wanted, asked
        try:
            found = searching.fewest_operations(rules, state.values, Fraction(target))
        except searching.UnsureError:
            continue
        assert found == wanted, asked
    whole = [target for target in targets if isinstance(target, int)]
    numbers = [entry for entry in entries if isinstance(entry, int)]
    if len(numbers) == len(entries):
        rows = oracle.fewest_operations_batch([numbers] * len(whole), whole)
        assert rows.tolist() == [fewest.get(Fraction(target), NONE) for target in whole]
    return len(targets)


def board(draw: np.random.Generator, count: int) -> list[int | Fraction]:
    """Draw entries: zeros, negative numbers, duplicates and fractions among them."""
    entries: list[int | Fraction] = [int(n) for n in draw.integers(-2, 14, count)]
    if draw.random() < 0.5:
        entries = [int(n) for n in draw.integers(1, 14, count)]
    if draw.random() < 0.2:
        entries[0] = Fraction(int(draw.integers(1, 9)), int(draw.integers(1, 5)))
    if draw.random() < 0.3:
        entries[-1] = entries[0]
    return entries


@pytest.mark.slow
def test_no_difference_in_ten_thousand_random_instances_under_all_rules() -> None:
    draw = np.random.default_rng(2026)
    instances = sum(
        compared(rules, board(draw, int(draw.integers(1, 5))), draw)
        for rules in (*RULE_SETS, *RULE_SETS)
    )
    assert instances >= 10_000


def test_no_difference_in_a_few_random_instances() -> None:
    draw = np.random.default_rng(7)
    for at in draw.integers(0, len(RULE_SETS), 60):
        compared(RULE_SETS[at], board(draw, int(draw.integers(1, 4))), draw)


def only(signs: str) -> frozenset[Operator]:
    return frozenset(map(Operator, signs))


WHOLE = Intermediates.POSITIVE_INTEGERS
LARGE = [
    (Rules(), (2, 3, 5, 7, 11)),
    (Rules(), (0, 1, 1, 4, 6)),
    (Rules(intermediates=Intermediates.INTEGERS), (-3, 2, 2, 5, 9)),
    (Rules(use_all=False, intermediates=Intermediates.NATURALS), (0, 3, 3, 8, 10)),
    (Rules(largest_intermediate=20), (1, 2, 3, 4, 5)),
    (Rules(keep_order=True), (9, 9, 4, 1, 0, 3)),
    (Rules(keep_order=True, use_all=False), (2, 5, 1, 8, 3)),
    (Rules(only("+-"), intermediates=Intermediates.INTEGERS), (1, 2, 4, 8, 16, 32)),
    (Rules(intermediates=WHOLE), (1, 1, 2, 3, 3, 5)),
    (television.RULES, (1, 1, 2, 2, 3, 3)),
    (television.RULES, (2, 2, 5, 5, 10, 10)),
    (Rules(only("+*"), intermediates=WHOLE), (1, 1, 2, 2, 3, 3, 3)),
    (Rules(keep_order=True, intermediates=WHOLE), (1, 2, 3, 4, 5, 6, 7)),
    (Rules(intermediates=WHOLE), (1, 1, 1, 1, 1, 2, 2)),
    (Rules(intermediates=WHOLE), (1, 1, 1, 1, 1, 1, 1, 1)),
    (Rules(only("+*"), intermediates=WHOLE), (1, 1, 1, 2, 2, 2, 2, 2)),
    (Rules(only("+-"), keep_order=True), (1, 2, 3, 4, 5, 6, 7, 8)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("rules", "numbers"), LARGE, ids=str)
def test_no_difference_on_five_to_eight_numbers(rules: Rules, numbers: tuple[int, ...]) -> None:
    fewest = brute_force(rules, tuple(map(Fraction, numbers)))
    oracle, draw = Oracle(rules), np.random.default_rng(5)
    reachable = sorted(fewest)
    targets = [reachable[i] for i in draw.integers(0, len(reachable), 12)]
    targets += [Fraction(int(t)) for t in draw.integers(-20, 400, 8)]
    for target in targets:
        assert oracle.fewest_operations(numbers, target) == fewest.get(target)
        answer = oracle.solve(numbers, target)
        assert (answer is None) == (target not in fewest)
        if answer is not None:
            assert value(answer) == target
            assert len(steps(answer)) == fewest[target]
    if len(numbers) <= oracle.max_listed_entries:
        assert oracle.reachable(numbers) == fewest.keys()


@pytest.mark.parametrize("keep_order", [False, True])
def test_beyond_the_limit_the_error_names_it_and_the_way_out(keep_order: bool) -> None:
    oracle = Oracle(Rules(keep_order=keep_order))
    limit = MAX_ORDERED_ENTRIES if keep_order else MAX_ENTRIES
    assert oracle.max_entries == limit == 8
    remedy = f"at most {limit} numbers here, got 9; combine some first and pass their expressions"
    for ask in (oracle.solvable, oracle.solve, oracle.fewest_operations, oracle.closest):
        with pytest.raises(InvalidParameterError, match=remedy):
            ask(range(1, 10), 45)
    with pytest.raises(InvalidParameterError, match=remedy):
        oracle.fewest_operations_batch([range(1, 10)], [45])


def test_listing_has_a_limit_of_its_own() -> None:
    oracle = Oracle(Rules())
    remedy = "at most 6 numbers here, got 7; combine some first and pass their expressions"
    for ask in (oracle.solutions, oracle.count_solutions):
        with pytest.raises(InvalidParameterError, match=remedy):
            ask(range(1, 8), 28)
    with pytest.raises(InvalidParameterError, match=remedy):
        oracle.reachable(range(1, 8))


def test_seven_numbers_beyond_64_bits_are_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidParameterError, match="small enough for 64-bit arithmetic; combine"):
        Oracle(Rules()).solvable((10**8, 10**8 + 1, 10**8 + 3, 7, 8, 9, 10), 5)
