"""The wording for models that know English: many phrases, none again before all had their turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from countdown_gym.expressions import Operator, Step
from countdown_gym.prompts import prompt
from countdown_gym.puzzles import Puzzle
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
from countdown_gym.traces.wording import phrases

_ASCII = {operator: operator.value for operator in Operator}
_TIMES, _OVER = "\N{MULTIPLICATION SIGN}", "\N{DIVISION SIGN}"
_SIGNS: tuple[Mapping[Operator, str], ...] = (
    _ASCII,
    {**_ASCII, Operator.MULTIPLY: _TIMES},
    {**_ASCII, Operator.MULTIPLY: _TIMES, Operator.DIVIDE: _OVER},
)
"""The signs that a text may use for the operations, each text one of them throughout."""


@dataclass(frozen=True, slots=True)
class English:
    """Sentences.

    Args:
        style: The style of prompt; the completion begins inside the thought where the prompt ends
            with `<think>`, and opens it otherwise.
    """

    style: str = "tinyzero"
    filler: str = " ."
    """What a thought that says nothing is filled with."""

    def prompt(self, puzzle: Puzzle) -> str:
        """Return the text that asks the puzzle."""
        return prompt(puzzle, self.style)

    def thought(self, trace: Trace, rng: np.random.Generator) -> str:
        """Return all that happens before the answer."""
        return _Speaker(trace, rng).speech()

    def completion(self, trace: Trace, thought: str) -> str:
        """Return the thought between its tags, and the answer between its own."""
        opening = "" if self.prompt(trace.puzzle).endswith("<think>") else "<think>"
        return f"{opening}{thought}\n</think>\n<answer>{trace.answer}</answer>"


class _Speaker:
    """Says one trace; knows what it has said."""

    def __init__(self, trace: Trace, rng: np.random.Generator) -> None:
        self._trace = trace
        self._rng = rng
        self._signs = _SIGNS[rng.integers(len(_SIGNS))]
        self._decks: dict[tuple[str, ...], list[str]] = {}
        self._last: StateResult | None = None

    def speech(self) -> str:
        """Return the lines of attempt, each a line of text."""
        numbers = _listed([Fraction(n) for n in self._trace.puzzle.numbers])
        lines = [[self._say(phrases.OPENINGS, numbers=numbers)]]
        tried: TryOperation | None = None
        fresh = True
        for event in self._trace.events:
            if isinstance(event, GiveUp):
                lines.append([])
            if isinstance(event, TryOperation):
                tried = event
            elif isinstance(event, StateResult) and tried is not None:
                lines[-1].append(self._step(tried, event, fresh=fresh))
            else:
                lines[-1] += self._sentences(event)
            fresh = isinstance(event, GiveUp) or (fresh and not isinstance(event, StateResult))
        return "\n".join(" ".join(line) for line in lines if line)

    def _say(self, deck: tuple[str, ...], **fields: object) -> str:
        """Return the next phrase of a shuffled deck."""
        left = self._decks.setdefault(deck, [])
        if not left:
            left += [deck[i] for i in self._rng.permutation(len(deck))]
        return left.pop().format(target=self._trace.puzzle.target, **fields)

    def _step(self, tried: TryOperation, result: StateResult, *, fresh: bool) -> str:
        self._last = result
        step = Step(tried.operator, tried.left, tried.right, result.claimed)
        return self._say(
            phrases.FIRST_STEPS if fresh else phrases.LATER_STEPS,
            a=tried.left,
            b=tried.right,
            c=result.claimed,
            step=self._written(step),
            free=_listed(result.free),
        )

    def _sentences(self, event: Event) -> list[str]:
        match event:
            case Verify(claimed, target):
                off = abs(claimed - target)
                deck = _side(claimed, target)
                return [self._say(deck, c=claimed, off=off)]
            case GiveUp(free, kept):
                deck = phrases.RETURNS if kept else phrases.RESTARTS
                return [self._say(deck, free=_listed(free))]
            case SetSubgoal(wanted, sources):
                return [self._say(phrases.SUBGOALS, wanted=wanted, sources=_listed(sources))]
            case ReachSubgoal(wanted):
                return [self._say(phrases.REACHED, wanted=wanted)]
            case StepBackward(inverse):
                back = self._written(inverse)
                return [self._say(phrases.BACKWARD, back=back)]
            case Answer():
                claims = self._last is not None and self._last.claimed == self._trace.puzzle.target
                return [] if claims else [self._say(phrases.UNFOUND)]
            case TryOperation() | StateResult():
                return []

    def _written(self, step: Step) -> str:
        sign = self._signs[step.operator]
        return str(step).replace(f" {step.operator} ", f" {sign} ", 1)


def _side(claimed: Fraction, target: int) -> tuple[str, ...]:
    """Return the phrases for a value that is, or is above or below, the target."""
    if claimed == target:
        return phrases.HITS
    return phrases.ABOVE if claimed > target else phrases.BELOW


def _listed(values: Sequence[Fraction]) -> str:
    """Return values as a text lists them: `3, 4 and 5`."""
    *rest, last = (str(value) for value in values)
    return f"{', '.join(rest)} and {last}" if rest else last
