"""Every environment id, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import gymnasium as gym

ENVIRONMENTS: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "Countdown-v0": ("countdown_gym.envs.text:CountdownEnv", {"family": "three_to_four"}),
        "Game24-v0": ("countdown_gym.envs.text:CountdownEnv", {"family": "twenty_four"}),
    }
)
"""For each id the entry point and the keyword arguments, which are JSON."""


def register_environments() -> None:
    """Make every id known to Gymnasium; ids that it knows already are left as they are."""
    for env_id, (entry_point, kwargs) in ENVIRONMENTS.items():
        if env_id not in gym.registry:
            gym.register(env_id, entry_point=entry_point, kwargs=dict(kwargs))
