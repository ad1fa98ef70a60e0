"""What a broken law is, and the search for the smallest example that breaks it."""

from __future__ import annotations

import random  # noqa: TID251 - to see that nobody touches it
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
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

    profile = settings(
        max_examples=max_examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),
    )
    try:
        find(cases, breaks, settings=profile)
    except NoSuchExample:
        return None
    except Flaky:  # the last complaint is as good an example as any
        pass
    return Breach(law, last[-1])


def global_generators() -> str:
    """Return the state of the generators that nobody should read or move, to compare."""
    return f"{random.getstate()}{np.random.get_state()}"  # noqa: NPY002 - as above


def seed_global_generators(seed: int) -> None:
    """Set the generators that nobody should read; hypothesis puts them back after each case."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002, TID251 - as above
