"""Any player as a Gymnasium policy: what an environment says in, what to say out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from countdown_agents.agent import Agent, ChatAgent, Player, PolicyAgent, SeededAgent, as_agent
from countdown_agents.conversation import Conversation, Message, Role, transcript
from countdown_gym.errors import InvalidParameterError
from countdown_gym.puzzles import Puzzle


class GymnasiumPolicy:
    """Plays the text environments: `action = policy(observation, info)`.

    A policy or function answers the observation itself, so `policy(observation)` will do in
    environments of one turn. An agent sees the puzzle, which is in the information that `reset` and
    `step` return. With the information a dialogue is followed too: a player that converses sees
    all that was said, one that continues texts sees it as one text.

    Args:
        player: An agent, a policy, a converser, or a function from prompt to completion.
        seed: The luck of a player that draws; each action has a seed of its own.

    Raises:
        InvalidParameterError: If `player` is none of these, or `seed` is negative.

    Example:
        >>> import gymnasium as gym
        >>> import countdown_gym
        >>> from countdown_agents import OracleAgent
        >>> env, policy = gym.make("Countdown-v0"), GymnasiumPolicy(OracleAgent())
        >>> observation, info = env.reset(seed=0)
        >>> env.step(policy(observation, info))[1]
        1.0
    """

    def __init__(self, player: Player, seed: int = 0) -> None:
        """Begin with nothing said."""
        if seed < 0:
            raise InvalidParameterError(f"seed must not be negative, got {seed}")
        self._agent: Agent = as_agent(player)
        self._seed = seed
        self._actions = 0
        self._said: Conversation = ()

    def __call__(self, observation: str, info: Mapping[str, Any] | None = None) -> str:
        """Return the next completion.

        Args:
            observation: What the environment said.
            info: What it said beside that. Without it a new episode is taken to begin.

        Raises:
            InvalidParameterError: If an agent that sees puzzles is not told the puzzle.
        """
        begins = info is None or "solved" not in info  # `step` says whether it was, `reset` not
        self._said = (*(() if begins else self._said), Message(Role.USER, observation))
        completion = self._next(info)
        self._said = (*self._said, Message(Role.ASSISTANT, completion))
        self._actions += 1
        return completion

    def _next(self, info: Mapping[str, Any] | None) -> str:
        agent, luck = self._agent, (self._seed << 20) + self._actions
        if isinstance(agent, ChatAgent):
            (completion,) = agent.policy.converse([self._said], [luck])
        elif isinstance(agent, PolicyAgent):
            (completion,) = agent.policy.respond([transcript(self._said)])
        elif isinstance(agent, SeededAgent):
            (completion,) = agent.answer_seeded([_puzzle(info)], [luck])
        else:
            (completion,) = agent.answer([_puzzle(info)])
        return completion


def _puzzle(info: Mapping[str, Any] | None) -> Puzzle:
    found = (info or {}).get("puzzle")
    if not isinstance(found, Puzzle):
        raise InvalidParameterError(
            "an agent that sees puzzles needs the information of reset() and step(), which holds "
            f"the puzzle, got {'none' if info is None else sorted(info)}"
        )
    return found
