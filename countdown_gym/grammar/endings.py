"""Whether a completion can still come to a legal end within so many tokens and characters.

A search from state to state, one token at a time, that remembers for each state the shortest end
that it has seen and the budgets that are known to be too small. Nothing is searched as long as the
budget exceeds an end that is known, which is nearly always.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import ceil
from typing import NamedTuple

from countdown_gym.grammar.answer_form import DIGITS, AnswerForm, Needs, Part, State
from countdown_gym.grammar.vocabulary import Ids, Vocabulary, fewest_tokens
from countdown_gym.parsing import MAX_ANSWER_CHARS


class Move(NamedTuple):
    """Tokens that lead to one state."""

    state: State
    characters: int
    """How many characters of the answer they write."""
    ids: Ids


class End(NamedTuple):
    """A legal end that is known."""

    tokens: int
    """How many tokens it takes, the end of text included."""
    characters: int
    """How many characters of the answer it writes."""


@dataclass(slots=True)
class Endings:
    """The ends of completions of one form in one vocabulary.

    Args:
        form: What a completion must be.
        vocabulary: What it is written in.
        moves: What each state's tokens lead to.
    """

    form: AnswerForm
    vocabulary: Vocabulary
    moves: Callable[[State], Sequence[Move]]
    _bounds: TokenBounds = field(init=False)
    _narrowest: dict[State, End] = field(default_factory=dict)
    """For each state an end with the fewest characters."""
    _hopeless: set[State] = field(default_factory=set)
    """States without any end."""
    _shortest: dict[State, End] = field(default_factory=dict)
    """For some states an end with fewer tokens, not always the fewest."""
    _too_few: dict[State, int] = field(default_factory=dict)
    """For some states how many tokens are known not to be enough."""
    _fitting: dict[tuple[State, int, int], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look at what single tokens can do."""
        self._bounds = TokenBounds.of(self.vocabulary)

    def reachable(self, state: State, tokens: int, room: int) -> bool:
        """Whether a legal end can be reached.

        Args:
            state: Where to begin.
            tokens: How many tokens may be written, the end of text included.
            room: How many characters the answer may still have.
        """
        narrowest = self._narrow(state)
        if narrowest is None or narrowest.characters > room:
            return False
        if narrowest.tokens <= tokens:
            return True
        end = self._within(state, tokens)
        if end is None:
            return False
        return end.characters <= room or self._fits(state, tokens, room)

    def _narrow(self, start: State) -> End | None:
        """Return an end with the fewest characters; None if there is none at all."""
        if start not in self._narrowest and start not in self._hopeless:
            self._find(start)
        return self._narrowest.get(start)

    def _find(self, start: State) -> None:
        """Find the narrowest end by A*, and note it for every state on the way to it."""
        order = count()
        came: dict[State, tuple[int, State]] = {start: (0, start)}
        waiting = [(*self._outlook(start), next(order), start, False)]
        while waiting:
            *_, state, ends = heapq.heappop(waiting)
            if ends:
                self._note(start, state, came)
                return
            written, _ = came[state]
            if self.form.accepts(state):
                self._narrowest.setdefault(state, End(1, 0))
            if state in self._narrowest:
                total = written + self._narrowest[state].characters
                heapq.heappush(waiting, (total, 0, next(order), state, True))
                continue
            for move in self.moves(state):
                reached, total = move.state, written + move.characters
                known = came.get(reached)
                if reached not in self._hopeless and (known is None or total < known[0]):
                    came[reached] = total, state
                    inside, rest = self._outlook(reached)
                    heapq.heappush(waiting, (total + inside, rest, next(order), reached, False))
        self._hopeless.update(came)

    def _note(self, start: State, state: State, came: dict[State, tuple[int, State]]) -> None:
        while state != start:
            end = self._narrowest[state]
            written, before = came[state]
            characters = end.characters + written - came[before][0]
            self._narrowest[before] = End(end.tokens + 1, characters)
            state = before

    def _outlook(self, state: State) -> tuple[int, int]:
        """Return how few characters of the answer, and in all, are left if each were a token."""
        form = self.form
        if state.part is Part.CLOSING:
            return 0, len(form.closing) - state.matched
        inside = min((needs.characters for needs in form.needs(state)), default=MAX_ANSWER_CHARS)
        before = 0 if state.part is Part.INSIDE else len(form.opening) - state.matched
        return inside, before + inside + len(form.closing)

    def _within(self, state: State, tokens: int) -> End | None:
        """Return an end of so many tokens, however many characters it has."""
        known = self._shortest.get(state) or self._narrow(state)
        if known is None or known.tokens <= tokens:
            return known
        if tokens <= max(self._too_few.get(state, 0), self._bounds.least(self.form, state) - 1):
            return None
        for move in self._ordered(state):
            end = self._within(move.state, tokens - 1)
            if end is not None:
                found = End(end.tokens + 1, end.characters + move.characters)
                self._shortest[state] = found
                return found
        self._too_few[state] = tokens
        return None

    def _ordered(self, state: State) -> list[Move]:
        """Return the moves that lead elsewhere, what seems nearest to an end first."""
        away = (move for move in self.moves(state) if move.state != state)
        return sorted(away, key=lambda move: (self._outlook(move.state)[1], move.characters))

    def _fits(self, state: State, tokens: int, room: int) -> bool:
        """Whether there is an end of so many tokens and characters, where both are scarce."""
        narrowest = self._narrow(state)
        if narrowest is None or narrowest.characters > room or self._within(state, tokens) is None:
            return False
        asked = state, tokens, room
        if asked not in self._fitting:
            self._fitting[asked] = narrowest.tokens <= tokens or any(
                self._fits(move.state, tokens - 1, room - move.characters)
                for move in self._ordered(state)
            )
        return self._fitting[asked]


