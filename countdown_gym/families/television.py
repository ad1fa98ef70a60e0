"""The numbers game as it is played on television."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from countdown_gym.errors import InvalidParameterError
from countdown_gym.families.costs import costs_right, require_costs
from countdown_gym.families.family import Family
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.solver import television
from countdown_gym.solver.oracle import oracle_of

_SMALL = tuple(tile for tile in television.TILES if tile <= 10)
_LARGE = tuple(tile for tile in television.TILES if tile > 10)


@dataclass(frozen=True, slots=True)
class Television(Family):
    """Six of the tiles 1-10 (twice each), 25, 50, 75, 100; target 101 to 999, solvable.

    Each tile is used at most once and every result is a positive whole number. Tiles are drawn
    without replacement and stand in the order in which they were drawn; the target is uniform. Of
    all 11,905,457 boards with a target, 10,858,746 have a solution.

    Raises:
        InvalidParameterError: If the range of the target is empty or reaches outside the game's,
            `large_tiles` is not from 0 to 4, `solvable` is neither true, false nor None, or no
            search cost lies in its range.
    """

    min_target: int = television.LOWEST_TARGET
    """The smallest target."""
    max_target: int = television.HIGHEST_TARGET
    """The largest target."""
    large_tiles: int | None = None
    """How many of the six are above 10; None draws all tiles alike."""
    solvable: bool | None = True
    """Whether every puzzle can be solved, or none (False), or either may come (None)."""
    min_search_cost: float | None = None
    """The smallest search cost (`Grade.search_cost`); None leaves it open."""
    max_search_cost: float | None = None
    """The largest search cost; None leaves it open."""

    def __post_init__(self) -> None:
        """Refuse what is not the game."""
        low, high = television.LOWEST_TARGET, television.HIGHEST_TARGET
        targets = (self.min_target, self.max_target)
        if not all(type(target) is int and low <= target <= high for target in targets):
            raise InvalidParameterError(f"targets must be from {low} to {high}, got {targets}")
        if self.min_target > self.max_target:
            raise InvalidParameterError(
                f"min_target must not exceed max_target, got {self.min_target} and "
                f"{self.max_target}"
            )
        large = self.large_tiles
        if large is not None and (type(large) is not int or not 0 <= large <= len(_LARGE)):
            raise InvalidParameterError(f"large_tiles must be from 0 to 4 or null, got {large!r}")
        if self.solvable is not None and type(self.solvable) is not bool:
            raise InvalidParameterError(
                f"solvable must be true, false or null, got {self.solvable!r}"
            )
        require_costs(self.min_search_cost, self.max_search_cost)

    @property
    def rules(self) -> Rules:
        """The rules of every puzzle."""
        return television.RULES

    def propose(self, rng: np.random.Generator) -> Puzzle:
        """Return six tiles and a uniform target, solvable or not."""
        if self.large_tiles is None:
            drawn = rng.permutation(television.TILES)[:6]
        else:
            large = rng.permutation(_LARGE)[: self.large_tiles]
            small = rng.permutation(_SMALL)[: 6 - self.large_tiles]
            drawn = np.concatenate([large, small])
        target = int(rng.integers(self.min_target, self.max_target + 1))
        return Puzzle.of_fit_numbers(tuple(drawn.tolist()), target, self.rules, None)

    def certifies(self, puzzle: Puzzle) -> bool:
        """Whether the puzzle is solvable or not as asked, at the right cost."""
        if self.solvable is not None:
            solvable = oracle_of(self.rules).solvable(puzzle.numbers, puzzle.target)
            if solvable is not self.solvable:
                return False
        return costs_right(puzzle, self.min_search_cost, self.max_search_cost)
