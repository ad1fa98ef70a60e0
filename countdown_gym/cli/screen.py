"""Where the command line writes to: results to one stream, everything else to the other."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

OUT = Console(highlight=False)
"""Results."""
ERR = Console(stderr=True, highlight=False)
"""Progress and complaints."""


def say(line: str, style: str = "") -> None:
    """Write one line of results as it is: no markup is read in it and it is not wrapped."""
    OUT.print(Text(line, style), soft_wrap=True)


def complain(line: str) -> None:
    """Write one line of complaint."""
    ERR.print(Text.assemble(("error: ", "bold red"), line), soft_wrap=True)


def plural(count: int, noun: str) -> str:
    """Return a number and what is counted.

    Example:
        >>> plural(1, "puzzle"), plural(3, "puzzle")
        ('1 puzzle', '3 puzzles')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
