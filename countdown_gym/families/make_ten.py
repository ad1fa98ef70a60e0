"""Four digits, in order, to make ten: the game of train tickets and number plates."""

from __future__ import annotations

from dataclasses import dataclass

from countdown_gym.families.n_numbers import NNumbers


@dataclass(frozen=True, slots=True)
class MakeTen(NNumbers):
    """Four digits from 0 to 9, all used in the order given, target 10, fractions allowed, solvable.

    Digits are not joined: 1 and 2 never make 12.
    """

    min_numbers: int = 4
    smallest: int = 0
    largest: int = 9
    max_target: int = 10
    keep_order: bool = True