@dataclass(frozen=True, slots=True)
class TokenBounds:
    """What single tokens of a vocabulary can do at most, and so how many are needed at least."""

    digits: int
    """How many digits one token writes at most."""
    characters: int
    """How many characters one token writes at most, blanks left out."""
    digits_alone: bool
    """Whether tokens with digits write nothing else but blanks."""
    closing: tuple[float, ...]
    """How few tokens write the closing mark from each of its characters on."""
    tail: float
    """How few tokens lead from an answer's last number to the end of the closing mark."""

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> TokenBounds:
        """Look at every token that can be part of an answer."""
        texts, closing = vocabulary.usable, vocabulary.closing
        fewest = tuple(fewest_tokens(texts, closing))
        ends = (1 + fewest[n] for n in range(1, len(closing) + 1) if _any_ends(texts, closing[:n]))
        return cls(
            max((sum(c in DIGITS for c in text) for text in texts), default=1) or 1,
            max((len(text.replace(" ", "")) for text in texts), default=1) or 1,
            all(text.strip().isdigit() for text in texts if any(c in DIGITS for c in text)),
            fewest,
            min(ends, default=0.0) if closing else 0.0,
        )

    def least(self, form: AnswerForm, state: State) -> float:
        """Return a number of tokens without which no completion ends, the end of text included."""
        if state.part is Part.CLOSING:
            return 1 + self.closing[state.matched]
        return min((self._least_inside(form, needs) for needs in form.needs(state)), default=1.0)

    def _least_inside(self, form: AnswerForm, needs: Needs) -> float:
        if not self.digits_alone:
            return 1 + ceil((needs.characters + len(form.closing)) / self.characters)
        numbers = sum(ceil(left / self.digits) for left in needs.digits)
        tail = self.tail if form.closing else min(1, needs.parentheses)
        return 1 + numbers + needs.operators + tail


def _any_ends(texts: Sequence[str], ending: str) -> bool:
    return any(text.endswith(ending) for text in texts)
