"""Subgoal setting: an intermediate value is named as something to reach before it is reached."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from countdown_gym.behaviors.computations import WITHIN, class_of, number_of
from countdown_gym.behaviors.lexicon.kinds import Cue
from countdown_gym.behaviors.moments import Moment, Role
from countdown_gym.behaviors.reading import Reading, Span, parted
from countdown_gym.behaviors.tokens import Sign, Tokens, Value

_AHEAD = 6
"""How many tokens after a cue its number may come."""
_THE_REST = re.compile(
    r"\s+(?:these|those|the (?:rest|others?|remaining|small|given|big|large)|what)\b"
)
_MORE = re.compile(r"(\d{1,9}) more")
_REACHED = (" wanted", " i needed", " we needed")
_FROM = ("made from", "made with", "from")
_COUNTED = re.compile(r"(?:mile|check|way)point|milestone|stone|goal|target|objective")
_MOST_STAGES = 5
"""A plan has no more stages than so."""
_CHANGES = ("subtract", "add", "remove", "deduct", "lose", "gain", "drop", "cut", "take away")
"""How words end that want a change: of a number of the board it is a step."""
_PAIR = 2
_SENTENCE_ENDS = frozenset({Sign.STOP, Sign.QUESTION})
_GAP = 4
"""How many words without meaning may stand between a cue and its number."""
_LISTS = (" from", " of", " with")
_OTHERS = re.compile(
    r"[ ,(]{0,2}(?:from|out of|with|using|among|of) |[ ,;]{1,2}(?:let me |let's )?see what "
)
"""What parts a number from those that it is to be made of."""
_FIRST_NUMBER = re.compile(r"(\d{1,9}) ")
_AFTERWARDS = re.compile(
    r"(?:do|mak|achiev|attain|reach|obtain)able|possible|feasible|needed|required|what (?:i|we)\b"
    r"|would (?:be|help|do|suffice|finish|fit|solve|complete|get)|.*where|.* (?:from|of|with)$"
)
"""What says of the number before it that it is wanted."""
_MADE = frozenset({Role.FORWARD, Role.RESTATED})
_BEFORE_CLAUSES = frozenset({Sign.STOP, Sign.PAUSE, Sign.BAR, Sign.OPEN})
NOT_MINE = ("would have to", "would need to")
"""How a cue begins that says what other numbers have to make."""
_THINGS = re.compile(
    r" (?:more |other |different |such )?(?!less|plus|minus|times|gives|makes|equals|across|units"
    r"|points|perhaps|thus|always|works|helps|comes|yes)[a-z]{3,}s\b"
)
"""Counted things after a number: two steps."""
_STATES = ("have", "give", "into", "reach")
"""Words of making that mostly say what is there."""
_ASKS_FOR = re.compile(r"(?:need|want|after|looking for|seek|missing|missed)")
_TO_MAKE = re.compile(
    r" (?:more |still )?(?:left |left over |leftover |over |remaining )?(?:still )?to "
    r"(?:account for|make|find|get|cover|add|produce|build|fill|reach|come up with|obtain|form)"
)
_LISTED = 8
"""How many tokens after a list what it is to make may come."""
_BRINGS = frozenset({Cue.MAKE, Cue.AIM, Cue.IS})
_PROPERTIES = ("multiple", "factor", "divisor", "something", "number", "digit", "value")
_STATED_AS_RESULT = frozenset({Cue.USE, Cue.ANSWER})


@dataclass(slots=True)
class Aim:
    """Something to reach."""

    span: Span
    place: int
    """The token at which it is named."""
    wanted: Value | None
    """The value; None for a property."""
    sources: int
    """Which numbers of the board it is to be made of."""
    reached: bool = False
    """Whether it is named only once it is reached, `the 8 I wanted`: then it was not set."""


@dataclass(slots=True)
class _Scan:
    reading: Reading
    aims: list[Aim]
    known: set[Value]
    """The values that the present line has."""
    last: Moment | None = None
    since: int = 0
    """The token at which the last computation ended that was no step back."""
    coming: Moment | None = None
    """The next computation."""


def aims(reading: Reading) -> list[Aim]:
    """Return what the text sets out to reach, in order."""
    scan = _Scan(reading, [], set())
    named, at, line = [match.start() for match in _NAMED.finditer(reading.kinds)], 0, -1
    for moment in reading.search.moments:
        if at == len(named):
            break
        past = bisect_left(named, moment.computation.first, at)
        if past > at:
            scan.coming = moment
            _name(scan, named[at:past])
            at = past
        if moment.line != line:
            scan.known.clear()
            line = moment.line
        if moment.value is not None and moment.role in _MADE:
            scan.known.add(moment.value)
        scan.last = moment
        if moment.role != Role.BACKWARD:
            scan.since = moment.computation.past
    scan.coming = None
    _name(scan, named[at:])
    return scan.aims


def _name(scan: _Scan, places: Sequence[int]) -> None:
    """Read the aims that some tokens name."""
    for place in places:
        aim = _aim(scan, place)
        if aim is not None and not _said_before(scan, aim):
            scan.aims.append(aim)


def subgoals(found: Sequence[Aim]) -> tuple[Span, ...]:
    """Return where the aims are named."""
    return parted([aim.span for aim in found if not aim.reached])


def _said_before(scan: _Scan, aim: Aim) -> bool:
    """Whether an aim only says the one before again."""
    if not scan.aims:
        return False
    before = scan.aims[-1]
    if before.span.end > aim.span.start:
        return True
    return before.place >= scan.since and (before.wanted == aim.wanted or aim.wanted is None)


def _aim(scan: _Scan, place: int) -> Aim | None:
    read = _READERS.get(scan.reading.tokens.kinds[place])
    return None if read is None else read(scan, place)


def _told(scan: _Scan, place: int) -> Aim | None:
    """Read what is wanted in so many words."""
    said = str(scan.reading.tokens.values[place])
    if said.startswith(NOT_MINE):
        return _rest_of_chain(scan, place)
    coming = scan.coming
    if (
        coming is not None
        and coming.role == Role.BACKWARD
        and coming.computation.first == place + 1
    ):
        return _worked_out(scan, place, coming)
    number = _FIRST_NUMBER.match(said)
    if number is None and _is_step(scan, place, said):
        return None
    if number is None:
        return _after_cue(scan, place) or _before_cue(scan, place)
    aim = _new(scan, place, place, int(number[1]))
    there = aim.wanted in scan.known or aim.wanted in scan.reading.puzzle.numbers
    aim.reached = said.endswith(_REACHED) or (" would" in said and there)
    return aim


def _worked_out(scan: _Scan, place: int, step: Moment) -> Aim | None:
    """Read what is wanted as a step back works it out: `I need 32 - 25 = 7 more`."""
    computation = step.computation
    if computation.claimed is None or computation.reversed or scan.reading.tokens.words[place + 1]:
        return None
    return _new(scan, place, step.computation.past - 1, step.value)


def _is_step(scan: _Scan, place: int, said: str) -> bool:
    """Whether a number of the board is to be used, `I need to subtract 25 from 30`."""
    after = scan.reading.tokens.values[place + 1 : place + 2]
    return (
        bool(after)
        and said.endswith(_CHANGES)
        and (after[0] in scan.known or after[0] in scan.reading.puzzle.numbers)
    )


def _named_goal(scan: _Scan, place: int) -> Aim | None:
    """Read `goal 8`."""
    tokens, after = scan.reading.tokens, place + 1
    if tokens.values[place] != "goal" or after == len(tokens.kinds):
        return None
    number = tokens.kinds[after] == Sign.NUMBER and not tokens.words[after]
    return _after_cue(scan, place) if number else None


def _number(scan: _Scan, place: int) -> Aim | None:
    """Read a number that is wanted by what stands after it."""
    return _made_from(scan, place) or _asked(scan, place) or _left_to_make(scan, place)


def _left_to_make(scan: _Scan, place: int) -> Aim | None:
    """Read what is left of the target and yet to be made: `that leaves 7 to get from 3 and 4`."""
    tokens, last = scan.reading.tokens, scan.last
    if last is None or last.value is None or scan.reading.kinds[place] == WITHIN:
        return None
    if _TO_MAKE.match(scan.reading.text, tokens.ends[place]) is None:
        return None
    wanted = number_of(tokens.values[place])
    rest = abs(scan.reading.puzzle.target - last.value)
    return _new(scan, place, place, wanted) if wanted == rest or _of_chain(last, wanted) else None


def _new(scan: _Scan, first: int, last: int, wanted: Value | None) -> Aim:
    span = scan.reading.clause(first, last)
    return Aim(span, last, wanted, _sources(scan, last))


def _rest_of_chain(scan: _Scan, place: int) -> Aim | None:
    """Read what other numbers have to make, where a step back has shown it; else it is one."""
    tokens, last = scan.reading.tokens, scan.last
    for at in (place - 1, *range(place + 1, min(place + 4, len(tokens.kinds)))):
        if last is not None and tokens.kinds[at] == Sign.NUMBER:
            value = number_of(tokens.values[at])
            if _of_chain(last, value):
                return _new(scan, min(place, at), max(place, at), value)
    return None


def _called_wanted(scan: _Scan, place: int) -> Aim | None:
    """Read a number that is called what is needed: `an 8 is what I need`, `what I need is an 8`."""
    tokens, kinds = scan.reading.tokens, scan.reading.kinds
    if _ASKS_FOR.search(str(tokens.values[place])) is None:
        return None
    after = place + 1
    if after < len(tokens.kinds) and kinds[after] == Cue.IS:
        after += 1
        if (
            after < len(tokens.kinds)
            and kinds[after] == Sign.NUMBER
            and _can_be_wanted(scan, after)
        ):
            return _new(scan, place, after, number_of(tokens.values[after]))
        return None
    for at in range(place - 1, max(place - 3, -1), -1):
        if kinds[at] == Sign.NUMBER and at not in scan.reading.search.values:
            wanted = _can_be_wanted(scan, at)
            return _new(scan, at, place, number_of(tokens.values[at])) if wanted else None
        if kinds[at] != Cue.IS:
            return None
    return None


def _property(scan: _Scan, place: int) -> Aim | None:
    """Read what a number is to be brought down to: `reduce 30 to something small`."""
    for at in range(place + 1, min(place + 3, len(scan.reading.kinds))):
        if scan.reading.kinds[at] == Cue.NEAR:
            return _new(scan, place, at, None)
    return None


def _after_cue(scan: _Scan, place: int) -> Aim | None:
    tokens = scan.reading.tokens
    near = False
    listed = 0
    for at in range(place + 1, min(place + 1 + _AHEAD, len(tokens.kinds))):
        kind, value = tokens.kinds[at], tokens.values[at]
        said = str(value)
        if kind in _SENTENCE_ENDS or tokens.words[at] > _GAP:
            return None
        if kind in _STATED_AS_RESULT and not near:
            return None
        if kind == Cue.SIDE and (more := _MORE.match(said)):
            return _new(scan, place, at, int(more[1]))
        if kind == Cue.NEAR:
            return _new(scan, place, at, None)
        if kind in (Cue.SIDE, Cue.ORDER):
            near = near or "close" in said or "near" in said
        elif kind == Sign.NUMBER and not _is_heading(tokens, place, at):
            aim = _number_after(scan, place, at, near=near)
            if aim is not None or value not in scan.reading.puzzle.numbers:
                return aim
            listed += 1
            if listed == 1 and (told := _of_list(scan, place, at + 1)) is not None:
                return told
            return None
    return None


def _of_list(scan: _Scan, place: int, after: int) -> Aim | None:
    """Read what listed numbers are to become: `need 25, 30 and 3 to make 8`."""
    tokens, kinds = scan.reading.tokens, scan.reading.kinds
    for at in range(after, min(after + _LISTED, len(tokens.kinds) - 1)):
        if kinds[at] in _SENTENCE_ENDS or kinds[at] == WITHIN:
            return None
        if kinds[at] == Cue.NEAR:
            return _new(scan, place, at, None)
        if kinds[at] in _BRINGS and kinds[at + 1] == Sign.NUMBER:
            wanted = tokens.words[at + 1] <= 1 and _can_be_wanted(scan, at + 1)
            return _new(scan, place, at + 1, number_of(tokens.values[at + 1])) if wanted else None
    return None


def _number_after(scan: _Scan, place: int, at: int, *, near: bool) -> Aim | None:
    """Read the first number after a cue."""
    if scan.reading.kinds[at] == WITHIN or at in scan.reading.search.values:
        return None
    if near:
        return _new(scan, place, at, None)
    wanted = _can_be_wanted(scan, at) or _is_made_of_others(scan, at)
    return _new(scan, place, at, number_of(scan.reading.tokens.values[at])) if wanted else None


def _is_heading(tokens: Tokens, place: int, number: int) -> bool:
    """Whether a number only counts the aims: `subgoal 1: …`, `milestone 2 is done`."""
    if tokens.kinds[place + 1] != Sign.NUMBER or tokens.words[place + 1]:
        return False
    said = str(tokens.values[place])
    if not _COUNTED.search(said):
        return False
    if number == place + 1 and tokens.values[number + 1 : number + 2] == [":"]:
        return True
    of_all = said in ("target", "goal", "aim") or tokens.kinds[place] == Cue.TARGET
    return not of_all and number_of(tokens.values[place + 1]) <= _MOST_STAGES


def _can_be_wanted(scan: _Scan, at: int) -> bool:
    """Whether the number of a token may be an aim: not the target, and not there already."""
    tokens, puzzle = scan.reading.tokens, scan.reading.puzzle
    value, end = number_of(tokens.values[at]), tokens.ends[at]
    if _THINGS.match(scan.reading.text, end) is not None:
        return False
    if scan.reading.text.endswith("another ", 0, tokens.starts[at]):
        return value != puzzle.target
    if value == puzzle.target or (value in scan.known and value not in _chain_values(scan)):
        return False
    if value in puzzle.numbers and scan.last is not None and _of_chain(scan.last, value):
        return True
    if value in puzzle.numbers:
        rest = scan.reading.text[end : end + 12].lstrip()
        last = scan.last
        return rest.startswith(("more", "más", "to subtract", "to add")) or (
            last is not None
            and last.value is not None
            and last.role != Role.BACKWARD
            and puzzle.target - last.value == value
        )
    return True


def _is_made_of_others(scan: _Scan, at: int) -> bool:
    """Whether a number is to be made of others, `18 out of 32 and 6`, or is called a goal."""
    tokens = scan.reading.tokens
    if tokens.values[at] == scan.reading.puzzle.target or tokens.values[at] in scan.known:
        return False
    if at and tokens.kinds[at - 1] == Cue.TARGET and not tokens.words[at]:
        return True
    others = _OTHERS.match(scan.reading.text, tokens.ends[at])
    if others is None:
        return False
    listed = []
    for token in tokens[at + 1 : at + 16]:
        if token.start >= others.end():
            if token.kind in _SENTENCE_ENDS:
                break
            if token.kind == Sign.NUMBER:
                listed.append(token.value)
    return len(listed) > 1 and tokens.values[at] not in listed


def _chain_values(scan: _Scan) -> set[Value]:
    """Return what the last step back arrived at."""
    last = scan.last
    if last is None or last.role != Role.BACKWARD:
        return set()
    return {*last.computation.operands} | ({last.value} if last.value is not None else set())


def wanted_back(reading: Reading, moment: Moment) -> Aim | None:
    """Return the aim that a step back from the target sets without naming it: `74 - 65 = 9`."""
    target, value = reading.puzzle.target, moment.value
    operands = moment.computation.operands
    if len(operands) != _PAIR or target not in operands or value is None:
        return None
    free, whole = dict(enumerate(reading.puzzle.numbers)), reading.search.whole
    partner = next((i for i, n in free.items() if n in operands), None)
    if partner is None:
        return None
    computation = moment.computation
    span = Span(computation.start, computation.end)
    return Aim(span, computation.past, value, whole & ~(1 << partner))


def _of_chain(moment: Moment, value: Value) -> bool:
    """Whether a value is what a step back arrived at."""
    return moment.role == Role.BACKWARD and value in (moment.value, *moment.computation.operands)


def _before_cue(scan: _Scan, place: int) -> Aim | None:
    """Read an aim whose number comes first: `Is 97 doable?`, `a 15 is needed`."""
    tokens = scan.reading.tokens
    if _AFTERWARDS.match(str(tokens.values[place])) is None:
        return None
    for at in range(place - 1, max(place - 4, -1), -1):
        kind = tokens.kinds[at]
        if kind in _SENTENCE_ENDS or scan.reading.kinds[at] == WITHIN:
            return None
        if kind == Sign.NUMBER and _can_be_wanted(scan, at):
            return _new(scan, at, place, number_of(tokens.values[at]))
        if kind == Cue.NEAR:
            return _new(scan, at, place, None)
    return None


def _told_to(scan: _Scan, place: int) -> Aim | None:
    """Read a clause that begins with its verb, as in `1. Build 200`."""
    tokens, kinds = scan.reading.tokens, scan.reading.kinds
    if place + 1 >= len(tokens.kinds) or tokens.words[place + 1] > 1:
        return None
    begins = not tokens.words[place] and (place == 0 or kinds[place - 1] in _BEFORE_CLAUSES)
    if kinds[place + 1] == Cue.NEAR:
        apart = any(each in str(tokens.values[place + 1]) for each in _PROPERTIES)
        return _new(scan, place, place + 1, None) if apart else None
    if kinds[place + 1] != Sign.NUMBER:
        return None
    if begins:
        return _after_cue(scan, place)
    wanted = number_of(tokens.values[place + 1])
    if str(tokens.values[place]) in _STATES or wanted in scan.reading.puzzle.numbers:
        return None
    near = range(max(0, place - 5), place)
    before = [number_of(tokens.values[at]) for at in near if tokens.kinds[at] == Sign.NUMBER]
    if _come_to(before, wanted) or not _can_be_wanted(scan, place + 1):
        return None
    return _new(scan, place, place + 1, wanted)


def _come_to(values: Sequence[Value], result: Value) -> bool:
    """Whether two of some values make a result."""
    return any(
        result in (a + b, a - b, b - a, a * b) or (b and a == result * b)
        for nth, a in enumerate(values)
        for b in values[nth + 1 :]
    )


def _stage(scan: _Scan, place: int) -> Aim | None:
    tokens = scan.reading.tokens
    for at in range(place, min(place + _AHEAD, len(tokens.kinds))):
        kind = tokens.kinds[at]
        if kind in _SENTENCE_ENDS and at > place:
            return None
        if kind == Sign.NUMBER or any(c.isdigit() for c in str(tokens.values[at])):
            there = scan.reading.kinds[at] == WITHIN or at in scan.reading.search.values
            return None if there else _new(scan, place, at, None)
    return None


def _made_from(scan: _Scan, place: int) -> Aim | None:
    """Read a number with what it is to be made of: `16 from 17 and 4?`."""
    tokens, at = scan.reading.tokens, place + 1
    if at < len(tokens.kinds) - 1 and tokens.values[at] in (")", "]", "}", ","):
        at += 1
    if at >= len(tokens.kinds) or not _says_from(tokens, at) or not _can_be_wanted(scan, place):
        return None
    wanted = number_of(tokens.values[place])
    chained = scan.last is not None and _of_chain(scan.last, wanted)
    if not chained and not _may_be_made(scan, place, at):
        return None
    after = at + 1
    while after < len(tokens.kinds) and tokens.kinds[after] == Sign.OPEN:
        after += 1
    listed = (
        after < len(tokens.kinds)
        and tokens.kinds[after] == Sign.NUMBER
        and tokens.words[after] <= 1
    )
    if listed and scan.reading.kinds[after] == WITHIN and not chained:
        return None
    if not listed and not _THE_REST.match(scan.reading.text, tokens.ends[at]):
        return None
    if scan.last is None and not scan.aims and not listed:
        return None
    return _new(scan, place, at, wanted)


def _says_from(tokens: Tokens, at: int) -> bool:
    """Whether what the number before is made from follows: `from`, `can be made from`."""
    if tokens.words[at] > 1:
        return False
    return tokens.kinds[at] == Cue.FROM or (
        tokens.kinds[at] == Cue.IS and str(tokens.values[at]).endswith(_FROM)
    )


def _may_be_made(scan: _Scan, place: int, at: int) -> bool:
    """Whether a number before `from` is neither taken away nor told as made already."""
    tokens = scan.reading.tokens
    before = tokens.kinds[place - 1] if place and not tokens.words[place] else None
    if before == Cue.SUBTRACTING or "away" in str(tokens.values[at]):
        return False
    return before != Cue.IS or _is_question(scan, at)


def _is_question(scan: _Scan, place: int) -> bool:
    """Whether a question mark ends the sentence."""
    for kind in scan.reading.kinds[place : place + 14]:
        if kind in _SENTENCE_ENDS:
            return kind == Sign.QUESTION
    return False


def _asked(scan: _Scan, place: int) -> Aim | None:
    """Read `→ 45 ?` and `can 16 and 2 make 4?`."""
    tokens, kinds = scan.reading.tokens, scan.reading.kinds
    if not place or place + 1 >= len(tokens.kinds) or kinds[place + 1] != Sign.QUESTION:
        return None
    if tokens.words[place + 1] or not _can_be_wanted(scan, place):
        return None
    before = tokens[place - 1]
    last = scan.last
    wanted = number_of(tokens.values[place])
    of_chain = last is not None and last.role == Role.BACKWARD and last.value == wanted
    asked = before.kind == Cue.MAKE or str(before.value).startswith(("makes", "gives"))
    return _new(scan, place, place, wanted) if of_chain or asked else None


def _sources(scan: _Scan, place: int) -> int:
    """Return the numbers of the board that an aim may use: those it lists, or those not held."""
    puzzle, tokens = scan.reading.puzzle, scan.reading.tokens
    free = dict(enumerate(puzzle.numbers))
    sources = 0
    listing = str(tokens.values[place]).endswith(_LISTS)
    for at, kind in enumerate(tokens.kinds[place + 1 : place + 14], place + 1):
        if kind in _SENTENCE_ENDS:
            break
        if kind == Cue.FROM:
            listing = True
        elif listing and kind == Sign.NUMBER:
            value = tokens.values[at]
            number = next((i for i, n in free.items() if n == value), None)
            if number is None:
                break
            del free[number]
            sources |= 1 << number
    if sources:
        return sources
    whole = scan.reading.search.whole
    last = scan.last
    if last is None:
        return whole
    if last.role == Role.BACKWARD:
        partner = next((i for i, n in free.items() if n in last.computation.operands), None)
        return whole if partner is None else whole & ~(1 << partner)
    return whole & ~last.numbers


_READERS: Mapping[int, Callable[[_Scan, int], Aim | None]] = {
    Cue.AIM: _told,
    Cue.TARGET: _named_goal,
    Cue.STAGE: _stage,
    Cue.MAKE: _told_to,
    Cue.REST: _rest_of_chain,
    Cue.HIT: _called_wanted,
    Cue.SUBTRACTING: _property,
    Sign.NUMBER: _number,
}
"""What reads an aim that is named at a token of some kind."""
_NAMED = re.compile(
    b"%b|%b(?=%b?%b|%b)"
    % (
        class_of(*(kind for kind in _READERS if kind != Sign.NUMBER)),
        class_of(Sign.NUMBER),
        class_of(Sign.CLOSE, Sign.PAUSE),
        class_of(Cue.FROM, Cue.IS, Cue.USE, Cue.MAKE),
        class_of(Sign.QUESTION),
    )
)
"""What may name an aim: words, and a number before what tells that it is wanted."""
