"""Whole searches to prime a model with: attempts, each checked, then an answer in any case.

The teacher knows no more than its pupil: attempts are random legal chains, so its solve rate stays
far below one. That is on purpose. A teacher that always succeeds shows texts whose end is known
from their beginning; models primed on those copy the form of a search without its use.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from countdown_gym.errors import InvalidParameterError
from countdown_gym.prompts import terse
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.chains import legal_chains


@dataclass(frozen=True, slots=True)
class Trace:
    """A reasoning text about one puzzle, cut where the model's part begins."""

    puzzle: Puzzle
    prompt: str
    completion: str
    solved: bool
    """Whether the answer at the end is right."""


@dataclass(frozen=True, slots=True)
class RandomSearch:
    """A teacher that tries distinct legal chains at random and says of each whether it is right.

    How many it is willing to try is drawn uniformly for each trace; it stops when the target is
    reached, and otherwise answers with its last attempt. Each attempt is checked (`no`, `yes`), and
    `back` stands between two.

    Raises:
        InvalidParameterError: If the range of attempts is empty or begins below 1.

    Example:
        >>> from countdown_gym.puzzles import Rules
        >>> rules = Rules(intermediates="naturals", largest_intermediate=99)
        >>> trace = RandomSearch().trace(Puzzle((17, 12, 2), 3, rules), np.random.default_rng(3))
        >>> trace.prompt
        '17 12 2 make 3 <think>'
    """

    fewest_attempts: int = 1
    """The fewest attempts that it is willing to make."""
    most_attempts: int = 6
    """The most attempts that it is willing to make."""

    def __post_init__(self) -> None:
        """Refuse an empty range."""
        if not 1 <= self.fewest_attempts <= self.most_attempts:
            raise InvalidParameterError(
                "attempts must range from at least 1 upwards, got "
                f"{self.fewest_attempts} to {self.most_attempts}"
            )

    def trace(self, puzzle: Puzzle, rng: np.random.Generator) -> Trace:
        """Return one search for the target.

        Raises:
            InvalidParameterError: If the rules allow no chain on this board.
        """
        chains = legal_chains(puzzle)
        if not chains:
            raise InvalidParameterError(f"no chain is legal on the board {puzzle.numbers}")
        willing = int(rng.integers(self.fewest_attempts, self.most_attempts + 1))
        attempts = [chains[i] for i in rng.permutation(len(chains))[:willing]]
        written: list[str] = []
        for chain in attempts:
            written.append(f"{chain.working} {'yes' if chain.solves(puzzle) else 'no'}")
            if chain.solves(puzzle):
                break
        last = attempts[len(written) - 1]
        completion = f"{' back '.join(written)} </think> <answer> {last.answer} </answer>"
        return Trace(puzzle, terse(puzzle), completion, last.solves(puzzle))
