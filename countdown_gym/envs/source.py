"""Where an environment's puzzles come from: a family and a split, or the caller of `reset`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families import Family, make_family
from countdown_gym.puzzles import Puzzle
from countdown_gym.splits import Split, draw, draw_each


@dataclass(frozen=True, slots=True)
class PuzzleSource:
    """A family and the split that is drawn from."""

    family: Family
    split: Split

    @classmethod
    def of(cls, family: str, parameters: Mapping[str, Any] | None, split: str) -> Self:
        """Return the source that the arguments of an environment name.

        Raises:
            UnknownNameError: If there is no family, parameter or split of that name.
            InvalidParameterError: If the parameters make no family.
        """
        made = make_family(family, parameters)
        if split not in set(Split):
            raise UnknownNameError("split", split, list(Split))
        return cls(made, Split(split))

    def puzzle(self, rng: np.random.Generator, options: Mapping[str, Any] | None) -> Puzzle:
        """Return the puzzle that `reset` puts: `options["puzzle"]`, or else one that is drawn.

        Raises:
            InvalidParameterError: If the given puzzle is none.
            UnknownNameError: If there is an option of another name.
        """
        given = self._given(options)
        return draw(self.family, self.split, rng) if given is None else given

    def puzzles(
        self, rngs: Sequence[np.random.Generator], options: Mapping[str, Any] | None
    ) -> list[Puzzle]:
        """Return what `puzzle` returns of each generator."""
        given = self._given(options)
        return draw_each(self.family, self.split, rngs) if given is None else [given] * len(rngs)

    def _given(self, options: Mapping[str, Any] | None) -> Puzzle | None:
        for name in options or {}:
            if name != "puzzle":
                raise UnknownNameError("reset option", name, ["puzzle"])
        given = (options or {}).get("puzzle")
        if given is None or isinstance(given, Puzzle):
            return given
        if isinstance(given, Mapping):
            return Puzzle.from_dict(given, self.family.rules)
        raise InvalidParameterError(
            "options['puzzle'] must be a Puzzle or a mapping with numbers and target, got "
            f"{type(given).__name__}"
        )
