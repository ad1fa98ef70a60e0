"""The symbol vocabulary as a `transformers` tokenizer, and any such tokenizer as ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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

    Args:
        tokenizer: The tokenizer; it is not changed.
        eos_token: What ends a completion, such as the `<end_of_turn>` of models that chat; None
            takes the tokenizer's end of sequence.

    Raises:
        InvalidParameterError: If the tokenizer has no end of sequence, or not the one that is asked
            for.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, eos_token: str | None = None) -> None:
        """Look up the end and the padding."""
        vocabulary = tokenizer.get_vocab()
        ending = tokenizer.eos_token if eos_token is None else eos_token
        if ending not in vocabulary:
            raise InvalidParameterError(
                f"a tokenizer needs an eos_token to end completions with, got {ending!r}"
            )
        self._tokenizer = tokenizer
        self._eos_id = int(vocabulary[ending])
        pad_id = tokenizer.pad_token_id
        self._pad_id = pad_id if isinstance(pad_id, int) else self._eos_id
        # not how many there are: added tokens may leave ids out
        self._vocabulary_size = 1 + max(vocabulary.values())

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
        """One more than the largest id, added ones included."""
        return self._vocabulary_size

    @property
    def eos_token(self) -> str:
        """The text that stands for the end of a completion."""
        return str(self._tokenizer.convert_ids_to_tokens(self._eos_id))

    @property
    def has_template(self) -> bool:
        """Whether the tokenizer says how its model is spoken to."""
        return bool(self._tokenizer.chat_template)

    def encode(self, text: str) -> list[int]:
        """Return the ids of `text` alone, without the tokenizer's own beginning or end."""
        return list(self._tokenizer.encode(text, add_special_tokens=False))

    def encode_beginning(self, text: str) -> list[int]:
        """Return the ids of a text that begins there: with the tokenizer's own beginning, if any.

        Some tokenizers end every text, too; this one goes on.
        """
        ids = list(self._tokenizer.encode(text))
        return ids[:-1] if ids and ids[-1] == self._tokenizer.eos_token_id else ids

    def template(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Return a conversation as the model's next message continues it."""
        return str(
            self._tokenizer.apply_chat_template(
                [dict(message) for message in messages], add_generation_prompt=True, tokenize=False
            )
        )

    def save(self, folder: str | Path) -> None:
        """Write all files of the tokenizer into a folder, for `load_tokenizer`."""
        self._tokenizer.save_pretrained(folder)

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


def token_counter(name: str) -> Callable[[str], int]:
    """Return a function that says how many tokens a text has, none added at its ends.

    Args:
        name: A tokenizer of transformers: a folder or a name on the hub.

    Raises:
        MissingResourceError: If there is none.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as missing:
        raise MissingResourceError(
            f"a tokenizer is a folder that save_pretrained wrote or a name on the hub, and {name} "
            "is neither"
        ) from missing

    def count(text: str) -> int:
        return len(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    return count
