"""How often some texts show each habit, by the counts of an instrument."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from countdown_agents.intervals import Interval, clustered_interval, wilson_interval
from countdown_gym.behaviors.instruments import HabitCounts
from countdown_gym.errors import InvalidParameterError
from countdown_gym.traces.habits import Habit


@dataclass(frozen=True, slots=True)
class HabitShare:
    """How often some texts show a habit; those that are unreadable are left out of all but one."""

    texts: int
    """How many texts have a count."""
    showing: int
    """How many of them show the habit."""
    total: int
    """How often they show it in all."""
    unreadable: int
    """How many texts have no count."""
    interval: Interval | None
    """Where the share of texts that show it lies with a confidence of 95 %."""

    @property
    def share(self) -> float | None:
        """The share of texts that show it; None without texts."""
        return self.showing / self.texts if self.texts else None

    @property
    def mean(self) -> float | None:
        """How often a text shows it on average; None without texts."""
        return self.total / self.texts if self.texts else None

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as plain JSON values."""
        interval = None if self.interval is None else list(self.interval)
        return asdict(self) | {"share": self.share, "mean": self.mean, "interval": interval}


def habit_shares(
    counts: Sequence[HabitCounts], groups: Sequence[Hashable]
) -> dict[Habit, HabitShare]:
    """Return how often texts show each habit.

    The interval is Wilson's, clustered where there are equally many texts of each group. Where
    there are not, a group weighs no more than one text: the widest that it can be.

    Args:
        counts: What an instrument counts in each text.
        groups: Which texts belong together: those about one puzzle resemble each other.

    Raises:
        InvalidParameterError: If there are not equally many of both.

    Example:
        >>> counts = [dict.fromkeys(Habit, 2), dict.fromkeys(Habit, 0), dict.fromkeys(Habit)]
        >>> found = habit_shares(counts, "abc")[Habit.BACKTRACKING]
        >>> found.share, found.mean, found.unreadable
        (0.5, 1.0, 1)
    """
    if len(counts) != len(groups):
        raise InvalidParameterError(
            f"each text belongs to a group, got {len(counts)} texts and {len(groups)} groups"
        )
    return {habit: _share([c[habit] for c in counts], groups) for habit in Habit}


def _share(counts: Sequence[int | None], groups: Sequence[Hashable]) -> HabitShare:
    together: dict[Hashable, list[int]] = defaultdict(list)
    for count, group in zip(counts, groups, strict=True):
        if count is not None:
            together[group].append(count)
    read = [count for group in together.values() for count in group]
    showing = sum(count > 0 for count in read)
    return HabitShare(
        texts=len(read),
        showing=showing,
        total=sum(read),
        unreadable=len(counts) - len(read),
        interval=_interval(list(together.values()), showing / len(read)) if read else None,
    )


def _interval(groups: Sequence[Sequence[int]], share: float) -> Interval:
    sizes = {len(group) for group in groups}
    if len(sizes) > 1:
        return wilson_interval(round(share * len(groups)), len(groups))
    shares = [sum(count > 0 for count in group) / len(group) for group in groups]
    return clustered_interval(shares, sizes.pop())
