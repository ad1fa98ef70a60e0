"""What happens in a reasoning trace, before any word is chosen, and the law that it must keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Expression, Operator, Step, numbers_used, value
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.habits import Habit


@dataclass(frozen=True, slots=True)
class TryOperation:
    """An operation on two of the free values."""

    operator: Operator
    left: Fraction
    right: Fraction


@dataclass(frozen=True, slots=True)
class StateResult:
    """What the operation just tried is said to give; wrong where the text slips."""

    claimed: Fraction
    free: tuple[Fraction, ...]
    """The values that are free afterwards, the claimed one last."""


@dataclass(frozen=True, slots=True)
class Verify:
    """The value just claimed is held against the target."""

    claimed: Fraction
    target: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The line is left and an earlier state returned to."""

    free: tuple[Fraction, ...]
    """The values that are free again."""
    kept: int
    """How many operations of the line are kept: 0 is a return to the board."""


@dataclass(frozen=True, slots=True)
class SetSubgoal:
    """A value is named as something to make from some of the free values."""

    wanted: Fraction
    sources: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class ReachSubgoal:
    """The value just claimed is the one that was wanted."""

    wanted: Fraction


@dataclass(frozen=True, slots=True)
class StepBackward:
    """The last operation is undone on the target: what would the rest have to make?"""

    inverse: Step
    """The step back, such as `3 + 12 = 15` where the line is to end with `- 12`."""
    sources: tuple[Fraction, ...]
    """What the rest is."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of every trace."""

    expression: Expression


Event = (
    TryOperation | StateResult | Verify | GiveUp | SetSubgoal | ReachSubgoal | StepBackward | Answer
)

SHOWN_BY: Mapping[Habit, type[Event]] = MappingProxyType(
    {
        Habit.VERIFICATION: Verify,
        Habit.BACKTRACKING: GiveUp,
        Habit.SUBGOAL_SETTING: SetSubgoal,
        Habit.BACKWARD_CHAINING: StepBackward,
    }
)
"""The event that is one instance of each habit."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What happens in a reasoning text about one puzzle.

    Raises:
        InvalidParameterError: If the events do not end with their only answer.
    """

    puzzle: Puzzle
    events: tuple[Event, ...]

    def __post_init__(self) -> None:
        """Refuse a trace without an end."""
        answers = [isinstance(event, Answer) for event in self.events]
        if answers.count(True) != 1 or not answers[-1]:
            raise InvalidParameterError("a trace must end with its only answer")

    @property
    def answer(self) -> Expression:
        """The expression at the end."""
        last = self.events[-1]
        if not isinstance(last, Answer):
            raise TypeError("a trace ends with an answer")
        return last.expression

    @property
    def solved(self) -> bool:
        """Whether the answer's value is the target; that it is legal is the teacher's word."""
        return value(self.answer) == self.puzzle.target

    @property
    def habits(self) -> dict[Habit, int]:
        """How often each habit is shown."""
        return {
            habit: sum(isinstance(event, kind) for event in self.events)
            for habit, kind in SHOWN_BY.items()
        }


def slips(trace: Trace) -> tuple[int, ...]:
    """Return the places of results that are claimed falsely.

    Carries the whole trace out: every operation on values that are free, every state as it is
    said to be, every check and subgoal about the value at hand.

    Raises:
        InvalidParameterError: If an event does not follow from those before it.
    """
    return _Replay(trace).slips()


class _Replay:
    """Carries out a trace; knows the states of the present line."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        board = tuple(Fraction(number) for number in trace.puzzle.numbers)
        self._line: list[Sequence[Fraction]] = [board]  # the free values before each operation
        self._tried: TryOperation | None = None
        self._claimed: Fraction | None = None
        self._wanted: Fraction | None = None

    def slips(self) -> tuple[int, ...]:
        """Return the places of false results."""
        return tuple(
            place for place, event in enumerate(self._trace.events) if self._follows(place, event)
        )

    def _follows(self, place: int, event: Event) -> bool:
        """Carry one event out; return whether it claims a falsehood."""
        if isinstance(event, StateResult):
            return self._result(place, event)
        if not self._allowed(event):
            raise InvalidParameterError(
                f"every event must follow from those before it, got {event} at {place}"
            )
        return False

    def _allowed(self, event: Event) -> bool:
        """Carry out any event but a result; return whether it follows from those before it."""
        puzzle, free = self._trace.puzzle, self._line[-1]
        match event:
            case TryOperation(operator, left, right):
                self._tried = event
                return _holds(free, (left, right)) and operator in puzzle.rules.operators
            case Verify(claimed, target):
                return claimed == self._claimed and target == puzzle.target
            case GiveUp(back_to, kept):
                allowed = kept < len(self._line) and _same(back_to, self._line[kept])
                del self._line[kept + 1 :]
                self._claimed = self._wanted = None
                return allowed
            case SetSubgoal(wanted, sources):
                self._wanted = wanted
                return _holds(free, sources)
            case ReachSubgoal(wanted):
                return wanted == self._wanted == self._claimed
            case StepBackward(inverse, sources):
                return _steps_back(inverse, sources, puzzle.target, free)
            case Answer(expression):
                return _holds(puzzle.numbers, numbers_used(expression))
            case StateResult():
                return False

    def _result(self, place: int, event: StateResult) -> bool:
        """Carry out a result; return whether it is false."""
        tried, self._tried = self._tried, None
        if tried is None or not _same(event.free, (*_rest(self._line[-1], tried), event.claimed)):
            raise InvalidParameterError(
                f"a result must be of the operation just tried, got {event} at {place}"
            )
        self._line.append(event.free)
        self._claimed = event.claimed
        return tried.operator.apply(tried.left, tried.right) != event.claimed


def _steps_back(
    inverse: Step, sources: Sequence[Fraction], target: int, free: Sequence[Fraction]
) -> bool:
    """Return whether a step is from the target, true, and with a free value that is no source."""
    number = inverse.right if inverse.left == target else inverse.left
    return (
        target in (inverse.left, inverse.right)
        and inverse.operator.apply(inverse.left, inverse.right) == inverse.result
        and _holds(free, (*sources, number))
    )


def _same(some: Sequence[Fraction], others: Sequence[Fraction]) -> bool:
    return sorted(some) == sorted(others)


def _rest(free: Sequence[Fraction], tried: TryOperation) -> Iterator[Fraction]:
    return (Counter(free) - Counter((tried.left, tried.right))).elements()


def _holds(values: Sequence[int | Fraction], some: Sequence[int | Fraction]) -> bool:
    """Return whether some values are all among others, each as often."""
    return Counter(some) <= Counter(values)
