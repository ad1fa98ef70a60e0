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


HEADLINE = "all_habits"
"""The arm whose gain the study is about, and for which ways of crediting are compared."""
UNPRIMED = "unprimed"
"""The arm that it is held against."""

ARMS: Mapping[str, Arm] = MappingProxyType(
    {
        UNPRIMED: Arm("habit_poor", None),
        **{name: Arm("habit_poor", name) for name in CONDITIONS},
        "rich_unprimed": Arm("habit_rich", None),
        "rich_all_habits": Arm("habit_rich", "all_habits"),
        "all_habits_rloo": Arm("habit_poor", "all_habits", "rloo"),
        "all_habits_grpo": Arm("habit_poor", "all_habits", "grpo"),
    }
)
"""Every arm by name. Arms of a condition prime the habit-poor base with it."""
