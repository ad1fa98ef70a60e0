"""`analyze`: what a reasoning text does, found in the text itself.

Re-executed arithmetic is the main evidence, words are the second. Deterministic, without a model or
a network, and total: any text has an analysis. The time is linear in the length of the text, of
which the first `MAX_CHARS` characters are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from types import MappingProxyType

from countdown_gym.behaviors.backtracking import backtracking
from countdown_gym.behaviors.chaining import chaining
from countdown_gym.behaviors.computations import (
    TOLD,
    any_of,
    computations,
    loose_kinds,
    places_of,
)
from countdown_gym.behaviors.lexicon.kinds import Cue
from countdown_gym.behaviors.moments import Moment, Role
from countdown_gym.behaviors.normalizing import normalized
from countdown_gym.behaviors.reading import Reading, Span
from countdown_gym.behaviors.regions import MAX_CHARS, regions
from countdown_gym.behaviors.search import search_of
from countdown_gym.behaviors.stretches import tokens_of
from countdown_gym.behaviors.subgoals import aims, subgoals
from countdown_gym.behaviors.tokens import Sign, Tokens, Value
from countdown_gym.behaviors.values import may_hold_values, with_values
from countdown_gym.behaviors.verification import verification
from countdown_gym.expressions import Number, Operation, Operator, Step, steps
from countdown_gym.parsing import Unreadable, read_answer
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.process_labels import StepLabel, label_steps
from countdown_gym.traces.habits import Habit

_REMEMBERED = 4_096
"""How many steps and values are remembered."""
_TARGETS = any_of({Cue.TARGET})


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One operation that a text carries out."""

    step: Step
    """The operation, with the result that the text goes on with."""
    span: Span
    """The computation that it is part of."""
    right: bool
    """Whether the result is true, up to the rounding of decimals."""
    legal: bool
    """Whether its operands were free and the rules allow it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of attempt: the steps from a state until the line is left."""

    kept: tuple[Step, ...]
    """The steps of earlier attempts that lead to the state from which it starts."""
    starts_from: tuple[Fraction, ...]
    """The values that are free there."""
    steps: tuple[ShownStep, ...]


@dataclass(frozen=True)
class Analysis:
    """What was found in a completion."""

    puzzle: Puzzle
    completion: str = field(repr=False)
    spans: Mapping[Habit, tuple[Span, ...]]
    """Where each habit is shown, in order; spans of one habit do not overlap."""
    moments: tuple[Moment, ...] = field(repr=False)
    """Every computation with its part in the search, in order."""

    @property
    def counts(self) -> dict[Habit, int]:
        """How often each habit is shown."""
        return {habit: len(found) for habit, found in self.spans.items()}

    @cached_property
    def attempts(self) -> tuple[Attempt, ...]:
        """The search as a graph: every line of attempt and the state that it starts from."""
        lines: dict[int, list[Moment]] = {}
        for moment in self.moments:
            if moment.role == Role.FORWARD:
                lines.setdefault(moment.line, []).append(moment)
        return tuple(_attempt(self.puzzle, line) for line in lines.values())

    @property
    def arithmetic_accuracy(self) -> float | None:
        """The share of results that are true; None if the text states none."""
        claims = [m.computation for m in self.moments if m.computation.claimed is not None]
        if not claims:
            return None
        return sum(computation.right for computation in claims) / len(claims)

    @property
    def legal_share(self) -> float | None:
        """The share of legal steps; None if the text takes none."""
        shown = [step for attempt in self.attempts for step in attempt.steps]
        return sum(step.legal for step in shown) / len(shown) if shown else None

    @cached_property
    def answer_follows(self) -> bool | None:
        """Whether every operation of the answer was carried out in the text; None without one."""
        answer = read_answer(self.completion)
        if isinstance(answer, Unreadable) or not isinstance(answer.expression, Operation | Number):
            return None
        done = {
            (operation.operator, *_ordered(operation.operator, operation.left, operation.right))
            for moment in self.moments
            for operation in moment.computation.operations
        }
        try:
            wanted = steps(answer.expression)
        except ZeroDivisionError:
            return False
        return all(
            (s.operator.value, *_ordered(s.operator.value, s.left, s.right)) in done for s in wanted
        )

    @cached_property
    def labels(self) -> tuple[tuple[StepLabel, ...], ...]:
        """What each step of each attempt did to the chance of reaching the target.

        The oracle says so when it is first asked; that takes longer than all the rest.

        Raises:
            InvalidParameterError: If there are more numbers than the oracle combines.
        """
        return tuple(
            label_steps(self.puzzle, (*attempt.kept, *(shown.step for shown in attempt.steps)))[
                len(attempt.kept) :
            ]
            for attempt in self.attempts
        )


