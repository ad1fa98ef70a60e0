"""Conditions of the priming study: the same searches, told in ways that differ in one respect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from countdown_gym.traces.habits import Habit
from countdown_gym.traces.narration import Ending, narrate
from countdown_gym.traces.search import Search
from countdown_gym.traces.wording.wording import Wording

CountTokens = Callable[[str], int]
"""How long a text is; symbols between white space unless a tokenizer says otherwise."""


class Thought(StrEnum):
    """What stands where the thought stands."""

    TOLD = "told"
    """The search."""
    EMPTY = "empty"
    """Nothing."""
    FILLER = "filler"
    """As many tokens that say nothing as the search with all four habits would take."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How a search is told."""

    habits: frozenset[Habit] = frozenset(Habit)
    """Which habits the text shows."""
    ending: Ending = Ending.AS_FOUND
    """How it ends."""
    thought: Thought = Thought.TOLD
    """What stands where the thought stands."""


_TURN = Habit.BACKTRACKING
_CHECKED = frozenset({_TURN, Habit.VERIFICATION})

CONDITIONS: Mapping[str, Condition] = MappingProxyType(
    {
        "all_habits": Condition(),
        "backtracking": Condition(frozenset({_TURN})),
        "backtracking_verification": Condition(_CHECKED),
        "backtracking_subgoals": Condition(frozenset({_TURN, Habit.SUBGOAL_SETTING})),
        "backtracking_backward": Condition(frozenset({_TURN, Habit.BACKWARD_CHAINING})),
        "straight": Condition(frozenset()),
        "wrong_gave_up": Condition(ending=Ending.GAVE_UP),
        "wrong_believed_slip": Condition(ending=Ending.BELIEVED_SLIP),
        "wrong_mismatch": Condition(ending=Ending.MISMATCH),
        "checked_wrong_gave_up": Condition(_CHECKED, Ending.GAVE_UP),
        "checked_wrong_believed_slip": Condition(_CHECKED, Ending.BELIEVED_SLIP),
        "checked_wrong_mismatch": Condition(_CHECKED, Ending.MISMATCH),
        "empty": Condition(frozenset(), thought=Thought.EMPTY),
        "filler": Condition(frozenset(), thought=Thought.FILLER),
    }
)
"""Every condition by name.

Those of the study, https://arxiv.org/abs/2503.01307, section 4, and the ways of being wrong by
name: which of them is shown decides what a model learns from wrong answers. `wrong_…` show all four
habits, as there; `checked_wrong_…` show those of `backtracking_verification`.
"""


@dataclass(frozen=True, slots=True)
class Told:
    """A search in words."""

    completion: str
    habits: Mapping[Habit, int]
    """How often the text shows each habit, by construction."""
    solved: bool
    """Whether the answer is right."""


def count_pieces(text: str) -> int:
    """Return how many pieces stand between white space: words, and the tokens of terse wording."""
    return len(text.split())


def tell(
    search: Search,
    condition: Condition,
    wording: Wording,
    rng: np.random.Generator,
    count_tokens: CountTokens = count_pieces,
) -> Told:
    """Return a search as a condition has it.

    Raises:
        InvalidParameterError: If a wrong ending is not to be had from this search.
    """
    trace = narrate(search, condition.habits, condition.ending)
    shown: Mapping[Habit, int] = trace.habits
    if condition.thought is Thought.TOLD:
        thought = wording.thought(trace, rng)
    else:
        shown = dict.fromkeys(Habit, 0)
        thought = ""
        if condition.thought is Thought.FILLER:
            whole = wording.thought(narrate(search, frozenset(Habit)), rng)
            thought = _filler(wording.filler, count_tokens(whole), count_tokens)
    return Told(wording.completion(trace, thought), shown, trace.solved)


def _filler(unit: str, wanted: int, count_tokens: CountTokens) -> str:
    """Return the longest repetition of a unit that takes no more tokens than wanted."""
    text = f"{unit} " if not unit.startswith(" ") else unit

    def repeated(times: int) -> str:
        return (text * times).strip()

    fewest, most = 0, 1
    while count_tokens(repeated(most)) <= wanted:
        fewest, most = most, most * 2
    while most - fewest > 1:
        middle = (fewest + most) // 2
        if count_tokens(repeated(middle)) <= wanted:
            fewest = middle
        else:
            most = middle
    return repeated(fewest)
