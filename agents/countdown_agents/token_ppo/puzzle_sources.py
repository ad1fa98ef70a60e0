"""Which puzzles a batch asks: those of the environment, of a file, of a curriculum, or again.

A source is told how its puzzles were answered, and may choose by it. Its state is saved with the
algorithm, and it draws with the generator that it is handed, so a run that was resumed asks what
it would have asked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from countdown_gym.curriculum import Staircase
from countdown_gym.errors import InvalidParameterError, MissingResourceError
from countdown_gym.families import Family
from countdown_gym.puzzles import Puzzle
from countdown_gym.splits import Split, draw


class Answered(NamedTuple):
    """A puzzle and how its completions went."""

    puzzle: Puzzle
    solve_rate: float
    """The share of its completions that solved it."""


class PuzzleSource(Protocol):
    """Says what is asked."""

    def draw(self, count: int, rng: np.random.Generator) -> Sequence[Puzzle | None]:
        """Return the puzzles of a batch; None lets the environment draw one itself."""
        ...

    def note(self, answered: Sequence[Answered]) -> None:
        """Take notice of how a batch went."""
        ...

    def measures(self) -> dict[str, float]:
        """Return what the log should say of the source."""
        ...


class FromEnvironment:
    """The puzzles that the environments draw from their own family and split."""

    def draw(self, count: int, rng: np.random.Generator) -> Sequence[Puzzle | None]:  # noqa: ARG002 - the environments draw
        """Return nothing, as often as asked."""
        return [None] * count

    def note(self, answered: Sequence[Answered]) -> None:
        """Forget it."""

    def measures(self) -> dict[str, float]:
        """Return nothing."""
        return {}


class FromFile:
    """The puzzles of a file, in random order, each once before any comes again.

    Args:
        path: JSON lines as `countdown-gym generate --out` writes them. The file is read again when
            a run is resumed, and must be the same then.

    Raises:
        MissingResourceError: If there is no such file.
        InvalidParameterError: If it holds no puzzle, or a line that is none.
    """

    def __init__(self, path: str | Path) -> None:
        """Read the file."""
        self._path = Path(path)
        self._puzzles, self._digest = _read(self._path)
        self._waiting: list[int] = []

    def draw(self, count: int, rng: np.random.Generator) -> Sequence[Puzzle | None]:
        """Return the next puzzles."""
        while len(self._waiting) < count:
            self._waiting += rng.permutation(len(self._puzzles)).tolist()
        drawn, self._waiting = self._waiting[:count], self._waiting[count:]
        return [self._puzzles[i] for i in drawn]

    def note(self, answered: Sequence[Answered]) -> None:
        """Forget it."""

    def measures(self) -> dict[str, float]:
        """Return nothing."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """Return where the file is and what of it has been asked, not the puzzles themselves."""
        return {name: value for name, value in vars(self).items() if name != "_puzzles"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Read the file again."""
        vars(self).update(state)
        self._puzzles, digest = _read(self._path)
        if digest != self._digest:
            raise InvalidParameterError(
                f"{self._path} must be the file that the run began with, and it has changed since"
            )


