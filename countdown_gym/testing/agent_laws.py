"""What an agent must keep, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from hypothesis import strategies as st

from countdown_gym.puzzles import Puzzle
from countdown_gym.testing.global_state import global_generators, seed_global_generators
from countdown_gym.testing.laws import Breach, smallest_breach
from countdown_gym.testing.strategies import boards, puzzles, rules


class Answers(Protocol):
    """Whoever answers puzzles, as the agents of `countdown_agents` do."""

    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        """Return one completion for each puzzle, in their order."""


def check_agent(agent: Answers, *, max_examples: int = 20) -> tuple[Breach, ...]:
    """Return the laws that an agent breaks, each with the smallest example; none if it keeps all.

    It is asked about puzzles of up to four numbers under any rules, most without a solution.

    Args:
        agent: What is tested.
        max_examples: How many lists of puzzles each law is tried on.

    Example:
        >>> class Silent:
        ...     def answer(self, puzzles):
        ...         return [""]
        >>> print(*check_agent(Silent(), max_examples=5))
        broken: each puzzle gets one completion, a text
          0 puzzles get ['']
    """
    laws: dict[str, Callable[[list[Puzzle]], str | None]] = {
        "each puzzle gets one completion, a text": lambda asked: _miscounted(agent, asked),
        "no global generator is read or moved": lambda asked: _moved(agent, asked),
        "the list of puzzles is left as it is": lambda asked: _changed(agent, asked),
    }
    asked = st.lists(puzzles(boards(max_size=4, largest=30), rules()), max_size=3)
    found = (smallest_breach(law, asked, laws[law], max_examples) for law in laws)
    return tuple(breach for breach in found if breach is not None)


def _answer(agent: Answers, asked: list[Puzzle]) -> list[str] | str:
    """Return what the agent answers, or in words what it raises."""
    try:
        return agent.answer(asked)
    except Exception as error:  # noqa: BLE001 - whatever it raises is a finding
        return f"{type(error).__name__}: {error}"


def _miscounted(agent: Answers, asked: list[Puzzle]) -> str | None:
    given = _answer(agent, list(asked))
    texts = isinstance(given, list) and all(isinstance(completion, str) for completion in given)
    if texts and len(given) == len(asked):
        return None
    boards = ", ".join(f"{puzzle} under {puzzle.rules}" for puzzle in asked)
    return f"{len(asked)} puzzles get {given!r}" + (f": {boards}" if boards else "")


def _moved(agent: Answers, asked: list[Puzzle]) -> str | None:
    seed_global_generators(0)
    before = global_generators()
    _answer(agent, list(asked))
    return None if global_generators() == before else f"asked {asked}, it moves one"


def _changed(agent: Answers, asked: list[Puzzle]) -> str | None:
    given = list(asked)
    _answer(agent, given)
    return None if given == asked else f"{asked} became {given}"
