"""What words mean to the instrument: cues, by language, found by their first word.

A cue says what a passage may be doing; whether it does is for the detectors to say, which look at
the arithmetic around it first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from itertools import groupby
from typing import NamedTuple

from countdown_gym.behaviors.lexicon.kinds import KINDS, Cue

_SHORT = 3
"""Words of so many letters stretch none."""
_STRETCHED = re.compile(r"(\w)\1{2,}")
_WORD_OF_CUE = re.compile(
    r"(?<!\\)(?P<word>[^\W\d_]+)(?:(?P<optional>\?)|(?P<goes_on>\((?!\?[!=])|[\[{*+]))?"
)
"""A word of a pattern; its last letter may be optional, and no pattern may go on within it."""
_DIGIT = r"[0-9](?![0-9,]*\})"
_HELD_NUMBER = re.compile(rf"#|{_DIGIT}")
_PASSES_OVER = re.compile(rf"{_DIGIT}|\\d[+*{{]|\\[wSD]|\[\^|(?<![\\\[])\.(?![^\[]*\])")
"""What in a pattern may match a number and go on behind it, but for `#`, or only some numbers."""
_FIRST = re.compile(r"[^\W\d_]+|<<|←|#|==|!=|≠|=/=")
_RUN_ON = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
RUN_ON = re.compile(f"[{_RUN_ON}]")
"""Letters of scripts that do not part words, or join endings to them: each is looked up."""


class Phrases(NamedTuple):
    """The cues that begin with one word."""

    match: Callable[[str, int], re.Match[str] | None]
    """Matches the longest of them at an offset of a text."""
    kinds: tuple[int, ...]
    """What each of them says, by the number of the group that matched it."""


@lru_cache(maxsize=8_192)
def cues_of(word: str) -> Phrases | None:
    """Return the cues that begin with a word; None where none does.

    A word that stretches a letter (`waaaay`) is read with two of it.
    """
    known = first_words()
    if word not in known and len(word) > _SHORT:
        word = _STRETCHED.sub(r"\1\1", word)
    return _compiled(word) if word in known else None


@cache
def first_words() -> Mapping[str, Sequence[tuple[str, int]]]:
    """Return all cues by their first word: the pattern of each, and its kind.

    A space in a pattern stands for any run of spaces and `#` for a number.
    """
    phrases: dict[str, list[tuple[str, int]]] = {}
    for name in ("english.txt", "others.txt"):
        text = (files(__package__) / name).read_text(encoding="utf-8")
        for line, cue in _lines(text):
            for phrase in _spelled(line):
                first = _FIRST.match(phrase)
                if first is None:
                    raise ValueError(f"a cue must begin with a word, got {phrase!r}")
                word = first[0][0] if RUN_ON.match(first[0]) else first[0]
                phrases.setdefault(word, []).append((phrase, cue))
    return phrases


@cache
def said_of_numbers() -> frozenset[str]:
    """Return every word of the cues that begin with a number, `# too many`: the next is one."""
    return _words_of(phrase for phrase, _ in first_words()["#"])


@cache
def said_after_numbers() -> frozenset[str]:
    """Return every word behind a number that a cue holds, `falls # short`: the next may be one."""
    phrases = (phrase for cues in first_words().values() for phrase, _ in cues)
    return _words_of(
        phrase[held.end() :] for phrase in phrases if (held := _HELD_NUMBER.search(phrase, 1))
    )


def _words_of(phrases: Iterable[str]) -> frozenset[str]:
    """Return every word of what is said of a number."""
    words: set[str] = set()
    for phrase in phrases:
        for found in _WORD_OF_CUE.finditer(phrase):
            if found["goes_on"]:
                raise ValueError(f"a cue about a number must spell its words out, got {phrase!r}")
            word, may_end_before = found["word"], bool(found["optional"])
            words |= {word, word[:-1]} if may_end_before else {word}
    return frozenset(words)


@cache
def passing_over_numbers() -> re.Pattern[str]:
    """Return what finds the words of cues with numbers that are not told by `#`."""
    words = sorted(
        word if RUN_ON.match(word) else rf"(?<![^\W\d_]){word}(?![^\W\d_])"
        for word, cues in first_words().items()
        if word != "#" and any(_PASSES_OVER.search(phrase) for phrase, _ in cues)
    )
    return re.compile("|".join(words))


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """Yield the phrases of a file, each with what it says."""
    cue: int | None = None
    for line in text.splitlines():
        if line.startswith("["):
            cue = KINDS[line.strip("[]")]
        elif line and not line.startswith(";") and cue is not None:
            yield line, cue


def _parts(text: str) -> list[str]:
    """Return the alternatives of a text: `|` parts them where no bracket is open."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


_GROUP_FIRST = re.compile(r"[^\W\d_]*(?=\(\?:)")
_INNERMOST = re.compile(r"\(\?[:!=][^()]*\)(\?)?")
_LOW = (Cue.SHIFT, Cue.IS)
"""Cues that give way to any other at the same place."""


def _spelled(phrase: str) -> list[str]:
    """Return a phrase once for each first word that it may have."""
    head = _GROUP_FIRST.match(phrase)
    if head is None or phrase.startswith("(?!", head.end()):
        return [phrase] if phrase else []
    depth, place = 0, head.end()
    for place in range(head.end(), len(phrase)):
        depth += (phrase[place] == "(") - (phrase[place] == ")")
        if depth == 0:
            break
    inside, rest = phrase[head.end() + 3 : place], phrase[place + 1 :]
    ways = _parts(inside)
    if rest.startswith("?"):
        ways, rest = [*ways, ""], rest[1:]
    return [each for way in ways for each in _spelled(f"{head[0]}{way}{rest}")]


def _least(phrase: str) -> int:
    """Return the length of the shortest text that a phrase matches, more or less."""

    def shortest(found: re.Match[str]) -> str:
        if found[1] or not found[0].startswith("(?:"):
            return ""
        return min(found[0][3:-1].split("|"), key=len)

    for _ in range(phrase.count("(")):
        phrase = _INNERMOST.sub(shortest, phrase)
    return len(phrase)


@cache
def _compiled(word: str) -> Phrases:
    """Return what matches the phrases of one first word; of several the longest is meant.

    What goes on after a space is looked at together: the engine passes at once over phrases that
    begin with another letter than the text there, as long as no group begins with them.
    """
    found = sorted(first_words()[word], key=lambda each: (each[1] in _LOW, -_least(each[0])))
    branches = []
    for cut, run in groupby(found, key=lambda each: _head(each[0], word)):
        rests = "|".join(_pattern(phrase, cut) for phrase, _ in run)
        branches.append(f"{_written(f'{word} ')}(?:{rests})" if cut else rests)
    return Phrases(re.compile("|".join(branches)).match, (0, *(cue for _, cue in found)))


def _head(phrase: str, word: str) -> int:
    """Return how long its first word is with the space after it; 0 if it needs no space there."""
    past = len(word) + 1
    return past if phrase[past - 1 : past] == " " and phrase[past] not in "?*+" else 0


def _pattern(phrase: str, cut: int) -> str:
    """Return the pattern of a phrase from an offset; its empty group tells that it matched."""
    ends_word = phrase[-1].isalpha() and not RUN_ON.match(phrase[-1])
    if ends_word or (phrase[-1] in ")?+" and not RUN_ON.search(phrase)):
        return f"{_written(phrase[cut:])}(?![^\\W\\d_])()"
    return f"{_written(phrase[cut:])}()"


def _written(phrase: str) -> str:
    return phrase.replace("#", r"\d+(?:\.\d+)?").replace(" ", "[ \t]+")
