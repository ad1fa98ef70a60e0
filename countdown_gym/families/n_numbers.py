"""Uniform numbers, uniform target, every knob open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from countdown_gym.errors import InvalidParameterError
from countdown_gym.families.costs import costs_right, require_costs
from countdown_gym.families.family import MAX_PROPOSALS, Family
from countdown_gym.puzzles import (
    MAX_MAGNITUDE,
    ContentCondition,
    Intermediates,
    Puzzle,
    Rules,
    hash_number,
)
from countdown_gym.solver.grading import grade
from countdown_gym.solver.oracle import Oracle, oracle_of
from countdown_gym.solver.uniform_boards import FirstBoard, UniformBoards


@dataclass(frozen=True, slots=True)
class NNumbers(Family):
    """Numbers and target drawn uniformly and independently, kept if solvable.

    Numbers may repeat. How many there are is drawn first, uniformly; since more numbers make more
    draws solvable, the larger boards are more frequent among the puzzles.

    Raises:
        InvalidParameterError: If a range is empty or outside what a puzzle allows, a number is not
            whole, or `solvable` is neither true, false nor None.
        UnknownNameError: If there is no such operator or kind of intermediate result.
    """

    min_numbers: int = 3
    """The fewest numbers on a board."""
    max_numbers: int = 4
    """The most numbers on a board."""
    smallest: int = 1
    """The smallest number."""
    largest: int = 99
    """The largest number."""
    min_target: int = 10
    """The smallest target."""
    max_target: int = 100
    """The largest target."""
    operators: str = "+-*/"
    """The operations that may be used, by their characters."""
    use_all: bool = True
    """Whether every number must be used."""
    keep_order: bool = False
    """Whether the numbers must stay in the order of the board."""
    intermediates: str = Intermediates.RATIONALS.value
    """Which results an operation may have, a name in `Intermediates`."""
    largest_intermediate: int | None = None
    """The largest absolute result an operation may have."""
    max_solutions: int | None = None
    """The most distinct solutions a puzzle may have; None leaves it open."""
    solvable: bool | None = True
    """Whether every puzzle can be solved, or none (False), or either may come (None)."""
    min_search_cost: float | None = None
    """The smallest search cost (`Grade.search_cost`); None leaves it open."""
    max_search_cost: float | None = None
    """The largest search cost; None leaves it open."""

    def __post_init__(self) -> None:
        """Refuse empty ranges."""
        _require_whole("min_numbers", self.min_numbers)
        _require_whole("max_numbers", self.max_numbers)
        _require_whole("smallest", self.smallest)
        _require_whole("largest", self.largest)
        _require_whole("min_target", self.min_target)
        _require_whole("max_target", self.max_target)
        if self.max_solutions is not None:
            _require_whole("max_solutions", self.max_solutions)
        _require_range("min_numbers", self.min_numbers, "max_numbers", self.max_numbers)
        _require_range("smallest", self.smallest, "largest", self.largest)
        _require_range("min_target", self.min_target, "max_target", self.max_target)
        if self.min_numbers < 1:
            raise InvalidParameterError(f"min_numbers must be at least 1, got {self.min_numbers}")
        if self.smallest < 0:
            raise InvalidParameterError(f"smallest must not be negative, got {self.smallest}")
        if self.max_solutions is not None and self.max_solutions < 1:
            raise InvalidParameterError(
                f"max_solutions must be at least 1, got {self.max_solutions}"
            )
        if max(self.largest, abs(self.min_target), abs(self.max_target)) > MAX_MAGNITUDE:
            raise InvalidParameterError(f"numbers and target must be at most {MAX_MAGNITUDE:,}")
        if self.solvable is not None and type(self.solvable) is not bool:
            raise InvalidParameterError(
                f"solvable must be true, false or null, got {self.solvable!r}"
            )
        require_costs(self.min_search_cost, self.max_search_cost)
        oracle = Oracle(self.rules)  # making the rules refuses what is none
        limit = oracle.max_listed_entries if self._chooses_further else oracle.max_entries
        if self.max_numbers > limit:
            raise InvalidParameterError(
                f"max_numbers must be at most {limit}, which the oracle can certify, got "
                f"{self.max_numbers}"
            )

    @property
    def rules(self) -> Rules:
        """The rules of every puzzle."""
        return _rules(
            self.operators,
            self.use_all,
            self.keep_order,
            self.intermediates,
            self.largest_intermediate,
        )

    def propose(self, rng: np.random.Generator) -> Puzzle:
        """Return uniform numbers and a uniform target, solvable or not."""
        return Puzzle(*self._boards.draw(rng), self.rules)

    def draw(
        self, rng: np.random.Generator, wanted: Callable[[Puzzle], bool] | None = None
    ) -> Puzzle:
        """Return a certified puzzle, as `Family.draw` does; refused boards never become puzzles."""
        return self._drawer(wanted)(rng)

    def draw_ahead(
        self,
        rngs: Iterable[np.random.Generator],
        proposals: int,
        wanted: Callable[[Puzzle], bool] | None = None,
    ) -> list[list[Puzzle]]:
        """Return the next puzzles of each generator, as `Family.draw_ahead` does."""
        generators = list(rngs)
        if type(self).draw is not NNumbers.draw:
            return [[self.draw(rng, wanted)] for rng in generators]
        draw = self._drawer(wanted)
        if not isinstance(wanted, ContentCondition):
            return [[draw(rng)] for rng in generators]
        firsts = self._first_boards(generators, proposals)
        if firsts is None:
            return [[draw(rng)] for rng in generators]
        rules, holds, ahead = self.rules, wanted.holds, []
        for at, rng in enumerate(generators):
            puzzles, left = [], MAX_PROPOSALS
            for refused, numbers, target, content in firsts[at * proposals : (at + 1) * proposals]:
                left -= refused + 1
                if left < 0:
                    break
                if holds(hash_number(content)):
                    puzzles.append(Puzzle.of_fit_numbers(numbers, target, rules, grade))
                    left = MAX_PROPOSALS
            ahead.append(puzzles or [draw(rng, left)])
        return ahead

    def _first_boards(self, rngs: list[np.random.Generator], each: int) -> list[FirstBoard] | None:
        """Return the first boards of each generator, or None where more is asked of a puzzle."""
        kind = type(self)
        own = kind.propose is not NNumbers.propose or kind.finish is not Family.finish
        if own or self._chooses_further or self.solvable is None or len(rngs) * each < _MANY:
            return None
        return oracle_of(self.rules).first_boards(
            rngs, self._boards, solvable=self.solvable, most=MAX_PROPOSALS, each=each
        )

    def _drawer(self, wanted: Callable[[Puzzle], bool] | None) -> Callable[..., Puzzle]:
        """Return `draw` under one condition, to be called again and again.

        It takes a generator and perhaps how many proposals are left.
        """
        if self.solvable is None or type(self).propose is not NNumbers.propose:
            return partial(Family.draw, self, wanted=wanted)
        rules, oracle, further = self.rules, oracle_of(self.rules), self._chooses_further
        first_board = oracle.board_drawer(self._boards, solvable=self.solvable)
        # what `finish` would add comes with the puzzle at once: a second one takes as long again
        finishes = type(self).finish is Family.finish
        grading = grade if finishes and self.max_numbers <= oracle.max_listed_entries else None

        def draw(rng: np.random.Generator, left: int = MAX_PROPOSALS) -> Puzzle:
            while left > 0:
                found = first_board(rng, left)
                if found is None:
                    break
                refused, numbers, target = found
                puzzle = Puzzle.of_fit_numbers(numbers, target, rules, grading)
                if (wanted is None or wanted(puzzle)) and (not further or self.certifies(puzzle)):
                    return puzzle if grading else self.finish(puzzle)
                left -= refused + 1
            raise self._exhausted()

        return draw

    def certifies(self, puzzle: Puzzle) -> bool:
        """Whether the puzzle is solvable or not as asked, in few enough ways, at the right cost."""
        oracle, numbers, target = oracle_of(self.rules), puzzle.numbers, puzzle.target
        if self.max_solutions is not None:
            count = oracle.count_solutions(numbers, target)
            if count > self.max_solutions or self.solvable is (count == 0):
                return False
        elif self.solvable is not None and oracle.solvable(numbers, target) is not self.solvable:
            return False
        return costs_right(puzzle, self.min_search_cost, self.max_search_cost)

    @property
    def _boards(self) -> UniformBoards:
        return UniformBoards(
            self.min_numbers,
            self.max_numbers,
            self.smallest,
            self.largest,
            self.min_target,
            self.max_target,
        )

    @property
    def _chooses_further(self) -> bool:
        """Whether a board is asked more than whether it is solvable, here or in a subclass."""
        overridden = type(self).certifies is not NNumbers.certifies
        return overridden or self.max_solutions is not None or self._chooses_by_cost

    @property
    def _chooses_by_cost(self) -> bool:
        return self.min_search_cost is not None or self.max_search_cost is not None


_MANY = 16  # from so many on it is quicker to draw boards together


@lru_cache(maxsize=64)
def _rules(
    operators: str,
    use_all: bool,
    keep_order: bool,
    intermediates: str,
    largest_intermediate: int | None,
) -> Rules:
    """Return the rules of a family; a family asks for them at every draw."""
    return Rules(
        operators=operators,  # type: ignore[arg-type]  # Rules converts
        use_all=use_all,
        keep_order=keep_order,
        intermediates=intermediates,  # type: ignore[arg-type]  # as above
        largest_intermediate=largest_intermediate,
    )


def _require_whole(name: str, number: object) -> None:
    if type(number) is not int:
        raise InvalidParameterError(f"{name} must be a whole number, got {number!r}")


def _require_range(low_name: str, low: float, high_name: str, high: float) -> None:
    if low > high:
        raise InvalidParameterError(f"{low_name} must not exceed {high_name}, got {low} and {high}")
