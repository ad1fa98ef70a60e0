"""Four fours: one digit over and over, and more than the four operations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from countdown_gym.errors import InvalidParameterError
from countdown_gym.families.family import Family
from countdown_gym.formulas import Extra
from countdown_gym.puzzles import MAX_MAGNITUDE, Puzzle, Rules
from countdown_gym.solver.formula_search import MAX_SEARCHED_NUMBERS, formulas


@dataclass(frozen=True, slots=True)
class FourFours(Family):
    """Four fours, all used, target 0 to 100, each reached by a formula that was found.

    Powers, square roots, factorials, joined digits (44) and minus signs are allowed beside + - * /;
    a decimal point (.4) is one more of `extras`. As the numbers are always the same, a puzzle is
    its target: of 0 to 100 there are 83, with `decimal_point` 98, with the four operations alone
    24. They are divided among the splits like all puzzles, eight of ten to train on.

    What no formula was found for is not drawn, though it may have one: the search is bounded
    (`countdown_gym.solver.formula_search`). So there are no unsolvable puzzles and no grades here.

    Ball 1892, *Mathematical Recreations and Essays*; Knuth 1964, *Representing numbers using only
    one 4*, Mathematics Magazine 37.

    Raises:
        InvalidParameterError: If the digit, the count or the range of the target is outside what
            the search combines, or there is no extra.
        UnknownNameError: If there is no such operator or extra.
    """

    digit: int = 4
    """The digit, from 1 to 9."""
    count: int = 4
    """How many of it, from 2 to 4."""
    min_target: int = 0
    """The smallest target."""
    max_target: int = 100
    """The largest target."""
    operators: str = "+-*/"
    """The operations that may be used, by their characters."""
    extras: str = "power root factorial concatenation negation"
    """What may be written beyond them: names in `Extra`, at least one, with spaces between."""

    def __post_init__(self) -> None:
        """Refuse what cannot be certified."""
        if type(self.extras) is not str or not self.extras.split():
            raise InvalidParameterError(
                f"extras must be names among {', '.join(Extra)}, with spaces between, got "
                f"{self.extras!r}"
            )
        Rules.from_dict(self._fields)  # refuses what names no operator and no extra
        _require_within("digit", self.digit, 1, 9)
        _require_within("count", self.count, 2, MAX_SEARCHED_NUMBERS)
        _require_within("min_target", self.min_target, -MAX_MAGNITUDE, MAX_MAGNITUDE)
        _require_within("max_target", self.max_target, self.min_target, MAX_MAGNITUDE)

    @property
    def rules(self) -> Rules:
        """The rules of every puzzle."""
        return Rules.from_dict(self._fields)

    @property
    def _fields(self) -> dict[str, object]:
        return {"operators": self.operators, "extras": self.extras.split()}

    def propose(self, rng: np.random.Generator) -> Puzzle:
        """Return a uniform target, reached or not."""
        target = int(rng.integers(self.min_target, self.max_target + 1))
        return Puzzle((self.digit,) * self.count, target, self.rules)

    def certifies(self, puzzle: Puzzle) -> bool:
        """Whether a formula of the target was found."""
        return puzzle.target in formulas(self.rules, puzzle.numbers)

    def finish(self, puzzle: Puzzle) -> Puzzle:
        """Return the puzzle as it is: grades are of searches with the four operations."""
        return puzzle


def _require_within(name: str, number: int, low: int, high: int) -> None:
    if type(number) is not int or not low <= number <= high:
        raise InvalidParameterError(
            f"{name} must be a whole number from {low:,} to {high:,}, got {number!r}"
        )
