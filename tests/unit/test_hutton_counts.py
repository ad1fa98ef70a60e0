"""The counts of Hutton's formalisation of the game, and that our engines agree with them."""

from __future__ import annotations

from collections import Counter
from itertools import product

from countdown_gym.solver import searching, television
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.state import splits

BOARD = (1, 3, 7, 10, 25, 50)


def expressions_by_value(mask: int, known: dict[int, Counter[int]]) -> Counter[int]:
    """Count the valid expressions over exactly the numbers of the mask, by their value."""
    if mask in known:
        return known[mask]
    found: Counter[int] = Counter()
    if mask.bit_count() == 1:
        found[BOARD[mask.bit_length() - 1]] = 1
    for left, right in splits(mask, keep_order=False):
        pairs = product(
            expressions_by_value(left, known).items(), expressions_by_value(right, known).items()
        )
        for (a, a_ways), (b, b_ways) in pairs:
            ways = a_ways * b_ways
            found[a + b] += ways
            found[a * b] += ways
            if a > b:
                found[a - b] += ways
            if a % b == 0:
                found[a // b] += ways
    known[mask] = found
    return found


def all_expressions(size: int) -> int:
    """Count the expressions over an ordered choice of numbers, valid or not."""
    ways = [0, 1]
    for leaves in range(2, size + 1):
        ways.append(4 * sum(ways[cut] * ways[leaves - cut] for cut in range(1, leaves)))
    orders = 1
    total = 0
    for leaves in range(1, size + 1):
        orders *= size - leaves + 1
        total += orders * ways[leaves]
    return total


def test_hutton_has_33665406_expressions() -> None:
    assert all_expressions(6) == 33_665_406


def test_hutton_has_4672540_valid_expressions_of_which_780_are_765_and_none_831() -> None:
    known: dict[int, Counter[int]] = {}
    for mask in range(1, 64):
        expressions_by_value(mask, known)
    assert sum(sum(found.values()) for found in known.values()) == 4_672_540
    assert sum(found[765] for found in known.values()) == 780
    assert sum(found[831] for found in known.values()) == 0


def test_the_oracle_makes_765_of_hutton_s_board_and_proves_that_nothing_makes_831() -> None:
    oracle = Oracle(television.RULES)  # his rules: some numbers, and positive whole results
    code = searching.quick_code(television.RULES)
    for target, solvable in ((765, True), (831, False)):
        assert oracle.solvable(BOARD, target) is solvable  # by the table
        assert (searching.fewest_at_once(code, BOARD, target) > 0) is solvable  # by the search
        assert (oracle.count_solutions(BOARD, target) > 0) is solvable  # by the listing
        assert (oracle.solve(BOARD, target) is not None) is solvable
