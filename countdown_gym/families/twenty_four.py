"""The game of 24."""

from __future__ import annotations

from dataclasses import dataclass

from countdown_gym.families.n_numbers import NNumbers


@dataclass(frozen=True, slots=True)
class TwentyFour(NNumbers):
    """Four numbers from 1 to 13, all used, target 24, fractions allowed, solvable.

    1,362 of the 1,820 boards have a solution; they are drawn in proportion to their orders.
    """

    min_numbers: int = 4
    largest: int = 13
    min_target: int = 24
    max_target: int = 24
