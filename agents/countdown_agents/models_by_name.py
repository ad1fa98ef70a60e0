"""Language models as players by what they are called: a folder, a name on the hub, or a URL."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from countdown_agents.agent import Agent, ChatAgent
from countdown_agents.endpoints.endpoint import Endpoint, EndpointError
from countdown_agents.writing import Writing
from countdown_gym.errors import MissingResourceError
from countdown_gym.prompts import require_style

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def is_model_name(name: str) -> bool:
    """Whether a name can only be that of a language model.

    Example:
        >>> is_model_name("Qwen/Qwen2.5-0.5B"), is_model_name("my_package.my_module:player")
        (True, False)
    """
    folder = Path(name)
    if is_url(name):
        return True
    return bool(name) and (
        _HUB_NAME.fullmatch(name) is not None or folder.is_dir() or folder.is_absolute()
    )


def is_url(name: str) -> bool:
    """Whether a name is the URL of an endpoint."""
    return name.startswith(("http://", "https://"))


def make_model_agent(name: str, style: str | None, writing: Writing) -> Agent:
    """Return a language model as a player.

    Args:
        name: A folder, a name on the hub, or the URL of an endpoint.
        style: How puzzles are put, a name in `STYLES`; None takes what suits the model.
        writing: How it writes.

    Raises:
        MissingResourceError: If there is no such model, or an extra is not installed.
        UnknownNameError: If there is no such style or dtype.
        InvalidParameterError: If the model cannot be sampled here.
        EndpointError: If an endpoint does not serve exactly one model.
    """
    if is_url(name):
        return make_endpoint_agent(Endpoint(name), style, writing)
    if style is not None:
        require_style(style)
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


def make_endpoint_agent(endpoint: Endpoint, style: str | None, writing: Writing) -> Agent:
    """Return a language model behind an endpoint as a player.

    Args:
        endpoint: The endpoint.
        style: How puzzles are put, a name in `STYLES`; None takes what suits the API.
        writing: How the model writes.

    Raises:
        MissingResourceError: If the extra `endpoints` is not installed.
        UnknownNameError: If there is no such style.
        EndpointError: If no model is named and the endpoint does not serve exactly one.
    """
    if find_spec("httpx2") is None:
        raise MissingResourceError(
            "an endpoint is called with httpx2: pip install 'countdown-gym[endpoints]'"
        )
    from countdown_agents.endpoints.policy import (  # noqa: PLC0415 - an extra of its own
        EndpointPolicy,
        served_models,
    )

    if not endpoint.model:
        served = served_models(endpoint)
        if len(served) != 1:
            raise EndpointError(
                "the model must be named where an endpoint does not serve exactly one; "
                f"{endpoint.url} serves {', '.join(served) or 'none'}"
            )
        endpoint = replace(endpoint, model=served[0])
    policy = EndpointPolicy(endpoint, writing)
    return ChatAgent(policy, style or policy.style)
