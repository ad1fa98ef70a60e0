"""The figures of the study that this one repeats at small scale.

Gandhi et al. 2025, https://arxiv.org/abs/2503.01307: the share of 1,024 held-out puzzles solved at
step 0, 100 and 250 of reinforcement learning, one run for each condition, no error bars. Its models
have 3 billion parameters and write English about three or four numbers; ours have 0.4 million and
write symbols about three. What can be compared is which conditions rise, and by how much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Published:
    """The share of puzzles solved by the two models of the article."""

    llama: tuple[float | None, float, float] | None
    """Llama-3.2-3B at steps 0, 100 and 250; None where it was not run or is mislabelled."""
    qwen: tuple[float | None, float, float] | None
    """Qwen-2.5-3B at the same steps."""


STEPS = (0, 100, 250)
"""The steps of reinforcement learning at which the figures were taken."""

PUBLISHED: Mapping[str, Published] = MappingProxyType(
    {
        "unprimed": Published((0.00, 0.12, 0.34), None),
        "rich_unprimed": Published(None, (0.01, 0.52, 0.54)),
        "all_habits": Published((0.35, 0.72, 0.74), (None, 0.74, 0.77)),
        "rich_backtracking_verification": Published(None, (0.45, 0.73, 0.72)),
        "backtracking_verification": Published((0.42, 0.72, 0.77), (0.45, 0.73, 0.72)),
        "backtracking_backward": Published((0.31, 0.72, 0.77), (0.29, 0.74, 0.76)),
        "backtracking_subgoals": Published((0.18, 0.69, 0.71), (0.19, 0.69, 0.72)),
        "backtracking": Published((0.41, 0.72, 0.77), (None, 0.73, 0.73)),
        "wrong_believed_slip": Published((0.28, 0.72, 0.74), (0.33, 0.73, 0.75)),
        "wrong_gave_up": Published((0.28, 0.72, 0.74), (0.33, 0.73, 0.75)),
        "wrong_mismatch": Published((0.28, 0.72, 0.74), (0.33, 0.73, 0.75)),
        "empty": Published((0.06, 0.36, 0.41), (0.05, 0.35, 0.41)),
        "filler": Published((0.11, 0.35, 0.38), (0.13, 0.35, 0.33)),
    }
)
"""By arm of our study. The article has one way of being wrong; ours stand beside it."""
