"""Statistics of a corpus and of a part of it: how many, how long, how habitual."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from countdown_gym.curation.scoring import Scored
from countdown_gym.traces.habits import Habit

_QUANTILES = (0, 10, 25, 50, 75, 90, 100)


@dataclass(slots=True)
class Statistics:
    """What documents have in common, counted while they pass.

    Example:
        >>> Statistics().to_dict()["documents"]
        0
    """

    refused: Counter[str] = field(default_factory=Counter)
    """How many documents were refused, by reason."""
    habits: Counter[Habit] = field(default_factory=Counter)
    """How often the others show each habit."""
    showing: Counter[Habit] = field(default_factory=Counter)
    """How many of them show it at all."""
    lengths: Counter[int] = field(default_factory=Counter)
    """How many of them have so many tokens."""
    numbers: int = 0
    """How many numbers they hold."""

    def add(self, scored: Scored) -> None:
        """Count one document."""
        if scored.refused is not None:
            self.refused[scored.refused.value] += 1
            return
        self.lengths[scored.tokens] += 1
        self.numbers += scored.numbers
        for habit, count in scored.habits.items():
            self.habits[habit] += count
            self.showing[habit] += count > 0

    @classmethod
    def of(cls, documents: Iterable[Scored]) -> Statistics:
        """Return the statistics of some documents."""
        statistics = cls()
        for scored in documents:
            statistics.add(scored)
        return statistics

    @property
    def documents(self) -> int:
        """How many documents were not refused."""
        return self.lengths.total()

    @property
    def tokens(self) -> int:
        """How long they are together."""
        return sum(length * count for length, count in self.lengths.items())

    def per_1000_tokens(self, habit: Habit) -> float:
        """Return how often a habit is shown in a thousand tokens."""
        return 1000 * self.habits[habit] / self.tokens if self.tokens else 0.0

    def quantile(self, percent: float) -> int:
        """Return the length that so many per cent of the documents do not exceed."""
        wanted, passed, length = percent / 100 * self.documents, 0, 0
        for length in sorted(self.lengths):
            passed += self.lengths[length]
            if passed >= wanted and passed:
                break
        return length

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "documents": self.documents,
            "tokens": self.tokens,
            "numbers_per_1000_tokens": round(1000 * self.numbers / max(self.tokens, 1), 3),
            "length_quantiles": {str(q): self.quantile(q) for q in _QUANTILES},
            "habits": {
                habit.value: {
                    "count": self.habits[habit],
                    "per_1000_tokens": round(self.per_1000_tokens(habit), 4),
                    "documents": self.showing[habit],
                }
                for habit in Habit
            },
            "refused": dict(sorted(self.refused.items())),
        }
