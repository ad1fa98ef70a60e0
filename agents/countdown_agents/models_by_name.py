"""Language models as players by what they are called: a folder or a name on the hub."""

from __future__ import annotations

import re
from pathlib import Path

from countdown_agents.agent import Agent, ChatAgent
from countdown_agents.writing import Writing
from countdown_gym.errors import UnknownNameError
from countdown_gym.prompts import STYLES

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def is_model_name(name: str) -> bool:
    """Whether a name can only be that of a language model.

    Example:
        >>> is_model_name("Qwen/Qwen2.5-0.5B"), is_model_name("my_package.my_module:player")
        (True, False)
    """
    folder = Path(name)
    return bool(name) and (
        _HUB_NAME.fullmatch(name) is not None or folder.is_dir() or folder.is_absolute()
    )


def make_model_agent(name: str, style: str | None, writing: Writing) -> Agent:
    """Return a language model as a player.

    Args:
        name: A folder or a name on the hub.
        style: How puzzles are put, a name in `STYLES`; None takes what suits the model.
        writing: How it writes.

    Raises:
        MissingResourceError: If there is no such model.
        UnknownNameError: If there is no such style or dtype.
        InvalidParameterError: If the model cannot be sampled here.
    """
    if style is not None and style not in STYLES:
        raise UnknownNameError("prompt style", style, STYLES)
    from countdown_agents.language_model.pretrained import (  # noqa: PLC0415 - imports torch
        load_pretrained,
    )

    loaded = load_pretrained(name, writing.device, writing.dtype)
    policy = loaded.policy(
        max_new_tokens=writing.max_new_tokens,
        temperature=writing.temperature,
        batch_size=writing.batch_size,
        stop=writing.stop,
    )
    return ChatAgent(policy, style or loaded.style)