def analyze(puzzle: Puzzle, completion: str) -> Analysis:
    """Return what a completion shows.

    The prompt that it repeats and the final answer are not reasoning and show nothing.

    Example:
        >>> text = "30 + 3 = 33, one too many. Let me try 30 - 25 = 5 instead."
        >>> found = analyze(Puzzle((25, 30, 3, 4), 32), text)
        >>> [text[span.start : span.end] for span in found.spans[Habit.VERIFICATION]]
        ['one too many']
        >>> found.counts[Habit.BACKTRACKING]
        1
    """
    reading = _read(puzzle, completion)
    wanted = aims(reading)
    spans = {
        Habit.VERIFICATION: verification(reading, wanted),
        Habit.BACKTRACKING: backtracking(reading),
        Habit.SUBGOAL_SETTING: subgoals(wanted),
        Habit.BACKWARD_CHAINING: chaining(reading),
    }
    return Analysis(puzzle, completion, MappingProxyType(spans), tuple(reading.search.moments))


def _read(puzzle: Puzzle, completion: str) -> Reading:
    text = normalized(completion[:MAX_CHARS])
    stretches = regions(puzzle, completion, text)
    tokens = tokens_of(text, stretches)
    _put_target(tokens, puzzle.target)
    if may_hold_values(text):
        tokens = with_values(tokens, puzzle.target)
    found = computations(tokens, told=True)
    kinds = loose_kinds(tokens.kinds, found)
    start, end = (stretches[0][0], stretches[-1][1]) if stretches else (0, 0)
    search = search_of(puzzle, tokens, kinds, found)
    return Reading(puzzle, text, start, end, tokens, kinds, search)


def _put_target(tokens: Tokens, target: int) -> None:
    """Put the target where it is computed with by its name: `target - 25 = 7`."""
    if Cue.TARGET not in tokens.kinds:
        return
    kinds = bytearray(tokens.kinds)
    for at in places_of(_TARGETS, tokens.kinds):
        before, after = kinds[max(0, at - 3) : at], kinds[at + 1 : at + 2]
        computed = after and after[0] == Sign.OPERATOR and not tokens.words[at + 1]
        told = before and (before[-1] in TOLD or (before[-1] == Cue.FROM and before[0] in TOLD))
        if computed or told:
            kinds[at], tokens.values[at] = Sign.NUMBER, target
    tokens.kinds = bytes(kinds)


def _ordered(operator: str, left: object, right: object) -> tuple[object, ...]:
    """Return operands in an order that does not tell `3 + 4` from `4 + 3`."""
    return (frozenset((left, right)),) if operator in "+*" else (left, right)


def _attempt(puzzle: Puzzle, moments: list[Moment]) -> Attempt:
    first = moments[0]
    shown = [step for moment in moments for step in _shown(puzzle, moment)]
    kept = tuple([_step(*operation) for entry in first.before for operation in entry.made])
    return Attempt(kept, tuple([_exact(entry.value) for entry in first.before]), tuple(shown))


def _shown(puzzle: Puzzle, moment: Moment) -> Iterator[ShownStep]:
    """Yield the new operations of a computation; the last one has the result that is claimed."""
    computation = moment.computation
    span = Span(computation.start, computation.end)
    for left_to_come, operation in zip(
        range(len(moment.done) - 1, -1, -1), moment.done, strict=True
    ):
        operator, left, right, result = operation
        if not left_to_come and computation.claimed is not None:
            result = computation.claimed
        step = _step(operator, left, right, result)
        allowed = step.operator in puzzle.rules.operators and puzzle.rules.admit(step.result)
        yield ShownStep(
            step, span, bool(left_to_come) or computation.right, moment.legal and allowed
        )


@lru_cache(_REMEMBERED)
def _step(operator: str, left: Value, right: Value, result: Value) -> Step:
    """Return an operation as a step: a search takes few, over and over."""
    return Step(Operator(operator), _exact(left), _exact(right), _exact(result))


@lru_cache(_REMEMBERED)
def _exact(value: Value) -> Fraction:
    return Fraction(value)
