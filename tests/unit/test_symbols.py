"""The toy vocabulary: every symbol has one id, and nothing else has any."""

from __future__ import annotations

from countdown_gym.symbols import SYMBOLS, UNKNOWN, SymbolTokenizer


def test_the_vocabulary_has_121_different_symbols() -> None:
    assert SymbolTokenizer().vocabulary_size == len(set(SYMBOLS)) == 121


def test_every_symbol_comes_back() -> None:
    tokenizer = SymbolTokenizer()
    spoken = [symbol for symbol in SYMBOLS if symbol not in ("<pad>", "<eos>")]
    assert tokenizer.decode(tokenizer.encode(" ".join(spoken))) == " ".join(spoken)


def test_what_is_no_symbol_becomes_unknown() -> None:
    tokenizer = SymbolTokenizer()
    assert tokenizer.decode(tokenizer.encode("100 make\tseven")) == f"{UNKNOWN} make {UNKNOWN}"


def test_padding_and_end_are_silent() -> None:
    tokenizer = SymbolTokenizer()
    ids = [tokenizer.pad_id, *tokenizer.encode("1 + 2"), tokenizer.eos_id, tokenizer.pad_id]
    assert tokenizer.decode(ids) == "1 + 2"


def test_an_id_outside_the_vocabulary_reads_as_unknown() -> None:
    assert SymbolTokenizer().decode([121, 4, -1]) == "<unk> 1 <unk>"
