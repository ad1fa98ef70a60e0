"""The setting in which language models are trained on Countdown."""

from __future__ import annotations

from dataclasses import dataclass

from countdown_gym.families.n_numbers import NNumbers


@dataclass(frozen=True, slots=True)
class ThreeToFour(NNumbers):
    """Three or four numbers from 1 to 99, all used, target 10 to 100, solvable.

    The setting of TinyZero (Pan et al. 2025) and of Gandhi et al. 2025, arXiv 2503.01307, with
    the difference that every puzzle has a solution, unless `solvable` says otherwise.
    """
