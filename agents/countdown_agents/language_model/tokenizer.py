"""The symbol vocabulary as a `transformers` tokenizer, and any such tokenizer as ours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer as RustTokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from countdown_gym.errors import InvalidParameterError, MissingResourceError
from countdown_gym.symbols import EOS, PAD, SYMBOLS, UNKNOWN


def symbol_tokenizer() -> PreTrainedTokenizerFast:
    """Return the tokenizer that is saved beside a small model; ids as in `SymbolTokenizer`."""
    words = WordLevel({symbol: i for i, symbol in enumerate(SYMBOLS)}, unk_token=UNKNOWN)
    tokenizer = RustTokenizer(words)
    tokenizer.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token=UNKNOWN,
        pad_token=PAD,
        eos_token=EOS,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


class HubTokenizer:
    """A `transformers` tokenizer with the manners of `countdown_gym.symbols.Tokenizer`.

    A tokenizer without padding pads with its end of sequence, as is the custom: padding is masked
    wherever this project reads it.

    Raises:
        InvalidParameterError: If the tokenizer has no end of sequence.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        """Wrap a tokenizer; it is not changed."""
        eos_id = tokenizer.eos_token_id
        if not isinstance(eos_id, int):
            raise InvalidParameterError(
                f"a tokenizer needs an eos_token to end completions with, got {eos_id!r}"
            )
        self._tokenizer = tokenizer
        self._eos_id = eos_id
        pad_id = tokenizer.pad_token_id
        self._pad_id = pad_id if isinstance(pad_id, int) else eos_id

    @property
    def pad_id(self) -> int:
        """The id that fills a batch's shorter rows."""
        return self._pad_id

    @property
    def eos_id(self) -> int:
        """The id that ends a completion."""
        return self._eos_id

    @property
    def vocabulary_size(self) -> int:
        """The number of ids, added ones included."""
        return len(self._tokenizer)

    def encode(self, text: str) -> list[int]:
        """Return the ids of `text` alone, without the tokenizer's own beginning or end."""
        return list(self._tokenizer.encode(text, add_special_tokens=False))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text without padding and end; other special tokens stay readable."""
        silent = {self._pad_id, self._eos_id}
        kept = [i for i in ids if i not in silent]
        return str(
            self._tokenizer.decode(
                kept, skip_special_tokens=False, clean_up_tokenization_spaces=False
            )
        )


def load_tokenizer(folder: str | Path) -> HubTokenizer:
    """Return the tokenizer that lies beside a model.

    Raises:
        MissingResourceError: If the folder holds none.
    """
    path = Path(folder)
    if not (path / "tokenizer_config.json").is_file():
        raise MissingResourceError(
            f"a tokenizer folder holds tokenizer_config.json, {str(folder)!r} does not; "
            "save one there with `tokenizer.save_pretrained(FOLDER)`"
        )
    return HubTokenizer(AutoTokenizer.from_pretrained(path, local_files_only=True))
