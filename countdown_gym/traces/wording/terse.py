"""The wording for small models: one symbol for each thing that happens.

`17 - 12 = 5 , 5 * 2 = 10 no back make 3 + 12 = 15 goal 15 17 - 2 = 15 goal yes , 15 - 12 = 3 yes`
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from countdown_gym.expressions import Step
from countdown_gym.prompts import terse
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.chains import bracketed
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


@dataclass(frozen=True, slots=True)
class Terse:
    """Symbols between white space, one for each thing that happens."""

    filler: str = "."
    """What a thought that says nothing is filled with."""

    def prompt(self, puzzle: Puzzle) -> str:
        """Return the shortest prompt; the completion begins inside the thought."""
        return terse(puzzle)

    def thought(self, trace: Trace, rng: np.random.Generator) -> str:  # noqa: ARG002  # one wording
        """Return all that happens before the answer."""
        words: list[str] = []
        tried: TryOperation | None = None
        in_line = False
        for event in trace.events:
            match event:
                case TryOperation():
                    words += [","] * in_line
                    tried, in_line = event, True
                case StateResult(claimed, _) if tried is not None:
                    words.append(str(Step(tried.operator, tried.left, tried.right, claimed)))
                case GiveUp():
                    in_line = False
                    words.append(_turn(event))
                case _:
                    words += _said(event)
        return " ".join(words)

    def completion(self, trace: Trace, thought: str) -> str:
        """Return the thought, its end, and the answer."""
        return f"{thought} </think> <answer> {bracketed(trace.answer)} </answer>".lstrip()


def _turn(event: GiveUp) -> str:
    if event.kept == 0:
        return "back"
    return f"back ( {' '.join(str(number) for number in event.free)} )"


def _said(event: Event) -> list[str]:
    match event:
        case Verify(claimed, target):
            return ["yes" if claimed == target else "no"]
        case StepBackward(inverse):
            return ["make", str(inverse)]
        case SetSubgoal(wanted, _):
            return ["goal", str(wanted)]
        case ReachSubgoal():
            return ["goal", "yes"]
        case Answer() | TryOperation() | StateResult() | GiveUp():
            return []
