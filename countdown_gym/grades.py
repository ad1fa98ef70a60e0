"""How hard a puzzle is, in numbers: what a grade holds, not how it is worked out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Self

from countdown_gym.errors import InvalidParameterError, UnknownNameError


@dataclass(frozen=True, slots=True)
class Grade:
    """What `countdown_gym.solver.grading.grade` finds out about a puzzle.

    Five fields speak of the solutions and are None where there is none.

    Raises:
        InvalidParameterError: If a cost or error is negative or not finite, there are no numbers,
            or only some of the fields that speak of solutions are None.
    """

    solvable: bool
    """Whether there is a solution; False is proved."""
    fewest_operations: int | None
    """The operations of a shortest solution."""
    search_cost: float
    """Log2 of the states that a random-order depth-first search visits on average before it
    succeeds; of an unsolvable puzzle, of all states that it visits in vain. At least 0."""
    search_cost_error: float
    """The standard error of `search_cost`; 0 where the cost is exact."""
    numbers: int
    """How many numbers are on the board."""
    fewest_products: int | None
    """The fewest multiplications and divisions, counted together, of any solution."""
    largest_intermediate: int | None
    """The smallest whole number, 1 or more, that no result of some solution exceeds in absolute
    value, the last result included; 0 if a number of the board is a solution."""
    needs_fraction: bool | None
    """Whether some result of every solution is not whole."""
    unique: bool | None
    """Whether all solutions have one normal form (`expressions.normal_form`)."""

    def __post_init__(self) -> None:
        """Refuse what no puzzle can have."""
        for name in ("search_cost", "search_cost_error"):
            number = getattr(self, name)
            if not (isinstance(number, int | float) and isfinite(number) and number >= 0):
                raise InvalidParameterError(f"{name} must be finite and at least 0, got {number!r}")
        if self.numbers < 1:
            raise InvalidParameterError(f"numbers must be at least 1, got {self.numbers}")
        for name in _OF_SOLUTIONS:
            if (getattr(self, name) is not None) is not self.solvable:
                raise InvalidParameterError(
                    f"{name} must be None exactly if the puzzle is not solvable, got "
                    f"{getattr(self, name)!r} with solvable={self.solvable}"
                )

    def to_dict(self) -> dict[str, Any]:
        """Return the grade as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Return the grade that `to_dict` wrote.

        Raises:
            InvalidParameterError: If a field is missing or the values make no grade.
            UnknownNameError: If there is a field of another name.
        """
        known = cls.__dataclass_fields__
        for name in fields:
            if name not in known:
                raise UnknownNameError("field of Grade", name, known)
        missing = [name for name in known if name not in fields]
        if missing:
            raise InvalidParameterError(f"a grade needs all its fields, got no {missing[0]}")
        return cls(**fields)


_OF_SOLUTIONS = (
    "fewest_operations",
    "fewest_products",
    "largest_intermediate",
    "needs_fraction",
    "unique",
)
