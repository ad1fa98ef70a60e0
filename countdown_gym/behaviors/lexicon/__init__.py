"""What words mean to the instrument: cues, by language, found by their first word.

A cue says what a passage may be doing; whether it does is for the detectors to say, which look at
the arithmetic around it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

from countdown_gym.behaviors.lexicon.kinds import Cue

_FIRST = re.compile(r"[^\W\d_]+|<<|←|#|==|!=|≠|=/=")
_RUN_ON = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
RUN_ON = re.compile(f"[{_RUN_ON}]")
"""Letters of scripts that do not part words, or join endings to them: each is looked up."""


class Cues(dict[str, re.Pattern[str]]):
    """For each first word of a cue what matches there, compiled when it is first met.

    Only words that begin cues may be asked for.
    """

    def __init__(self, phrases: Mapping[str, Sequence[tuple[str, Cue]]]) -> None:
        super().__init__()
        self.first_words = frozenset(phrases)
        self._phrases = phrases

    def __missing__(self, word: str) -> re.Pattern[str]:
        self[word] = _compiled(self._phrases[word])
        return self[word]


@cache
def cues() -> Cues:
    """Return all cues. Of those that match at a place, the longest phrase is meant.

    A space in a phrase stands for any run of spaces and `#` for a number.
    """
    phrases: dict[str, list[tuple[str, Cue]]] = {}
    for name in ("english.txt", "others.txt"):
        text = (files(__package__) / name).read_text(encoding="utf-8")
        for line, cue in _lines(text):
            for phrase in _spelled(line):
                first = _FIRST.match(phrase)
                if first is None:
                    raise ValueError(f"a cue must begin with a word, got {phrase!r}")
                word = first[0][0] if RUN_ON.match(first[0]) else first[0]
                phrases.setdefault(word, []).append((phrase, cue))
    return Cues(phrases)


def _lines(text: str) -> Iterator[tuple[str, Cue]]:
    """Yield the phrases of a file, each with what it says."""
    cue: Cue | None = None
    for line in text.splitlines():
        if line.startswith("["):
            cue = Cue[line.strip("[]")]
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


def _compiled(found: Sequence[tuple[str, Cue]]) -> re.Pattern[str]:
    """Return what matches the phrases of one first word, each in a group `k_` and its cue."""
    branches = []
    for number, (phrase, cue) in enumerate(
        sorted(found, key=lambda each: (each[1] in _LOW, -_least(each[0])))
    ):
        pattern = phrase.replace("#", r"\d+(?:\.\d+)?").replace(" ", "[ \t]+")
        end = r"(?![^\W\d_])" if phrase[-1].isalpha() and not RUN_ON.match(phrase[-1]) else ""
        if phrase[-1] in ")?+" and not RUN_ON.search(phrase):
            end = r"(?![^\W\d_])"
        branches.append(f"(?P<k{int(cue)}_{number}>{pattern}{end})")
    return re.compile("|".join(branches))
