"""A state of play: the entries that may still be combined, each a number or work already done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from operator import index
from typing import Self, SupportsIndex

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Expression, Number, Operation, Operator, value

Exact = SupportsIndex | Fraction
"""An exact number: an `int`, what stands for one, such as numpy's integers, or a `Fraction`."""
Entry = Exact | Expression
"""A number, or the expression that was already made of some numbers of the board."""


@dataclass(frozen=True, slots=True)
class State:
    """Values that may still be combined, and how each of them is written."""

    values: tuple[Fraction, ...]
    """The exact value of each entry, in the order of the board."""
    expressions: tuple[Expression, ...]
    """What stands for each entry in an answer; as long as `values`."""

    @classmethod
    def read(cls, entries: Iterable[Entry]) -> Self:
        """Return the state that the entries describe.

        A bare fraction stands in answers as a division of two numbers.

        Raises:
            InvalidParameterError: If there is no entry, or one is not an exact number.
            ZeroDivisionError: If an expression divides by zero.
        """
        written = tuple(_written(entry) for entry in entries)
        if not written:
            raise InvalidParameterError("a state has at least 1 number, got none")
        return cls(tuple(value(expression) for expression in written), written)


def exact(number: Exact) -> Fraction:
    """Return the number as a fraction.

    Raises:
        InvalidParameterError: If it is not exact, such as a float.
    """
    if isinstance(number, Fraction):
        return number
    try:
        whole = None if isinstance(number, bool) else index(number)
    except TypeError:
        whole = None
    if whole is None:
        raise InvalidParameterError(f"values must be int or Fraction, got {number!r}")
    return Fraction(whole)


def answer_masks(count: int, *, use_all: bool) -> Iterator[int]:
    """Yield which entries an answer may use, as bit masks, the fewest entries first."""
    full = (1 << count) - 1
    if use_all:
        yield full
    else:
        yield from sorted(range(1, full + 1), key=lambda mask: (mask.bit_count(), mask))


def splits(mask: int, *, keep_order: bool) -> Iterator[tuple[int, int]]:
    """Yield every way to part the entries of `mask` between a left and a right operand.

    Each unordered pair comes in both orders, unless the order of the board is kept: then the left
    operand's entries all stand before the right operand's.
    """
    if keep_order:
        left = 0
        for position in range(mask.bit_length() - 1):
            left |= mask & (1 << position)
            if mask & (1 << position):
                yield left, mask ^ left
        return
    left = mask & -mask
    while left != mask:
        yield left, mask ^ left
        left = (left - mask) & mask  # the next subset of the mask in ascending order


def _written(entry: Entry) -> Expression:
    if isinstance(entry, Number | Operation):
        return entry
    number = exact(entry)
    if number.denominator == 1:
        return Number(number.numerator)
    return Operation(Operator.DIVIDE, Number(number.numerator), Number(number.denominator))
