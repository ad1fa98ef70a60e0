"""What is asked: a board of numbers, a target, and the rules that an answer must keep."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, Self

from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.expressions import Operator
from countdown_gym.formulas import Extra
from countdown_gym.grades import Grade

MAX_NUMBERS = 32
"""The most numbers that a board may hold: what the reader of answers will read."""
MAX_MAGNITUDE = 10**9
"""The largest number or target, in absolute value."""


class Intermediates(StrEnum):
    """Which values an operation may result in, the last one included."""

    POSITIVE_INTEGERS = "positive_integers"
    NATURALS = "naturals"  # zero and the positive integers
    INTEGERS = "integers"
    RATIONALS = "rationals"

    def admits(self, value: Fraction) -> bool:
        """Whether a result may be `value`."""
        match self:
            case Intermediates.POSITIVE_INTEGERS:
                return value.denominator == 1 and value > 0
            case Intermediates.NATURALS:
                return value.denominator == 1 and value >= 0
            case Intermediates.INTEGERS:
                return value.denominator == 1
            case Intermediates.RATIONALS:
                return True


_RATIONALS = Intermediates.RATIONALS
"""Looked up once: reading a member through its enumeration takes as long as adding."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What an answer may do with the numbers on the board.

    Raises:
        InvalidParameterError: If there is no operator, the largest result is not a whole number
            of at least 1, a yes-or-no rule is neither, or results are restricted beside extras.
        UnknownNameError: If there is no such operator, extra or kind of intermediate result.
    """

    operators: frozenset[Operator] = frozenset(Operator)
    """The operations that may occur."""
    use_all: bool = True
    """Whether every number must be used; otherwise each may be used at most once."""
    keep_order: bool = False
    """Whether the numbers must stand in the order of the board, left to right."""
    intermediates: Intermediates = Intermediates.RATIONALS
    """Which values an operation may result in."""
    largest_intermediate: int | None = None
    """The largest absolute value an operation may result in; None leaves it open."""
    extras: frozenset[Extra] = frozenset()
    """What may be written beyond the operators. With any of them, answers are read as formulas
    (`countdown_gym.formulas`) and their results may be any real numbers."""

    def __post_init__(self) -> None:
        """Refuse rules under which nothing can be written."""
        object.__setattr__(self, "operators", _read_operators(self.operators))
        object.__setattr__(self, "intermediates", _read_intermediates(self.intermediates))
        object.__setattr__(self, "extras", _read_extras(self.extras))
        for name in ("use_all", "keep_order"):
            if type(getattr(self, name)) is not bool:
                raise InvalidParameterError(
                    f"{name} must be true or false, got {getattr(self, name)!r}"
                )
        largest = self.largest_intermediate
        if largest is not None and (type(largest) is not int or largest < 1):
            raise InvalidParameterError(
                f"largest_intermediate must be at least 1 and whole, got {largest!r}"
            )
        if self.extras and self.restrict_results:
            raise InvalidParameterError(
                "with extras, intermediates must be rationals and largest_intermediate open, got "
                f"{self.intermediates.value} and {largest}"
            )

    def __repr__(self) -> str:
        """Return the call that makes the rules, the same in every process, as sets are not."""
        fields = ", ".join(f"{name}={value!r}" for name, value in self.to_dict().items())
        return f"Rules({fields})"

    @property
    def restrict_results(self) -> bool:
        """Whether there is a value that no operation may result in."""
        return self.intermediates is not _RATIONALS or self.largest_intermediate is not None

    def admit(self, result: Fraction) -> bool:
        """Whether an operation may result in `result`."""
        if self.largest_intermediate is not None and abs(result) > self.largest_intermediate:
            return False
        return self.intermediates.admits(result)

    def to_dict(self) -> dict[str, Any]:
        """Return the rules as plain JSON values, extras only where there are some."""
        written: dict[str, Any] = {
            "operators": "".join(o.value for o in Operator if o in self.operators),
            "use_all": self.use_all,
            "keep_order": self.keep_order,
            "intermediates": self.intermediates.value,
            "largest_intermediate": self.largest_intermediate,
        }
        if self.extras:
            written["extras"] = [extra.value for extra in Extra if extra in self.extras]
        return written

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Return the rules that `to_dict` wrote; left-out fields take their defaults.

        Raises:
            InvalidParameterError: If the values make no rules.
            UnknownNameError: If a field is not one of `Rules`, or names what is not there.
        """
        if not isinstance(fields, Mapping):
            raise InvalidParameterError(f"rules must be a mapping of their fields, got {fields!r}")
        known = cls.__dataclass_fields__
        for name in fields:
            if name not in known:
                raise UnknownNameError("field of Rules", name, known)
        return cls(**fields)


