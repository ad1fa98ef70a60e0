"""The kinds of cue: plain numbers, ten times as fast to name as members of an enumeration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


class Cue:
    """What a word or phrase may say."""

    ADD: Final = 1
    SUBTRACT: Final = 2
    MULTIPLY: Final = 3
    DIVIDE: Final = 4
    IS: Final = 5
    """What stands before a result: is, equals, gives."""
    TURN: Final = 6
    """A line is given up and another begun."""
    SHIFT: Final = 7
    """Says the same if another line does begin: what if, wait, maybe."""
    NO: Final = 8
    """A bare verdict against a value."""
    YES: Final = 9
    """A bare verdict for a value."""
    SIDE: Final = 10
    """On which side of the target, or how far from it: too high, 3 off."""
    ORDER: Final = 11
    """A comparison with the number that follows: less than, above."""
    HIT: Final = 12
    """Names the target, and says that it is reached, or is not."""
    TARGET: Final = 13
    """A name of the target."""
    AIM: Final = 14
    """What is wanted follows."""
    STAGE: Final = 15
    """A stage of a plan follows."""
    NEAR: Final = 16
    """A property rather than a value: close to, a multiple of."""
    MAKE: Final = 17
    """To produce: an aim together with what it is made from."""
    FROM: Final = 18
    """What something is to be made from follows."""
    REST: Final = 19
    """What the other numbers would have to make."""
    BACKWARD: Final = 20
    """Says that the reasoning goes from the target."""
    LAST: Final = 21
    """Talks of the last operation."""
    ANSWER: Final = 22
    """Announces the answer."""
    CHECK: Final = 23
    """Announces a check."""
    USE: Final = 24
    """Keeps count of the numbers."""
    INVENTORY: Final = 25
    """Announces a list of operations without an aim."""
    WOULD: Final = 26
    """Supposes."""
    EXPLORE: Final = 27
    """Stream of Search: an operation is explored or a node moved to."""
    STATE: Final = 28
    """Stream of Search: a state is written down."""
    ADDING: Final = 29
    """A verb or noun before both operands: adding 3 to 25, the sum of 25 and 3."""
    SUBTRACTING: Final = 30
    """Likewise: subtract 3 from 25, the difference between 25 and 3."""
    MULTIPLYING: Final = 31
    """Likewise: multiply 25 by 3."""
    DIVIDING: Final = 32
    """Likewise: dividing 32 by 4."""


KINDS: Mapping[str, int] = {name: kind for name, kind in vars(Cue).items() if name.isupper()}
"""The kinds by their names."""
