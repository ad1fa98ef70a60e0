"""How a conversation becomes the token ids that a model continues."""

from __future__ import annotations

from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from countdown_agents.conversation import Conversation, transcript
from countdown_gym.symbols import SYMBOLS


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """Puts a conversation as a tokenizer's model knows it.

    With a chat template the model is put at the beginning of its reply. Without one it is a base
    model: the text alone is encoded, with the beginning that the tokenizer itself gives to texts.
    """

    tokenizer: PreTrainedTokenizerBase
    """Whose template and whose tokens."""

    @property
    def style(self) -> str:
        """The prompt style that suits the model: a name in `countdown_gym.prompts.STYLES`."""
        if self.tokenizer.chat_template:
            return "plain"
        return "terse" if set(SYMBOLS) == set(self.tokenizer.get_vocab()) else "tinyzero"

    def ids(self, conversation: Conversation) -> list[int]:
        """Return the token ids that are to be continued."""
        if self.tokenizer.chat_template:
            templated = self.tokenizer.apply_chat_template(
                [message.to_dict() for message in conversation],
                add_generation_prompt=True,
                tokenize=False,
            )
            # the template has written the special tokens; the tokenizer must not add them again
            return list(self.tokenizer.encode(str(templated), add_special_tokens=False))
        ids = list(self.tokenizer.encode(transcript(conversation)))
        # some tokenizers end every text, but this one goes on
        return ids[:-1] if ids and ids[-1] == self.tokenizer.eos_token_id else ids
