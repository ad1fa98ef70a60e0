"""The search of a text as a tree: the board, and every step from the state that it is taken in."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from countdown_gym.behaviors.analysis import Analysis
from countdown_gym.expressions import Step


class Node(NamedTuple):
    """A state of the search."""

    parent: int | None
    """The place of the state before; None for the board."""
    step: Step | None
    """What leads here from there; None for the board."""
    values: tuple[Fraction, ...]
    """What is free here."""
    sound: bool
    """Whether the step is right and legal."""

    @property
    def label(self) -> str:
        """The step, or the board, in a line."""
        return shown(self.values) if self.step is None else str(self.step)


def search_tree(analysis: Analysis) -> tuple[Node, ...]:
    """Return the states that a text reaches, each after its parent, the board first.

    A step that is taken twice from one state leads to one node. What is not free and is used all
    the same leaves nothing behind.

    Example:
        >>> from countdown_gym.behaviors.analysis import analyze
        >>> from countdown_gym.puzzles import Puzzle
        >>> text = "30 - 25 = 5, 5 + 3 = 9. No. 30 - 25 = 5, 5 * 4 = 20."
        >>> nodes = search_tree(analyze(Puzzle((25, 30, 3, 4), 32), text))
        >>> [(node.parent, node.label, node.sound) for node in nodes]  # doctest: +ELLIPSIS
        [(None, '25 30 3 4', True), (0, '30 - 25 = 5', True), (1, '5 + 3 = 9', False), ...]
    """
    board = tuple(Fraction(number) for number in analysis.puzzle.numbers)
    nodes = [Node(None, None, board, True)]
    places: dict[tuple[int, Step], int] = {}

    def follow(place: int, step: Step, *, sound: bool) -> int:
        if (place, step) not in places:
            places[place, step] = len(nodes)
            nodes.append(Node(place, step, _after(nodes[place].values, step), sound))
        return places[place, step]

    for attempt in analysis.attempts:
        place = 0
        for step in attempt.kept:
            place = follow(place, step, sound=True)
        for each in attempt.steps:
            place = follow(place, each.step, sound=each.right and each.legal)
    return tuple(nodes)


def shown(values: tuple[Fraction, ...]) -> str:
    """Return values in a line."""
    return " ".join(map(str, values))


def _after(values: tuple[Fraction, ...], step: Step) -> tuple[Fraction, ...]:
    left = list(values)
    for operand in (step.left, step.right):
        if operand in left:
            left.remove(operand)
    return (*left, step.result)
