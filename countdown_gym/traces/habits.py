"""The four habits of reasoning; `docs/behaviors.md` defines them."""

from __future__ import annotations

from enum import StrEnum


class Habit(StrEnum):
    """What a text does when it reasons as the models that improve by reinforcement do.

    Gandhi et al. 2025, https://arxiv.org/abs/2503.01307.
    """

    VERIFICATION = "verification"
    """A value that was reached is held against the target."""
    BACKTRACKING = "backtracking"
    """A line of attempt is given up and another is begun."""
    SUBGOAL_SETTING = "subgoal_setting"
    """An intermediate value is named as something to reach, before it is reached."""
    BACKWARD_CHAINING = "backward_chaining"
    """An inverse operation is applied to the target."""
