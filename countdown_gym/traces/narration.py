"""Telling a search: which habits are shown, and how the telling ends.

The same search can be told in many ways, and what is told differs in nothing else: that is what
makes two sets of traces comparable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from fractions import Fraction

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Expression, Number, Operation, Operator, Step
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.chains import Chain
from countdown_gym.traces.events import (
    Answer,
    Event,
    GiveUp,
    ReachSubgoal,
    SetSubgoal,
    StateResult,
    StepBackward,
    Trace,
    TryOperation,
    Verify,
)
from countdown_gym.traces.habits import Habit
from countdown_gym.traces.search import Line, Search


class Ending(StrEnum):
    """How a telling ends: with what the search found, or wrong in a way that has a name."""

    AS_FOUND = "as_found"
    """The answer is the last line, right or wrong as it was."""
    GAVE_UP = "gave_up"
    """The search stops before the line that finds the target, so that it is told shorter; where its
    first line does, a miss is told in its place. The answer is the last miss."""
    BELIEVED_SLIP = "believed_slip"
    """The last line misses, but its last result is claimed to be the target, and is believed."""
    MISMATCH = "mismatch"
    """The search is told as it was; the answer is a line that it never tried, and misses."""


def narrate(search: Search, habits: Collection[Habit], ending: Ending = Ending.AS_FOUND) -> Trace:
    """Return what happens in a text that tells a search.

    Without backtracking only the last line is told: a text that never turns back has one.

    Args:
        search: What is told.
        habits: What the text shows of it.
        ending: How it ends; any but the first ends wrong.

    Raises:
        InvalidParameterError: If the ending needs a line that misses, and there is none left.
    """
    lines, answer = _ended(search, ending)
    if Habit.BACKTRACKING not in habits:
        lines = (Line(lines[-1].chain),)
    slip = ending is Ending.BELIEVED_SLIP
    events: list[Event] = []
    for place, line in enumerate(lines):
        if place:
            free = _free(search.puzzle, line.chain, line.kept)
            events.append(GiveUp(free, line.kept))
        is_last = place == len(lines) - 1
        events += _line_events(search.puzzle, line, habits, slip=slip and is_last)
    return Trace(search.puzzle, (*events, Answer(answer)))


def _ended(search: Search, ending: Ending) -> tuple[tuple[Line, ...], Expression]:
    """Return the lines that are told, and the answer."""
    lines = search.lines
    if ending is not Ending.AS_FOUND and search.spare is None:
        raise InvalidParameterError(
            "a wrong ending needs a line that misses the target, and every line of "
            f"{search.puzzle.numbers} that is not told reaches {search.puzzle.target}"
        )
    if ending is Ending.MISMATCH and search.spare is not None:
        return lines, search.spare.expression
    if ending is Ending.GAVE_UP and search.found and len(lines) > 1:
        lines = lines[:-1]
    elif ending is not Ending.AS_FOUND and search.found and search.spare is not None:
        lines = (*lines[:-1], Line(search.spare))
    return lines, lines[-1].chain.expression


def _line_events(
    puzzle: Puzzle, line: Line, habits: Collection[Habit], *, slip: bool
) -> Iterator[Event]:
    """Yield what happens in one line."""
    chain, target = line.chain, puzzle.target
    plan = _plan(puzzle, line)
    wanted: Fraction | None = None
    if plan is not None:
        if Habit.BACKWARD_CHAINING in habits:
            yield plan
        if Habit.SUBGOAL_SETTING in habits:
            wanted = plan.inverse.result
            yield SetSubgoal(wanted, plan.sources)
    last = len(chain.steps) - 1
    for place in range(line.kept, last + 1):
        step = chain.steps[place]
        yield TryOperation(step.operator, step.left, step.right)
        claimed = Fraction(target) if slip and place == last else step.result
        free = _free(puzzle, chain, place + 1)
        yield StateResult(claimed, (*free[:-1], claimed))
        if place == last - 1 and claimed == wanted:
            yield ReachSubgoal(claimed)
        if place == last and Habit.VERIFICATION in habits:
            yield Verify(claimed, target)


def _free(puzzle: Puzzle, chain: Chain, done: int) -> tuple[Fraction, ...]:
    """Return the values that are free after the first steps of a chain, the newest last."""
    free = [Fraction(number) for number in puzzle.numbers]
    for step in chain.steps[:done]:
        free.remove(step.left)
        free.remove(step.right)
        free.append(step.result)
    return tuple(free)


def _plan(puzzle: Puzzle, line: Line) -> StepBackward | None:
    """Return the step back from the target that looks for a line like this one.

    There is one if the line ends by joining a number of the board to what it makes of others, and
    undoing that on the target gives a whole number that the rules admit: nobody sets out for
    another.
    """
    chain, root = line.chain, line.chain.expression
    if not isinstance(root, Operation) or line.kept >= len(chain.steps) - 1:
        return None
    number_is_left = isinstance(root.left, Number)
    number = root.left if number_is_left else root.right
    if not isinstance(number, Number):
        return None
    held = Fraction(number.value)
    inverse = _inverse(root.operator, Fraction(puzzle.target), held, left=number_is_left)
    if inverse is None or inverse.result.denominator != 1 or inverse.result < 0:
        return None
    if not puzzle.rules.admit(inverse.result):
        return None
    sources = list(_free(puzzle, chain, line.kept))
    sources.remove(held)
    return StepBackward(inverse, tuple(sources))


def _inverse(operator: Operator, target: Fraction, number: Fraction, *, left: bool) -> Step | None:
    """Return the step from the target to what the rest must be; None if that divides by zero."""
    undo, target_first = _UNDONE[operator, left]
    one, other = (target, number) if target_first else (number, target)
    if undo is Operator.DIVIDE and other == 0:
        return None
    return Step(undo, one, other, undo.apply(one, other))


_UNDONE: Mapping[tuple[Operator, bool], tuple[Operator, bool]] = {
    (Operator.ADD, True): (Operator.SUBTRACT, True),
    (Operator.ADD, False): (Operator.SUBTRACT, True),
    (Operator.SUBTRACT, True): (Operator.SUBTRACT, False),
    (Operator.SUBTRACT, False): (Operator.ADD, True),
    (Operator.MULTIPLY, True): (Operator.DIVIDE, True),
    (Operator.MULTIPLY, False): (Operator.DIVIDE, True),
    (Operator.DIVIDE, True): (Operator.DIVIDE, False),
    (Operator.DIVIDE, False): (Operator.MULTIPLY, True),
}
"""For an operation, and whether the known number is its left operand: what undoes it, and whether
the target is then the left operand."""
