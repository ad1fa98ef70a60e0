"""The one door to exact answers: what can be reached, how, in how few steps.

Callers ask `Oracle(rules)`; which engine answers is nobody's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Expression
from countdown_gym.puzzles import Rules
from countdown_gym.solver.reference import Reference
from countdown_gym.solver.state import Entry, State, exact

MAX_ENTRIES = 6
"""The most entries that may be combined where their order is free."""
MAX_ORDERED_ENTRIES = 8
"""The most entries that may be combined where their order is kept."""


@dataclass(frozen=True, slots=True)
class Closest:
    """The reachable value that is nearest to a target."""

    value: Fraction
    """The value itself; of two equally near, the smaller."""
    expression: Expression
    """One way to make it, of as few operations as any."""
    distance: Fraction
    """Its absolute difference from the target: 0 exactly when the target can be reached."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """Exact answers under one set of rules.

    Every method takes `entries`, the state of play: numbers of the board (`int`), exact values
    (`Fraction`), or expressions already made of some of the numbers, which then stand whole in the
    answers. An operation may only result in what `rules.admit`s, the last one included; an entry
    itself is taken as it is. Where not every number must be used, each entry alone is an answer of
    no operation, and where order is kept, the entries used stand in the order given.

    Raises:
        InvalidParameterError: From every method, if there is no entry, more than `MAX_ENTRIES`
            (`MAX_ORDERED_ENTRIES` where order is kept), or an entry or target is not exact.

    Example:
        >>> oracle = Oracle(Rules())
        >>> str(oracle.solve((3, 3, 8, 8), 24))
        '8 / (3 - 8 / 3)'
        >>> oracle.solvable((1, 1, 1, 1), 5)
        False
    """

    rules: Rules
    """What an operation may do."""

    @property
    def max_entries(self) -> int:
        """The most numbers that are combined under these rules; more are refused."""
        return MAX_ORDERED_ENTRIES if self.rules.keep_order else MAX_ENTRIES

    def solvable(self, entries: Iterable[Entry], target: int | Fraction) -> bool:
        """Whether some answer is worth exactly `target`; False is a proof that none is."""
        return self.fewest_operations(entries, target) is not None

    def solve(self, entries: Iterable[Entry], target: int | Fraction) -> Expression | None:
        """Return an answer of as few operations as any, or None if there is none."""
        return next(self.solutions(entries, target), None)

    def solutions(self, entries: Iterable[Entry], target: int | Fraction) -> Iterator[Expression]:
        """Yield every answer once, those of fewer operations first.

        Two answers are the same if `expressions.normal_form` writes them alike: one becomes the
        other by reordering and regrouping sums and products and by moving minus signs, equal
        numbers are interchangeable, and nothing is computed.
        """
        return self._search(entries).solutions(exact(target))

    def count_solutions(self, entries: Iterable[Entry], target: int | Fraction) -> int:
        """Return how many answers `solutions` yields."""
        return sum(1 for _ in self.solutions(entries, target))

    def fewest_operations(self, entries: Iterable[Entry], target: int | Fraction) -> int | None:
        """Return how many operations a shortest answer has, or None if there is no answer.

        Operations inside entries are done and do not count.
        """
        return self._search(entries).fewest_operations(exact(target))

    def closest(self, entries: Iterable[Entry], target: int | Fraction) -> Closest | None:
        """Return the reachable value nearest to `target`, or None if the rules allow no answer."""
        search, wanted = self._search(entries), exact(target)
        found = min(search.reachable(), key=lambda v: (abs(v - wanted), v), default=None)
        if found is None:
            return None
        return Closest(found, next(search.solutions(found)), abs(found - wanted))

    def reachable(
        self,
        entries: Iterable[Entry],
        low: int | Fraction | None = None,
        high: int | Fraction | None = None,
    ) -> frozenset[Fraction]:
        """Return every value that an answer may have, `low` and `high` included."""
        found = self._search(entries).reachable()
        if low is not None:
            least = exact(low)
            found = frozenset(v for v in found if v >= least)
        if high is not None:
            most = exact(high)
            found = frozenset(v for v in found if v <= most)
        return found

    def _search(self, entries: Iterable[Entry]) -> Reference:
        state = State.read(entries)
        if len(state.values) > self.max_entries:
            raise InvalidParameterError(
                f"the oracle combines at most {self.max_entries} numbers under these rules, got "
                f"{len(state.values)}; combine some first and pass their expressions"
            )
        return _reference(self.rules, state)


@lru_cache(maxsize=8)
def _reference(rules: Rules, state: State) -> Reference:
    """Return the search of a state, the latest few remembered for questions about other targets."""
    return Reference(rules, state)
