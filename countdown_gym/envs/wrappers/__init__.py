"""What may be put around an environment: one file for each wrapper, one line in `WRAPPERS`.

Every wrapper records its constructor, so that a specification with wrappers survives JSON, and
takes JSON for arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import gymnasium as gym

from countdown_gym.envs.wrappers.action_results import ActionResults
from countdown_gym.envs.wrappers.chat_history import ChatHistory
from countdown_gym.envs.wrappers.curriculum import Curriculum
from countdown_gym.envs.wrappers.oracle_shaping import OracleShaping
from countdown_gym.envs.wrappers.prompt_style import PromptStyle
from countdown_gym.envs.wrappers.reward_mixture import RewardMixture
from countdown_gym.envs.wrappers.step_texts import StepTexts
from countdown_gym.envs.wrappers.transcript import Transcript, read_transcripts

__all__ = [
    "WRAPPERS",
    "ActionResults",
    "ChatHistory",
    "Curriculum",
    "OracleShaping",
    "PromptStyle",
    "RewardMixture",
    "StepTexts",
    "Transcript",
    "read_transcripts",
]

WRAPPERS: Mapping[str, type[gym.Wrapper[Any, Any, Any, Any]]] = MappingProxyType(
    {
        "prompt_style": PromptStyle,
        "chat_history": ChatHistory,
        "reward_mixture": RewardMixture,
        "oracle_shaping": OracleShaping,
        "action_results": ActionResults,
        "step_texts": StepTexts,
        "curriculum": Curriculum,
        "transcript": Transcript,
    }
)
"""Every wrapper by name."""
