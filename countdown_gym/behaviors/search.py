"""The search that a text shows: which computation goes on, which begins anew, and from where.

The board is followed through the text. A computation on values that are free goes on; one that
takes a value which the line has used up goes back to the last state that has it. That, and not the
words around it, is the first evidence of a turn.

`Line` keeps the states, `Hearing` what is said between computations; here each computation finds
its part.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import prod

from countdown_gym.behaviors.computations import Computation, Operation, places_of
from countdown_gym.behaviors.hearing import HEARD, SAID, SOON, Hearing
from countdown_gym.behaviors.lexicon.kinds import Cue
from countdown_gym.behaviors.line import MOST_STATES, REMEMBERED
from countdown_gym.behaviors.moments import Moment, Role, Search
from countdown_gym.behaviors.states import Entry, State, new_entry
from countdown_gym.behaviors.tokens import Sign, Tokens, Value
from countdown_gym.puzzles import Puzzle

_PAIR = 2
_SOON_TAKEN = 4
"""Within how many computations a value is taken up, if it is not left."""
_SUPPOSED = 14
"""How many tokens after an operation on a number that is not there it may be called wanted."""
_LACKS = frozenset({Cue.AIM, Cue.MAKE, Cue.FROM, Cue.REST, Cue.WOULD, Cue.NO, Cue.ORDER})
"""What is said of a number that is not there."""
_EQUALS = Sign.EQUALS
_FORWARD, _BACKWARD, _ASIDE = Role.FORWARD, Role.BACKWARD, Role.ASIDE  # globals are found faster


def search_of(puzzle: Puzzle, tokens: Tokens, kinds: bytes, found: Sequence[Computation]) -> Search:
    """Return the search that a text shows; it has a moment for each computation, in order."""
    walk = _Walk(puzzle, tokens, kinds, found)
    heard, at = places_of(HEARD, kinds), 0
    for nth, computation in enumerate(found):
        past = bisect_left(heard, computation.first, at)
        if past > at:
            walk.hear(heard[at:past], computation)
            at = past
        walk.nth = nth
        walk.read(computation)
    walk.hear(heard[at:], None)
    return walk.search


class _Walk(Hearing):
    """Goes through the computations of a text."""

    __slots__ = ("announced", "found", "nth", "use_all")

    def __init__(
        self, puzzle: Puzzle, tokens: Tokens, kinds: bytes, found: Sequence[Computation]
    ) -> None:
        super().__init__(puzzle, tokens, kinds)
        self.use_all = puzzle.rules.use_all
        self.announced = False
        """Whether the computation is announced as the answer."""
        self.found = found
        self.nth = 0
        """Which of them is being read."""

    def read(self, computation: Computation) -> None:
        """Find the part of the next computation."""
        start, answering, hint = computation.start, self.answering, self.hint
        self.announced = answering >= 0 and 0 <= start - answering < SAID
        if hint is not None and start - self.tokens.ends[hint] > SOON:
            self.hint = None
        last, target = self.last, self.target
        if self.listing:
            self._add(computation, _ASIDE)
        elif (
            (
                computation.result == target
                or target in computation.operands
                or (last is not None and last.role == _BACKWARD)
            )
            and not computation.goes_on
            and self._goes_backward(computation)
        ):
            self._backward(computation)
        else:
            self._forward(computation)
        self.hint = None
        self.answering = -1

    def _add(
        self,
        computation: Computation,
        role: int,
        numbers: int = 0,
        *,
        legal: bool = False,
        state: int = 0,
        before: State = (),
        done: tuple[Operation, ...] = (),
    ) -> Moment:
        result = computation.result
        moment = Moment(
            computation,
            role,
            self.line,
            state,
            numbers,
            legal,
            result,
            self.sentence,
            before,
            done,
        )
        self.search.moments.append(moment)
        self.last = moment
        if result is not None and role != _BACKWARD:
            self.seen.add(result)
        return moment

    # -- back from the target ------------------------------------------------------------------

    def _goes_backward(self, computation: Computation) -> bool:
        """Whether it starts from the target, makes it of what is not there, or goes on so."""
        target, operands = self.target, computation.operands
        takes_target = target in operands
        if computation.reversed and not takes_target:
            if computation.claimed != target or self.complete:
                return False
            depths = {0, len(self.states) - 1}
            return all(self.outcome(at, computation.operations) is None for at in depths)
        last = self.last
        if last is not None and last.role == _BACKWARD and self._goes_on_back(last, computation):
            return True
        if not takes_target:
            return computation.result == target and self._supposes(computation)
        if self._said_backward(computation):
            return True
        return not any(entry.value == target for entry in (*self.states[-1], *self.board))

    def _goes_on_back(self, last: Moment, computation: Computation) -> bool:
        """Whether it takes apart what the step back before it arrived at."""
        if not computation.operands:
            return False
        left, rest = computation.operands[0], computation.operands[1:]
        numbers = self.numbers
        if left != last.value or left in numbers or computation.reversed:
            return False
        return len(rest) == 1 and rest[0] in numbers and left not in self.seen

    def _supposes(self, computation: Computation) -> bool:
        """Whether it reaches the target with a number that is only wanted: `8 * 4 = 32, so 8`."""
        if len(computation.operands) != _PAIR or self.complete:
            return False
        free = {entry.value for entry in self.states[-1]}
        missing = [o for o in computation.operands if o not in free and o not in self.seen]
        if not missing or any(each in self.wanted for each in missing):
            return False
        if computation.claimed is None and len(missing) == 1 and self.answering < 0:
            return not computation.first or self.kinds[computation.first - 1] != Cue.NEAR
        said = False
        for token in self.tokens[computation.past : computation.past + _SUPPOSED]:
            said = said or token.kind in _LACKS
            if token.kind == Sign.NUMBER and token.value in missing:
                return said or token.words > 0
            if token.kind == Sign.OPERATOR:
                return False
        return False

    def _said_backward(self, computation: Computation) -> bool:
        """Whether words say that the computation starts from the target."""
        hint = self.hint
        here = hint is not None and self.hint_sentence == self.sentence
        if hint is not None and here and self.kinds[hint] == Cue.BACKWARD:
            return True
        first = computation.first
        return first > 0 and self.tokens.kinds[first - 1] == Cue.MAKE

    def _backward(self, computation: Computation) -> None:
        """Take a step back from the target: a line of its own, unless the present one holds it."""
        partners = [each for each in computation.operands if each != self.target]
        current = {entry.value for entry in self.states[-1] if entry.numbers & (entry.numbers - 1)}
        goes_on = any(partner in current for partner in partners) and not computation.reversed
        same_breath = self.chain_sentence == self.sentence
        if self.content and not goes_on and not same_breath:
            self.count(self.hint, self.hint)
            self.turns[-1].moment = self._add(computation, _BACKWARD, legal=True)
            self.states, self.done = [self.board], {}
        else:
            self._name_first(self._add(computation, _BACKWARD, legal=True))
        self.chain_sentence = self.sentence
        self.content = True
        self.failed = self.missed = False
        for value in (*partners, computation.result):
            if value is not None and value not in self.seen:
                self.wanted.add(value)

    # -- forward from a state ------------------------------------------------------------------

    def _forward(self, computation: Computation) -> None:
        last, operations = self.last, computation.operations
        if computation.goes_on and last is not None and last.role == _ASIDE:
            self._add(computation, _ASIDE)
            return
        behind_equals = self.kinds[computation.first - 1] == _EQUALS
        if behind_equals and last is not None and self._is_equated(last, computation):
            self._restate(computation, last.numbers)
            return
        if self.fresh:
            self._first_of_line(computation)
            return
        top = len(self.states) - 1
        possible = self.may_allow(operations)
        outcome = self.outcome(top, operations) if possible else None
        if outcome is None:
            self._from_elsewhere(computation, possible=possible)
            return
        if self.missed and self._leaves_behind(computation, new=len(outcome[0])):
            self._leave(0, counted=True)
            top, outcome = 0, self.outcome(0, operations) or outcome
        if outcome[0]:
            self._go_on(computation, top, outcome[0])
        else:
            self._again(computation, outcome[1])

    def _is_equated(self, last: Moment, computation: Computation) -> bool:
        """Whether `= 36 - 3` on the next line says in other numbers what the last one does."""
        before = computation.first - 1
        return (
            before > 0
            and last.role != _BACKWARD
            and self.kinds[before - 1] == Sign.STOP
            and last.computation.past == before - 1
            and not self.tokens.words[before]
        )

    def _from_elsewhere(self, computation: Computation, *, possible: bool) -> None:
        """Read a computation that the present state does not allow."""
        if (
            self._is_another_form(computation)
            or (len(computation.operands) > _PAIR and self._joins(computation))
            or (possible and self.bases and self._began_elsewhere(computation))
        ):
            return
        is_aside = (
            self._is_aside(computation)
            or (computation.reversed and computation.claimed in self.numbers)  # 30 = 3 * 10
            or (self._is_refused(computation) and not self.nodes)
        )
        if is_aside:
            self._add(computation, _ASIDE)
        else:
            self._return(computation, possible=possible, counted=not self.nodes)

    def _leaves_behind(self, computation: Computation, *, new: int) -> bool:
        """Whether a value that missed is not taken any more, by this computation or those after."""
        last = self.last
        if not self.content or self.reached or self.announced:
            return False
        if last is None or last.role != _FORWARD or self._is_refused(computation):
            return False
        if not new and (len(computation.operations) < _PAIR or last.computation.goes_on):
            return False
        kinds = self.kinds
        return all(
            last.value not in each.operands or kinds[each.first - 1] == Sign.EQUALS
            for each in self.found[self.nth : self.nth + _SOON_TAKEN]
        )

    def _is_refused(self, computation: Computation) -> bool:
        """Whether it is one more division that is not whole, in one breath with another."""
        last = self.last
        return (
            last is not None
            and last.sentence == self.sentence
            and not isinstance(last.value, int)
            and not isinstance(computation.value, int)
            and len(computation.operands) == _PAIR
            and all(each.operator == "/" for each in computation.operations)
        )

    def _first_of_line(self, computation: Computation) -> None:
        """Take a line that was begun in words up from the latest state that allows it."""
        operations = computation.operations
        if self._is_aside(computation):
            self._add(computation, _ASIDE)
            return
        if self.may_allow(operations):
            for depth in self.depths(len(self.states) - 1):
                outcome = self.outcome(depth, operations)
                if outcome is not None:
                    after, numbers = outcome
                    if after:
                        self.cut(depth)
                        self._go_on(computation, depth, after)
                    else:
                        self.cut(self.first_done(depth, operations))
                        self._restate_first(computation, numbers, depth)
                    return
        self.cut(0)
        self._illegal(computation)

    def _restate_first(self, computation: Computation, numbers: int, depth: int) -> None:
        """Begin the line with what a state has already."""
        moment = self._add(computation, Role.RESTATED, numbers, legal=True, state=depth)
        self._name_first(moment)
        self.fresh = False
        self.content = True

    def _began_elsewhere(self, computation: Computation) -> bool:
        """Read the line again from another state, if it then goes on with the computation.

        Words that give a line up rarely say which state the next one starts from.
        """
        if not self.since or len(self.since) > REMEMBERED:
            return False
        kept = self.states, self.done
        for base in reversed(self.bases):
            self.states, self.done = [base], {}
            for each in (*self.since, computation):
                outcome = self.outcome(len(self.states) - 1, each.operations)
                if outcome is None or not outcome[0]:
                    break
                if each is computation:
                    self._go_on(computation, len(self.states) - 1, outcome[0])
                    return True
                self.push(each, outcome[0])
        self.states, self.done = kept
        return False

    def _again(self, computation: Computation, numbers: int) -> None:
        """Take what the line has already: said again, mended, or tried again after it failed."""
        value, claimed = computation.value, computation.claimed
        whole = len(computation.operations) >= len(self.done) > 0
        tried = self.failed and whole and not self.announced and not self.reached
        if tried and not self._is_taken_up(value):
            self._leave(0, counted=True)
            outcome = self.outcome(0, computation.operations)
            if outcome is not None and outcome[0]:
                self._go_on(computation, 0, outcome[0])
                return
        elif value is not None and claimed is not None:
            self.mend(value, claimed)
        numbers = numbers or self.numbers_of(computation.result)
        failed = self.failed
        self._restate(computation, numbers)
        if failed and self.resumed is None:
            self.resumed, self.resumed_by = self.last, self.hint

    def _is_taken_up(self, value: Value | None) -> bool:
        """Whether the next computation takes a value."""
        following = self.found[self.nth + 1 : self.nth + 2]
        return bool(following) and value in following[0].operands

    def _go_on(self, computation: Computation, depth: int, after: Sequence[State]) -> None:
        """Go on with a computation on values that are free."""
        before = self.states[-1]
        numbers = self.push(computation, after)
        done: tuple[Operation, ...] = ()
        for state in after:
            done += state[-1].made[-1:]
        self._step(
            self._add(
                computation,
                _FORWARD,
                numbers,
                legal=True,
                state=depth,
                before=before,
                done=done,
            )
        )

    def _illegal(self, computation: Computation) -> None:
        """Go on with a computation on values that are not free."""
        before = self.states[-1]
        state, numbers = list(before), 0
        if not self.free().isdisjoint(computation.operands):
            for operand in computation.operands:
                for place, entry in enumerate(state):
                    if operand in (entry.value, entry.exact):
                        numbers |= state.pop(place).numbers
                        break
        result = computation.result
        if result is not None:
            self.held.add(result)
            state.append(new_entry((result, numbers, result, ())))
        if len(self.states) > MOST_STATES:
            self.forget()
        self.states.append(tuple(state))
        self._step(
            self._add(
                computation,
                _FORWARD,
                numbers,
                state=len(self.states) - 2,
                before=before,
                done=tuple(computation.operations),
            )
        )

    def _step(self, moment: Moment) -> None:
        """Take a step forward for the present line's."""
        if self.fresh:
            self._name_first(moment)
        self.since.append(moment.computation)
        self.chain_sentence = -1
        self.content = True
        self.fresh = self.failed = self.missed = False
        self.resumed = None
        if moment.value == self.target:
            self._reach(moment.numbers)

    def _name_first(self, moment: Moment) -> None:
        """Make a computation the first step of the line that was begun, if one was."""
        if self.fresh and self.turns and self.turns[-1].moment is None:
            self.turns[-1].moment = moment

    def _restate(self, computation: Computation, numbers: int) -> None:
        """Take a computation for what the line has already."""
        self._add(computation, Role.RESTATED, numbers, legal=True)
        if computation.result == self.target:
            self._reach(numbers)

    def _reach(self, made_of: int) -> None:
        """Take the target for reached, with some numbers of the board."""
        self.reached = True
        if not self.use_all or made_of == self.search.whole:
            self.complete = True

    def _is_another_form(self, computation: Computation) -> bool:
        """Say again, in another form, what was reached; announce; check."""
        last, result = self.last, computation.result
        said = (
            (self.announced and not self._is_refuted(computation))
            or self.complete
            or (self.checking and (self.reached or computation.claimed == self.target))
            or (result == self.target and self._puts_together(computation))
        )
        if not said and (self.failed or last is None or last.value != result):
            return False
        takes = self.taken_by(computation.operands)
        if not said and last is not None and takes != last.numbers:
            return False
        self._restate(computation, takes)
        return True

    def _is_refuted(self, computation: Computation) -> bool:
        """Whether an answer is announced in place of one that failed, and is not the last one."""
        return (
            self.failed
            and computation.claimed is None
            and computation.result != self.target
            and self.nth + 1 < len(self.found)
        )

    def _puts_together(self, computation: Computation) -> bool:
        """Whether it reaches the target by the operation just done, written into the whole."""
        last = self.last
        if self.failed or last is None:
            return False
        done = last.computation.operations
        return bool(done) and last.value != self.target and done[-1] in computation.operations

    def _joins(self, computation: Computation) -> bool:
        """Read an expression that joins the values of the line without naming them."""
        if computation.value is None:
            return False
        signs = {operation.operator for operation in computation.operations}
        state = self.states[-1]
        rest = self.taken_by(computation.operands)
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
        self.held.update(computation.operands)
        left = tuple(e for e in state if e not in inside)
        joined = Entry(computation.result or total, rest, total)
        self._go_on(computation, len(self.states) - 1, [(*left, joined)])
        return True

    def _is_aside(self, computation: Computation) -> bool:
        """Whether it is about values that are not there: unknown ones, or one that is wanted."""
        operands, seen = computation.operands, self.seen
        if seen.issuperset(operands):
            return False
        free = self.free()
        missing = [each for each in operands if each not in seen and each not in free]
        if len(missing) == len(operands):
            return True
        wanted, result = self.wanted, computation.result
        return (
            bool(wanted)
            and not wanted.isdisjoint(missing)
            and (result == self.target or result in wanted)
        )

    def _return(self, computation: Computation, *, possible: bool, counted: bool) -> None:
        """Go back to the latest state that allows a computation."""
        operations = computation.operations
        if possible:
            for depth in self.depths(len(self.states) - 2):
                outcome = self.outcome(depth, operations)
                if outcome is not None:
                    self._leave(depth, counted=counted)
                    if outcome[0]:
                        self._go_on(computation, depth, outcome[0])
                    else:
                        self._restate_first(computation, 0, depth)
                    return
        if self._takes_only_used_up(computation):
            self._leave(0, counted=counted)
        self._illegal(computation)

    def _takes_only_used_up(self, computation: Computation) -> bool:
        """Whether it takes a number of the board that is used up, and nothing that was made."""
        free, operands = self.free(), computation.operands
        if not any(o in self.numbers and o not in free for o in operands):
            return False
        return not any(
            made & (made - 1) and value in operands for value, made, _, _ in self.states[-1]
        )

    def _leave(self, depth: int, *, counted: bool) -> None:
        """Leave the present line for one that begins with an earlier state."""
        if counted:
            resumed = self.resumed if depth else None
            hint = self.hint if resumed is None else self.resumed_by
            self.count(hint, hint)
            self.turns[-1].moment = resumed
        self.cut(depth)


_PATTERNS = {
    2: ((1, 1), (1, -1), (-1, 1)),
    3: ((1, 1, 1), (1, 1, -1), (1, -1, 1), (-1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)),
}
