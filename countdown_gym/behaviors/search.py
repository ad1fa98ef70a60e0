"""The search that a text shows: which computation goes on, which begins anew, and from where.

The board is followed through the text. A computation on values that are free goes on; one that
takes a value which the line has used up goes back to the last state that has it. That, and not the
words around it, is the first evidence of a turn.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import prod

from countdown_gym.behaviors.computations import (
    INEQUALITIES,
    WITHIN,
    Computation,
    Operation,
    any_of,
    number_of,
    places_of,
)
from countdown_gym.behaviors.lexicon.kinds import Cue
from countdown_gym.behaviors.moments import Moment, Role, Search, Turn
from countdown_gym.behaviors.states import Entry, State, carried_out, new_entry
from countdown_gym.behaviors.tokens import Sign, Tokens, Value
from countdown_gym.puzzles import Puzzle

_PAIR = 2
_SAID = 80
_WORDED = 8
"""How many tokens before a value the number may stand that it takes."""
_SOON_TAKEN = 4
"""Within how many computations a value is taken up, if it is not left."""
_SUPPOSED = 14
"""How many tokens after an operation on a number that is not there it may be called wanted."""
_REMEMBERED = 12
"""How many states back a line may have begun."""
_SOON = 60
"""How far a computation may follow the words that announce it."""
_NAMED_SOON = 12
"""How far a total may follow that is named without its operation."""
_OPERATION = bytes([Sign.OPERATOR, Sign.NUMBER])

_NUMBER, _QUESTION = Sign.NUMBER, Sign.QUESTION  # globals are found faster
_SENTENCE_ENDS = frozenset({Sign.STOP, Sign.QUESTION})
_EQUALITIES = frozenset({Sign.EQUALS, Cue.IS})
_HINTS = frozenset({Cue.SHIFT, Cue.BACKWARD})
_FAILURES = frozenset({Cue.NO, Cue.SIDE, Cue.ORDER, Sign.CROSS})
_OTHERS = frozenset({Cue.TURN, Cue.EXPLORE, Cue.AIM, Cue.ANSWER, Cue.CHECK, Cue.INVENTORY})
_NOT_DONE = frozenset({Cue.AIM, Cue.REST, Cue.WOULD})
"""What stands before a number that was not reached."""
_APART = _SENTENCE_ENDS | {Cue.TARGET}
"""What parts a number from what it would take."""
_LACKS = frozenset({Cue.AIM, Cue.MAKE, Cue.FROM, Cue.REST, Cue.WOULD, Cue.NO, Cue.ORDER})
"""What is said of a number that is not there."""
_HEARD = any_of(_SENTENCE_ENDS | _EQUALITIES | _HINTS | _FAILURES | _OTHERS | {Sign.NUMBER})
"""The words and signs that say something about the computations after them."""


def search_of(puzzle: Puzzle, tokens: Tokens, kinds: bytes, found: Sequence[Computation]) -> Search:
    """Return the search that a text shows; it has a moment for each computation, in order."""
    walk = _Walk(puzzle, tokens, kinds)
    walk.through(found)
    return walk.search


class _Walk:
    """Goes through a text; knows the present line and its states."""

    __slots__ = (
        "_announced",
        "_answering",
        "_bases",
        "_board",
        "_chain_sentence",
        "_checking",
        "_complete",
        "_content",
        "_done",
        "_failed",
        "_found",
        "_fresh",
        "_held",
        "_hint",
        "_hint_sentence",
        "_kinds",
        "_last",
        "_line",
        "_listing",
        "_missed",
        "_nodes",
        "_nth",
        "_numbers",
        "_reached",
        "_seen",
        "_sentence",
        "_since",
        "_states",
        "_target",
        "_tokens",
        "_use_all",
        "_wanted",
        "search",
    )

    def __init__(self, puzzle: Puzzle, tokens: Tokens, kinds: bytes) -> None:
        self.search = Search()
        self._kinds = kinds
        self._tokens = tokens
        self._target = puzzle.target
        self._use_all = puzzle.rules.use_all
        self._numbers = puzzle.numbers
        self._board = tuple([new_entry((n, 1 << i, n, ())) for i, n in enumerate(puzzle.numbers)])
        self.search.whole = (1 << len(self._board)) - 1
        self._states: list[State] = [self._board]
        self._done: dict[tuple[str, Value, Value], int] = {}
        self._line = 0
        self._content = False
        self._fresh = False
        self._failed = False
        self._missed = False
        self._reached = False
        self._complete = False
        self._answering = -1
        self._announced = False
        self._checking = False
        self._listing = False
        self._last: Moment | None = None
        self._chain_sentence = -1
        self._wanted: set[Value] = set()
        self._seen: set[Value] = set(puzzle.numbers)
        self._held: set[Value | None] = set(puzzle.numbers)
        """All values that a state has or had."""
        self._hint: int | None = None
        self._hint_sentence = 0
        self._nodes = False
        self._sentence = 0
        self._bases: list[State] = []
        self._since: list[Computation] = []
        self._found: Sequence[Computation] = ()
        self._nth = 0
        """Which of them is being read."""

    def through(self, found: Sequence[Computation]) -> None:
        """Walk."""
        self._found = found
        heard, at = places_of(_HEARD, self._kinds), 0
        for nth, computation in enumerate(found):
            past = bisect_left(heard, computation.first, at)
            if past > at:
                self._words(heard[at:past], computation)
                at = past
            self._nth = nth
            self._compute(computation)
        self._words(heard[at:], None)

    # -- words ---------------------------------------------------------------------------------

    def _words(self, heard: Sequence[int], following: Computation | None) -> None:
        """Hear what is said between two computations."""
        kinds, values, last = self._kinds, self._tokens.values, self._last
        goes_on = last is not None and last.value is not None and last.role == Role.FORWARD
        number, makes = -_WORDED, None
        for place in heard:
            kind = kinds[place]
            if kind == _NUMBER:
                if goes_on and values[place] == self._target:
                    self._told_target(place)
                    makes = None
                elif goes_on and place - number < _WORDED:
                    makes = self._makes() if makes is None else makes
                    if values[place] in makes:
                        self._reached_in_words(place)
                        makes = None
                number = place
            elif kind not in _SENTENCE_ENDS:
                self._word(kind, place, following)
                makes = None
            else:
                self._sentence += 1
                if self._listing:
                    self._listing = values[place] == "." or self._is_item(place + 1)
                if kind == _QUESTION:
                    self._missed = False

    def _is_item(self, place: int) -> bool:
        """Whether a list goes on at a token: `- 30 + 4 = 34`."""
        return place < len(self._kinds) and self._tokens.values[place] in ("-", "*")

    def _word(self, kind: int, place: int, following: Computation | None) -> None:
        if kind in _EQUALITIES:
            self._named(place)
        elif kind == Cue.TURN:
            self._turn_in_words(place, following)
        elif kind == Cue.EXPLORE:
            self._node(place)
        elif kind == Cue.AIM:
            self._wants(place)
        else:
            self._note(kind, place)

    def _note(self, kind: int, place: int) -> None:
        """Keep in mind what a word says for the computations that follow."""
        tokens = self._tokens
        if kind in _HINTS:
            if self._hint is None or self._hint_sentence != self._sentence:
                self._hint, self._hint_sentence = place, self._sentence
        elif kind in _FAILURES:
            before = self._kinds[place - 1]
            if tokens.values[place] == "x" and (tokens.words[place] or before != WITHIN):
                return  # a variable
            if place and before == Cue.AIM:
                return  # "I need 4 more"
            self._failed = self._missed = True
            self._hint = None
        elif kind == Cue.ANSWER:
            denied = place > 0 and not tokens.words[place] and self._kinds[place - 1] in _FAILURES
            self._answering = -1 if denied else tokens.ends[place]
        elif kind == Cue.CHECK:
            self._checking = True
        elif kind == Cue.INVENTORY:
            self._listing = True

    def _wants(self, place: int) -> None:
        for token in self._tokens[place + 1 : place + 3]:
            if token.kind == Sign.NUMBER and token.value != self._target:
                self._wanted.add(number_of(token.value))
                self._missed = False
                return

    def _named(self, place: int) -> None:
        """Follow a total that is named without its operation: `→ 116`."""
        tokens, number = self._tokens, place + 1
        last = self._last
        if last is None or last.value is None or number >= len(self._kinds):
            return
        if tokens.values[place] in INEQUALITIES or last.role != Role.FORWARD:
            return
        if tokens.kinds[number] != Sign.NUMBER or tokens.words[number]:
            return
        if tokens.starts[number] - last.computation.end <= _NAMED_SOON:
            self._combine(number, None)

    def _makes(self) -> set[Value]:
        """Return what the last value makes with another that is free."""
        last, state = self._last, self._states[-1]
        mine = next((e for e in state if last is not None and e.value == last.value), None)
        if mine is None:
            return set()
        return {made for e in state if e is not mine for made in _made_of(e.value, mine.value)}

    def _told_target(self, place: int) -> None:
        """Follow the target where it is named, with a number to reach it by: `and + 4 is 32`."""
        last, tokens = self._last, self._tokens
        self._missed = self._missed or last is None or last.value != self._target
        if self._kinds[place - 2 : place] == _OPERATION:
            self._combine(place, {number_of(tokens.values[place - 1])})

    def _reached_in_words(self, place: int) -> None:
        """Follow a value that is named with the number that it takes: `the 4 lifts it to 25`.

        A number stands before it, fewer than `_WORDED` tokens away.
        """
        last, tokens = self._last, self._tokens
        if last is None or tokens.starts[place] - last.computation.end > _SAID:
            return
        taken: set[Value] = set()
        for at in range(place - 1, max(place - _WORDED, last.computation.past - 1), -1):
            kind = tokens.kinds[at]
            if kind in _NOT_DONE:
                return
            if kind in _APART or at in self.search.values:
                break
            if kind == _NUMBER:
                taken.add(number_of(tokens.values[at]))
        if taken:
            self._combine(place, taken)

    def _combine(self, place: int, partners: set[Value] | None) -> None:
        """Take a number for the last value with another that is free, if it is that."""
        last, named = self._last, self._tokens.values[place]
        state = self._states[-1]
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
            for value in _made_of(other.value, mine.value):
                if value == named:
                    joined = Entry(value, mine.numbers | other.numbers, value)
                    rest = tuple(e for e in state if e is not mine and e is not other)
                    self._states.append((*rest, joined))
                    moment = Moment(
                        last.computation,
                        Role.FORWARD,
                        self._line,
                        len(self._states) - 2,
                        joined.numbers,
                        True,
                        value,
                        self._sentence,
                    )
                    self._last = moment
                    self._seen.add(value)
                    self._held.add(value)
                    self.search.values[place] = moment
                    return

    def _turn_in_words(self, place: int, following: Computation | None) -> None:
        if self._reached and self._complete:
            return
        tokens, last = self._tokens, self._last
        if (
            last is not None
            and self.search.turns
            and self.search.turns[-1].moment is last
            and place == last.computation.past
            and tokens.values[place] == "instead"
        ):
            return  # words behind the first step of a line that was begun without any
        soon = following is not None and following.start - tokens.ends[place] <= _SOON
        if self._content or (place == 0 and soon):
            hint = self._hint
            near = hint is not None and tokens.starts[place] - tokens.ends[hint] < _SOON
            self._count(hint if near else place, place, in_words=True)
            self._begin_line(in_words=True)
        elif self._fresh and self.search.turns and self.search.turns[-1].moment is None:
            self.search.turns[-1].last = place

    def _count(self, first: int | None, last: int | None, *, in_words: bool = False) -> None:
        self.search.turns.append(Turn(first, last, in_words))

    def _begin_line(self, *, in_words: bool = False) -> None:
        self._bases = [self._states[0], *self._states[1:][-_REMEMBERED:]] if in_words else []
        self._since = []
        self._line += 1
        self._content = False
        self._fresh = True
        self._failed = self._reached = self._checking = self._complete = False
        self._missed = False
        self._hint = None

    def _node(self, place: int) -> None:
        """Stream of Search moves: a turn if a verdict was given since the last move."""
        self._nodes = True
        if self._failed and self._content:
            self._count(place, place, in_words=True)
            self._begin_line(in_words=True)

    # -- computations --------------------------------------------------------------------------

    def _compute(self, computation: Computation) -> None:
        self._announced = 0 <= computation.start - self._answering < _SAID and self._answering >= 0
        hint = self._hint
        if hint is not None and computation.start - self._tokens.ends[hint] > _SOON:
            self._hint = None
        if self._listing:
            self._add(computation, Role.ASIDE, 0, legal=False)
        elif self._goes_backward(computation):
            self._backward(computation)
        else:
            self._forward(computation)
        self._hint = None
        self._answering = -1

    def _add(
        self, computation: Computation, role: int, numbers: int, *, legal: bool, state: int = 0
    ) -> Moment:
        result = computation.result
        moment = Moment(
            computation, role, self._line, state, numbers, legal, result, self._sentence
        )
        self.search.moments.append(moment)
        self._last = moment
        if result is not None and role != Role.BACKWARD:
            self._seen.add(result)
        return moment

    def _goes_backward(self, computation: Computation) -> bool:
        target = self._target
        if computation.goes_on:
            return False
        if computation.reversed and target not in computation.operands:
            if computation.claimed != target:
                return False
            depths = {0, len(self._states) - 1}
            return not self._complete and all(self._try(at, computation) is None for at in depths)
        if self._goes_on_backward(computation):
            return True
        if target not in computation.operands:
            return computation.result == target and self._supposes(computation)
        if self._said_backward(computation):
            return True
        return not any(entry.value == target for entry in (*self._states[-1], *self._board))

    def _goes_on_backward(self, computation: Computation) -> bool:
        """Whether it takes apart what the step back before it arrived at."""
        last = self._last
        if last is None or last.role != Role.BACKWARD or not computation.operands:
            return False
        left, rest = computation.operands[0], computation.operands[1:]
        board = {entry.value for entry in self._board}
        if left != last.value or left in board or computation.reversed:
            return False
        return len(rest) == 1 and rest[0] in board and left not in self._seen

    def _supposes(self, computation: Computation) -> bool:
        """Whether it reaches the target with a number that is only wanted: `8 * 4 = 32, so 8`."""
        if len(computation.operands) != _PAIR or self._complete:
            return False
        free = {entry.value for entry in self._states[-1]}
        missing = [o for o in computation.operands if o not in free and o not in self._seen]
        if not missing or any(each in self._wanted for each in missing):
            return False
        if computation.claimed is None and len(missing) == 1 and self._answering < 0:
            return not computation.first or self._kinds[computation.first - 1] != Cue.NEAR
        said = False
        for token in self._tokens[computation.past : computation.past + _SUPPOSED]:
            said = said or token.kind in _LACKS
            if token.kind == Sign.NUMBER and token.value in missing:
                return said or token.words > 0
            if token.kind == Sign.OPERATOR:
                return False
        return False

    def _said_backward(self, computation: Computation) -> bool:
        """Whether words say that the computation starts from the target."""
        hint = self._hint
        here = hint is not None and self._hint_sentence == self._sentence
        if hint is not None and here and self._kinds[hint] == Cue.BACKWARD:
            return True
        first = computation.first
        return first > 0 and self._tokens.kinds[first - 1] == Cue.MAKE

    def _backward(self, computation: Computation) -> None:
        target = self._target
        state = self._states[-1]
        partners = [each for each in computation.operands if each != target]
        current = {entry.value for entry in state if entry.numbers & (entry.numbers - 1)}
        goes_on = any(partner in current for partner in partners) and not computation.reversed
        same_breath = self._chain_sentence == self._sentence
        if self._content and not goes_on and not same_breath:
            self._count(self._hint, self._hint)
            self._begin_line()
            moment = self._add(computation, Role.BACKWARD, 0, legal=True)
            self.search.turns[-1].moment = moment
            self._states = [self._board]
            self._done = {}
        else:
            moment = self._add(computation, Role.BACKWARD, 0, legal=True)
            self._name_first(moment)
        self._chain_sentence = self._sentence
        self._content = True
        self._failed = self._missed = False
        for value in (*partners, computation.result):
            if value is not None and value not in self._seen:
                self._wanted.add(value)

    def _attach(self, moment: Moment) -> None:
        """Make a computation the first step of the line that was begun, if one was."""
        self._name_first(moment)
        self._fresh = False

    def _name_first(self, moment: Moment) -> None:
        turns = self.search.turns
        if self._fresh and turns and turns[-1].moment is None:
            turns[-1].moment = moment

    def _forward(self, computation: Computation) -> None:
        top = len(self._states) - 1
        last = self._last
        if computation.goes_on and last is not None and last.role == Role.ASIDE:
            self._add(computation, Role.ASIDE, 0, legal=False)
            return
        if self._fresh:
            self._first_of_line(computation)
            return
        possible = self._is_possible(computation)
        outcome = self._try(top, computation) if possible else None
        if outcome is not None and self._leaves_behind(computation, new=outcome[1]):
            self._turn(0, counted=True)
            outcome = self._try(0, computation) or outcome
            top = 0
        if outcome is None:
            self._from_elsewhere(computation, possible=possible)
        elif outcome[1]:
            self._go_on(computation, top, outcome[0])
        else:
            self._again(computation, outcome[2])

    def _from_elsewhere(self, computation: Computation, *, possible: bool) -> None:
        """Read a computation that the present state does not allow."""
        if (
            self._is_another_form(computation)
            or self._joins(computation)
            or (possible and self._began_elsewhere(computation))
        ):
            return
        if self._is_aside(computation) or (self._is_refused(computation) and not self._nodes):
            self._add(computation, Role.ASIDE, 0, legal=False)
        else:
            self._return(computation, counted=not self._nodes)

    def _leaves_behind(self, computation: Computation, *, new: int) -> bool:
        """Whether a value that missed is not taken any more, by this computation or those after."""
        last = self._last
        if not self._missed or not self._content or self._reached or self._announced:
            return False
        if last is None or last.role != Role.FORWARD or self._is_refused(computation):
            return False
        if not new and (len(computation.operations) < _PAIR or last.computation.goes_on):
            return False
        soon = self._found[self._nth : self._nth + _SOON_TAKEN]
        return not any(last.value in each.operands for each in soon)

    def _is_refused(self, computation: Computation) -> bool:
        """Whether it is one more division that is not whole, in one breath with another."""
        last = self._last
        return (
            last is not None
            and last.sentence == self._sentence
            and not isinstance(last.value, int)
            and not isinstance(computation.value, int)
            and len(computation.operands) == _PAIR
            and all(each.operator == "/" for each in computation.operations)
        )

    def _first_of_line(self, computation: Computation) -> None:
        """Take a line that was begun in words up from the latest state that allows it."""
        if self._is_aside(computation):
            self._add(computation, Role.ASIDE, 0, legal=False)
            return
        for depth in self._depths() if self._is_possible(computation) else ():
            outcome = self._try(depth, computation)
            if outcome is not None:
                self._cut(depth if outcome[1] else self._first_done(depth, computation))
                states, executed, numbers = outcome
                if executed:
                    self._go_on(computation, depth, states)
                else:
                    self._attach(
                        self._add(computation, Role.RESTATED, numbers, legal=True, state=depth)
                    )
                    self._content = True
                return
        self._cut(0)
        self._illegal(computation)

    def _is_possible(self, computation: Computation) -> bool:
        """Whether some state may allow it: a quick look, right where it says no."""
        if not computation.operations:
            return False
        _, left, right, _ = computation.operations[0]
        held = self._held
        return (left in held and right in held) or left == 1 or right == 1

    def _first_done(self, depth: int, computation: Computation) -> int:
        """Return the earliest state, from some depth down, that has a computation done."""
        while depth:
            before = self._try(depth - 1, computation)
            if before is None or before[1]:
                break
            depth -= 1
        return depth

    def _began_elsewhere(self, computation: Computation) -> bool:
        """Read the line again from another state, if it then goes on with the computation.

        Words that give a line up rarely say which state the next one starts from.
        """
        if not self._bases or not self._since or len(self._since) > _REMEMBERED:
            return False
        kept = self._states, self._done
        for base in reversed(self._bases):
            self._states, self._done = [base], {}
            for each in (*self._since, computation):
                outcome = self._try(len(self._states) - 1, each)
                if outcome is None or not outcome[1]:
                    break
                if each is computation:
                    self._go_on(computation, len(self._states) - 1, outcome[0])
                    return True
                self._push(each, outcome[0])
        self._states, self._done = kept
        return False

    def _depths(self) -> range:
        """Return the states that a line may return to, the latest first."""
        top = len(self._states) - 1
        return range(top, max(-1, top - _REMEMBERED), -1)

    def _again(self, computation: Computation, numbers: int) -> None:
        """Take what the line has already: said again, mended, or tried again after it failed."""
        whole = len(computation.operations) >= len(self._done) > 0
        if self._failed and whole and not self._announced and not self._reached:
            self._count(self._hint, self._hint)
            self._begin_line()
            self._cut(0)
            outcome = self._try(0, computation)
            if outcome is not None and outcome[1]:
                self._go_on(computation, 0, outcome[0])
                return
        elif computation.claimed is not None:
            self._mend(computation)
        self._add(computation, Role.RESTATED, numbers or self._numbers_of(computation), legal=True)
        self._reach(computation)

    def _numbers_of(self, computation: Computation) -> int:
        return next(
            (e.numbers for e in self._states[-1] if computation.result in (e.value, e.exact)), 0
        )

    def _mend(self, computation: Computation) -> None:
        """Replace a result that was said wrong before."""
        value, claimed = computation.value, computation.claimed
        if value is None or claimed is None:
            return
        self._held.add(claimed)
        self._states[-1] = tuple(
            e._replace(value=claimed) if e.exact == value and e.value not in (claimed, value) else e
            for e in self._states[-1]
        )

    def _go_on(self, computation: Computation, depth: int, states: list[State]) -> None:
        before = self._states[-1]
        numbers = self._push(computation, states)
        moment = self._add(computation, Role.FORWARD, numbers, legal=True, state=depth)
        moment.before = before
        moment.done = tuple([state[-1].made[-1] for state in states if state[-1].made])
        self._after(moment)

    def _push(self, computation: Computation, states: list[State]) -> int:
        """Add the states after a computation; return the numbers its result is made of."""
        if len(self._states) > 3 * _REMEMBERED:
            self._states, self._done = [self._states[0], self._states[-1]], {}
        for operation in computation.operations:
            key = operation.operator, operation.left, operation.right
            self._done.setdefault(key, len(self._states) - 1)
            self._held.add(operation.result)
        self._states.extend(states)
        result = computation.result
        self._held.add(result)
        state = self._states[-1]
        if result is not None and state[-1].value != result:
            self._states[-1] = (*state[:-1], state[-1]._replace(value=result))
        return state[-1].numbers

    def _after(self, moment: Moment) -> None:
        self._attach(moment)
        self._since.append(moment.computation)
        self._chain_sentence = -1
        self._content = True
        self._failed = self._missed = False
        self._reach(moment.computation)

    def _reach(self, computation: Computation) -> None:
        if computation.result == self._target:
            self._reached = True
            last = self._last
            made = 0 if last is None else last.numbers
            if not self._use_all or made == self.search.whole:
                self._complete = True

    def _is_another_form(self, computation: Computation) -> bool:
        """Say again, in another form, what was reached; announce; check."""
        said = (
            self._announced
            or self._complete
            or (self._reached and self._checking)
            or self._puts_together(computation)
            or (
                not self._failed
                and self._last is not None
                and self._last.value == computation.result
                and self._takes(computation) == self._last.numbers
            )
        )
        if said:
            self._add(computation, Role.RESTATED, self._takes(computation), legal=True)
            self._reach(computation)
        return said

    def _puts_together(self, computation: Computation) -> bool:
        """Whether it reaches the target by the operation just done, written into the whole."""
        last = self._last
        if self._failed or last is None or computation.result != self._target:
            return False
        done = last.computation.operations
        return bool(done) and last.value != self._target and done[-1] in computation.operations

    def _takes(self, computation: Computation) -> int:
        """Return which numbers of the board an expression takes."""
        numbers = 0
        entries = *self._board, *self._states[-1]
        for operand in computation.operands:
            for entry in entries:
                if entry.value == operand and not numbers & entry.numbers:
                    numbers |= entry.numbers
                    break
        return numbers

    def _joins(self, computation: Computation) -> bool:
        """Read an expression that joins the values of the line without naming them."""
        if len(computation.operands) < 3 or computation.value is None:
            return False
        signs = {operation.operator for operation in computation.operations}
        state = self._states[-1]
        rest = self._takes(computation)
        inside = [e for e in state if e.numbers & rest and not e.numbers & ~rest]
        covered = 0
        for entry in inside:
            covered |= entry.numbers
        if covered != rest or len(inside) < 2 or len(inside) > 3:
            return False
        values = [e.value for e in inside]
        total = computation.value
        works = computation.flat and any(
            sum(s * v for s, v in zip(pattern, values, strict=True)) == total
            for pattern in _PATTERNS[len(values)]
        )
        if not works and (signs == {"*"} or len(values) == _PAIR):
            works = prod(values) == total
        if not works:
            return False
        self._held.update(computation.operands)
        left = tuple(e for e in state if e not in inside)
        joined = Entry(computation.result or total, rest, total)
        self._go_on(computation, len(self._states) - 1, [(*left, joined)])
        return True

    def _is_aside(self, computation: Computation) -> bool:
        """Whether it is about values that are not there: unknown ones, or one that is wanted."""
        if self._seen.issuperset(computation.operands):
            return False
        unseen = [each for each in computation.operands if each not in self._seen]
        state = self._states[-1]
        missing = [o for o in unseen if all(o not in (e.value, e.exact) for e in state)]
        if len(missing) == len(computation.operands):
            return True
        return any(each in self._wanted for each in missing) and (
            computation.result == self._target or computation.result in self._wanted
        )

    def _return(self, computation: Computation, *, counted: bool) -> None:
        """Go back to the latest state that allows a computation."""
        for depth in self._depths()[1:] if self._is_possible(computation) else ():
            outcome = self._try(depth, computation)
            if outcome is not None:
                states, executed, _ = outcome
                self._turn(depth, counted=counted)
                if executed:
                    self._go_on(computation, depth, states)
                else:
                    self._attach(self._add(computation, Role.RESTATED, 0, legal=True, state=depth))
                    self._content = True
                return
        if self._takes_only_used_up(computation):
            self._turn(0, counted=counted)
        self._illegal(computation)

    def _takes_only_used_up(self, computation: Computation) -> bool:
        """Whether it takes a number of the board that is used up, and nothing that was made."""
        state, operands = self._states[-1], computation.operands
        if any(entry.value in operands for entry in state if entry.numbers & (entry.numbers - 1)):
            return False
        free = [value for entry in state for value in (entry.value, entry.exact)]
        return any(o in self._numbers and o not in free for o in operands)

    def _turn(self, depth: int, *, counted: bool) -> None:
        if counted:
            self._count(self._hint, self._hint)
            self._begin_line()
        self._cut(depth)

    def _cut(self, depth: int) -> None:
        del self._states[depth + 1 :]
        self._done = {key: at for key, at in self._done.items() if at < depth}

    def _illegal(self, computation: Computation) -> None:
        """Go on with a computation on values that are not free."""
        before = self._states[-1]
        state = list(before)
        numbers = 0
        for operand in computation.operands:
            for place, entry in enumerate(state):
                if operand in (entry.value, entry.exact):
                    numbers |= state.pop(place).numbers
                    break
        result = computation.result
        if result is not None:
            self._held.add(result)
            state.append(Entry(result, numbers, result))
        if len(self._states) > 3 * _REMEMBERED:
            self._states, self._done = [self._states[0], self._states[-1]], {}
        self._states.append(tuple(state))
        moment = self._add(
            computation, Role.FORWARD, numbers, legal=False, state=len(self._states) - 2
        )
        moment.before, moment.done = before, tuple(computation.operations)
        self._after(moment)

    def _try(self, depth: int, computation: Computation) -> tuple[list[State], int, int] | None:
        """Carry a computation out on an earlier state; None if the state does not allow it.

        Returns:
            The states after each operation that is new, how many are new, and which numbers the
            result is made of.
        """
        operations = computation.operations
        if not operations:
            return None
        state = self._states[depth]
        states: list[State] = []
        numbers = 0
        for operation in operations:
            after = carried_out(state, operation)
            if after is not None:
                state = after
                states.append(state)
                numbers = state[-1].numbers
            elif self._was_done(operation, depth):
                numbers = 0
            else:
                return None
        return states, len(states), numbers

    def _was_done(self, operation: Operation, depth: int) -> bool:
        operator, left, right, _ = operation
        at = self._done.get((operator, left, right))
        if at is None and operator in "+*":
            at = self._done.get((operator, right, left))
        return at is not None and at < depth


def _made_of(left: Value, right: Value) -> tuple[Value, Value, Value, Value]:
    """Return what two values make, but for quotients."""
    return left + right, left - right, left * right, right - left


_PATTERNS = {
    2: ((1, 1), (1, -1), (-1, 1)),
    3: ((1, 1, 1), (1, 1, -1), (1, -1, 1), (-1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)),
}
