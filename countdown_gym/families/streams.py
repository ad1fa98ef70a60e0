"""Random numbers for a batch of puzzles: one stream for each place, many of them drawn at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]  # (P,) places of a batch, none of them twice
Floats = NDArray[np.float64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_FACTOR = np.uint64(0x94D049BB133111EB)


class Streams:
    """One stream of random numbers for each place of a batch; each depends on its own seed only.

    A stream can be read in two ways, and a family reads its streams in one of them. As a generator
    of its own, which draws one puzzle after another. Or by position: number n is that of SplitMix64
    (Steele, Lea and Flood 2014, https://doi.org/10.1145/2660193.2660195), a function of the
    stream's key and of n, so that the next numbers of all places are a few operations on arrays,
    and numbers that were looked at and not used are simply not moved past.
    """

    def __init__(self, count: int) -> None:
        """Make room for streams, none of which has begun."""
        self._generators: list[np.random.Generator | None] = [None] * count
        self._keys = np.zeros(count, np.uint64)
        self._positions = np.zeros(count, np.uint64)

    def has_begun(self, place: int) -> bool:
        """Whether there is a stream at this place."""
        return self._generators[place] is not None

    def begin(self, place: int, generator: np.random.Generator) -> None:
        """Begin the stream of a place anew; the generator is its own from now on."""
        self._generators[place] = generator
        self._keys[place] = generator.bit_generator.seed_seq.generate_state(1, np.uint64)[0]
        self._positions[place] = 0

    def generator(self, place: int) -> np.random.Generator:
        """Return the generator of a place.

        Raises:
            LookupError: If the stream of the place has not begun.
        """
        generator = self._generators[place]
        if generator is None:
            raise LookupError(f"the stream at place {place} must begin before it is read")
        return generator

    def peek(self, places: Places, count: int) -> Floats:  # (P, count)
        """Return the next numbers of some streams, from 0 and below 1, without moving past them.

        They are multiples of 2**-53: a whole number below n that is made of one of them comes up to
        one part in 2**53 / n too often or too seldom.
        """
        ahead = np.arange(1, count + 1, dtype=np.uint64)
        bits = self._keys[places, None] + (self._positions[places, None] + ahead) * _STEP
        bits = (bits ^ (bits >> np.uint64(30))) * _FIRST_FACTOR
        bits = (bits ^ (bits >> np.uint64(27))) * _SECOND_FACTOR
        bits ^= bits >> np.uint64(31)
        found: Floats = (bits >> np.uint64(11)) * 2.0**-53
        return found

    def move(self, places: Places, by: NDArray[np.intp]) -> None:
        """Move past numbers: `by[k]` of them at `places[k]`."""
        self._positions[places] += by.astype(np.uint64)
