"""How what an environment says becomes tokens, before a completion and between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from countdown_gym.symbols import Tokenizer


class Turns(Protocol):
    """The tokens that an agent does not write itself: all but its completions."""

    def opening(self, prompt: str) -> list[int]:
        """Return the ids that an episode begins with."""
        ...

    def reply(self, feedback: str, *, ended: bool) -> list[int]:
        """Return the ids between a completion and the next.

        Args:
            feedback: What the environment says of the completion.
            ended: Whether the completion has its end-of-text token; else its budget cut it.
        """
        ...


@dataclass(frozen=True, slots=True)
class PlainTurns:
    """The prompt alone, and later messages on lines of their own: for models that continue texts.

    Example:
        >>> from countdown_gym.symbols import SymbolTokenizer
        >>> turns = PlainTurns(SymbolTokenizer())
        >>> turns.opening("17 12 2 make 3 <think>"), turns.reply("no", ended=True)
        ([20, 15, 5, 112, 6, 116], [113])
    """

    tokenizer: Tokenizer
    """Text to ids."""

    def opening(self, prompt: str) -> list[int]:
        """Return the ids of the prompt."""
        return self.tokenizer.encode(prompt)

    def reply(self, feedback: str, *, ended: bool) -> list[int]:  # noqa: ARG002 - the same either way
        """Return the ids of the feedback between two line breaks."""
        return self.tokenizer.encode(f"\n{feedback}\n")