class AdaptiveGrade:
    """Puzzles of one level of difficulty, which follows the solve rate towards a target.

    The mean solve rate of each batch moves a `Staircase`, as one outcome moves that of the wrapper
    `Curriculum`.

    Args:
        levels: Families from easy to hard; `countdown_gym.curriculum.families_by_level` makes them.
        target_solve_rate: The solve rate to stay near.
        step: How far a solve rate of 1 would lift the difficulty above one of 0, in levels.
        split: Which part of each family's puzzles is asked.
        start: The difficulty at the beginning.

    Raises:
        InvalidParameterError: If there is no level, or a number is out of range.
    """

    def __init__(
        self,
        levels: Sequence[Family],
        target_solve_rate: float = 0.5,
        step: float = 2.0,
        split: Split = Split.TRAIN,
        start: float = 0.0,
    ) -> None:
        """Begin at the start."""
        self._staircase = Staircase(len(levels), target_solve_rate, step, start)
        self._levels, self._split = tuple(levels), split

    @property
    def level(self) -> int:
        """Which level is asked, from 0."""
        return self._staircase.level

    def draw(self, count: int, rng: np.random.Generator) -> Sequence[Puzzle | None]:
        """Return puzzles of the level."""
        return [draw(self._levels[self.level], self._split, rng) for _ in range(count)]

    def note(self, answered: Sequence[Answered]) -> None:
        """Move the difficulty by the mean solve rate."""
        self._staircase.note(float(np.mean([one.solve_rate for one in answered])))

    def measures(self) -> dict[str, float]:
        """Return the level."""
        return {"level": float(self.level)}


class Replay:
    """Another source's puzzles, and among them some that were hard before.

    A puzzle is hard while less than `below` of its completions solve it. It is forgotten once it
    is no longer, and the oldest is when there are too many.

    Args:
        source: Where new puzzles come from.
        share: How much of each batch is asked again, as long as there are hard puzzles enough.
        below: The solve rate under which a puzzle is hard.
        capacity: How many are remembered.

    Raises:
        InvalidParameterError: If a share is outside the unit interval or nothing is remembered.
    """

    def __init__(
        self, source: PuzzleSource, share: float = 0.25, below: float = 0.5, capacity: int = 1_000
    ) -> None:
        """Remember nothing yet."""
        if not 0 < share < 1:
            raise InvalidParameterError(f"share must be between 0 and 1, got {share}")
        if not 0 < below <= 1:
            raise InvalidParameterError(f"below must be above 0 and at most 1, got {below}")
        if capacity < 1:
            raise InvalidParameterError(f"capacity must be at least 1, got {capacity}")
        self._source = source
        self._share, self._below, self._capacity = share, below, capacity
        self._hard: dict[Puzzle, None] = {}  # in the order in which they were last asked

    @property
    def hard(self) -> tuple[Puzzle, ...]:
        """What is remembered, the puzzle asked longest ago first."""
        return tuple(self._hard)

    def draw(self, count: int, rng: np.random.Generator) -> Sequence[Puzzle | None]:
        """Return hard puzzles and new ones."""
        again = min(int(self._share * count), len(self._hard))
        hard = self.hard
        chosen = rng.permutation(len(hard))[:again].tolist()
        return [*(hard[i] for i in chosen), *self._source.draw(count - again, rng)]

    def note(self, answered: Sequence[Answered]) -> None:
        """Remember what was hard and forget what no longer is; tell the source of the new ones."""
        new = [one for one in answered if one.puzzle not in self._hard]
        for puzzle, solve_rate in answered:
            self._hard.pop(puzzle, None)
            if solve_rate < self._below:
                self._hard[puzzle] = None
        while len(self._hard) > self._capacity:
            del self._hard[next(iter(self._hard))]
        if new:
            self._source.note(new)

    def measures(self) -> dict[str, float]:
        """Return how many are remembered, and what the source says."""
        return {"hard_puzzles": float(len(self._hard)), **self._source.measures()}


def _read(path: Path) -> tuple[list[Puzzle], str]:
    """Return the puzzles of a file and its digest."""
    if not path.is_file():
        raise MissingResourceError(f"puzzles are read from a file, and {path} is none")
    text = path.read_bytes()
    puzzles = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            row = json.loads(line)
            row.pop("prompt", None)
            puzzles.append(Puzzle.from_dict(row))
        except (AttributeError, ValueError) as error:
            raise InvalidParameterError(
                f"each line of {path} must be a puzzle; line {number} is none: {error}"
            ) from error
    if not puzzles:
        raise InvalidParameterError(f"{path} must hold at least one puzzle, and is empty")
    return puzzles, hashlib.sha256(text).hexdigest()
