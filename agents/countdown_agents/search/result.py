"""What a search found, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from countdown_agents.search.exploration import Exploration, Node
from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Expression
from countdown_gym.puzzles import Puzzle


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What came of one search.

    Raises:
        InvalidParameterError: If `nodes` or `seconds` is negative.
    """

    puzzle: Puzzle
    """What was searched."""
    expression: Expression | None
    """The solution; None if none was found, which proves nothing."""
    nodes: int
    """How many states were expanded, see `Budget`."""
    seconds: float = field(default=0.0, compare=False)
    """How long it took, in wall-clock time."""
    nearest: Expression | None = None
    """The nearest answer that was met, the solution where there is one; None before any."""
    noted: tuple[Node, ...] = ()
    """The first states that were expanded, in their order."""

    def __post_init__(self) -> None:
        """Refuse a cost that cannot be."""
        if self.nodes < 0 or self.seconds < 0:
            raise InvalidParameterError(
                f"nodes and seconds must not be negative, got {self.nodes} and {self.seconds}"
            )

    @property
    def solved(self) -> bool:
        """Whether a solution was found."""
        return self.expression is not None

    @classmethod
    def of(cls, exploration: Exploration) -> Self:
        """Return what an exploration has come to."""
        nearest = None if exploration.best is None else exploration.best.expression
        return cls(
            puzzle=exploration.puzzle,
            expression=nearest if exploration.solved else None,
            nodes=exploration.nodes,
            seconds=exploration.seconds,
            nearest=nearest,
            noted=tuple(exploration.noted),
        )
