"""Formulas of a board by search, in plain Python: what certifies puzzles whose rules allow extras.

Every value that the numbers make under the operators and extras of the rules is worked out, from
the fewest numbers up, each with a formula of the fewest signs. The search is bounded, so what it
finds is sure, and what it does not find may exist all the same: it follows only fractions of at
most `MAX_SEARCHED_BITS` binary digits above and below the line, on the way too, so that
`sqrt(sqrt(4))` leads nowhere here although the referee reads it.

Against what is published: with four fours and + - * / alone it reaches the 26 numbers of
https://oeis.org/A171827; with every extra it reaches 0 to 72 and not 73, and with four twos and
four fives 0 to 30 and 0 to 38, as Peter Norvig found
(https://github.com/norvig/pytudes, Countdown.ipynb); with four nines 0 to 102, where he stops
nesting roots after two and finds 0 to 61. Lists that go on to 112 also allow the overline, .4444…,
which there is not here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, permutations

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Operator
from countdown_gym.formula_values import NoValueError, applied, combined
from countdown_gym.formulas import Applied, Combined, Extra, Formula, Literal
from countdown_gym.puzzles import Rules

MAX_SEARCHED_NUMBERS = 4
"""The most numbers that are combined."""
MAX_SEARCHED_BITS = 64
"""The longest numerator or denominator that is followed, in binary digits."""

Board = tuple[int, ...]
Found = dict[Fraction, tuple[int, Formula]]
"""For each value the fewest signs of a formula, and one such formula."""


@lru_cache(maxsize=16)
def formulas(rules: Rules, numbers: Board) -> Mapping[int, Formula]:
    """Return a formula of each whole number that the search reaches, of the fewest signs found.

    The first question about a board takes seconds, further ones none.

    Args:
        rules: What formulas may do.
        numbers: The board.

    Raises:
        InvalidParameterError: If there are more than `MAX_SEARCHED_NUMBERS` numbers.

    Example:
        >>> rules = Rules(extras=frozenset({Extra.ROOT, Extra.FACTORIAL}))
        >>> str(formulas(rules, (4, 4))[26])
        'sqrt(4) + 4!'
    """
    if len(numbers) > MAX_SEARCHED_NUMBERS:
        raise InvalidParameterError(
            f"at most {MAX_SEARCHED_NUMBERS} numbers are combined with extras, got {len(numbers)}"
        )
    search = _Search(rules)
    reached: dict[int, tuple[int, Formula]] = {}
    for board in _boards(rules, numbers):
        for value, (signs, formula) in search.values(board).items():
            if value.denominator == 1 and signs < reached.get(int(value), (signs + 1,))[0]:
                reached[int(value)] = signs, formula
    if Extra.NEGATION in rules.extras:
        for number, (signs, formula) in list(reached.items()):
            if number > 0:
                reached[-number] = signs + 1, Applied(Extra.NEGATION, formula)
    return {number: reached[number][1] for number in sorted(reached)}


def _boards(rules: Rules, numbers: Board) -> Iterator[Board]:
    """Yield the numbers that an answer may use, in order."""
    sizes = (len(numbers),) if rules.use_all else range(1, len(numbers) + 1)
    for size in sizes:
        yield from dict.fromkeys(combinations(numbers, size))


class _Search:
    """The values of parts of a board; with minus signs only those that are not negative.

    Where minus signs are allowed every value has its negative, so it is enough to know one of the
    two and to join them in every way that the signs allow.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._negates = Extra.NEGATION in rules.extras
        self._signs: list[Operator | Extra] = [o for o in Operator if o in rules.operators]
        if Extra.POWER in rules.extras:
            self._signs.append(Extra.POWER)
        self._known: dict[Board, Found] = {}

    def values(self, board: Board) -> Found:
        """Return every value of exactly these numbers that the search follows."""
        key = board if self._rules.keep_order else tuple(sorted(board))
        if key not in self._known:
            found: Found = {}
            for value, signs, formula in self._written(key):
                self._keep(found, value, signs, formula)
            for left, right in self._parts(key):
                self._join(found, self.values(left), self.values(right))
            self._apply(found)
            self._known[key] = found
        return self._known[key]

    def _parts(self, board: Board) -> Iterator[tuple[Board, Board]]:
        """Yield every way to part the numbers between a left and a right operand."""
        if self._rules.keep_order:
            for size in range(1, len(board)):
                yield board[:size], board[size:]
            return
        seen = set()
        for size in range(1, len(board)):
            for places in combinations(range(len(board)), size):
                left = tuple(board[place] for place in places)
                right = tuple(n for place, n in enumerate(board) if place not in places)
                if (left, right) not in seen:
                    seen.add((left, right))
                    yield left, right

    def _written(self, board: Board) -> Iterator[tuple[Fraction, int, Formula]]:
        """Yield the numbers that can be written with exactly these, without any operator."""
        orders = {board} if self._rules.keep_order else set(permutations(board))
        joins = Extra.CONCATENATION in self._rules.extras
        for order in sorted(orders):
            if len(order) > 1 and not joins:
                continue
            digits = "".join(map(str, order))
            points = len(digits) if Extra.DECIMAL_POINT in self._rules.extras else 0
            for places in range(points + 1):
                literal = Literal(digits, places)
                yield Fraction(int(digits), 10**places), int(places > 0), literal

    def _join(self, found: Found, lefts: Found, rights: Found) -> None:
        """Join every left value with every right value by every sign."""
        negative_exponents = self._negates and Extra.POWER in self._rules.extras
        for left, (left_signs, left_formula) in lefts.items():
            for right, (right_signs, right_formula) in rights.items():
                signs = left_signs + right_signs + 1
                for sign in self._signs:
                    value = _value(sign, left, right)
                    if value is not None and self._is_news(found, value, signs):
                        formula = Combined(sign, left_formula, right_formula)
                        self._keep(found, value, signs, formula)
                if negative_exponents:
                    value = _value(Extra.POWER, left, -right)
                    if value is not None and self._is_news(found, value, signs + 1):
                        exponent = Applied(Extra.NEGATION, right_formula)
                        formula = Combined(Extra.POWER, left_formula, exponent)
                        self._keep(found, value, signs + 1, formula)

    def _apply(self, found: Found) -> None:
        """Add roots and factorials of what was found, the values of fewer signs first."""
        extras = [e for e in (Extra.ROOT, Extra.FACTORIAL) if e in self._rules.extras]
        if not extras:
            return
        waiting = sorted(found, key=lambda value: (found[value][0], value))
        while waiting:
            later = []
            for value in waiting:
                signs, formula = found[value]
                for extra in extras:
                    result = _applied(extra, value)
                    if result is not None and self._is_news(found, result, signs + 1):
                        self._keep(found, result, signs + 1, Applied(extra, formula))
                        later.append(result)
            waiting = later

    def _is_news(self, found: Found, value: Fraction, signs: int) -> bool:
        """Whether a value is followed, and not found yet by so few signs."""
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_SEARCHED_BITS:
            return False
        if self._negates and value < 0:
            return False  # its negative is found beside it
        known = found.get(value)
        return known is None or signs < known[0]

    def _keep(self, found: Found, value: Fraction, signs: int, formula: Formula) -> None:
        if self._is_news(found, value, signs):
            found[value] = signs, formula


def _value(sign: Operator | Extra, left: Fraction, right: Fraction) -> Fraction | None:
    """Return what a sign makes of two values; None if it has none, or no fraction."""
    try:
        return combined(sign, left, right)
    except NoValueError:
        return None


def _applied(sign: Extra, value: Fraction) -> Fraction | None:
    try:
        return applied(sign, value)
    except NoValueError:
        return None
