"""What was said so far: the messages between whoever asks and whoever answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from countdown_gym.errors import InvalidParameterError


class Role(StrEnum):
    """Who says something, in the words of every chat template."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """Something said."""

    role: Role
    """By whom."""
    content: str
    """What."""

    def to_dict(self) -> dict[str, str]:
        """Return the message as chat templates and endpoints take it."""
        return asdict(self) | {"role": self.role.value}


Conversation = tuple[Message, ...]
"""Messages in their order, the last by the user."""


def opened(prompt: str) -> Conversation:
    """Return a conversation that begins with a prompt."""
    return (Message(Role.USER, prompt),)


def transcript(conversation: Sequence[Message]) -> str:
    r"""Return a conversation as one text, for those who continue texts: a line between messages.

    A single prompt stays as it is, to the last character.

    Raises:
        InvalidParameterError: If nothing was said.

    Example:
        >>> said = (*opened("1 2 make 3"), Message(Role.ASSISTANT, "2 - 1"))
        >>> transcript((*said, Message(Role.USER, "That is 1, not 3.")))
        '1 2 make 3\n2 - 1\nThat is 1, not 3.\n'
    """
    if not conversation:
        raise InvalidParameterError("a conversation needs at least one message, got none")
    if len(conversation) == 1:
        return conversation[0].content
    return "".join(f"{message.content}\n" for message in conversation)
