"""Options that name a policy and say how it writes, for every command that asks one."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from countdown_agents import make_agent
from countdown_agents.agent import Agent
from countdown_agents.endpoints.endpoint import APIS, Endpoint
from countdown_agents.models_by_name import is_url, make_endpoint_agent
from countdown_agents.writing import Writing
from countdown_gym.errors import InvalidParameterError

POLICIES = (
    "the place of a player in Python code, package.module:name, where a function from prompt to "
    "completion will do; a language model of transformers, its folder or its name on the hub, "
    "owner/name; or the URL of an OpenAI-compatible endpoint, such as http://localhost:8000/v1."
)
"""How a policy is named, for the help of the option that names it."""

_MODEL = "Language models"
_ENDPOINT = "Endpoints"

Temperature = Annotated[
    float,
    typer.Option(
        rich_help_panel=_MODEL, help="What logits are divided by; 0 takes the likeliest token."
    ),
]
MaxTokens = Annotated[
    int,
    typer.Option(
        rich_help_panel=_MODEL,
        help="The budget of a completion; one that is cut is never read.",
    ),
]
Stop = Annotated[
    list[str] | None,
    typer.Option(
        rich_help_panel=_MODEL,
        help="A string that ends a completion, such as `</answer>`; may be given several times.",
    ),
]
Device = Annotated[
    str,
    typer.Option(
        rich_help_panel=_MODEL,
        help="Where a model of a folder or hub runs: auto, cpu, cuda, cuda:1.",
    ),
]
Dtype = Annotated[
    str,
    typer.Option(
        rich_help_panel=_MODEL,
        help="The type of its weights: auto, float32, bfloat16, float16.",
    ),
]
ModelName = Annotated[
    str,
    typer.Option(
        rich_help_panel=_ENDPOINT, help="Which model; by default the only one that is served."
    ),
]
Api = Annotated[
    str, typer.Option(rich_help_panel=_ENDPOINT, help=f"Which API: {' or '.join(APIS)}.")
]
KeyVariable = Annotated[
    str,
    typer.Option(rich_help_panel=_ENDPOINT, help="The environment variable that holds the key."),
]
Concurrency = Annotated[
    int,
    typer.Option(rich_help_panel=_ENDPOINT, help="How many requests are under way at a time."),
]
Timeout = Annotated[
    float, typer.Option(rich_help_panel=_ENDPOINT, help="How many seconds an answer may take.")
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        rich_help_panel=_ENDPOINT,
        metavar="NAME=JSON",
        help="A further field of each request, such as top_k=20; null takes one out. May be given "
        "several times.",
    ),
]


def endpoint_of(
    policy: str,
    model: str,
    api: str,
    key_variable: str,
    concurrency: int,
    timeout_seconds: float,
    fields: Sequence[str] | None,
) -> Endpoint | None:
    """Return the endpoint that a policy and the options name; None if the policy is none.

    Raises:
        InvalidParameterError: If a field is not written NAME=JSON or an option is out of range.
    """
    if not is_url(policy):
        return None
    extra = _read_fields(fields or [])
    return Endpoint(policy, model, api, key_variable, concurrency, timeout_seconds, extra=extra)


def player_of(policy: str, style: str | None, writing: Writing, endpoint: Endpoint | None) -> Agent:
    """Return the player of a name; a module is looked for where the command is typed, too.

    Raises:
        CountdownGymError: If there is none, as `make_agent` and `make_endpoint_agent` say.
    """
    if endpoint is not None:
        return make_endpoint_agent(endpoint, style, writing)
    sys.path.append(str(Path.cwd()))  # after everything installed
    return make_agent(policy, style, writing)


def _read_fields(assignments: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a request that are written NAME=JSON."""
    found = {}
    for assignment in assignments:
        name, _, text = assignment.partition("=")
        try:
            found[name] = json.loads(text)
        except ValueError as wrong:
            raise InvalidParameterError(
                f"a field is written NAME=JSON, got {assignment!r}"
            ) from wrong
    return found
