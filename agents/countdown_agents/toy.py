"""The game that the small model plays: three numbers from 1 to 20, naturals up to 99 on the way.

Every value has a symbol of its own, and a board has about 22 legal chains: small enough for half a
million parameters on one processor core, large enough that guessing seldom solves it.
"""

from __future__ import annotations

from countdown_gym.families import NNumbers
from countdown_gym.puzzles import Intermediates
from countdown_gym.symbols import LARGEST_NUMBER

TOY_FAMILY = NNumbers(
    min_numbers=3,
    max_numbers=3,
    smallest=1,
    largest=20,
    min_target=1,
    max_target=30,
    intermediates=Intermediates.NATURALS.value,
    largest_intermediate=LARGEST_NUMBER,
    max_solutions=3,
)
"""One uniform legal guess in ten solves one of its puzzles.

Larger targets have fewer ways to them: up to 99, a guess solves one in twelve, and a teacher that
makes up to six finds a quarter instead of a third.
"""
