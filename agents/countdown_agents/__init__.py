"""Players of `countdown_gym` and their training: one file for each agent, one line in `AGENTS`.

Importing this package imports no torch; what needs it is imported where it is used.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from countdown_agents.agent import (
    Agent,
    ChatAgent,
    FunctionPolicy,
    Player,
    Policy,
    PolicyAgent,
    as_agent,
)
from countdown_agents.models_by_name import is_model_name, make_model_agent
from countdown_agents.random_agent import RandomAgent
from countdown_agents.search import (
    Beam,
    DepthFirst,
    Greedy,
    MonteCarlo,
    RandomDepthFirst,
    SearchAgent,
)
from countdown_agents.solver_agent import OracleAgent
from countdown_agents.writing import Writing
from countdown_gym.errors import InvalidParameterError, UnknownNameError

__all__ = [
    "AGENTS",
    "REFERENCES",
    "Agent",
    "ChatAgent",
    "FunctionPolicy",
    "OracleAgent",
    "Player",
    "Policy",
    "PolicyAgent",
    "RandomAgent",
    "Writing",
    "as_agent",
    "make_agent",
]

AGENTS: Mapping[str, Callable[[], Agent]] = MappingProxyType(
    {
        "random": RandomAgent,
        "greedy": partial(SearchAgent, Greedy("sum")),
        "depth_first_random": partial(SearchAgent, RandomDepthFirst()),
        "depth_first_sum": partial(SearchAgent, DepthFirst("sum")),
        "depth_first_multiply": partial(SearchAgent, DepthFirst("multiply")),
        "beam_sum": partial(SearchAgent, Beam("sum")),
        "beam_multiply": partial(SearchAgent, Beam("multiply")),
        "monte_carlo": partial(SearchAgent, MonteCarlo()),
        "oracle": OracleAgent,
    }
)
"""Every agent that needs no arguments, by name; the value makes one."""

REFERENCES = ("random", "oracle")
"""The agents whose rows stand in every table: what is won by chance and what can be won."""


def make_agent(
    agent: str | Player, style: str | None = None, writing: Writing = Writing()
) -> Agent:
    """Return an agent by name, by the place of its code, or made of a player.

    Args:
        agent: A name in `AGENTS`; a place, written `package.module:name`, where an agent, a policy,
            a function from prompt to completion, or a class of these that needs no arguments is
            found; a language model: the folder of one or its name on the hub, written
            `owner/name`; or a player itself.
        style: How puzzles are put to a policy or function, a name in `STYLES`; None takes what
            suits the language model, and else the plain style.
        writing: How a language model writes.

    Raises:
        UnknownNameError: If there is no agent, no module member or no style of that name.
        InvalidParameterError: If the module does not exist or what was found plays no puzzles.
        MissingResourceError: If there is no such language model.

    Example:
        >>> make_agent("oracle")
        OracleAgent()
    """
    if not isinstance(agent, str):
        return as_agent(agent, style or "plain")
    if agent in AGENTS:
        return AGENTS[agent]()
    if is_model_name(agent):
        return make_model_agent(agent, style, writing)
    module, _, name = agent.partition(":")
    if not name or not module or module.startswith("."):
        raise UnknownNameError(
            "agent", agent, [*AGENTS, "package.module:name", "folder", "owner/name"]
        )
    found = _member(module, name)
    return as_agent(found() if isinstance(found, type) else found, style or "plain")


def _member(module_name: str, name: str) -> Player | type[Player]:
    """Import a module and return one of its members."""
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as missing:
        if missing.name is None or not f"{module_name}.".startswith(f"{missing.name}."):
            raise  # the module is there; something that it imports is not
        raise InvalidParameterError(
            f"an agent is a name or package.module:name, and there is no module {missing.name!r}"
        ) from missing
    if not hasattr(module, name):
        public = [member for member in vars(module) if not member.startswith("_")]
        raise UnknownNameError(f"member of {module_name}", name, public)
    member: Player | type[Player] = getattr(module, name)
    return member
