"""`Hearing`: what is said between the computations of a text, and what it means for the search."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from countdown_gym.behaviors.computations import (
    INEQUALITIES,
    WITHIN,
    Computation,
    any_of,
    number_of,
)
from countdown_gym.behaviors.lexicon.kinds import Cue
from countdown_gym.behaviors.line import REMEMBERED, Line
from countdown_gym.behaviors.moments import Moment, Role, Search, Turn
from countdown_gym.behaviors.states import Entry, State
from countdown_gym.behaviors.tokens import Sign, Tokens, Value
from countdown_gym.puzzles import Puzzle

SAID = 80
"""How far a computation may stand from the words that say what it is."""
SOON = 60
"""How far a computation may follow the words that announce it."""
_WORDED = 8
"""How many tokens before a value the number may stand that it takes."""
_NAMED_SOON = 12
"""How far a total may follow that is named without its operation."""
_OPERATION = bytes([Sign.OPERATOR, Sign.NUMBER])

_NUMBER, _QUESTION = Sign.NUMBER, Sign.QUESTION  # globals are found faster
_SENTENCE_ENDS = frozenset({Sign.STOP, Sign.QUESTION})
_EQUALITIES = frozenset({Sign.EQUALS, Cue.IS})
_FAILURES = frozenset({Cue.NO, Cue.SIDE, Cue.ORDER, Sign.CROSS})
_NOT_DONE = frozenset({Cue.AIM, Cue.REST, Cue.WOULD})
"""What stands before a number that was not reached."""
_APART = _SENTENCE_ENDS | {Cue.TARGET}
"""What parts a number from what it would take."""


class Hearing(Line):
    """Knows what was said of the present line, of what comes next, and where lines were left."""

    __slots__ = (
        "aiming",
        "answering",
        "bases",
        "chain_sentence",
        "checking",
        "complete",
        "content",
        "failed",
        "fresh",
        "hint",
        "hint_sentence",
        "kinds",
        "last",
        "line",
        "listing",
        "missed",
        "nodes",
        "reached",
        "resumed",
        "resumed_by",
        "search",
        "seen",
        "sentence",
        "since",
        "target",
        "tokens",
        "turns",
        "wanted",
    )

    def __init__(self, puzzle: Puzzle, tokens: Tokens, kinds: bytes) -> None:
        super().__init__(puzzle.numbers)
        self.tokens, self.kinds = tokens, kinds
        self.target = puzzle.target
        self.search = Search(whole=(1 << len(self.board)) - 1)
        self.turns = self.search.turns
        self.seen: set[Value] = set(puzzle.numbers)
        """The values that the text has shown."""
        self.wanted: set[Value] = set()
        """The values that it has named as wanted."""
        self.last: Moment | None = None
        self.line = 0
        self.sentence = 0
        self.chain_sentence = -1
        """In which sentence the last step back was that nothing went on from."""
        self.content = False
        """Whether the line has a computation."""
        self.fresh = False
        """Whether the line was begun, and its first computation is to come."""
        self.failed = self.missed = False
        """Whether a verdict was given against the line; and whether the last value is left."""
        self.resumed: Moment | None = None
        """The first step that was said again since the last verdict against the line."""
        self.resumed_by: int | None = None
        """The word before it that may say that a line begins."""
        self.reached = self.complete = False
        """Whether the target was reached; and whether that is all that there is to do."""
        self.checking = self.listing = self.nodes = False
        """Whether a check was announced; a list without an aim; and whether nodes are explored."""
        self.answering = -1
        """Where the words end that announce an answer."""
        self.aiming = -1
        """The last sentence that says what value is wanted."""
        self.hint: int | None = None
        self.hint_sentence = 0
        """The word that may say that a line begins, and the sentence that it stands in."""
        self.bases: list[State] = []
        """The states from which a line may have begun that words began."""
        self.since: list[Computation] = []
        """The computations of the line since then."""

    def hear(self, heard: Sequence[int], following: Computation | None) -> None:
        """Hear what is said between two computations."""
        kinds, values, last = self.kinds, self.tokens.values, self.last
        goes_on = last is not None and last.value is not None and last.role == Role.FORWARD
        number = -_WORDED
        for place in heard:
            kind = kinds[place]
            if kind == _NUMBER:
                if goes_on and values[place] == self.target:
                    self._told_target(place)
                elif (
                    goes_on
                    and place - number < _WORDED
                    and self._can_be_made(number_of(values[place]))
                ):
                    self._reached_in_words(place)
                number = place
            elif kind in _SENTENCE_ENDS:
                self.sentence += 1
                if self.listing:
                    self.listing = values[place] == "." or self._is_item(place + 1)
                if kind == _QUESTION:
                    self.missed = False
            else:
                _HEARERS[kind](self, place, following)

    def count(self, first: int | None, last: int | None, *, in_words: bool = False) -> None:
        """Count a turn, and begin a line."""
        self.turns.append(Turn(first, last, in_words))
        states = self.states
        self.bases = [states[0], *states[1:][-REMEMBERED:]] if in_words else []
        self.since = []
        self.line += 1
        self.fresh = True
        self.content = self.failed = self.missed = False
        self.reached = self.complete = self.checking = False
        self.hint = self.resumed = None

    def _is_item(self, place: int) -> bool:
        """Whether a list goes on at a token: `- 30 + 4 = 34`."""
        return place < len(self.kinds) and self.tokens.values[place] in ("-", "*")

    def may_begin(self, place: int, _following: Computation | None) -> None:
        """Hear what says that a line begins, if one does."""
        if self.hint is None or self.hint_sentence != self.sentence:
            self.hint, self.hint_sentence = place, self.sentence

    def failure(self, place: int, _following: Computation | None) -> None:
        """Hear a verdict."""
        tokens, before = self.tokens, self.kinds[place - 1]
        if tokens.values[place] == "x" and (tokens.words[place] or before != WITHIN):
            return  # a variable
        if place and before == Cue.AIM:
            self.missed, self.aiming = False, self.sentence
            return  # "I need 4 more"
        self.missed = True
        self.failed = self.failed or not str(tokens.values[place]).startswith("close")
        self.hint = self.resumed = None

    def answer(self, place: int, _following: Computation | None) -> None:
        """Hear that an answer is announced."""
        tokens = self.tokens
        denied = place > 0 and not tokens.words[place] and self.kinds[place - 1] in _FAILURES
        self.answering = -1 if denied else tokens.ends[place]

    def check(self, _place: int, _following: Computation | None) -> None:
        """Hear that a check is announced."""
        self.checking = True

    def inventory(self, _place: int, _following: Computation | None) -> None:
        """Hear that a list without an aim is announced."""
        self.listing = True

    def aim(self, place: int, _following: Computation | None) -> None:
        """Hear what is wanted."""
        tokens = self.tokens
        if " more" in str(tokens.values[place]):  # "4 more to reach"
            self.missed, self.aiming = False, self.sentence
            return
        for at, kind in enumerate(tokens.kinds[place + 1 : place + 3], place + 1):
            if kind == _NUMBER and tokens.values[at] != self.target:
                self.wanted.add(number_of(tokens.values[at]))
                self.missed = False
                self.aiming = self.sentence
                return

    def total(self, place: int, _following: Computation | None) -> None:
        """Follow a total that is named without its operation: `→ 116`."""
        tokens, number, last = self.tokens, place + 1, self.last
        if last is None or last.value is None or number >= len(self.kinds):
            return
        if tokens.kinds[number] != Sign.NUMBER or tokens.words[number]:
            return
        if tokens.values[place] in INEQUALITIES or last.role != Role.FORWARD:
            return
        if tokens.starts[number] - last.computation.end <= _NAMED_SOON:
            self._combine(number, None)

    def node(self, place: int, _following: Computation | None) -> None:
        """Follow Stream of Search: a turn if a verdict was given since the last move."""
        self.nodes = True
        if self.failed and self.content:
            self.count(place, place, in_words=True)

    def turn(self, place: int, following: Computation | None) -> None:
        """Hear that a line is given up."""
        if self.reached and self.complete:
            return
        tokens, last, turns = self.tokens, self.last, self.turns
        if (
            last is not None
            and turns
            and turns[-1].moment is last
            and place == last.computation.past
            and tokens.values[place] == "instead"
        ):
            return  # words behind the first step of a line that was begun without any
        soon = following is not None and following.start - tokens.ends[place] <= SOON
        if self.content or (place == 0 and soon):
            hint = self.hint
            near = hint is not None and tokens.starts[place] - tokens.ends[hint] < SOON
            self.count(hint if near else place, place, in_words=True)
        elif self.fresh and turns and turns[-1].moment is None:
            turns[-1].last = place

    def _can_be_made(self, value: Value) -> bool:
        """Whether the last value makes another with one that is free."""
        known = None if self.last is None else self.last.value
        if known is None:
            return False
        state = self.states[-1]
        for mine in state:
            if mine[0] == known:
                break
        else:
            return False
        partners = value - known, known - value, known + value
        for entry in state:
            other = entry[0]
            if (other in partners or other * known == value) and entry is not mine:
                return True
        return False

    def _told_target(self, place: int) -> None:
        """Follow the target where it is named, with a number to reach it by: `and + 4 is 32`."""
        last = self.last
        if self.aiming != self.sentence:  # "I need 4 more to reach 32"
            self.missed = self.missed or last is None or last.value != self.target
        if self.kinds[place - 2 : place] == _OPERATION:
            self._combine(place, {number_of(self.tokens.values[place - 1])})

    def _reached_in_words(self, place: int) -> None:
        """Follow a value that is named with the number that it takes: `the 4 lifts it to 25`.

        A number stands before it, fewer than `_WORDED` tokens away.
        """
        last, tokens = self.last, self.tokens
        if last is None or tokens.starts[place] - last.computation.end > SAID:
            return
        taken: set[Value] = set()
        for at in range(place - 1, max(place - _WORDED, last.computation.past - 1), -1):
            kind = tokens.kinds[at]
            if kind in _NOT_DONE or (kind == Cue.USE and tokens.values[at + 1] == ":"):
                return
            if kind in _APART or at in self.search.values:
                break
            if kind == _NUMBER:
                taken.add(number_of(tokens.values[at]))
        if taken:
            self._combine(place, taken)

    def _combine(self, place: int, partners: set[Value] | None) -> None:
        """Take a number for the last value with another that is free, if it is that."""
        last, named = self.last, self.tokens.values[place]
        state = self.states[-1]
        if last is None:
            return
        for mine in state:
            if mine.value == last.value:
                break
        else:
            return
        for other in state:
            if other is mine or (partners is not None and other.value not in partners):
                continue
            a, b = other.value, mine.value
            for value in (a + b, a - b, a * b, b - a):
                if value == named:
                    joined = Entry(value, mine.numbers | other.numbers, value)
                    rest = tuple(e for e in state if e is not mine and e is not other)
                    self.states.append((*rest, joined))
                    moment = Moment(
                        last.computation,
                        Role.FORWARD,
                        self.line,
                        len(self.states) - 2,
                        joined.numbers,
                        True,
                        value,
                        self.sentence,
                    )
                    self.last = moment
                    self.seen.add(value)
                    self.held.add(value)
                    self.search.values[place] = moment
                    return


_HEARERS: Mapping[int, Callable[[Hearing, int, Computation | None], None]] = {
    **dict.fromkeys(_EQUALITIES, Hearing.total),
    **dict.fromkeys(_FAILURES, Hearing.failure),
    **dict.fromkeys((Cue.SHIFT, Cue.BACKWARD), Hearing.may_begin),
    Cue.TURN: Hearing.turn,
    Cue.EXPLORE: Hearing.node,
    Cue.AIM: Hearing.aim,
    Cue.ANSWER: Hearing.answer,
    Cue.CHECK: Hearing.check,
    Cue.INVENTORY: Hearing.inventory,
}
"""What hears a word or sign of some kind."""
HEARD = any_of({*_HEARERS, *_SENTENCE_ENDS, Sign.NUMBER})
"""The words and signs that say something about the computations after them."""
