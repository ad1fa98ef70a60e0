"""What a completion with a legal answer looks like: an automaton over its characters.

The answer is written in plain form: ASCII digits, the operators of the rules, parentheses, and
blanks between them. (The reader of answers also knows other spellings and a trailing `= value`;
they are not part of this form.) *Legal* here means right numbers, right operators and well-formed;
what operations come to is not looked at, so an answer may still divide by zero.

This module knows characters and not tokens, and no budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple, Self

from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.parsing import CONVENTIONS, MAX_DEPTH
from countdown_gym.puzzles import Rules

MODES = ("completion", "answer")
"""`completion`: free text, then the answer; `answer`: the answer alone."""
TAGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"answer_tag": ("<answer>", "</answer>"), "boxed": ("\\boxed{", "}"), "whole_text": ("", "")}
)
"""What stands before and after an answer, for each convention that tells where it ends. The first
character of what stands before occurs in it once, so that a match that fails begins anew."""
BLANKS = " \t\n\r\f\v"
DIGITS = "0123456789"
SIGNS = "+-*/()"


class Part(IntEnum):
    """Where in a completion one is."""

    FREE = 0
    """In the text before the answer, where everything may be written."""
    OPENING = 1
    """Where only what stands before an answer may be written."""
    INSIDE = 2
    """In the answer."""
    CLOSING = 3
    """In what stands after it."""


class State(NamedTuple):
    """What must be remembered of the characters so far."""

    part: Part
    matched: int = 0
    """How many characters of what stands before or after the answer are written."""
    due: bool = False
    """Whether a number or an opening parenthesis must come, or a number is being written."""
    digits: str | None = None
    """The digits of the number that is being written, without zeros before it; None if none is."""
    depth: int = 0
    """How many parentheses are open."""
    rest: tuple[int, ...] = ()
    """The numbers that may still be used: sorted, or in the order of the board if that is kept."""


class Needs(NamedTuple):
    """The least that must still be written inside an answer."""

    digits: tuple[int, ...]
    """How many digits of each number."""
    operators: int
    parentheses: int

    @property
    def characters(self) -> int:
        """How many characters that is."""
        return sum(self.digits) + self.operators + self.parentheses


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The completions whose answer uses the numbers of a board as its rules say.

    Example:
        >>> form = AnswerForm.of((3, 12), Rules(), "answer", "whole_text")
        >>> [form.reads(text) for text in ("12 - 3", "(3+012)", "3 + 3", "12 +")]
        [True, True, False, False]
    """

    start: State
    operators: frozenset[str]
    use_all: bool
    keep_order: bool
    opening: str
    closing: str

    @classmethod
    def of(cls, numbers: tuple[int, ...], rules: Rules, mode: str, convention: str) -> Self:
        """Return the form of completions for a board.

        Raises:
            UnknownNameError: If there is no such mode or convention.
            InvalidParameterError: If the convention does not say where an answer ends, free text is
                asked for where the answer is the whole text, or the rules allow more than the four
                operations.
        """
        if mode not in MODES:
            raise UnknownNameError("mode of masks", mode, MODES)
        if convention not in CONVENTIONS:
            raise UnknownNameError("answer convention", convention, CONVENTIONS)
        if convention not in TAGS:
            raise InvalidParameterError(
                f"masks know the conventions {', '.join(TAGS)}, got {convention}"
            )
        if rules.extras:
            raise InvalidParameterError(
                f"masks know the operations + - * / only, got {', '.join(sorted(rules.extras))}"
            )
        opening, closing = TAGS[convention]
        if mode == "completion" and not opening:
            raise InvalidParameterError(
                f"free text needs a mark where the answer begins, got {convention}"
            )
        form = cls(
            State(Part.FREE if mode == "completion" else Part.OPENING),
            frozenset(operator.value for operator in rules.operators),
            rules.use_all,
            rules.keep_order,
            opening,
            closing,
        )
        rest = numbers if rules.keep_order else tuple(sorted(numbers))
        inside = State(Part.INSIDE, due=True, rest=rest)
        if not opening:
            return replace(form, start=inside)
        return replace(form, start=form.start._replace(rest=rest))

    @property
    def inside(self) -> State:
        """The state in which the answer begins."""
        return State(Part.INSIDE, due=True, rest=self.start.rest)

    def reads(self, text: str) -> bool:
        """Whether a text is a whole completion of this form."""
        state: State | None = self.start
        for character in text:
            state = None if state is None else self.step(state, character)
        return state is not None and self.accepts(state)

    def step(self, state: State, character: str) -> State | None:
        """Return the state after a character; None if no legal answer goes on so."""
        if state.part is Part.INSIDE:
            return self._step_inside(state, character)
        tag = self.closing if state.part is Part.CLOSING else self.opening
        matched = state.matched
        if matched < len(tag) and character == tag[matched]:
            if state.part is not Part.CLOSING and matched + 1 == len(tag):
                return self.inside
            return state._replace(matched=matched + 1)
        if state.part is Part.FREE:
            return state._replace(matched=int(character == tag[0]))
        if state.part is Part.OPENING and not matched and character in BLANKS:
            return state
        return None

    def accepts(self, state: State) -> bool:
        """Whether the completion may end here."""
        if state.part is Part.CLOSING:
            return state.matched == len(self.closing)
        if state.part is not Part.INSIDE or self.closing:
            return False
        ended = self._number_ended(state)
        return ended is not None and self._complete(ended)

    def needs(self, state: State) -> Iterator[Needs]:
        """Yield what the answer must still have, for each number that may come next."""
        if state.part is Part.CLOSING:
            yield Needs((), 0, 0)
            return
        at = state if state.part is Part.INSIDE else self.inside
        others = [len(str(number)) for number in at.rest] if self.use_all else []
        if not at.due:
            yield Needs(tuple(others), len(others), at.depth)
        elif at.digits is None and self.use_all:
            yield Needs(tuple(others), len(others) - 1, at.depth)
        else:
            for number in self._next_numbers(at.rest):
                written = str(number)
                if at.digits is not None and not _begins(number, at.digits):
                    continue
                left = len(written) - (_zero_counts(number, at.digits) or len(at.digits or ""))
                rest = list(others)
                if self.use_all:
                    rest.remove(len(written))
                yield Needs((left, *rest), len(rest), at.depth)

    def _step_inside(self, state: State, character: str) -> State | None:
        if character in DIGITS:
            return self._with_digit(state, character) if state.due else None
        ended = self._number_ended(state)
        if ended is None or character in BLANKS:
            return ended
        if character == "(":
            opens = ended.due and ended.depth < MAX_DEPTH
            return ended._replace(depth=ended.depth + 1) if opens else None
        if ended.due:
            return None
        if character == ")":
            return ended._replace(depth=ended.depth - 1) if ended.depth else None
        if character in self.operators:
            return ended._replace(due=True) if ended.rest else None
        if self.closing and character == self.closing[0] and self._complete(ended):
            return State(Part.CLOSING, matched=1)
        return None

    def _with_digit(self, state: State, digit: str) -> State | None:
        digits = ((state.digits or "") + digit).lstrip("0")
        if any(_begins(number, digits) for number in self._next_numbers(state.rest)):
            return state._replace(digits=digits)
        return None

    def _number_ended(self, state: State) -> State | None:
        """Return the state with the number that is being written taken from the board."""
        if state.digits is None:
            return state
        number = int(state.digits or "0")
        if number not in self._next_numbers(state.rest):
            return None
        place = state.rest.index(number)
        before = () if self.keep_order else state.rest[:place]
        rest = before + state.rest[place + 1 :]
        return state._replace(due=False, digits=None, rest=rest)

    def _complete(self, state: State) -> bool:
        return not (state.due or state.depth or (self.use_all and state.rest))

    def _next_numbers(self, rest: tuple[int, ...]) -> tuple[int, ...]:
        return rest[:1] if self.keep_order and self.use_all else rest


def _begins(number: int, digits: str) -> bool:
    """Whether a number begins with digits; zeros before it are nothing."""
    return not digits or str(number).startswith(digits)


def _zero_counts(number: int, digits: str | None) -> bool:
    """Whether the zeros that were written are the number."""
    return digits == "" and number == 0
