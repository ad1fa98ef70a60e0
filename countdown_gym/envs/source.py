"""Where an environment's puzzles come from: a family and a split, or the caller of `reset`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families import Family, make_family
from countdown_gym.puzzles import Puzzle
from countdown_gym.splits import Split, draw, draw_ahead


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
        given = self.given(options)
        return draw(self.family, self.split, rng) if given is None else given

    def given(self, options: Mapping[str, Any] | None) -> Puzzle | None:
        """Return `options["puzzle"]`, None if there is none; raises what `puzzle` raises."""
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


class PuzzleStreams:
    """Puzzles for many environments, those of each from a generator of its own.

    Each gets the puzzles that its generator would draw one by one. All but the first are drawn
    ahead, which costs less; the generators belong to the streams, and nobody sees where they stand.
    """

    def __init__(self, source: PuzzleSource) -> None:
        """No stream has begun yet."""
        self._source = source
        self._rngs: dict[int, np.random.Generator] = {}
        self._ahead: dict[int, list[Puzzle]] = {}  # the next one last
        self._new: set[int] = set()  # those of which no puzzle was drawn

    def __contains__(self, place: int) -> bool:
        """Whether the stream of an environment has begun."""
        return place in self._rngs

    def begin(self, place: int, rng: np.random.Generator) -> None:
        """Begin the stream of an environment, anew if there was one."""
        self._rngs[place], self._ahead[place] = rng, []
        self._new.add(place)

    def puzzles(self, places: Iterable[int], options: Mapping[str, Any] | None) -> list[Puzzle]:
        """Return what `PuzzleSource.puzzle` returns for each of these environments."""
        source, ahead = self._source, self._ahead
        given = source.given(options)
        if given is not None:
            return [given for _ in places]
        empty = [place for place in places if not ahead[place]]
        if empty:
            rngs = [self._rngs[place] for place in empty]
            proposals = _AHEAD if self._new.isdisjoint(empty) else 1
            drawn = draw_ahead(source.family, source.split, rngs, proposals)
            self._new.difference_update(empty)
            ahead.update(
                (place, puzzles[::-1]) for place, puzzles in zip(empty, drawn, strict=True)
            )
        return [ahead[place].pop() for place in places]


_AHEAD = 8
"""How many proposals are looked at when a stream is empty; one while it may still end at once."""
