"""Who answers puzzles: agents see the puzzle, policies see only text.

`as_agent` makes an agent of anything that can answer, so that a plain function from prompt to
completion plays with one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from countdown_agents.conversation import Conversation, opened
from countdown_gym.errors import InvalidParameterError
from countdown_gym.prompts import prompt, require_style
from countdown_gym.puzzles import Puzzle


@runtime_checkable
class Agent(Protocol):
    """Answers puzzles."""

    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        """Return one completion for each puzzle, in their order."""


@runtime_checkable
class Policy(Protocol):
    """Continues texts, as a language model does."""

    def respond(self, prompts: Sequence[str]) -> list[str]:
        """Return one completion for each prompt, in their order.

        A completion that was cut by its token budget is a `CutCompletion`.
        """


@runtime_checkable
class SeededAgent(Protocol):
    """An agent that draws: another seed, another answer to the same puzzle."""

    def answer_seeded(self, puzzles: Sequence[Puzzle], seeds: Sequence[int]) -> list[str]:
        """Return one completion for each puzzle; each depends on puzzle and seed alone."""


@runtime_checkable
class Converser(Protocol):
    """A policy that follows conversations, and draws what it says with seeds."""

    def converse(self, conversations: Sequence[Conversation], seeds: Sequence[int]) -> list[str]:
        """Return what is said next in each; each depends on conversation and seed alone."""


@runtime_checkable
class Streamer(Protocol):
    """A converser that hands over what it says as soon as it is said, in any order."""

    def converse_each(
        self, conversations: Sequence[Conversation], seeds: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """Yield the place of each conversation with what is said next in it."""


Player = Agent | Policy | Converser | Callable[[str], str]
"""Anything that `as_agent` makes an agent of."""


@dataclass(frozen=True, slots=True)
class FunctionPolicy:
    """A function from prompt to completion, called for one prompt after another."""

    function: Callable[[str], str]
    """What is called."""

    def respond(self, prompts: Sequence[str]) -> list[str]:
        """Return what the function returns for each prompt."""
        return [self.function(prompt) for prompt in prompts]


@dataclass(frozen=True, slots=True)
class PolicyAgent:
    """A policy that is asked puzzles in one prompt style.

    Raises:
        UnknownNameError: If there is no such style.
    """

    policy: Policy
    """Who answers."""
    style: str = "plain"
    """How a puzzle is put, a name in `countdown_gym.prompts.STYLES`."""

    def __post_init__(self) -> None:
        """Refuse an unknown style at once and not at the first puzzle."""
        require_style(self.style)

    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        """Return the policy's completion of each puzzle's prompt."""
        return self.policy.respond([prompt(puzzle, self.style) for puzzle in puzzles])


@dataclass(frozen=True, slots=True)
class ChatAgent:
    """A policy that converses, asked puzzles in one prompt style.

    Raises:
        UnknownNameError: If there is no such style.
    """

    policy: Converser
    """Who answers."""
    style: str = "plain"
    """How a puzzle is put, a name in `countdown_gym.prompts.STYLES`."""

    def __post_init__(self) -> None:
        """Refuse an unknown style at once and not at the first puzzle."""
        require_style(self.style)

    def open(self, puzzle: Puzzle) -> Conversation:
        """Return the conversation that puts a puzzle."""
        return opened(prompt(puzzle, self.style))

    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        """Return what the policy says to each puzzle; the same puzzle, the same seed."""
        return self.answer_seeded(puzzles, [int(p.content_hash, 16) >> 33 for p in puzzles])

    def answer_seeded(self, puzzles: Sequence[Puzzle], seeds: Sequence[int]) -> list[str]:
        """Return what the policy says to each puzzle with a seed of its own."""
        return self.policy.converse([self.open(puzzle) for puzzle in puzzles], seeds)


def as_agent(player: Player, style: str = "plain") -> Agent:
    """Return an agent: the player itself, or the player asked in a prompt style.

    Args:
        player: An agent, a policy, a converser, or a function from prompt to completion.
        style: How puzzles are put to a policy or function; an agent sees the puzzle and needs none.

    Raises:
        InvalidParameterError: If `player` is none of these.
        UnknownNameError: If there is no such style.

    Example:
        >>> as_agent(lambda prompt: "<answer>1 + 2</answer>").answer([Puzzle((1, 2), 3)])
        ['<answer>1 + 2</answer>']
    """
    if isinstance(player, type):
        raise InvalidParameterError(
            f"a player is an object, not its class; call it: {player.__name__}(…)"
        )
    if isinstance(player, Agent):
        return player
    if isinstance(player, Converser):
        return ChatAgent(player, style)
    if isinstance(player, Policy):
        return PolicyAgent(player, style)
    if callable(player):
        return PolicyAgent(FunctionPolicy(player), style)
    raise InvalidParameterError(
        "a player is an Agent, a Policy or a function from prompt to completion, got "
        f"{type(player).__name__}"
    )
