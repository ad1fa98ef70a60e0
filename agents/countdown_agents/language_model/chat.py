"""How a conversation becomes the token ids that a model continues."""

from __future__ import annotations

from dataclasses import dataclass

from countdown_agents.conversation import Conversation, transcript
from countdown_agents.language_model.tokenizer import HubTokenizer
from countdown_gym.symbols import SYMBOLS


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """Puts a conversation as a tokenizer's model knows it.

    With a chat template the model is put at the beginning of its reply. Without one it is a base
    model: the text alone is encoded, with the beginning that the tokenizer itself gives to texts.
    """

    tokenizer: HubTokenizer
    """Whose template and whose tokens."""

    @property
    def style(self) -> str:
        """The prompt style that suits the model: a name in `countdown_gym.prompts.STYLES`."""
        if self.tokenizer.has_template:
            return "plain"
        knows_symbols = all(
            self.tokenizer.encode(symbol) == [place] for place, symbol in enumerate(SYMBOLS)
        )
        return "terse" if knows_symbols else "tinyzero"

    def ids(self, conversation: Conversation) -> list[int]:
        """Return the token ids that are to be continued."""
        if not self.tokenizer.has_template:
            return self.tokenizer.encode_beginning(transcript(conversation))
        # the template has written the special tokens; the tokenizer must not add them again
        messages = [message.to_dict() for message in conversation]
        return self.tokenizer.encode(self.tokenizer.template(messages))
