"""What a broken law is, and the search for the smallest example that breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, NoSuchExample

Case = TypeVar("Case")


@dataclass(frozen=True, slots=True)
class Breach:
    """A law that is broken, and the smallest example found."""

    law: str
    """The law, in plain words."""
    example: str
    """What breaks it."""

    def __str__(self) -> str:
        """Return the law and under it the example."""
        return f"broken: {self.law}\n  {self.example}"


def smallest_breach(
    law: str,
    cases: st.SearchStrategy[Case],
    complaint: Callable[[Case], str | None],
    max_examples: int,
) -> Breach | None:
    """Return the breach of a law by the smallest case about which there is a complaint, if any.

    Args:
        law: The law, in plain words.
        cases: What is tried; the same cases in every run.
        complaint: What is wrong with a case, or None. A complaint that does not come again for the
            same case, as about something random or slow, counts too.
        max_examples: How many cases are tried.
    """
    last: list[str] = []

    def breaks(case: Case) -> bool:
        found = complaint(case)
        if found is not None:
            last.append(found)
        return found is not None

    try:
        find(cases, breaks, settings=_profile(max_examples))
    except NoSuchExample:
        return None
    except Flaky:  # the last complaint is as good an example as any
        pass
    return Breach(law, last[-1])


def smallest_breaches(
    laws: Mapping[str, Callable[[Case], str | None]],
    cases: st.SearchStrategy[Case],
    max_examples: int,
) -> Iterator[Breach]:
    """Yield the breaches of laws about the same cases, which are drawn once for all of them.

    Drawing takes most of the time, so of several laws only those that are found broken are tried
    one by one, for the smallest example. See `smallest_breach`.
    """
    found: dict[str, str] = {}

    def look(case: Case) -> bool:
        for law, complaint in laws.items():
            complained = None if law in found else complaint(case)
            if complained is not None:
                found[law] = complained
        return False

    if len(laws) > 1:
        with suppress(NoSuchExample):
            find(cases, look, settings=_profile(max_examples))
    for law, complaint in laws.items():
        if law in found or len(laws) == 1:
            smallest = smallest_breach(law, cases, complaint, max_examples)
            if smallest or law in found:
                yield smallest or Breach(law, found[law])


def _profile(max_examples: int) -> settings:
    """Return how hypothesis looks for a case: the same way in every run."""
    return settings(
        max_examples=max_examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),
    )
