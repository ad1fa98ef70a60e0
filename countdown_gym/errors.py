"""The programmer's mistakes: exceptions with the rule first and then what came.

What a *model* writes is data and never ends here: see `countdown_gym.parsing.Unreadable` and
`countdown_gym.checking.Fault`.
"""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches


class CountdownGymError(Exception):
    """Anything that a caller of this project can mend; its message is one line with the remedy."""


class InvalidParameterError(CountdownGymError, ValueError):
    """A value is outside the range that a parameter allows."""


class UnknownNameError(CountdownGymError, ValueError):
    """A name stands in no registry of its kind; the message adds the nearest known one.

    Args:
        kind: What the name should name, in the singular: `"family"`.
        name: What came, a text or not.
        known: The names that exist.
    """

    def __init__(self, kind: str, name: object, known: Collection[str]) -> None:
        """Write the message."""
        near = get_close_matches(str(name), known, n=1)
        hint = f", did you mean '{near[0]}'?" if near else ""
        super().__init__(f"unknown {kind} {name!r}{hint} (known: {', '.join(sorted(known))})")


class MissingResourceError(CountdownGymError, FileNotFoundError):
    """A file or folder that was named is not there or not of the kind that is needed."""

    def __str__(self) -> str:
        """Return the message alone, without the `[Errno …]` of its operating-system cousin."""
        return str(self.args[0]) if self.args else ""


class ExhaustedError(CountdownGymError, RuntimeError):
    """A search for something that may not exist was given up at its documented limit."""
