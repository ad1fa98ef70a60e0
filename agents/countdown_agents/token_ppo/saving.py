"""Saving whole and atomically, and loading without mixing settings."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

import torch
from stable_baselines3 import PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.type_aliases import GymEnv

from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_gym.errors import InvalidParameterError

_OF_STABLE_BASELINES = (
    *("clip_range", "clip_range_vf", "ent_coef", "vf_coef", "max_grad_norm", "n_epochs"),
    *("lr_schedule", "target_kl", "puzzles"),
)


class SavedWithSettings(PPO):
    """PPO whose settings stay those that it was saved with."""

    @classmethod
    def load(
        cls,
        path: Any,  # noqa: ANN401 - stable-baselines3's signature
        env: GymEnv | None = None,
        device: torch.device | str = "auto",
        custom_objects: dict[str, Any] | None = None,
        print_system_info: bool = False,
        force_reset: bool = True,
        **kwargs: Any,  # noqa: ANN401 - as above
    ) -> Self:
        """Return what was saved, with the settings that it was saved with.

        Raises:
            InvalidParameterError: If settings are given: half of them are in the optimiser, the
                policy and the schedules already, and a mixture would train by neither.
        """
        settings = {field.name for field in fields(TokenPPOConfig)}
        settings |= {"config", *_OF_STABLE_BASELINES}
        for name in sorted(settings & (kwargs.keys() | (custom_objects or {}).keys())):
            raise InvalidParameterError(
                f"load() keeps the settings that were saved, got {name}; to train on with others, "
                "make a new TokenPPO and give it the weights with "
                "`new.policy.load_state_dict(old.policy.state_dict())`"
            )
        return super().load(
            path, env, device, custom_objects, print_system_info, force_reset, **kwargs
        )


def save_atomically(model: BaseAlgorithm, path: Path) -> None:
    """Save an algorithm so that the file is at any moment the old one or the new one, whole.

    The new one is on the disk, not only on its way there, before it takes the old one's place.
    """
    unfinished = path.with_suffix(".unfinished.zip")
    model.save(unfinished)
    _flush(unfinished)
    unfinished.replace(path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    """Wait until a file or the names in a folder are on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders, and keeps names without being asked
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
