"""How far two instruments agree on the habits of the same texts."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from countdown_agents.intervals import Interval, wilson_interval
from countdown_gym.behaviors.instruments import HabitCounts
from countdown_gym.errors import InvalidParameterError
from countdown_gym.traces.habits import Habit

_RESAMPLES = 10_000
_RESAMPLES_AT_ONCE = 500

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two instruments agree on one habit.

    The first five numbers are the confusion table and what is left out of it; a text *shows* a
    habit if its count is at least 1.
    """

    both: int
    """How many texts show it by both instruments."""
    only_first: int
    """By the first alone."""
    only_second: int
    """By the second alone."""
    neither: int
    """By neither."""
    unreadable: int
    """How many texts are left out everywhere, as an instrument came to no count."""
    kappa: float | None
    """Cohen's kappa of showing it or not; None where chance alone agrees on all texts."""
    interval: Interval | None
    """Where kappa lies with a confidence of 95 %."""
    spearman: float | None
    """The rank correlation of the counts; None where one instrument counts the same in all."""
    pearson: float | None
    """Their linear correlation, or None."""

    @property
    def texts(self) -> int:
        """How many texts are compared."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def raw(self) -> float | None:
        """The share of texts on which both say the same, showing it or not; None without texts."""
        return (self.both + self.neither) / self.texts if self.texts else None

    def to_dict(self) -> dict[str, Any]:
        """Return the agreement as plain JSON values."""
        interval = None if self.interval is None else list(self.interval)
        return asdict(self) | {"texts": self.texts, "raw": self.raw, "interval": interval}


def agreements(
    first: Sequence[HabitCounts],
    second: Sequence[HabitCounts],
    groups: Sequence[Hashable] | None = None,
) -> dict[Habit, Agreement]:
    """Return the agreement of two instruments on each habit.

    Args:
        first: What one instrument counts in each text.
        second: What the other counts in the same texts, in the same order.
        groups: Which texts belong together, such as those about one puzzle, as `agreement` says.

    Raises:
        InvalidParameterError: If they are not about equally many texts.
    """
    return {
        habit: agreement([c[habit] for c in first], [c[habit] for c in second], groups)
        for habit in Habit
    }


def agreement(
    first: Sequence[int | None],
    second: Sequence[int | None],
    groups: Sequence[Hashable] | None = None,
    seed: int = 0,
) -> Agreement:
    """Return how far two instruments agree on a habit.

    Kappa is the share of agreement beyond what the two would reach by chance (Cohen 1960,
    https://doi.org/10.1177/001316446002000104). Its interval is the percentile bootstrap over
    groups of texts, drawn anew 10,000 times; draws in which chance agrees on all texts have no
    kappa and are passed over. Where the two never differ a bootstrap sees nothing: the interval
    then goes down to the kappa of the agreement at which Wilson's interval begins.

    Args:
        first: How often each text shows the habit by one instrument; None if it came to no count.
        second: The same by the other.
        groups: For each text what it belongs to; texts about one puzzle resemble each other, so
            they are drawn together. None takes each text alone.
        seed: The luck of the bootstrap: the same counts give the same interval.

    Raises:
        InvalidParameterError: If they are not about equally many texts.

    Example:
        >>> found = agreement([1, 2, 0, 0], [1, 0, 0, 0])
        >>> found.raw, found.kappa
        (0.75, 0.5)
    """
    groups = range(len(first)) if groups is None else groups
    if not len(first) == len(second) == len(groups):
        raise InvalidParameterError(
            "two instruments are compared on the same texts, got counts of "
            f"{len(first)} and {len(second)} in {len(groups)} groups"
        )
    read = [
        (a, b, group)
        for a, b, group in zip(first, second, groups, strict=True)
        if a is not None and b is not None
    ]
    places = {group: place for place, group in enumerate(dict.fromkeys(g for _, _, g in read))}
    cells = np.zeros((len(places), 4))
    for a, b, group in read:
        cells[places[group], 2 * (a < 1) + (b < 1)] += 1
    both, only_first, only_second, neither = (int(n) for n in cells.sum(axis=0))
    kappa = _some(_kappas(cells.sum(axis=0, keepdims=True))[0])
    counts = np.array([(a, b) for a, b, _ in read], np.float64).reshape(-1, 2)
    return Agreement(
        both=both,
        only_first=only_first,
        only_second=only_second,
        neither=neither,
        unreadable=len(first) - len(read),
        kappa=kappa,
        interval=None if kappa is None else _interval(cells, seed),
        spearman=_correlation(_ranks(counts[:, 0]), _ranks(counts[:, 1])),
        pearson=_correlation(counts[:, 0], counts[:, 1]),
    )


def _kappas(tables: _Floats) -> _Floats:
    """Return Cohen's kappa of each row (both, only first, only second, neither), or NaN."""
    both, only_first, only_second, neither = tables.T
    texts = tables.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        shown, seen = (both + only_first) / texts, (both + only_second) / texts
        by_chance = shown * seen + (1 - shown) * (1 - seen)
        kappas: _Floats = ((both + neither) / texts - by_chance) / (1 - by_chance)
    kappas[(both == texts) | (neither == texts)] = np.nan  # 0 / 0, whatever rounding says
    return kappas


def _interval(cells: _Floats, seed: int) -> Interval:
    """Return the interval of kappa over groups that are drawn anew."""
    groups, total = len(cells), cells.sum(axis=0)
    if total[1] == total[2] == 0:
        raw, shown = wilson_interval(groups, groups).low, total[0] / total.sum()
        by_chance = shown**2 + (1 - shown) ** 2
        return Interval(float((raw - by_chance) / (1 - by_chance)), 1.0)
    rng, evenly, kappas = np.random.default_rng(seed), np.full(groups, 1 / groups), []
    for _ in range(0, _RESAMPLES, _RESAMPLES_AT_ONCE):
        drawn = rng.multinomial(groups, evenly, size=_RESAMPLES_AT_ONCE)
        kappas.append(_kappas(drawn @ cells))
    low, high = np.nanquantile(np.concatenate(kappas), [0.025, 0.975])
    return Interval(float(low), float(high))


def _ranks(values: _Floats) -> _Floats:
    """Return the rank of each value; equal ones share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: _Floats = (last - (counts - 1) / 2)[inverse]
    return ranks


def _correlation(first: _Floats, second: _Floats) -> float | None:
    """Return Pearson's correlation; None where one side is all alike."""
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def _some(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
