"""Selecting: a habit-rich and a habit-poor set, matched in tokens document by document.

A control that differs in length, too, would leave open what made the difference, so every rich
document has a poor partner of about its length, and the partner is chosen such that the sets stay
equally long together. The choice depends on the documents alone and not on their order.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from countdown_gym.curation.scoring import Scored
from countdown_gym.errors import ExhaustedError, InvalidParameterError
from countdown_gym.traces.habits import Habit


class Side(StrEnum):
    """The two sets."""

    RICH = "habit_rich"
    POOR = "habit_poor"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What makes a document rich or poor in habits.

    Raises:
        InvalidParameterError: If a value is outside its range.
    """

    habits: tuple[Habit, ...] = tuple(Habit)
    """Which habits count."""
    rich_count: int = 2
    """How often a rich document shows them at least."""
    rich_per_1000: float = 2.0
    """How often in a thousand tokens, at least."""
    poor_per_1000: float = 0.0
    """How often a poor document shows them in a thousand tokens, at most."""
    tolerance: float = 0.05
    """How far the lengths of partners may differ, as a share of the rich one's."""
    tokens: int | None = None
    """How long a set may be at most; None takes all that find a partner."""

    def __post_init__(self) -> None:
        """Refuse thresholds that part nothing."""
        if not self.habits:
            raise InvalidParameterError("at least one habit must count, got none")
        if self.rich_count < 1:
            raise InvalidParameterError(f"rich_count must be at least 1, got {self.rich_count}")
        if not 0 <= self.poor_per_1000 < self.rich_per_1000:
            raise InvalidParameterError(
                "poor_per_1000 must be from 0 to below rich_per_1000, got "
                f"{self.poor_per_1000} and {self.rich_per_1000}"
            )
        if not 0 <= self.tolerance < 1:
            raise InvalidParameterError(f"tolerance must be from 0 to 1, got {self.tolerance}")
        if self.tokens is not None and self.tokens < 1:
            raise InvalidParameterError(f"tokens must be at least 1, got {self.tokens}")


class Candidate(NamedTuple):
    """A document that may be chosen, without its text."""

    id: str
    tokens: int
    shown: int
    """How often it shows the habits that count."""

    @property
    def density(self) -> float:
        """How often in a thousand tokens."""
        return 1000 * self.shown / self.tokens


@dataclass(slots=True)
class Selection:
    """Which documents are in which set."""

    sides: dict[str, Side] = field(default_factory=dict)
    """The set of every document that was chosen, by its id."""
    tokens: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))
    """How long each set is."""
    left_out: dict[str, int] = field(default_factory=dict)
    """How many documents are in neither set, by reason."""


def candidates(
    documents: Iterable[Scored], thresholds: Thresholds
) -> tuple[list[Candidate], list[Candidate], dict[str, int]]:
    """Return what may be chosen for the rich set and for the poor, and how many for neither.

    Of each document its id and two numbers are kept. A text that comes again is a duplicate.
    """
    rich: list[Candidate] = []
    poor: list[Candidate] = []
    seen: set[str] = set()
    left_out = {"refused": 0, "duplicate": 0, "between": 0}
    for scored in documents:
        if scored.refused is not None:
            left_out["refused"] += 1
            continue
        if scored.document.id in seen:
            left_out["duplicate"] += 1
            continue
        seen.add(scored.document.id)
        count = sum(scored.habits[habit] for habit in thresholds.habits)
        candidate = Candidate(scored.document.id, scored.tokens, count)
        if count >= thresholds.rich_count and candidate.density >= thresholds.rich_per_1000:
            rich.append(candidate)
        elif candidate.density <= thresholds.poor_per_1000:
            poor.append(candidate)
        else:
            left_out["between"] += 1
    return rich, poor, left_out


def select(documents: Iterable[Scored], thresholds: Thresholds = Thresholds()) -> Selection:
    """Return the two sets: the densest rich documents, and a poor partner for each.

    Args:
        documents: Scored documents, in any order.
        thresholds: What makes them rich or poor.

    Raises:
        ExhaustedError: If no two documents can be partners.
    """
    rich, poor, left_out = candidates(documents, thresholds)
    selection = Selection(left_out=left_out)
    partners = _Partners(poor)
    left_out |= {"no_partner": 0, "beyond_budget": 0}
    rich.sort(key=lambda each: (-each.density, each.id))
    total = selection.tokens
    budget = sys.maxsize if thresholds.tokens is None else thresholds.tokens
    for each in rich:
        if each.tokens > budget - total[Side.RICH]:
            left_out["beyond_budget"] += 1
            continue
        slack = int(thresholds.tolerance * each.tokens)
        owed = each.tokens + total[Side.RICH] - total[Side.POOR]
        longest = min(each.tokens + slack, budget - total[Side.POOR])
        partner = partners.take(owed, each.tokens - slack, longest)
        if partner is None:
            left_out["no_partner"] += 1
            continue
        for side, chosen in ((Side.RICH, each), (Side.POOR, partner)):
            selection.sides[chosen.id] = side
            total[side] += chosen.tokens
    left_out["unpaired_poor"] = len(poor) - len(selection.sides) // 2
    if not selection.sides:
        raise ExhaustedError(
            f"no pair was found: {len(rich)} documents are rich and {len(poor)} poor by these "
            "thresholds; lower rich_per_1000 or rich_count, raise poor_per_1000 or tolerance, or "
            "score more documents"
        )
    return selection


class _Partners:
    """Poor documents by length, each to be taken once; finding one takes all but constant time."""

    def __init__(self, poor: Sequence[Candidate]) -> None:
        self._poor = sorted(poor, key=lambda each: (each.tokens, each.id))
        self._lengths = [each.tokens for each in self._poor]
        # Where to look next to the right and to the left of one that is taken; the last place is
        # the end of both.
        self._right = list(range(len(poor) + 1))
        self._left = list(range(len(poor) + 1))

    def take(self, wanted: int, shortest: int, longest: int) -> Candidate | None:
        """Return the one whose length is nearest to what is wanted, within limits."""
        end = len(self._poor)
        at = bisect_left(self._lengths, min(max(wanted, shortest), longest))
        right = self._free(self._right, at)
        left = self._free(self._left, at) - 1  # shifted by one: 0 says that there is none
        best: int | None = None
        if right < end and self._lengths[right] <= longest:
            best = right
        if left >= 0 and self._lengths[left] >= shortest:
            nearer = best is None or wanted - self._lengths[left] < self._lengths[best] - wanted
            best = left if nearer else best
        if best is None:
            return None
        self._right[best] = best + 1
        self._left[best + 1] = best
        return self._poor[best]

    @staticmethod
    def _free(links: list[int], at: int) -> int:
        """Follow links to their end and shorten the way for the next time."""
        root = at
        while links[root] != root:
            root = links[root]
        while links[at] != root:
            links[at], at = root, links[at]
        return root
