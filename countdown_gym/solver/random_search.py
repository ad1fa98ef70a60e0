"""The random-order depth-first search itself, played out: what search cost is the average of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np

from countdown_gym.puzzles import Rules
from countdown_gym.solver.value_moves import ValueMoves, Values, ratio


def nodes_visited(
    rules: Rules,
    numbers: Iterable[int | Fraction],
    target: int | Fraction,
    rng: np.random.Generator,
) -> int:
    """Return how many states one search visits up to the first that reaches the target.

    That one and the first state are counted; if none reaches the target, every state is. Takes as
    long as it says: about a microsecond for each.

    Args:
        rules: What an operation may do.
        numbers: What may be combined.
        target: What is looked for.
        rng: Shuffles the children of every state visited; it is moved.
    """
    moves, wanted = ValueMoves(rules), ratio(target)

    def shuffled(state: Values) -> Iterator[Values]:
        children = moves.successors(state)
        return (children[i] for i in rng.permutation(len(children)))

    visited = 1
    start = moves.start(numbers)
    if moves.reached(start, wanted):
        return visited
    open_states = [shuffled(start)]
    while open_states:
        state = next(open_states[-1], None)
        if state is None:
            open_states.pop()
            continue
        visited += 1
        if moves.reached(state, wanted):
            return visited
        if len(state) > 1:
            open_states.append(shuffled(state))
    return visited
