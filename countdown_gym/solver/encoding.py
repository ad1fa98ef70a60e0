"""Rules and states as the compiled search takes them, and the proof that nothing overflows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import prod

from countdown_gym.expressions import Operator
from countdown_gym.puzzles import Intermediates, Rules

ADD, SUBTRACT, SUBTRACT_FROM, MULTIPLY, DIVIDE, DIVIDE_INTO, DIFFERENCE = 1, 2, 4, 8, 16, 32, 64
DIVIDE_LARGER = 128
"""Bits: a + b, a - b, b - a, a * b, a / b, b / a, |a - b|, the larger by the smaller."""

MOST_ENTRIES = 6
"""The most entries that one compiled search combines."""

_NO_LEAST = -(2**62)
_PRODUCT_LIMIT = 2**62  # two pairs cross-multiplied stay below
_PART_LIMIT = 2**53  # doubles hold whole numbers up to here


@dataclass(frozen=True, slots=True)
class Encoding:
    """Rules as numbers."""

    ops: int
    """The results that two operands may have, as bits."""
    integral: bool
    """Whether every result is whole."""
    least: int
    """The smallest numerator of a result."""
    cap: int
    """The largest absolute result; -1 leaves it open."""
    use_all: bool
    """Whether every entry must be used."""


@lru_cache(maxsize=256)
def encode_rules(rules: Rules, *, signed: bool) -> Encoding:
    """Return the encoding of rules whose order is free.

    Args:
        rules: What an operation may do.
        signed: Whether negative results are to be formed; without, they are replaced by their
            absolute values, which `needs_signs` allows or not.
    """
    pairs = {
        Operator.ADD: ADD,
        Operator.SUBTRACT: SUBTRACT | SUBTRACT_FROM if signed else DIFFERENCE,
        Operator.MULTIPLY: MULTIPLY,
        Operator.DIVIDE: DIVIDE | DIVIDE_INTO,
    }
    if rules.intermediates is Intermediates.POSITIVE_INTEGERS and not signed:
        pairs[Operator.DIVIDE] = DIVIDE_LARGER  # the other quotient is not whole
    least = {Intermediates.POSITIVE_INTEGERS: 1, Intermediates.NATURALS: 0}
    cap = rules.largest_intermediate
    return Encoding(
        ops=sum(pairs[operator] for operator in rules.operators),
        integral=rules.intermediates is not Intermediates.RATIONALS,
        least=least.get(rules.intermediates, _NO_LEAST if signed else 0),
        cap=-1 if cap is None else cap,
        use_all=rules.use_all,
    )


def needs_signs(rules: Rules, values: Sequence[int | Fraction], target: int | Fraction) -> bool:
    """Whether leaving out negative results could lose an answer."""
    if min(values) < 0:
        return True
    if rules.intermediates in (Intermediates.POSITIVE_INTEGERS, Intermediates.NATURALS):
        return False
    turns_round = Operator.ADD in rules.operators or Operator.SUBTRACT not in rules.operators
    return target < 0 or not turns_round


def fits(rules: Rules, values: Sequence[int | Fraction], target: int | Fraction) -> bool:
    """Whether the compiled search takes the state and provably stays within 64 bits.

    A pair made of k entries has parts of at most 2**(k - 1) times the product of the entries'
    larger parts, since a sum at most doubles the product of its operands' parts; undoing an
    operation treats the target as one entry more.
    """
    if rules.keep_order or len(values) > MOST_ENTRIES:
        return False
    integral = rules.intermediates is not Intermediates.RATIONALS
    if integral and any(value.denominator != 1 for value in values):
        return False
    parts = sorted(max(abs(value.numerator), value.denominator) for value in values)
    goal = max(abs(target.numerator), target.denominator)
    part = 16 * prod(parts[-4:]) * goal
    cap = 1 if integral else rules.largest_intermediate or 1
    return (
        part < _PART_LIMIT
        and 2 ** len(parts) * prod(parts) * goal < _PRODUCT_LIMIT
        and cap * part < _PRODUCT_LIMIT
    )
