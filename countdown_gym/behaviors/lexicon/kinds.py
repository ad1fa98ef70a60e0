"""The kinds of cue."""

from __future__ import annotations

from enum import IntEnum, auto


class Cue(IntEnum):
    """What a word or phrase may say."""

    ADD = auto()
    SUBTRACT = auto()
    MULTIPLY = auto()
    DIVIDE = auto()
    IS = auto()
    """What stands before a result: is, equals, gives."""
    TURN = auto()
    """A line is given up and another begun."""
    SHIFT = auto()
    """Says the same if another line does begin: what if, wait, maybe."""
    NO = auto()
    """A bare verdict against a value."""
    YES = auto()
    """A bare verdict for a value."""
    SIDE = auto()
    """On which side of the target, or how far from it: too high, 3 off."""
    ORDER = auto()
    """A comparison with the number that follows: less than, above."""
    HIT = auto()
    """Names the target, and says that it is reached, or is not."""
    TARGET = auto()
    """A name of the target."""
    AIM = auto()
    """What is wanted follows."""
    STAGE = auto()
    """A stage of a plan follows."""
    NEAR = auto()
    """A property rather than a value: close to, a multiple of."""
    MAKE = auto()
    """To produce: an aim together with what it is made from."""
    FROM = auto()
    """What something is to be made from follows."""
    REST = auto()
    """What the other numbers would have to make."""
    BACKWARD = auto()
    """Says that the reasoning goes from the target."""
    LAST = auto()
    """Talks of the last operation."""
    ANSWER = auto()
    """Announces the answer."""
    CHECK = auto()
    """Announces a check."""
    USE = auto()
    """Keeps count of the numbers."""
    INVENTORY = auto()
    """Announces a list of operations without an aim."""
    WOULD = auto()
    """Supposes."""
    EXPLORE = auto()
    """Stream of Search: an operation is explored or a node moved to."""
    STATE = auto()
    """Stream of Search: a state is written down."""
