"""One search under way: what it has spent and the best that it has met.

Strategies decide which state comes next. Expanding one, counting it, comparing answers with the
target and stopping at the budget happen here and nowhere else, so all strategies pay one price.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from time import perf_counter
from typing import NamedTuple

from countdown_agents.search.budget import Budget
from countdown_gym.expressions import Expression, Step
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.moves import Move, joined, legal_moves, play, step_of, written
from countdown_gym.solver.state import State

MAX_NOTED = 40
"""How many of the expanded states are remembered for the account of a search."""


class Node(NamedTuple):
    """A state that may be expanded; it is only made when it is."""

    before: State
    """The state that the move was made in; the state itself, where there is no move."""
    move: Move | None
    """What led here; None for the board as it was dealt."""

    @property
    def values(self) -> tuple[Fraction, ...]:
        """The values that may still be combined."""
        if self.move is None:
            return self.before.values
        return joined(self.before.values, self.move, self.move.result)

    @property
    def step(self) -> Step | None:
        """What led here, as a line of working."""
        return None if self.move is None else step_of(self.before.values, self.move)

    @property
    def state(self) -> State:
        """Values and expressions."""
        return self.before if self.move is None else play(self.before, self.move)


class Expansion(NamedTuple):
    """What was seen when a state was expanded."""

    state: State
    """The state that was expanded."""
    moves: list[Move]
    """The legal moves after which there is still something to join."""
    nearest: Fraction | None
    """The smallest distance from the target of an answer that a move makes; None if none does."""

    @property
    def successors(self) -> list[Node]:
        """The states that `moves` lead to."""
        return [Node(self.state, move) for move in self.moves]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An answer that was compared with the target."""

    expression: Expression
    """The answer."""
    distance: Fraction
    """Its exact distance from the target."""


class Exploration:
    """One search under way.

    Args:
        puzzle: What is searched.
        budget: Where it stops.
        clock: Tells the time in seconds.

    Attributes:
        puzzle: What is searched.
        root: The board as it was dealt.
        nodes: How many states were expanded so far.
        best: The nearest answer met so far, of equally near ones the first; None before any.
        noted: The first `MAX_NOTED` states that were expanded.
    """

    def __init__(
        self, puzzle: Puzzle, budget: Budget, clock: Callable[[], float] = perf_counter
    ) -> None:
        """Look at the board: where numbers may be left out, each alone is an answer."""
        self.puzzle = puzzle
        board = State.read(puzzle.numbers)
        self.root = Node(board, None)
        self.nodes = 0
        self.best: Attempt | None = None
        self.noted: list[Node] = []
        self._budget = budget
        self._clock = clock
        self._started = clock()
        if not puzzle.rules.use_all or len(puzzle.numbers) == 1:
            for expression, value in zip(board.expressions, board.values, strict=True):
                distance = abs(value - puzzle.target)
                if self.best is None or distance < self.best.distance:
                    self.best = Attempt(expression, distance)

    @property
    def solved(self) -> bool:
        """Whether the target was reached."""
        return self.best is not None and self.best.distance == 0

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return self._clock() - self._started

    @property
    def over(self) -> bool:
        """Whether no state will be expanded any more: the target is reached or the budget spent."""
        budget = self._budget
        return (
            self.solved
            or (budget.max_nodes is not None and self.nodes >= budget.max_nodes)
            or (budget.max_seconds is not None and self.seconds >= budget.max_seconds)
        )

    def expand(self, node: Node) -> Expansion:
        """Spend one node on a state; when the search is over, nothing is spent and nothing seen."""
        if self.over or len(self.puzzle.numbers) == 1:
            return Expansion(node.before, [], None)
        self.nodes += 1
        if len(self.noted) < MAX_NOTED:
            self.noted.append(node)
        state, rules = node.state, self.puzzle.rules
        moves: list[Move] = []
        nearest: Fraction | None = None
        for move in legal_moves(state.values, rules):
            left_over = len(state.values) - 1 - len(move.skipped)
            if left_over == 1 or not rules.use_all:
                distance = abs(move.result - self.puzzle.target)
                nearest = distance if nearest is None else min(nearest, distance)
                if self.best is None or distance < self.best.distance:
                    self.best = Attempt(written(state, move), distance)
            if left_over > 1:
                moves.append(move)
        return Expansion(state, moves, nearest)
