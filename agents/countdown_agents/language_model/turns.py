"""Prompts and feedback as the tokens that a model of `transformers` knows them by."""

from __future__ import annotations

from dataclasses import dataclass

from countdown_agents.language_model.tokenizer import HubTokenizer
from countdown_gym.envs.turns import Turns

_ASKED, _ANSWERED = "ask", "countdown-gym-answered"
"""What is said in a conversation that is put only to see the marks around it."""


@dataclass(frozen=True, slots=True)
class TextTurns:
    """For base models: texts as they are, with the beginning that the tokenizer gives to texts."""

    tokenizer: HubTokenizer
    """Whose tokens."""

    def opening(self, prompt: str) -> list[int]:
        """Return the ids of the prompt, after a beginning of text where the tokenizer has one."""
        return self.tokenizer.encode_beginning(prompt)

    def reply(self, feedback: str, *, ended: bool) -> list[int]:  # noqa: ARG002 - the same either way
        """Return the ids of the feedback between two line breaks."""
        return self.tokenizer.encode(f"\n{feedback}\n")


@dataclass(frozen=True, slots=True)
class ChatTurns:
    """For models with a chat template: prompt and feedback are the user's, completions the model's.

    Templates rewrite what was said before: some drop earlier thoughts. Here nothing that was
    written changes; only the marks between two completions are taken from the template.
    """

    tokenizer: HubTokenizer
    """Whose template and whose tokens."""

    def opening(self, prompt: str) -> list[int]:
        """Return the ids up to the beginning of the model's first message."""
        return self.tokenizer.encode(self._put(("user", prompt)))

    def reply(self, feedback: str, *, ended: bool) -> list[int]:
        """Return the ids from the end of one message of the model to the beginning of its next.

        A message that was cut is ended first, as the template ends messages.
        """
        put = self._put(("user", _ASKED), ("assistant", _ANSWERED), ("user", feedback))
        between = put.partition(_ANSWERED)[2]
        return self.tokenizer.encode(
            between.removeprefix(self.tokenizer.eos_token) if ended else between
        )

    def _put(self, *messages: tuple[str, str]) -> str:
        return self.tokenizer.template([{"role": r, "content": c} for r, c in messages])


def turns_of(tokenizer: HubTokenizer) -> Turns:
    """Return the turns that suit a tokenizer: those of its chat template, or plain texts."""
    return ChatTurns(tokenizer) if tokenizer.has_template else TextTurns(tokenizer)
