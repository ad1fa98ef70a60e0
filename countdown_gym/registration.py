"""Every environment id, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import gymnasium as gym

ENVIRONMENTS: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "Countdown-v0": ("countdown_gym.envs.text:CountdownEnv", {"family": "three_to_four"}),
        "CountdownTV-v0": ("countdown_gym.envs.text:CountdownEnv", {"family": "television"}),
        "Game24-v0": ("countdown_gym.envs.text:CountdownEnv", {"family": "twenty_four"}),
        "MakeTen-v0": ("countdown_gym.envs.text:CountdownEnv", {"family": "make_ten"}),
        "FourFours-v0": ("countdown_gym.envs.text:CountdownEnv", {"family": "four_fours"}),
        "CountdownDialogue-v0": (
            "countdown_gym.envs.dialogue:CountdownDialogueEnv",
            {"family": "three_to_four"},
        ),
        "CountdownSteps-v0": (
            "countdown_gym.envs.steps:CountdownStepsEnv",
            {"family": "three_to_four"},
        ),
        "CountdownTokens-v0": (
            "countdown_gym.envs.symbol_tokens:CountdownTokensEnv",
            {"family": "three_to_four", "family_parameters": {"max_target": 99}},
        ),
    }
)
"""For each id the entry point and the keyword arguments, which are JSON."""


VECTOR_ENTRY_POINTS: Mapping[str, str] = MappingProxyType(
    {"countdown_gym.envs.text:CountdownEnv": "countdown_gym.envs.vector:CountdownVectorEnv"}
)
"""For an entry point the one that makes many at once, where there is one."""


def register_environments() -> None:
    """Make every id known to Gymnasium; ids that it knows already are left as they are."""
    for env_id, (entry_point, kwargs) in ENVIRONMENTS.items():
        if env_id not in gym.registry:
            gym.register(
                env_id,
                entry_point=entry_point,
                vector_entry_point=VECTOR_ENTRY_POINTS.get(entry_point),
                kwargs=dict(kwargs),
            )
