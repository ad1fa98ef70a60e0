"""What of a completion is reasoning: not the prompt that it repeats, and not the final answer."""

from __future__ import annotations

import re
from functools import lru_cache

from countdown_gym.prompts import STYLES, prompt
from countdown_gym.puzzles import Puzzle

MAX_CHARS = 32_768
"""What stands after this many characters is not read."""
_ANSWER = re.compile(r"<answer>.{0,400}?(?:</answer>|\Z)", re.DOTALL)
_NEXT_TURNS = (
    re.compile(r"\n[^\S\n]*(?:user|human|question|problem|q)\s*:"),
    re.compile(r"<\|(?:im_start|user|endoftext|im_end|eot_id)\|?>"),
)
"""How the next turn of a dialogue may begin: plain text first, which the engine finds fast."""


def regions(puzzle: Puzzle, completion: str, text: str) -> list[tuple[int, int]]:
    """Return the stretches that are reasoning, in order.

    Args:
        puzzle: What was asked.
        completion: What was written.
        text: The same, normalised.
    """
    start, end = 0, min(len(text), MAX_CHARS)
    prompts = _prompts(puzzle)
    if completion.startswith(prompts):
        start = [len(asked) for asked in prompts if completion.startswith(asked)][-1]
    found: list[tuple[int, int]] = []
    for next_turn in _NEXT_TURNS:
        turn = next_turn.search(text, start, end)
        if turn is not None:
            end = turn.start()
    if "<answer>" in text:
        for answer in _ANSWER.finditer(text, start, end):
            found.append((start, answer.start()))
            start = answer.end()
    found.append((start, end))
    return [(a, b) for a, b in found if a < b]


@lru_cache(maxsize=256)
def _prompts(puzzle: Puzzle) -> tuple[str, ...]:
    return tuple(prompt(puzzle, style) for style in STYLES)
