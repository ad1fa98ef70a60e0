"""What the game tree has to do with what can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from hypothesis import given, settings

from countdown_gym.expressions import value
from countdown_gym.puzzles import Rules
from countdown_gym.solver.moves import legal_moves, play
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.state import State
from countdown_gym.solver.value_moves import ValueMoves
from countdown_gym.testing import boards, rules


def values_in_the_tree(state: State, kept: Rules) -> Iterator[Fraction]:
    """Yield the value of every answer in the tree below a state, the state itself included."""
    if len(state.values) == 1 or not kept.use_all:
        yield from state.values
    for move in legal_moves(state.values, kept):
        after = play(state, move)
        assert after.values == tuple(value(expression) for expression in after.expressions)
        yield from values_in_the_tree(after, kept)


@settings(max_examples=60)
@given(boards(max_size=3, largest=12), rules())
def test_the_moves_lead_to_exactly_what_can_be_reached(board: tuple[int, ...], kept: Rules) -> None:
    assert set(values_in_the_tree(State.read(board), kept)) == Oracle(kept).reachable(board)


@given(boards(max_size=4), rules())
def test_both_game_trees_grow_the_same_states(board: tuple[int, ...], kept: Rules) -> None:
    bare = ValueMoves(kept)
    state = State.read(board)
    grown = {bare.start(play(state, move).values) for move in legal_moves(state.values, kept)}
    assert grown == set(bare.successors(bare.start(board)))