@lru_cache(maxsize=256)
def content_ending(rules: Rules) -> str:
    """Return what stands in a puzzle's content behind its target; many puzzles share it."""
    return f", {json.dumps(rules.to_dict(), sort_keys=True)}]"


def hash_number(content: bytes) -> int:
    """Return the first 64 bits of the SHA-256 of a puzzle's content: alike in every process."""
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big")


def _read_operators(operators: object) -> frozenset[Operator]:
    """Return the operators that a text or a collection of their characters names."""
    if not isinstance(operators, Iterable):
        raise InvalidParameterError(f"operators must be some of + - * /, got {operators!r}")
    found, known = set(), tuple(Operator)
    for operator in operators:
        if operator not in known:
            raise UnknownNameError("operator", operator, known)
        found.add(Operator(operator))
    if not found:
        raise InvalidParameterError("operators must name at least one of + - * /, got none")
    return frozenset(found)


def _read_extras(extras: object) -> frozenset[Extra]:
    """Return the extras of a collection of their names."""
    known = tuple(Extra)
    if isinstance(extras, str) or not isinstance(extras, Iterable):
        raise InvalidParameterError(
            f"extras must be a list of names among {', '.join(known)}, got {extras!r}"
        )
    found = set()
    for extra in extras:
        if extra not in known:
            raise UnknownNameError("extra", extra, known)
        found.add(Extra(extra))
    return frozenset(found)


def _read_intermediates(name: object) -> Intermediates:
    """Return the kind of intermediate results of a name."""
    if name not in tuple(Intermediates):
        raise UnknownNameError("kind of intermediates", name, tuple(Intermediates))
    return Intermediates(str(name))


def _read_numbers(numbers: object) -> tuple[Any, ...]:
    """Return the members of a list; whether they are numbers is seen later."""
    if isinstance(numbers, str | bytes) or not isinstance(numbers, Iterable):
        raise InvalidParameterError(f"numbers must be a list of whole numbers, got {numbers!r}")
    return tuple(numbers)


