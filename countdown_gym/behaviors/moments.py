"""What a search is told as: a moment for each computation, and the turns between lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from countdown_gym.behaviors.computations import Computation, Operation
from countdown_gym.behaviors.states import State
from countdown_gym.behaviors.tokens import Value


class Role:
    """What a computation does in the search: plain numbers, as quick to name as those of `Cue`."""

    FORWARD: Final = 1
    """Goes on from a state."""
    RESTATED: Final = 2
    """Says again what the line has."""
    BACKWARD: Final = 3
    """Undoes an operation on the target."""
    ASIDE: Final = 4
    """Is about values that are not there."""


@dataclass(slots=True)
class Moment:
    """A computation in the search."""

    computation: Computation
    role: int
    """One of `Role`."""
    line: int
    """Which line of attempt it belongs to, from 0."""
    state: int
    """How many operations of the line it starts from."""
    numbers: int
    """Which numbers its result is made of."""
    legal: bool
    """Whether every value that it takes was free."""
    value: Value | None
    """What the text goes on with."""
    sentence: int
    """Which sentence it stands in, from 0."""
    before: State = ()
    """The state that it starts from."""
    done: tuple[Operation, ...] = ()
    """Its operations that are new."""


@dataclass(slots=True)
class Turn:
    """A line is given up."""

    first: int | None
    """The first token of the words that say so, if some do."""
    last: int | None
    """The last of them."""
    in_words: bool
    """Whether the words alone say so."""
    moment: Moment | None = None
    """The first computation after it."""


@dataclass(slots=True)
class Search:
    """What the walk through a text found."""

    moments: list[Moment] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    values: dict[int, Moment] = field(default_factory=dict)
    """By token: a value named again, or combined without showing how."""
    whole: int = 0
    """All the numbers of the board."""
