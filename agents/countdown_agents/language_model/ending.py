"""What ends a completion: certain tokens, or certain strings in the text."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor

from countdown_gym.errors import InvalidParameterError
from countdown_gym.symbols import Tokenizer

_UNFINISHED = "\N{REPLACEMENT CHARACTER}"
"""What a token decodes to that holds only some bytes of a character."""


class Ending:
    """Says which rows of a batch are at their end.

    A string may end in the middle of a token and begin many tokens before, so the text decides; it
    is decoded only after tokens that may hold the string's last character.

    Args:
        ids: The tokens that end a completion.
        strings: The strings that do.
        tokenizer: What decodes; needed where there are strings.

    Raises:
        InvalidParameterError: If there is neither token nor string, a string is empty, or there are
            strings and no tokenizer.
    """

    def __init__(
        self,
        ids: Collection[int],
        strings: Sequence[str] = (),
        tokenizer: Tokenizer | None = None,
    ) -> None:
        """Find out which tokens can complete a string."""
        if not ids and not strings:
            raise InvalidParameterError("a completion must end with a token or a string, got none")
        if "" in strings:
            raise InvalidParameterError("a stop string must not be empty")
        if strings and tokenizer is None:
            raise InvalidParameterError("stop strings are found in text: a tokenizer is needed")
        self._ids = torch.tensor(sorted(ids), dtype=torch.long)
        self._known = frozenset(ids)
        self._strings = tuple(strings)
        self._tokenizer = tokenizer
        self._completing = self._tokens_with({string[-1] for string in strings})

    def reached(
        self,
        chosen: Tensor,  # (rows,) the latest tokens
        sampled: Tensor,  # (B, C) all tokens so far, the latest included
        rows: Tensor,  # (rows,) where in the batch each row stands
    ) -> Tensor:  # (rows,) bool
        """Return which rows end with their latest token."""
        if self._ids.device != chosen.device:  # once: a device would be waited for at every token
            self._ids = self._ids.to(chosen.device)
        ends = torch.isin(chosen, self._ids)
        if not self._completing:
            return ends
        latest = chosen.tolist()
        for row in (i for i, token in enumerate(latest) if token in self._completing):
            written = sampled[rows[row]].tolist()
            if self.cut(self.text(written)) is not None:
                ends[row] = True
        return ends

    def text(self, tokens: Sequence[int]) -> str:
        """Return the text of a completion, without the tokens that end one."""
        if self._tokenizer is None:
            raise InvalidParameterError("a text is decoded by a tokenizer, and there is none")
        return self._tokenizer.decode([token for token in tokens if token not in self._known])

    def cut(self, text: str) -> str | None:
        """Return the text up to the first stop string, that included; None where there is none."""
        ends = [text.find(string) + len(string) for string in self._strings if string in text]
        return text[: min(ends)] if ends else None

    def _tokens_with(self, characters: Collection[str]) -> frozenset[int]:
        """Return the tokens that hold one of some characters, or perhaps a part of one."""
        if self._tokenizer is None or not characters:
            return frozenset()
        if any(character.isspace() for character in characters):
            return frozenset(range(self._tokenizer.vocabulary_size))  # decoding may strip spaces
        decode, wanted = self._tokenizer.decode, {*characters, _UNFINISHED}
        return frozenset(
            token
            for token in range(self._tokenizer.vocabulary_size)
            if not wanted.isdisjoint(decode([token]))
        )
