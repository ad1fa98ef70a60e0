"""What a search writes down: the first states that it looked at, then its answer."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from countdown_agents.search.exploration import Node
from countdown_agents.search.result import SearchResult
from countdown_gym.expressions import value

MAX_ACCOUNT_CHARS = 2_000
"""The states that are told fit in so many characters; how many more there were is said."""


def completion(result: SearchResult) -> str:
    """Return what a reasoner would write: its steps in `<think>`, its answer in `<answer>`.

    The answer is empty where the search met none.
    """
    told = list(_lines_that_fit(result))
    untold = result.nodes - len(told)
    if untold:
        told.append(f"{untold} more like these")
    if result.nearest is None:
        told.append("no answer")
    else:
        reached, target = value(result.nearest), result.puzzle.target
        told.append(f"{result.nearest} = {reached}" + ("" if result.solved else f", not {target}"))
    thought = "\n".join(told)
    answer = "" if result.nearest is None else str(result.nearest)
    return f"<think>\n{thought}\n</think>\n<answer>{answer}</answer>"


def _lines_that_fit(result: SearchResult) -> Iterator[str]:
    """Yield one line for each noted state, as many as there is room for."""
    room = MAX_ACCOUNT_CHARS
    for node in result.noted:
        line = _line(node, result.puzzle.target)
        room -= len(line) + 1
        if room < 0:
            return
        yield line


def _line(node: Node, target: int) -> str:
    """Return what led to a state and what is left in it."""
    left = _listed(node.values)
    return f"{left} to make {target}" if node.step is None else f"{node.step}, left {left}"


def _listed(values: tuple[Fraction, ...]) -> str:
    return " ".join(str(number) for number in values)
