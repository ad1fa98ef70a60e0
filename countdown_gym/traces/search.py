"""Teachers: searches through a board, line after line, before it is decided what of them is told.

A teacher knows little more than its pupil: its lines are drawn at random and limited in number, so
it often fails. That is on purpose. A teacher that always succeeds shows texts whose end is known
from their beginning; models primed on those copy the form of a search without its use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Step
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.oracle import Oracle
from countdown_gym.traces.chains import Chain, chain_of, draw_chain, legal_chains

_LARGEST_LISTED = 3
"""Boards of more numbers are not listed: their chains are drawn."""
_DRAWS = 120
"""How many chains are drawn on a board that is too large to list."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of attempt."""

    chain: Chain
    """All its steps."""
    kept: int = 0
    """How many of its first steps are those of the line before, and not taken again."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a teacher did with a puzzle: everything that can be told of it."""

    puzzle: Puzzle
    lines: tuple[Line, ...]
    """At least one; only the last may reach the target."""
    spare: Chain | None
    """A chain that misses the target and is no line, for telling the search with a wrong end; None
    if there is none."""

    @property
    def found(self) -> bool:
        """Whether the last line reaches the target."""
        return self.lines[-1].chain.solves(self.puzzle)


@dataclass(frozen=True, slots=True)
class Teacher:
    """Tries distinct chains until one reaches the target or its patience ends.

    How many it is willing to try is drawn uniformly for each search.

    Raises:
        InvalidParameterError: If the range of attempts is empty or begins below 1, a share is not
            from 0 to 1, or the pull is negative.

    Example:
        >>> from countdown_gym.puzzles import Rules
        >>> rules = Rules(intermediates="naturals", largest_intermediate=99)
        >>> puzzle = Puzzle((17, 12, 2), 3, rules)
        >>> search = Teacher().search(puzzle, np.random.default_rng(6))
        >>> [line.chain.working for line in search.lines]
        ['12 - 2 = 10 , 17 + 10 = 27', '17 - 12 = 5 , 5 - 2 = 3']
    """

    fewest_attempts: int = 1
    """The fewest lines that it is willing to try."""
    most_attempts: int = 6
    """The most lines that it is willing to try."""
    solve_rate: float | None = None
    """The share of searches that succeed, on solvable puzzles; None leaves it to luck."""
    returns: float = 0.0
    """How often a new line keeps some steps of the one before, where it can."""
    pull: float = 0.0
    """How strongly lines that end near the target are preferred; 0 draws all alike."""
    tidy: bool = False
    """Whether misses with a fraction or a negative value on the way are left out, if others are
    there."""

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn from."""
        if not 1 <= self.fewest_attempts <= self.most_attempts:
            raise InvalidParameterError(
                "attempts must range from at least 1 upwards, got "
                f"{self.fewest_attempts} to {self.most_attempts}"
            )
        for name in ("solve_rate", "returns"):
            share = getattr(self, name)
            if share is not None and not 0 <= share <= 1:
                raise InvalidParameterError(f"{name} must be from 0 to 1, got {share}")
        if self.pull < 0:
            raise InvalidParameterError(f"pull must not be negative, got {self.pull}")

    def search(self, puzzle: Puzzle, rng: np.random.Generator) -> Search:
        """Return one search for the target.

        Raises:
            InvalidParameterError: If the rules allow no chain on this board, or more than the four
                operations.
        """
        if puzzle.rules.extras:
            raise InvalidParameterError(
                "traces combine numbers by the four operations only, got rules that admit "
                f"{', '.join(sorted(puzzle.rules.extras))} too"
            )
        pool = _pool(puzzle, rng)
        if self.tidy:
            pool = [c for c in pool if _is_tidy(c) or c.solves(puzzle)] or pool
        if not pool:
            raise InvalidParameterError(f"no chain is legal on the board {puzzle.numbers}")
        willing = int(rng.integers(self.fewest_attempts, self.most_attempts + 1))
        lines = self._lines(puzzle, pool, willing, rng)
        shown = {line.chain for line in lines}
        misses = [c for c in pool if not c.solves(puzzle) and c not in shown]
        # of another generator, so that it costs the lines of later searches no draw
        (aside,) = rng.spawn(1)
        spare = misses[aside.integers(len(misses))] if misses else None
        return Search(puzzle, lines, spare)

    def _lines(
        self, puzzle: Puzzle, pool: Sequence[Chain], willing: int, rng: np.random.Generator
    ) -> tuple[Line, ...]:
        order = self._order(puzzle, pool, rng)
        if self.solve_rate is None:
            return self._tried(puzzle, order, willing, rng)
        hits = [chain for chain in order if chain.solves(puzzle)]
        misses = [chain for chain in order if not chain.solves(puzzle)]
        succeed = bool(hits) and rng.random() < self.solve_rate
        lines = self._tried(puzzle, misses, willing - 1 if succeed else willing, rng)
        if succeed or not lines:
            return (*lines, self._next(hits, lines, rng))
        return lines

    def _tried(
        self, puzzle: Puzzle, order: list[Chain], most: int, rng: np.random.Generator
    ) -> tuple[Line, ...]:
        """Return lines until one succeeds, there are no more, or they are the most wanted."""
        lines: list[Line] = []
        while order and len(lines) < most:
            line = self._next(order, lines, rng)
            order.remove(line.chain)
            lines.append(line)
            if line.chain.solves(puzzle):
                break
        return tuple(lines)

    def _order(
        self, puzzle: Puzzle, pool: Sequence[Chain], rng: np.random.Generator
    ) -> list[Chain]:
        """Return the pool in the order of preference."""
        if self.pull == 0:
            return [pool[i] for i in rng.permutation(len(pool))]
        misses = np.array([abs(float(chain.result - puzzle.target)) for chain in pool])
        # the largest of Gumbel-perturbed logarithms: a draw without replacement by weight
        keys = rng.gumbel(size=len(pool)) - self.pull * np.log1p(misses)
        return [pool[i] for i in np.argsort(-keys)]

    def _next(
        self, order: Sequence[Chain], lines: Sequence[Line], rng: np.random.Generator
    ) -> Line:
        """Return the next line: the most preferred, or the most preferred that keeps steps."""
        if lines and self.returns > 0 and rng.random() < self.returns:
            last = lines[-1].chain
            for kept in range(len(last.steps) - 1, 0, -1):
                for chain in order:
                    if chain.steps[:kept] == last.steps[:kept] and len(chain.steps) > kept:
                        return Line(chain, kept)
        return Line(order[0])


def _is_tidy(chain: Chain) -> bool:
    return all(step.result.denominator == 1 and step.result >= 0 for step in chain.steps)


def _pool(puzzle: Puzzle, rng: np.random.Generator) -> Sequence[Chain]:
    """Return distinct chains of a board: all of them, or some of them and one that solves it."""
    rules = puzzle.rules
    if len(puzzle.numbers) <= _LARGEST_LISTED and rules.use_all and not rules.keep_order:
        return legal_chains(puzzle)
    found: dict[Chain, None] = {}
    for _ in range(_DRAWS):
        chain = draw_chain(puzzle, rng, _beginning(tuple(found), rng))
        if chain is not None:
            found[chain] = None
    solution = Oracle(rules).solve(puzzle.numbers, puzzle.target)
    if solution is not None and not any(chain.solves(puzzle) for chain in found):
        found[chain_of(solution)] = None
    return tuple(found)


def _beginning(found: Sequence[Chain], rng: np.random.Generator) -> Sequence[Step]:
    """Return how the next chain is to begin: every other time like one that is there already."""
    if not found or rng.random() < 0.5:
        return ()
    steps = found[int(rng.integers(len(found)))].steps
    return steps[: int(rng.integers(len(steps)))]
