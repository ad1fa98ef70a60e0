"""The arms of the study: from which base, primed on what, credited how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from countdown_agents.models import BASES
from countdown_agents.token_ppo.advantages import AdvantageKind
from countdown_gym.errors import UnknownNameError
from countdown_gym.traces.conditions import CONDITIONS


@dataclass(frozen=True, slots=True)
class Arm:
    """What is done to a model; everything else is the same in all arms.

    Raises:
        UnknownNameError: If there is no such base or condition.
    """

    base: str
    """The model to begin with, a name in `BASES`."""
    condition: str | None
    """What it is primed on, a name in `CONDITIONS`; None primes on nothing."""
    advantage: AdvantageKind = "gae"
    """How reinforcement learning credits tokens."""

    def __post_init__(self) -> None:
        """Refuse what is not there."""
        if self.base not in BASES:
            raise UnknownNameError("base model", self.base, BASES)
        if self.condition is not None and self.condition not in CONDITIONS:
            raise UnknownNameError("condition", self.condition, CONDITIONS)


HEADLINE = "backtracking_verification"
"""The arm whose gain the study is about, and for which ways of crediting are compared.

Chosen on validation puzzles: primed on all four habits, the small model no longer compares with the
target, since it has never read a comparison among subgoals and steps back. It says "no" to three
of four lines that reach the target, and to one in sixty primed on these two.
"""
UNPRIMED = "unprimed"
"""The arm that it is held against."""
ARTICLE_MAIN = "all_habits"
"""The article's main condition, of which what is expected is asked, too: nobody chose it."""

ARMS: Mapping[str, Arm] = MappingProxyType(
    {
        UNPRIMED: Arm("habit_poor", None),
        **{name: Arm("habit_poor", name) for name in CONDITIONS},
        "rich_unprimed": Arm("habit_rich", None),
        f"rich_{HEADLINE}": Arm("habit_rich", HEADLINE),
        f"{HEADLINE}_rloo": Arm("habit_poor", HEADLINE, "rloo"),
        f"{HEADLINE}_grpo": Arm("habit_poor", HEADLINE, "grpo"),
    }
)
"""Every arm by name. Arms of a condition prime the habit-poor base with it."""

QUESTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Do habits matter, or any priming?": (HEADLINE, "straight", "filler", "empty", UNPRIMED),
        "Which habits?": (
            HEADLINE,
            "backtracking",
            "backtracking_subgoals",
            "backtracking_backward",
            "all_habits",
            "straight",
        ),
        "Must answers be right?": (
            HEADLINE,
            "checked_wrong_gave_up",
            "checked_wrong_believed_slip",
            "checked_wrong_mismatch",
        ),
        "Must they, with all four habits?": (
            "all_habits",
            "wrong_gave_up",
            "wrong_believed_slip",
            "wrong_mismatch",
        ),
        "What does the base bring?": (UNPRIMED, "rich_unprimed", HEADLINE, f"rich_{HEADLINE}"),
        "Does it need a critic?": (HEADLINE, f"{HEADLINE}_rloo", f"{HEADLINE}_grpo"),
    }
)
"""What the study asks, and the arms that answer it when they are seen side by side."""
