"""Text ↔ token ids, one symbol a token: the small vocabulary in which toy models do arithmetic.

Symbols stand between white space. A number from 0 to 99 is one symbol, so a small model need not
learn to assemble digits. Nothing here knows torch or transformers; a `transformers` tokenizer of
the same vocabulary lives in `countdown_agents.language_model.tokenizer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

PAD, UNKNOWN, EOS = "<pad>", "<unk>", "<eos>"
LARGEST_NUMBER = 99
"""The largest number with a symbol of its own; larger ones are unknown."""
SYMBOLS: tuple[str, ...] = (
    *(PAD, UNKNOWN, EOS),
    *(str(number) for number in range(LARGEST_NUMBER + 1)),
    *("+", "-", "*", "/", "(", ")", "=", ",", "."),
    *("make", "no", "yes", "back", "<think>", "</think>", "<answer>", "</answer>"),
    # Stands in no text yet: kept for traces that name a subgoal, so that adding them does not
    # change the shape of a trained model.
    "goal",
)
"""The 121 symbols; a symbol's place is its token id."""


@runtime_checkable
class Tokenizer(Protocol):
    """Text to token ids and back: all that training and playing ask of a tokenizer."""

    @property
    def pad_id(self) -> int:
        """The id that fills a batch's shorter rows."""
        ...

    @property
    def eos_id(self) -> int:
        """The id that ends a completion."""
        ...

    @property
    def vocabulary_size(self) -> int:
        """One more than the largest id."""
        ...

    def encode(self, text: str) -> list[int]:
        """Return the ids of `text`; nothing is added at its beginning or end."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of `ids` without padding and without the end of sequence."""
        ...


class SymbolTokenizer:
    """The tokenizer of `SYMBOLS`.

    Example:
        >>> tokenizer = SymbolTokenizer()
        >>> tokenizer.encode("17 12 2 make 3")
        [20, 15, 5, 112, 6]
        >>> tokenizer.decode([20, 15, 5, 112, 6, tokenizer.eos_id])
        '17 12 2 make 3'
    """

    def __init__(self) -> None:
        """Look up every symbol's place."""
        self._ids = {symbol: i for i, symbol in enumerate(SYMBOLS)}
        self._unknown_id = self._ids[UNKNOWN]
        self._silent = {self.pad_id, self.eos_id}

    @property
    def pad_id(self) -> int:
        """The id that fills a batch's shorter rows."""
        return self._ids[PAD]

    @property
    def eos_id(self) -> int:
        """The id that ends a completion."""
        return self._ids[EOS]

    @property
    def vocabulary_size(self) -> int:
        """The number of symbols."""
        return len(SYMBOLS)

    def encode(self, text: str) -> list[int]:
        """Return the id of every symbol; one that is not in the vocabulary becomes `<unk>`."""
        return [self._ids.get(symbol, self._unknown_id) for symbol in text.split()]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the symbols joined by single spaces, `<pad>` and `<eos>` left out.

        An id outside the vocabulary, as a model with more rows than symbols may sample, becomes
        `<unk>`.
        """
        known = range(len(SYMBOLS))
        return " ".join(SYMBOLS[i] if i in known else UNKNOWN for i in ids if i not in self._silent)
