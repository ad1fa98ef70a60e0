"""Every way to part a board into groups, equal numbers being interchangeable.

A bag says how often each distinct number of a board is taken. It depends on how often the numbers
occur and not on what they are, so boards of one shape share one plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

Bag = tuple[int, ...]
"""How often each distinct number is taken."""

_MOST_PARTS = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """The bags of a board, those of fewer numbers first, and the partitions of each."""

    bags: tuple[Bag, ...]
    """All bags that are not empty; the whole board is the last, and its numbers come first."""
    rows: NDArray[np.int64]
    """(R, 2 + 6): the bag, how many parts, and the parts, the largest last and equals adjacent."""
    starts: NDArray[np.int64]
    """(bags + 1,): where the rows of each bag begin, and where those of the last end."""
    missing: NDArray[np.int64]
    """(bags,): which number a bag lacks, if it lacks one alone, else -1."""


@lru_cache(maxsize=64)
def plan(shape: Bag) -> Plan:
    """Return the plan of all boards whose distinct numbers occur as often as `shape` says."""
    counts = product(*(range(times + 1) for times in shape))
    bags = tuple(sorted((bag for bag in counts if any(bag)), key=lambda bag: (sum(bag), bag)))
    place = {bag: at for at, bag in enumerate(bags)}
    rows, starts = [], [0]
    for at, bag in enumerate(bags):
        for parts in _partitions(bag, len(bags) - 1, bags):
            if len(parts) > 1:
                padding = (0,) * (_MOST_PARTS - len(parts))
                rows.append((at, len(parts), *sorted(place[part] for part in parts), *padding))
        starts.append(len(rows))
    table = np.array(rows, np.int64).reshape(-1, 2 + _MOST_PARTS)
    missing = [_lacks(bag, shape, bags) for bag in bags]
    return Plan(bags, table, np.array(starts, np.int64), np.array(missing, np.int64))


def _lacks(bag: Bag, shape: Bag, bags: tuple[Bag, ...]) -> int:
    """Return the place of the bag that a bag lacks of the board if that is a number, else -1."""
    if sum(shape) - sum(bag) != 1:
        return -1
    return bags.index(tuple(many - few for few, many in zip(bag, shape, strict=True)))


def _partitions(bag: Bag, largest: int, bags: tuple[Bag, ...]) -> Iterator[tuple[Bag, ...]]:
    """Yield the partitions of a bag into bags up to place `largest`, in descending order."""
    if not any(bag):
        yield ()
        return
    for at in range(largest, -1, -1):
        part = bags[at]
        if all(few <= many for few, many in zip(part, bag, strict=True)):
            rest = tuple(many - few for few, many in zip(part, bag, strict=True))
            for others in _partitions(rest, at, bags):
                yield (part, *others)
