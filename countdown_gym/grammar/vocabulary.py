"""A vocabulary as texts: what tokens write, in a trie, and how they lead out of free text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from countdown_gym.grammar.answer_form import BLANKS, DIGITS, SIGNS
from countdown_gym.symbols import Tokenizer

Ids = NDArray[np.int64]
_BLANK_RUN = re.compile(f"[{BLANKS}]+")


def token_texts(tokenizer: Tokenizer) -> tuple[str, ...]:
    """Return what each token writes in the middle of a text; nothing for the silent ones.

    A token is decoded after another, for decoders drop the blank before the first.

    Example:
        >>> from countdown_gym.symbols import SymbolTokenizer
        >>> token_texts(SymbolTokenizer())[:5]
        ('', ' <unk>', '', ' 0', ' 1')
    """
    anchor = tokenizer.encode("0")[-1]
    before = tokenizer.decode([anchor])
    texts = []
    for token in range(tokenizer.vocabulary_size):
        text = tokenizer.decode([anchor, token])
        texts.append(text.removeprefix(before) if text.startswith(before) else "")
    return tuple(texts)


class Node:
    """A node of the trie."""

    __slots__ = ("children", "endings")

    def __init__(self) -> None:
        """Begin without children."""
        self.children: dict[str, Node] = {}
        self.endings: list[Ending] = []


@dataclass(frozen=True, slots=True)
class Ending:
    """The tokens that write what leads to a node, but for the lengths of blanks."""

    ids: Ids
    length: int
    """How many characters they have."""
    plain: bool
    """Whether they have characters of answers only; then runs of blanks are one blank in the trie.
    """


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The texts of all tokens, made ready for answers between an opening and a closing mark."""

    texts: tuple[str, ...] = field(repr=False)
    """What each token writes; a token that writes nothing is never part of a completion."""
    eos_id: int
    opening: str
    closing: str
    trie: Node = field(init=False, repr=False)
    """The tokens that may be part of an answer and of the marks around it."""
    usable: tuple[str, ...] = field(init=False, repr=False)
    """The texts in the trie."""

    def __post_init__(self) -> None:
        """Make the trie."""
        characters = set(BLANKS + DIGITS + SIGNS)
        wider = characters.union(self.opening, self.closing)
        groups: dict[tuple[str, int, bool], list[int]] = defaultdict(list)
        for token, text in enumerate(self.texts):
            if text and token != self.eos_id and wider.issuperset(text):
                plain = characters.issuperset(text)
                key = _BLANK_RUN.sub(" ", text) if plain else text
                groups[key, len(text), plain].append(token)
        root = Node()
        for (key, length, plain), ids in groups.items():
            node = root
            for character in key:
                node = node.children.setdefault(character, Node())
            node.endings.append(Ending(np.array(ids), length, plain))
        object.__setattr__(self, "trie", root)
        object.__setattr__(self, "usable", tuple({key for key, _, _ in groups}))

    def __len__(self) -> int:
        """Return the number of ids."""
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class FreeText:
    """What a token in free text leads to, after so many matched characters of the opening mark."""

    matched: tuple[tuple[int, Ids], ...]
    """How many are matched then, and the tokens that lead there."""
    crossing: tuple[tuple[str, Ids], ...]
    """What tokens that complete the mark write after it, and which they are."""


@lru_cache(maxsize=32)
def free_text(vocabulary: Vocabulary, matched: int) -> FreeText:
    """Return what each token leads to in free text."""
    opening = vocabulary.opening
    ends: dict[int, list[int]] = defaultdict(list)
    crossings: dict[str, list[int]] = defaultdict(list)
    for token, text in enumerate(vocabulary.texts):
        if not text or token == vocabulary.eos_id:
            continue
        if opening[0] not in text and text[0] != opening[matched]:
            ends[0].append(token)  # nearly all
            continue
        known = opening[:matched] + text
        place = known.find(opening)
        if place >= 0:
            crossings[known[place + len(opening) :]].append(token)
        else:
            ends[_overlap(known, opening)].append(token)
    return FreeText(
        tuple((end, np.array(ids)) for end, ids in ends.items()),
        tuple((text, np.array(ids)) for text, ids in crossings.items()),
    )


def _overlap(text: str, opening: str) -> int:
    """Return how many characters of the opening mark the text ends with."""
    return next(n for n in range(len(opening) - 1, -1, -1) if text.endswith(opening[:n]))


@lru_cache(maxsize=8)
def _texts_of(tokenizer: Tokenizer) -> tuple[str, ...]:
    return token_texts(tokenizer)


@lru_cache(maxsize=16)
def vocabulary_of(tokenizer: Tokenizer, opening: str, closing: str) -> Vocabulary:
    """Return the vocabulary of a tokenizer, made once."""
    texts = _texts_of(tokenizer)  # type: ignore[arg-type]  # objects hash by identity
    return Vocabulary(texts, tokenizer.eos_id, opening, closing)


def fewest_tokens(texts: Sequence[str], written: str) -> list[float]:
    """Return for each place of a text how few tokens write it from there to its end.

    Example:
        >>> fewest_tokens(["a", "ab", "c"], "abc")
        [2.0, inf, 1.0, 0.0]
    """
    known = {text for text in texts if text and text in written}
    fewest = [float("inf")] * len(written) + [0.0]
    for place in range(len(written) - 1, -1, -1):
        for end in range(place + 1, len(written) + 1):
            if written[place:end] in known:
                fewest[place] = min(fewest[place], 1 + fewest[end])
    return fewest
