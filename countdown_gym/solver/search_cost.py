"""Search cost: log2 of the expected nodes of a random-order depth-first search.

The search is defined by `SearchTree`. Over the 1,362 games of 24 that people played, the rank
correlation with their solve rates is -.71 (`benchmarks/grading`); that the cost is difficulty for
language models is not claimed.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import log, log2
from typing import NamedTuple

import numpy as np

from countdown_gym.puzzles import Rules
from countdown_gym.solver.search_estimate import SearchEstimate
from countdown_gym.solver.search_tree import SearchTree
from countdown_gym.solver.search_walk import walk
from countdown_gym.solver.value_moves import ValueMoves, ratio

MAX_EXACT_NODES = 4_000_000
"""Where numbers are too large for the compiled walk (`countdown_gym.solver.search_walk`), so many
nodes (a bound on the tree, from the rules) are still walked in Python, for exact costs: five
numbers under any rules, in a second at most; four take 2 ms."""
SAMPLES = 64
"""How many samples an estimate averages: for six numbers and fractions they take half a second and
leave a standard error of 0.02 to 0.4."""


class SearchCost(NamedTuple):
    """What a search costs, and how well that is known."""

    solvable: bool
    """Whether the search succeeds in the end; otherwise the cost is that of the whole tree."""
    cost: float
    """Log2 of the expected number of nodes; at least 0."""
    error: float
    """Its standard error; 0 if it is exact."""


def search_cost(
    rules: Rules, numbers: Iterable[int | Fraction], target: int | Fraction
) -> SearchCost:
    """Return what a random-order depth-first search costs.

    Exact for six numbers and fewer, unless they are so large that 64 bits might not do; beyond,
    estimated from samples that are drawn with a fixed seed, so that the same puzzle costs the same
    in every process.

    Raises:
        InvalidParameterError: If there are more numbers than the oracle combines.

    Example:
        >>> easy, hard = (search_cost(Rules(), n, 24).cost for n in ((1, 1, 4, 6), (3, 3, 8, 8)))
        >>> round(easy, 2), round(hard, 2)
        (5.94, 9.18)
    """
    moves, wanted = ValueMoves(rules), ratio(target)
    start = moves.start(numbers)
    walked = walk(rules, start, wanted)
    if walked is not None:
        return SearchCost(walked.solvable, log2(walked.nodes), 0.0)
    if moves.most_nodes(len(start)) > MAX_EXACT_NODES:
        return estimated_search_cost(rules, numbers, target)
    solvable, nodes = SearchTree(rules, wanted).subtree(start)
    return SearchCost(solvable, log2(nodes), 0.0)


def estimated_search_cost(
    rules: Rules,
    numbers: Iterable[int | Fraction],
    target: int | Fraction,
    samples: int = SAMPLES,
    seed: int = 0,
) -> SearchCost:
    """Return the cost from samples; its error is that of the mean carried over to the logarithm.

    Args:
        rules: What an operation may do.
        numbers: What may be combined.
        target: What is looked for.
        samples: How many samples are averaged, at least 2. The error goes down with their root.
        seed: Says which samples.

    Raises:
        InvalidParameterError: If there are more numbers than the oracle combines.
    """
    start = ValueMoves(rules).start(numbers)
    search = SearchEstimate(rules, ratio(target), np.random.default_rng(seed))
    solvable = search.solvable(start)
    mean, standard_error = search.estimate(start, samples)
    return SearchCost(solvable, log2(mean), standard_error / (mean * log(2)))
