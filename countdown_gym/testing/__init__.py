"""For those who test their own parts: hypothesis strategies, and the laws that parts must keep.

Needs the extra `testing` (hypothesis). `check_reward`, `check_family` and `check_agent` return the
laws that a part of yours breaks, in plain words, each with the smallest example found.
"""

from countdown_gym.testing.agent_laws import check_agent
from countdown_gym.testing.family_laws import check_family
from countdown_gym.testing.laws import Breach
from countdown_gym.testing.reward_laws import check_reward
from countdown_gym.testing.strategies import (
    answered_puzzles,
    boards,
    completions,
    expressions,
    illegal_expressions,
    legal_expressions,
    near_misses,
    puzzles,
    rules,
)

__all__ = [
    "Breach",
    "answered_puzzles",
    "boards",
    "check_agent",
    "check_family",
    "check_reward",
    "completions",
    "expressions",
    "illegal_expressions",
    "legal_expressions",
    "near_misses",
    "puzzles",
    "rules",
]
