"""Uniform numbers, uniform target, every knob open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from countdown_gym.errors import InvalidParameterError
from countdown_gym.families.costs import costs_right, require_costs
from countdown_gym.families.family import MAX_PROPOSALS, Family
from countdown_gym.families.streams import Streams
from countdown_gym.puzzles import MAX_MAGNITUDE, Intermediates, Puzzle, Rules
from countdown_gym.solver.oracle import Oracle

Floats = NDArray[np.float64]  # (P, K, 2 + N) for P places and K boards of at most N numbers
Boards = NDArray[np.int64]  # (P, K, 2 + N)

_BOARDS_AT_ONCE = 1_024
"""How many boards the oracle is asked about in one go, as far as the next limits allow it."""
_FEWEST_AHEAD, _MOST_AHEAD = 4, 32
"""How many boards are looked at for each place: few make many goes, of many most are not used."""


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
        numbers, target = self._board(rng)
        return Puzzle(tuple(numbers), target, self.rules)

    def draw(
        self, rng: np.random.Generator, wanted: Callable[[Puzzle], bool] | None = None
    ) -> Puzzle:
        """Return a certified puzzle, as `Family.draw` does; refused boards never become puzzles."""
        if self.solvable is None or self._chooses_further:
            return Family.draw(self, rng, wanted)
        rules, oracle = self.rules, _oracle(self.rules)
        for _ in range(MAX_PROPOSALS):
            numbers, target = self._board(rng)
            if oracle.solvable(numbers, target) is self.solvable:
                puzzle = Puzzle(tuple(numbers), target, rules)
                if wanted is None or wanted(puzzle):
                    return self.finish(puzzle)
        raise self._exhausted()

    def draw_batch(
        self,
        streams: Streams,
        places: Sequence[int],
        wanted: Callable[[Puzzle], bool] | None = None,
    ) -> list[Puzzle]:
        """Return a certified puzzle for each place; the oracle sees many boards at a time.

        They are made of the numbers of the streams and not by their generators, so they are not the
        puzzles of `draw`, but distributed alike: boards follow one another in a stream, and the
        first that passes is the puzzle. Where the oracle is asked for more than whether a board in
        free order is solvable, they are those of `draw`.
        """
        if self.solvable is None or self.keep_order or self._chooses_further:
            return Family.draw_batch(self, streams, places, wanted)
        rules, found, refused = self.rules, dict[int, Puzzle](), 0
        pending, width = np.asarray(places, np.intp), 2 + self.max_numbers
        while pending.size:
            count = min(max(_FEWEST_AHEAD, _BOARDS_AT_ONCE // pending.size), _MOST_AHEAD)
            boards = self._boards(streams.peek(pending, count * width).reshape(-1, count, width))
            rows, columns = np.nonzero(self._certified(boards))
            passed = boards[rows, columns].tolist()
            looked_at = np.full(pending.size, count)
            for row, column, (size, target, *numbers) in zip(rows, columns, passed, strict=True):
                place = int(pending[row])
                if place not in found:
                    puzzle = Puzzle(tuple(numbers[:size]), target, rules)
                    if wanted is None or wanted(puzzle):
                        found[place] = self.finish(puzzle)
                        looked_at[row] = column + 1
            streams.move(pending, looked_at * width)
            pending = pending[[place not in found for place in pending.tolist()]]
            refused += count
            if pending.size and refused >= MAX_PROPOSALS:
                raise self._exhausted()
        return [found[place] for place in places]

    def _boards(self, drawn: Floats) -> Boards:
        """Return boards as whole numbers: how many numbers, the target, and the numbers."""
        ranges = [(self.min_numbers, self.max_numbers), (self.min_target, self.max_target)]
        ranges += [(self.smallest, self.largest)] * self.max_numbers
        low, high = np.array(ranges).T
        boards: Boards = low + (drawn * (high - low + 1)).astype(np.int64)
        return boards

    def _certified(self, boards: Boards) -> NDArray[np.bool_]:  # (P, K)
        """Return which boards are solvable or not as asked."""
        certified = np.zeros(boards.shape[:2], np.bool_)
        for size in range(self.min_numbers, self.max_numbers + 1):
            chosen = boards[..., 0] == size
            if chosen.any():
                asked = boards[chosen]
                solvable = _oracle(self.rules).solvable_batch(asked[:, 2 : 2 + size], asked[:, 1])
                certified[chosen] = solvable == self.solvable
        return certified

    def _board(self, rng: np.random.Generator) -> tuple[list[int], int]:
        size = int(rng.integers(self.min_numbers, self.max_numbers + 1))
        # one by one: asked for an array, numpy takes longer to find out how many four are
        numbers = [int(rng.integers(self.smallest, self.largest + 1)) for _ in range(size)]
        return numbers, int(rng.integers(self.min_target, self.max_target + 1))

    def is_quickly_refused(self, puzzle: Puzzle) -> bool:
        """Whether the puzzle is solvable where it must not be, or the reverse."""
        if self.solvable is None:
            return False
        return _oracle(self.rules).solvable(puzzle.numbers, puzzle.target) is not self.solvable

    def certifies(self, puzzle: Puzzle) -> bool:
        """Whether the puzzle is solvable or not as asked, in few enough ways, at the right cost."""
        oracle, numbers, target = _oracle(self.rules), puzzle.numbers, puzzle.target
        if self.max_solutions is not None:
            count = oracle.count_solutions(numbers, target)
            if count > self.max_solutions or self.solvable is (count == 0):
                return False
        elif self.solvable is not None and oracle.solvable(numbers, target) is not self.solvable:
            return False
        return costs_right(puzzle, self.min_search_cost, self.max_search_cost)

    @property
    def _chooses_further(self) -> bool:
        return self.max_solutions is not None or self._chooses_by_cost

    @property
    def _chooses_by_cost(self) -> bool:
        return self.min_search_cost is not None or self.max_search_cost is not None


_oracle = lru_cache(maxsize=64)(Oracle)  # working out its quick ways takes longer than an answer


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
