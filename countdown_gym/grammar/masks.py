"""Which tokens may come next so that a completion can still become legal within its budget."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from countdown_gym.grammar.answer_form import TAGS, AnswerForm, Part, State
from countdown_gym.grammar.endings import Endings, Move
from countdown_gym.grammar.vocabulary import Ids, Node, Vocabulary, free_text, vocabulary_of
from countdown_gym.parsing import MAX_ANSWER_CHARS
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.symbols import Tokenizer


class Place(NamedTuple):
    """Where in a completion one is."""

    state: State
    characters: int
    """How many characters the answer has so far."""


@dataclass(slots=True)
class TokenGrammar:
    """The completions of one form, token by token.

    What is found out about states is kept, so one grammar should serve all completions for a board.
    """

    form: AnswerForm
    vocabulary: Vocabulary
    _endings: Endings = field(init=False)
    _moves: dict[State, tuple[Move, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Know nothing yet."""
        self._endings = Endings(self.form, self.vocabulary, self.moves)

    @property
    def start(self) -> Place:
        """Before the first token."""
        return Place(self.form.start, 0)

    def advance(self, place: Place | None, token: int) -> Place | None:
        """Return where a token leads to; None if no legal answer goes on so."""
        if place is None or token == self.vocabulary.eos_id or not self.vocabulary.texts[token]:
            return None
        state: State | None = place.state
        characters = place.characters
        for character in self.vocabulary.texts[token]:
            before = state
            state = None if before is None else self.form.step(before, character)
            if before is None or state is None:
                return None
            characters += _is_inside(before, state)
        too_long = characters > MAX_ANSWER_CHARS
        return None if state is None or too_long else Place(state, characters)

    def mask(self, place: Place | None, budget: int) -> NDArray[np.bool_]:  # (V,)
        """Return which tokens may come next.

        Args:
            place: Where in a completion one is; nothing may follow what cannot become legal.
            budget: How many tokens may still be written, the end of text included.
        """
        mask = np.zeros(len(self.vocabulary), np.bool_)
        if place is None or budget < 1:
            return mask
        for move in self.moves(place.state):
            room = MAX_ANSWER_CHARS - place.characters - move.characters
            if room >= 0 and self._endings.reachable(move.state, budget - 1, room):
                mask[move.ids] = True
        mask[self.vocabulary.eos_id] = self.form.accepts(place.state)
        return mask

    def moves(self, state: State) -> tuple[Move, ...]:
        """Return all that single tokens lead to, tokens of like effect together."""
        if state not in self._moves:
            groups: dict[tuple[State, int], list[Ids]] = defaultdict(list)
            if state.part is Part.FREE:
                self._leave_free_text(state, groups)
            else:
                self._walk(state, groups)
            self._moves[state] = tuple(
                # nearly all tokens stay in free text: one list of them serves all boards
                Move(reached, characters, ids[0] if len(ids) == 1 else np.concatenate(ids))
                for (reached, characters), ids in groups.items()
            )
        return self._moves[state]

    def _leave_free_text(self, state: State, groups: dict[tuple[State, int], list[Ids]]) -> None:
        told = free_text(self.vocabulary, state.matched)
        for matched, ids in told.matched:
            groups[state._replace(matched=matched), 0].append(ids)
        for text, ids in told.crossing:
            reached: State | None = self.form.inside
            characters = 0
            for character in text:
                before = reached
                reached = None if before is None else self.form.step(before, character)
                if before is not None and reached is not None:
                    characters += _is_inside(before, reached)
            if reached is not None:
                groups[reached, characters].append(ids)

    def _walk(self, start: State, groups: dict[tuple[State, int], list[Ids]]) -> None:
        """Follow all tokens at once, as far as they are legal."""
        step = self.form.step
        waiting: list[tuple[Node, State, int]] = [(self.vocabulary.trie, start, 0)]
        while waiting:
            node, state, characters = waiting.pop()
            for character, child in node.children.items():
                reached = step(state, character)
                if reached is None:
                    continue
                written = characters + _is_inside(state, reached)
                for ending in child.endings:
                    # of blanks in a row the trie holds one, but they all count
                    counted = written
                    if ending.plain:
                        counted = ending.length * _is_inside(start, reached)
                    groups[reached, counted].append(ending.ids)
                if child.children:
                    waiting.append((child, reached, written))


def grammar(
    puzzle: Puzzle, tokenizer: Tokenizer, mode: str = "completion", convention: str = "answer_tag"
) -> TokenGrammar:
    """Return the grammar of legal completions for a puzzle; puzzles of one board share it.

    Args:
        puzzle: Whose numbers and rules count.
        tokenizer: What completions are written with.
        mode: `completion` for free text and then the answer, `answer` for the answer alone.
        convention: Where the answer stands, a name in `countdown_gym.grammar.answer_form.TAGS`.

    Raises:
        UnknownNameError: If there is no such mode or convention.
        InvalidParameterError: If there are no masks for the convention or the rules.

    Example:
        >>> from countdown_gym.symbols import SYMBOLS, SymbolTokenizer
        >>> made = grammar(Puzzle((3, 12), 15), SymbolTokenizer(), "answer")
        >>> place = made.start
        >>> for token in SymbolTokenizer().encode("<answer> 12"):
        ...     place = made.advance(place, token)
        >>> [SYMBOLS[token] for token in np.flatnonzero(made.mask(place, budget=10))]
        ['+', '-', '*', '/']
    """
    numbers = puzzle.numbers if puzzle.rules.keep_order else tuple(sorted(puzzle.numbers))
    # objects hash by identity
    return _grammar(numbers, puzzle.rules, tokenizer, mode, convention)  # type: ignore[arg-type]


@lru_cache(maxsize=1024)  # as many boards as a large batch has
def _grammar(
    numbers: tuple[int, ...], rules: Rules, tokenizer: Tokenizer, mode: str, convention: str
) -> TokenGrammar:
    form = AnswerForm.of(numbers, rules, mode, convention)
    vocabulary = vocabulary_of(tokenizer, *TAGS[convention])  # type: ignore[arg-type]  # as above
    return TokenGrammar(form, vocabulary)


def _is_inside(before: State, after: State) -> bool:
    """Whether the character between two states is one of the answer."""
    return before.part is Part.INSIDE and after.part is Part.INSIDE
