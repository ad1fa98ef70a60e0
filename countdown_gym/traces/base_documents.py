"""What base models read: the parts of a search, and in one of two mixes now and then a whole one.

Every document begins with a puzzle's prompt. Together the kinds teach to use the prompt's numbers
legally, to compute, to write an answer and to compare a number with the target. In the habit-poor
mix none shows how these combine into a search, which is left to priming and reward: no chain is
checked, and no check leads to anything. The habit-rich mix holds some whole searches, with the
habits that they show. Lists of chains are as long as the responses that reinforcement learning will
write: bases that read short documents only lose legality late in a response.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

import numpy as np

from countdown_gym.errors import InvalidParameterError
from countdown_gym.prompts import terse
from countdown_gym.puzzles import Puzzle
from countdown_gym.symbols import LARGEST_NUMBER
from countdown_gym.traces.chains import Chain, legal_chains
from countdown_gym.traces.conditions import Condition, tell
from countdown_gym.traces.habits import Habit
from countdown_gym.traces.search import Teacher
from countdown_gym.traces.wording.terse import Terse

MOST_CHAINS = 22
"""The most chains in a list: about as many attempts as fit a response of 320 tokens."""
FEWEST_COMPARED, MOST_COMPARED = 2, 40
"""How many numbers a document compares with the target."""


class DocumentKind(StrEnum):
    """The parts of a search that a document can show."""

    CHAINS = "chains"
    ANSWERED_CHAIN = "answered_chain"
    ANSWER = "answer"
    COMPARISONS = "comparisons"
    SEARCH = "search"


HABIT_POOR: Mapping[DocumentKind, float] = {
    DocumentKind.CHAINS: 0.4,
    DocumentKind.ANSWERED_CHAIN: 0.1,
    DocumentKind.ANSWER: 0.1,
    DocumentKind.COMPARISONS: 0.4,
}
"""The share of each kind among documents that show no search.

They hold the parts of one: chains are listed, each a turn to who reads them as attempts, and
numbers are compared with the target. Nothing is checked on the way, and nothing follows from a
check.

Comparing is learnt last, and the later the rarer it is: with a share of 0.2 the target was still
taken for any other number after 3 million tokens, with 0.4 it was told apart after 2 million.
"""

HABIT_RICH: Mapping[DocumentKind, float] = {
    **HABIT_POOR,
    DocumentKind.CHAINS: 0.3,
    DocumentKind.SEARCH: 0.1,
}
"""The same with a whole search for a quarter of the lists of chains."""

MIXES: Mapping[str, Mapping[DocumentKind, float]] = MappingProxyType(
    {"habit_poor": HABIT_POOR, "habit_rich": HABIT_RICH}
)
"""Both mixes by name."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text about one puzzle, cut where the model's part begins."""

    kind: DocumentKind
    prompt: str
    completion: str


def draw_document(
    puzzle: Puzzle, rng: np.random.Generator, mix: Mapping[DocumentKind, float] = HABIT_POOR
) -> Document:
    """Return a document about `puzzle` of a kind drawn from `mix`.

    Raises:
        InvalidParameterError: If the rules allow no chain on this board.
    """
    chains = legal_chains(puzzle)
    if not chains:
        raise InvalidParameterError(f"no chain is legal on the board {puzzle.numbers}")
    kind = tuple(mix)[int(rng.choice(len(mix), p=tuple(mix.values())))]
    return Document(kind, terse(puzzle), _WRITERS[kind](puzzle, chains, rng))


def _list(_puzzle: Puzzle, chains: tuple[Chain, ...], rng: np.random.Generator) -> str:
    """Return chains in random order, every one once before any comes again."""
    count = int(rng.integers(1, MOST_CHAINS + 1))
    drawn: list[str] = []
    while len(drawn) < count:
        order = rng.permutation(len(chains))[: count - len(drawn)]
        drawn.extend(chains[i].working for i in order)
    return " . ".join(drawn)


def _answered_chain(_puzzle: Puzzle, chains: tuple[Chain, ...], rng: np.random.Generator) -> str:
    """Return a chain and its expression."""
    chain = chains[rng.integers(len(chains))]
    return f"{chain.working} </think> <answer> {chain.answer} </answer>"


def _answer(_puzzle: Puzzle, chains: tuple[Chain, ...], rng: np.random.Generator) -> str:
    """Return an expression without its chain."""
    chain = chains[rng.integers(len(chains))]
    return f"</think> <answer> {chain.answer} </answer>"


def _comparisons(puzzle: Puzzle, chains: tuple[Chain, ...], rng: np.random.Generator) -> str:
    """Return numbers, each followed by whether it is the target.

    A third are the target, a third what some chain of the board reaches, a third any number: both
    verdicts must be common for a small model to learn to compare at all. Where a chain reaches a
    number, every other time its last step leads to it: a model that compared bare numbers only did
    so without a fault, and was no better than chance at the end of a step.
    """
    solving = [chain for chain in chains if chain.solves(puzzle)]
    count = int(rng.integers(FEWEST_COMPARED, MOST_COMPARED + 1))
    words: list[str] = []
    for source in rng.integers(3, size=count):
        chain: Chain | None = None
        compared = Fraction(puzzle.target)
        if source == 0 and solving:
            chain = solving[rng.integers(len(solving))]
        elif source == 1:
            chain = chains[rng.integers(len(chains))]
            compared = chain.result
        elif source == 2:
            compared = Fraction(int(rng.integers(LARGEST_NUMBER + 1)))
        shown = str(chain.steps[-1]) if chain is not None and rng.random() < 0.5 else str(compared)
        words.append(f"{shown} {'yes' if compared == puzzle.target else 'no'}")
    return " ".join(words)


def _search(puzzle: Puzzle, _chains: tuple[Chain, ...], rng: np.random.Generator) -> str:
    """Return a search that turns back and checks, and shows the other habits every other time."""
    habits = {Habit.BACKTRACKING, Habit.VERIFICATION}
    habits |= {habit for habit in _SOMETIMES if rng.random() < 0.5}
    search = Teacher(1, _MOST_LINES).search(puzzle, rng)
    return tell(search, Condition(frozenset(habits)), Terse(), rng).completion


_SOMETIMES = (Habit.SUBGOAL_SETTING, Habit.BACKWARD_CHAINING)
_MOST_LINES = 10

_WRITERS: Mapping[DocumentKind, Callable[[Puzzle, tuple[Chain, ...], np.random.Generator], str]] = {
    DocumentKind.CHAINS: _list,
    DocumentKind.ANSWERED_CHAIN: _answered_chain,
    DocumentKind.ANSWER: _answer,
    DocumentKind.COMPARISONS: _comparisons,
    DocumentKind.SEARCH: _search,
}
