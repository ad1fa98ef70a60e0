"""What a family is: a way to draw puzzles, certified by the oracle."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

import numpy as np

from countdown_gym.errors import ExhaustedError
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.solver.grading import graded

MAX_PROPOSALS = 20_000
"""After so many refused proposals in a row a family is taken to have no puzzle to give."""


class Family(ABC):
    """A way to draw puzzles. A concrete family is a frozen dataclass; its fields are its knobs."""

    @property
    @abstractmethod
    def rules(self) -> Rules:
        """The rules of every puzzle that the family draws."""

    @abstractmethod
    def propose(self, rng: np.random.Generator) -> Puzzle:
        """Return a puzzle that may still be refused; reads no randomness but `rng`."""

    @abstractmethod
    def certifies(self, puzzle: Puzzle) -> bool:
        """Whether the oracle finds the puzzle to be one of this family."""

    def finish(self, puzzle: Puzzle) -> Puzzle:
        """Return a certified puzzle as it is handed out: by default so that it carries its grade.

        The grade is worked out when it is first read, so drawing costs no more than it must.
        """
        return graded(puzzle)

    def draw(
        self, rng: np.random.Generator, wanted: Callable[[Puzzle], bool] | None = None
    ) -> Puzzle:
        """Return a certified puzzle.

        Args:
            rng: The only source of randomness; it is moved.
            wanted: A further condition.

        Raises:
            ExhaustedError: If `MAX_PROPOSALS` proposals in a row were refused.
        """
        for _ in range(MAX_PROPOSALS):
            puzzle = self.propose(rng)
            if (wanted is None or wanted(puzzle)) and self.certifies(puzzle):
                return self.finish(puzzle)
        raise self._exhausted()

    def draw_ahead(
        self,
        rngs: Iterable[np.random.Generator],
        proposals: int,
        wanted: Callable[[Puzzle], bool] | None = None,
    ) -> list[list[Puzzle]]:
        """Return of each generator, for one puzzle or more, what `draw` would return in turn.

        For who owns the generators and will want more of them: where puzzles are cheaper by the
        dozen, so many certified proposals of each are looked at, and it stands behind them all.

        Raises:
            ExhaustedError: If `MAX_PROPOSALS` proposals in a row were refused.
        """
        del proposals
        return [[self.draw(rng, wanted)] for rng in rngs]

    def _exhausted(self) -> ExhaustedError:
        return ExhaustedError(
            f"no puzzle in {MAX_PROPOSALS:,} draws of {self}: widen the range of the target or of "
            "the numbers, or of the search cost"
        )
