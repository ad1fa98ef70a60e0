"""Reading the working: the lines `a op b = c` that a completion shows, true or false.

A line has two numbers, an operator and a result. Numbers are ASCII digits, perhaps with a minus or
as a fraction such as `8/3`; in brackets or not, as `Step` writes them. A longer sum (`1 + 2 + 3 =
6`) is no line, and no part of it is. Nothing is evaluated, no text makes these functions raise, and
work is linear in the text: at most the last `MAX_COMPLETION_CHARS` characters and `MAX_STEPS` lines
are read. Whether a line is true, allowed or of any use is for others to say.
"""

from __future__ import annotations

import re
from collections import deque
from fractions import Fraction

from countdown_gym.expressions import Operator, Step
from countdown_gym.parsing import MAX_COMPLETION_CHARS, SPELLINGS

MAX_STEPS = 256
"""How many lines are read, the last ones."""

_VALUE = r"-?[0-9]{1,12}(?:/[1-9][0-9]{0,11})?"
_OPERATOR = r"[-+*/×·⋅∗÷−∕]|\\times|\\cdot|\\div"  # noqa: RUF001 - the signs models write
_LINE = re.compile(
    rf"(?<![0-9./(])(?:\(({_VALUE})\)|([0-9]{{1,12}}))\s{{0,4}}({_OPERATOR})\s{{0,4}}"
    rf"(?:\(({_VALUE})\)|([0-9]{{1,12}}))\s{{0,4}}=\s{{0,4}}(?=({_VALUE})(?![0-9]|[./][0-9]))"
)
_BEFORE = 4
_LEADS_ON = frozenset("+-*/×·⋅∗÷−∕)^.")  # noqa: RUF001 - as above


def steps_shown(completion: str) -> tuple[Step, ...]:
    """Return the lines of working in the order in which they stand.

    Example:
        >>> for step in steps_shown("30 - 25 = 5, then 5 + 3 = 9? And 1 + 2 + 3 = 6."):
        ...     print(step)
        30 - 25 = 5
        5 + 3 = 9
    """
    text = completion[-MAX_COMPLETION_CHARS:]
    lines = (line for line in _LINE.finditer(text) if not _goes_on_from(text, line.start()))
    return tuple(_step(line) for line in deque(lines, maxlen=MAX_STEPS))


def _goes_on_from(text: str, start: int) -> bool:
    """Whether what begins here is the rest of something longer."""
    return text[max(0, start - _BEFORE) : start].rstrip()[-1:] in _LEADS_ON


def _step(line: re.Match[str]) -> Step:
    left, right = line[1] or line[2], line[4] or line[5]
    operator = Operator(SPELLINGS.get(line[3], line[3]))
    return Step(operator, Fraction(left), Fraction(right), Fraction(line[6]))
