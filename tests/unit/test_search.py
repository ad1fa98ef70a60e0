"""Search agents: what they find, in which order, and at what price."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from countdown_agents.search import (
    Beam,
    Budget,
    DepthFirst,
    Exploration,
    Greedy,
    MonteCarlo,
    RandomDepthFirst,
    SearchAgent,
    Searcher,
    SearchResult,
    Strategy,
)
from countdown_agents.search.account import MAX_ACCOUNT_CHARS, completion
from countdown_agents.search.monte_carlo import _Branch
from countdown_gym.checking import judge
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.expressions import value
from countdown_gym.faults import Fault
from countdown_gym.puzzles import MAX_NUMBERS, Intermediates, Puzzle, Rules

COMPLETE: tuple[Strategy, ...] = (
    DepthFirst("sum"),
    DepthFirst("multiply"),
    RandomDepthFirst(),
    MonteCarlo(),
)
STRATEGIES: tuple[Strategy, ...] = (
    *COMPLETE,
    DepthFirst("sum", prune=True),
    Beam("sum"),
    Beam("multiply", width=3),
    Greedy("sum"),
    Greedy("multiply"),
)
TELEVISION = Rules(use_all=False, intermediates=Intermediates.POSITIVE_INTEGERS)
ARTICLE = Puzzle((25, 30, 3, 4), 32)
IMPOSSIBLE = Puzzle((1, 1, 1, 1), 997)


def search(strategy: Strategy, puzzle: Puzzle, max_nodes: int | None = None) -> SearchResult:
    return SearchAgent(strategy, Budget(max_nodes)).search(puzzle)


def visited(strategy: Strategy, puzzle: Puzzle) -> list[tuple[int, ...]]:
    """Return the values of the first states that were expanded, where all are whole."""
    return [
        tuple(number.numerator for number in node.values) for node in search(strategy, puzzle).noted
    ]


# --- what is found ---------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", COMPLETE, ids=str)
@pytest.mark.parametrize(
    "puzzle",
    [
        ARTICLE,
        Puzzle((3, 3, 8, 8), 24),  # through fractions only
        Puzzle((4, 2, 7), 9, Rules(keep_order=True)),
        Puzzle((75, 50, 2, 3, 8), 952, TELEVISION),
        Puzzle((7,), 7),
    ],
    ids=str,
)
def test_a_search_without_limits_finds_a_solution(strategy: Strategy, puzzle: Puzzle) -> None:
    result = search(strategy, puzzle)
    assert result.expression is not None
    assert result.nearest == result.expression
    assert value(result.expression) == puzzle.target


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_what_cannot_be_solved_ends_without_an_answer_that_claims_to(strategy: Strategy) -> None:
    result = search(strategy, IMPOSSIBLE)
    assert not result.solved
    assert result.nearest is not None
    assert judge(IMPOSSIBLE, completion(result)).verdict.fault is Fault.WRONG_VALUE


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_a_number_that_stands_on_the_board_costs_nothing(strategy: Strategy) -> None:
    result = search(strategy, Puzzle((5, 75, 3), 75, TELEVISION))
    assert (str(result.expression), result.nodes) == ("75", 0)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_the_nearest_answer_is_handed_in(strategy: Strategy) -> None:
    result = search(strategy, Puzzle((2, 2), 5))
    assert str(result.nearest) in {"2 + 2", "2 * 2"}
    assert (result.expression, result.nodes) == (None, 1)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_rules_that_allow_no_move_leave_the_answer_empty(strategy: Strategy) -> None:
    puzzle = Puzzle((5, 7), 3, Rules(operators="+", largest_intermediate=1))  # type: ignore[arg-type]  # Rules converts
    result = search(strategy, puzzle)
    assert (result.nearest, result.nodes) == (None, 1)
    assert completion(result).endswith("no answer\n</think>\n<answer></answer>")


def test_pruning_drops_states_that_are_farther_away_than_the_target_is_large() -> None:
    puzzle = Puzzle((100, 50, 47), 3)  # after any first step the mean distance is above 3
    assert search(DepthFirst("sum"), puzzle).solved
    pruned = search(DepthFirst("sum", prune=True), puzzle)
    assert (pruned.solved, pruned.nodes) == (False, 1)


# --- in which order --------------------------------------------------------------------------

SIX_STATES = Puzzle((1, 2, 4), 99, Rules(operators="+*"))  # type: ignore[arg-type]  # Rules converts
"""Its first moves lead to (3, 4), (2, 4), (5, 2), (4, 2), (1, 6) and (1, 8), in this order."""


def test_depth_first_takes_the_nearest_successor_first() -> None:
    # Mean distances from 99: 95.5, 96, 95.5, 96, 95.5, 94.5.
    assert visited(DepthFirst("sum"), SIX_STATES) == [
        *((1, 2, 4), (1, 8)),
        *((3, 4), (5, 2), (1, 6)),
        *((2, 4), (4, 2)),
    ]
    # Summed distances from 3, 9, 11, 33 or 99: 1, 2, 3, 2, 5, 3.
    assert visited(DepthFirst("multiply"), SIX_STATES) == [
        *((1, 2, 4), (3, 4)),
        *((2, 4), (4, 2)),
        *((5, 2), (1, 8), (1, 6)),
    ]


def test_depth_first_goes_down_before_it_goes_on() -> None:
    sizes = [len(values) for values in visited(DepthFirst("sum"), IMPOSSIBLE)]
    assert sizes[:4] == [4, 3, 2, 2]
    assert sizes.index(3, 3) > 4


def test_beam_goes_on_before_it_goes_down_and_keeps_its_width() -> None:
    assert visited(Beam("sum", width=2), SIX_STATES) == [(1, 2, 4), (1, 8), (3, 4)]
    sizes = [node.values for node in search(Beam("sum", width=5), IMPOSSIBLE).noted]
    assert [len(values) for values in sizes] == [4] + 5 * [3] + 5 * [2]


def test_greedy_walks_one_path() -> None:
    assert visited(Greedy("sum"), SIX_STATES) == [(1, 2, 4), (1, 8)]
    assert visited(Greedy("multiply"), SIX_STATES) == [(1, 2, 4), (3, 4)]


def test_random_order_is_uniform_and_of_the_seed() -> None:
    second = [visited(RandomDepthFirst(seed), SIX_STATES)[1] for seed in range(600)]
    assert len(set(second)) == 6
    assert all(60 <= second.count(values) <= 140 for values in set(second))
    assert visited(RandomDepthFirst(3), SIX_STATES) == visited(RandomDepthFirst(3), SIX_STATES)


def test_monte_carlo_weighs_worth_against_doubt() -> None:
    # UCB1 after 10 rounds: 3 / 6 + c sqrt(ln 10 / 6) against 0.4 / 4 + c sqrt(ln 10 / 4),
    # which are equal at c = 2.87.
    tree, known, doubtful = (_Branch(Exploration(ARTICLE, Budget()).root) for _ in range(3))
    tree.visits, tree.children = 10, [known, doubtful]
    known.visits, known.worth = 6, 3.0
    doubtful.visits, doubtful.worth = 4, 0.4
    assert MonteCarlo(curiosity=2.8)._preferred(tree) is known
    assert MonteCarlo(curiosity=2.9)._preferred(tree) is doubtful
    known.closed = True
    assert MonteCarlo(curiosity=0.0)._preferred(tree) is doubtful
    known.closed, doubtful.visits = False, 0
    assert MonteCarlo(curiosity=0.0)._preferred(tree) is doubtful


def test_monte_carlo_plays_by_its_seed() -> None:
    assert visited(MonteCarlo(seed=4), IMPOSSIBLE) == visited(MonteCarlo(seed=4), IMPOSSIBLE)
    assert visited(MonteCarlo(seed=4), SIX_STATES) != visited(MonteCarlo(seed=5), SIX_STATES)


# --- at what price ---------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", COMPLETE[:3], ids=str)
def test_every_state_costs_one_node(strategy: Strategy) -> None:
    # Of (1, 2, 4) with + and *: the board and its six successors. Of four numbers under the
    # default rules, where nothing divides by zero: 1 + 6 * 6 + 6 * 6 * 3 * 6.
    assert search(strategy, SIX_STATES).nodes == 7
    assert search(strategy, Puzzle((3, 7, 19, 88), 997)).nodes == 685


def test_monte_carlo_sees_everything_and_pays_for_playouts_too() -> None:
    assert 7 <= search(MonteCarlo(), SIX_STATES).nodes <= 14


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_the_budget_is_spent_to_the_last_node_and_no_further(strategy: Strategy) -> None:
    needed = search(strategy, IMPOSSIBLE).nodes
    for max_nodes in (1, 2, 3, 7, 50, 10_000):
        assert search(strategy, IMPOSSIBLE, max_nodes).nodes == min(max_nodes, needed)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_no_state_is_expanded_after_the_time_is_up(strategy: Strategy) -> None:
    now = count()  # every look at the clock takes a second
    exploration = Exploration(IMPOSSIBLE, Budget(None, max_seconds=5.0), lambda: float(next(now)))
    strategy.explore(exploration)
    assert exploration.over
    assert 1 <= exploration.nodes <= 4


def test_a_search_stops_where_it_finds_the_target() -> None:
    exploration = Exploration(Puzzle((2, 2), 4), Budget())
    assert len(exploration.expand(exploration.root).successors) == 0
    assert exploration.over
    assert exploration.expand(exploration.root).nearest is None
    assert exploration.nodes == 1


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_the_largest_board_is_searched_within_its_budget(strategy: Strategy) -> None:
    puzzle = Puzzle(tuple(range(1, MAX_NUMBERS + 1)), 0, Rules(operators="+", keep_order=True))  # type: ignore[arg-type]  # Rules converts
    result = search(strategy, puzzle, 100)
    assert result.nodes <= 100
    assert len(completion(result)) < MAX_ACCOUNT_CHARS + 1_000


# --- what is written -------------------------------------------------------------------------

TOLD = """<think>
5 6 7 to make 18
5 + 6 = 11, left 11 7
5 + 6 + 7 = 18
</think>
<answer>5 + 6 + 7</answer>"""

TOLD_UNSOLVED = """<think>
5 6 7 to make 17
5 + 6 = 11, left 11 7
5 + 6 + 7 = 18, not 17
</think>
<answer>5 + 6 + 7</answer>"""


def test_a_completion_tells_the_search_and_ends_with_the_answer() -> None:
    rules = Rules(operators="+-", intermediates="naturals")  # type: ignore[arg-type]  # Rules converts
    (text,) = SearchAgent(DepthFirst("sum")).answer([Puzzle((5, 6, 7), 18, rules)])
    assert text == TOLD
    (text,) = SearchAgent(Greedy("sum")).answer([Puzzle((5, 6, 7), 17, rules)])
    assert text == TOLD_UNSOLVED


def test_a_long_search_is_told_in_part() -> None:
    result = search(DepthFirst("sum"), IMPOSSIBLE)
    text = completion(result)
    told = text.count(", left ") + 1
    assert f"\n{result.nodes - told} more like these\n" in text
    assert MAX_ACCOUNT_CHARS // 4 < len(text) < MAX_ACCOUNT_CHARS + 200


def test_the_answer_is_by_puzzle_and_not_by_batch() -> None:
    asked = [Puzzle((n, n + 1, n + 2, 50), 24) for n in range(1, 6)]
    for strategy in STRATEGIES:
        agent = SearchAgent(strategy, Budget(30))
        together = agent.answer(asked)
        assert [agent.answer([puzzle])[0] for puzzle in reversed(asked)] == together[::-1]


def test_a_search_agent_says_what_it_costs() -> None:
    agent = SearchAgent(Greedy())
    assert isinstance(agent, Searcher)
    assert agent.search(ARTICLE) == agent.search(ARTICLE)  # but for the seconds
    assert agent.search(ARTICLE).seconds > 0


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Budget(max_nodes=0), "max_nodes must be at least 1, got 0"),
        (lambda: Budget(max_seconds=0.0), "max_seconds must be above 0, got 0.0"),
        (lambda: Budget(max_seconds=float("nan")), "max_seconds must be above 0, got nan"),
        (lambda: Beam(width=0), "width must be at least 1, got 0"),
        (lambda: RandomDepthFirst(seed=-1), "seed must not be negative, got -1"),
        (lambda: MonteCarlo(seed=-1), "seed must not be negative, got -1"),
        (lambda: MonteCarlo(curiosity=-0.5), "curiosity must be at least 0 and finite, got -0.5"),
        (lambda: SearchResult(ARTICLE, None, -1), "nodes and seconds must not be negative"),
    ],
)
def test_what_makes_no_search_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        make()


@pytest.mark.parametrize("make", [DepthFirst, Beam, Greedy])
def test_an_unknown_heuristic_is_refused_before_any_puzzle(
    make: Callable[[str], object],
) -> None:
    with pytest.raises(UnknownNameError, match="unknown heuristic 'summ', did you mean 'sum'"):
        make("summ")
