"""For those who test their own parts: hypothesis strategies for everything in the game.

Needs the extra `testing` (hypothesis).
"""

from countdown_gym.testing.strategies import (
    answered_puzzles,
    boards,
    completions,
    expressions,
    puzzles,
    rules,
)

__all__ = ["answered_puzzles", "boards", "completions", "expressions", "puzzles", "rules"]