@dataclass(frozen=True, slots=True)
class Puzzle:
    """Numbers, a target and rules: reach the target from the numbers.

    Raises:
        InvalidParameterError: If there are no numbers or more than `MAX_NUMBERS`, a number is
            negative, a number or the target is larger than `MAX_MAGNITUDE`, or digits may be joined
            and a number has more than one.

    Example:
        >>> Puzzle((25, 30, 3, 4), 32)
        Puzzle(numbers=(25, 30, 3, 4), target=32)
    """

    numbers: tuple[int, ...]
    """The board, in the order in which it is shown."""
    target: int
    """The value to reach."""
    rules: Rules = field(default=Rules(), repr=False)
    """What an answer may do."""
    grading: Grade | Callable[[Puzzle], Grade] | None = field(
        default=None, repr=False, compare=False
    )
    """How hard it is, or who says so when it is asked; see `grade`."""
    _grade: Grade | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what is not a puzzle; a list of numbers becomes a tuple."""
        if type(self.numbers) is not tuple:
            object.__setattr__(self, "numbers", _read_numbers(self.numbers))
        if not 1 <= len(self.numbers) <= MAX_NUMBERS:
            raise InvalidParameterError(
                f"a puzzle has 1 to {MAX_NUMBERS} numbers, got {len(self.numbers)}"
            )
        for number in (*self.numbers, self.target):
            # not isinstance: numpy's integers do not write themselves as JSON, and a bool is an int
            if type(number) is not int:
                raise InvalidParameterError(
                    f"numbers and target must be whole numbers, got {number!r}"
                )
            if abs(number) > MAX_MAGNITUDE:
                raise InvalidParameterError(
                    f"numbers and target must be at most {MAX_MAGNITUDE:,}, got {number:,}"
                )
        if min(self.numbers) < 0:
            raise InvalidParameterError(f"numbers must not be negative, got {min(self.numbers)}")
        extras = self.rules.extras
        if extras and Extra.CONCATENATION in extras and max(self.numbers) > 9:
            raise InvalidParameterError(
                f"numbers must be digits where digits may be joined, got {max(self.numbers)}"
            )

    @classmethod
    def of_fit_numbers(
        cls,
        numbers: tuple[int, ...],
        target: int,
        rules: Rules,
        grading: Callable[[Puzzle], Grade] | None,
    ) -> Self:
        """Return the puzzle without a look at numbers that are known to make one.

        For who draws boards from ranges that were looked at once; it takes a third of the time.
        """
        puzzle = _new(cls)
        _set_numbers(puzzle, numbers)
        _set_target(puzzle, target)
        _set_rules(puzzle, rules)
        _set_grading(puzzle, grading)
        _set_grade(puzzle, None)
        return puzzle

    @property
    def grade(self) -> Grade | None:
        """How hard the puzzle is; None if nobody says. It tells no two puzzles apart.

        Puzzles that families draw carry their grade, which is worked out when it is first read.
        """
        if callable(self.grading):
            if self._grade is None:
                _set_grade(self, self.grading(self))
            return self._grade
        return self.grading

    @property
    def content(self) -> str:
        """The puzzle up to the order of its numbers (where order does not matter), as JSON."""
        numbers = list(self.numbers) if self.rules.keep_order else sorted(self.numbers)
        return f"[{numbers}, {self.target}{content_ending(self.rules)}"

    @property
    def content_hash(self) -> str:
        """Sixteen hexadecimal digits of the SHA-256 of `content`: the same in every process."""
        return f"{hash_number(self.content.encode()):016x}"

    def to_dict(self) -> dict[str, Any]:
        """Return the puzzle as plain JSON values; its grade only if it carries one."""
        asked = {
            "numbers": list(self.numbers),
            "target": self.target,
            "rules": self.rules.to_dict(),
        }
        grade = self.grade
        return asked if grade is None else {**asked, "grade": grade.to_dict()}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any], rules: Rules | None = None) -> Self:
        """Return the puzzle that `to_dict` wrote.

        Args:
            fields: `numbers`, `target` and perhaps `rules` and `grade`.
            rules: What stands in for missing rules.

        Raises:
            InvalidParameterError: If `numbers` or `target` is missing or not what it should be.
            UnknownNameError: If there is a field of another name.
        """
        known = ("numbers", "target", "rules", "grade")
        for name in fields:
            if name not in known:
                raise UnknownNameError("field of Puzzle", name, known)
        missing = [name for name in ("numbers", "target") if name not in fields]
        if missing:
            raise InvalidParameterError(f"a puzzle needs numbers and target, got no {missing[0]}")
        written, grade = fields.get("rules"), fields.get("grade")
        return cls(
            fields["numbers"],
            fields["target"],
            (rules or Rules()) if written is None else Rules.from_dict(written),
            None if grade is None else Grade.from_dict(grade),
        )


@dataclass(frozen=True, slots=True)
class ContentCondition:
    """A condition on a puzzle's content alone, so that it can be asked before there is a puzzle."""

    holds: Callable[[int], bool]
    """Whether it holds for a `hash_number`."""

    def __call__(self, puzzle: Puzzle) -> bool:
        """Whether it holds for a puzzle."""
        return self.holds(hash_number(puzzle.content.encode()))


_new = object.__new__
_set_numbers, _set_target, _set_rules, _set_grading, _set_grade = (
    vars(Puzzle)[name].__set__ for name in ("numbers", "target", "rules", "grading", "_grade")
)
