"""Verification: a value that was reached is held against the target, and the outcome stated."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from countdown_gym.behaviors.computations import INEQUALITIES, WITHIN, any_of, places_of
from countdown_gym.behaviors.lexicon.kinds import Cue
from countdown_gym.behaviors.moments import Moment, Role
from countdown_gym.behaviors.reading import Reading, Span, parted
from countdown_gym.behaviors.subgoals import Aim, wanted_back
from countdown_gym.behaviors.tokens import Sign, Value

_BARE = 30
"""How far a bare verdict may stand from its value."""
_SAID = 70
"""How far a verdict that says more may stand from its value."""
_NAMED = 140
"""How far a verdict that names the target may stand from its value."""
_ROUNDING_OFF = re.compile(
    r"[ ,]{1,2}(?:either|again|yet|here|sadly|unfortunately|alas|sigh|as well|too|though|lol|haha"
    r"|i'm afraid|at all|then|unlucky|sorry|man|dang|damn|argh|ugh)[ \t]*(?:[^\w\s]|\n|$)"
)
"""Words after a verdict that add nothing to it."""
_OFF = re.compile(
    r"[ ,]{0,2}(?:points? |units? )?(?:(?:too|to|2) (?:much|many|big|small|high|low|little|few)"
    r"|over|under|off|short|shy|away|above|below|out|extra|missing"
    r"|(?:less|more|lower|higher|fewer|greater|bigger|smaller|larger) than)\b(?! (?:from|go))"
)
"""What says of a number that it is a distance."""
_KEPT = re.compile(r"\((?:[a-z]+ing|left|remaining)[: ]+\Z")
"""What says in brackets of a number that it is used or left, `(removing 13)`."""
_ORDERS = ("than", "of", "to", "from")
"""How words end that compare with the number after them."""
_PAIR = 2
_IN_BRACKETS = 4
"""How many tokens after a value a distance in brackets may stand."""
_SURE = frozenset(
    {"yes", "yep", "yay", "bingo", "eureka", "that's it", "thats it", "this is it", "got it"}
    | {"found it", "solved", "it works", "that works", "this works", "works", "correct", "success"}
    | {"goal reached", "that's correct", "that is correct", "we did it", "nailed it", "perfect"}
)
"""Words that say yes and cannot be an opinion of anything else."""
_BEFORE_MERE_NUMBERS = frozenset({"=", "→", ":", '"'})
"""A number after one of these is a result or a label, not what a value is held against."""
_COMPARE = INEQUALITIES | {"<", ">"}
_SIGNED = frozenset({Cue.ORDER, Sign.EQUALS})
"""What a sign that compares may be."""
_BOUNDS = frozenset({Sign.STOP, Sign.PAUSE, Sign.QUESTION, Sign.BAR, Sign.CLOSE, Sign.OPEN})
_A_NUMBER = bytes([Sign.NUMBER])
_NUMBER, _STOP = Sign.NUMBER, Sign.STOP  # globals are found faster
_SENTENCE_ENDS = frozenset({Sign.STOP, Sign.QUESTION})
_PLANS = frozenset({Cue.AIM, Cue.STAGE, Cue.REST, Cue.LAST, Cue.BACKWARD, Cue.STATE})


@dataclass(slots=True)
class _Scan:
    reading: Reading
    aims: Sequence[Aim]
    value: Moment | None = None
    """The computation whose value is at hand."""
    past: int = 0
    """Where it ends in the text."""
    token: int = 0
    """The token after it."""
    held: bool = True
    """Whether it was held against the target already, or there is none."""
    planning: bool = False
    """Whether the sentence says what is wanted."""
    counting: bool = False
    """Whether the sentence keeps count of the numbers."""
    asked: bool = False
    """Whether a question was asked since."""
    next_aim: int = 0
    aim: Aim | None = None
    """What is being made, while it is not."""
    telling: tuple[Value, ...] = ()
    """The target, and how far the value at hand is from it, with either sign."""


def verification(reading: Reading, aims: Sequence[Aim]) -> tuple[Span, ...]:
    """Return where values are held against the target."""
    scan = _Scan(reading, aims)
    found: list[Span] = []
    heard, at = places_of(_HEARD, reading.kinds), 0
    taken: Moment | None = None
    for moment in reading.search.moments:
        computation = moment.computation
        past = bisect_left(heard, computation.first, at)
        if past > at:
            if taken is not None:  # of values with no word between them only the last is held
                _take(scan, taken, taken.computation.end, taken.computation.past)
            _verdicts(scan, heard[at:past], found)
            at = past
        taken = moment
        if aims or scan.aim is not None or moment.role == Role.BACKWARD:
            _follow_aims(scan, moment, computation.past)
    if taken is not None:
        _take(scan, taken, taken.computation.end, taken.computation.past)
    _verdicts(scan, heard[at:], found)
    return parted(found)


def _verdicts(scan: _Scan, places: Sequence[int], found: list[Span]) -> None:
    """Add where some tokens, none of them in a computation, give a verdict."""
    reading = scan.reading
    named, kinds, values = reading.search.values, reading.kinds, reading.tokens.values
    for heard in places:
        kind = kinds[heard]
        if kind == _STOP:
            scan.planning = scan.counting = False
            if scan.aim is not None and "\n\n" in str(values[heard]):
                scan.aim = None
        elif heard in named:
            _follow_aims(scan, named[heard], heard + 1)
            _take(scan, named[heard], reading.tokens.ends[heard], heard + 1)
        elif kind == _NUMBER and (scan.held or values[heard] not in scan.telling):
            continue  # neither what the value is held against nor how far it is from that
        elif (
            kind in _SIGNED
            and values[heard] in _COMPARE
            and (last := _compared_anew(scan, heard)) is not None
        ):
            scan.held = True
            found.append(reading.clause(heard - 1, last))
        elif scan.held:
            if kind == Cue.TURN:
                scan.aim = None
        elif (last := _verdict(scan, kind, heard)) is not None:
            scan.held = True
            found.append(reading.clause(heard, last))


def _take(scan: _Scan, moment: Moment, end: int, token: int) -> None:
    """Go on with another value."""
    scan.value, scan.past, scan.token = moment, end, token
    target, value = scan.reading.puzzle.target, moment.value
    scan.telling = (target,) if value is None else (target, value - target, target - value)
    scan.held = moment.role in (Role.BACKWARD, Role.ASIDE)
    scan.planning = scan.counting = scan.asked = False


def _follow_aims(scan: _Scan, moment: Moment, token: int) -> None:
    """Follow what is being made up to a value, and whether the value is made of the same."""
    aims = scan.aims
    while scan.next_aim < len(aims) and aims[scan.next_aim].place < token:
        scan.aim = aims[scan.next_aim]
        scan.next_aim += 1
    if scan.aim is not None and moment.role == Role.FORWARD and moment.numbers & ~scan.aim.sources:
        scan.aim = None
    if moment.role == Role.BACKWARD:
        scan.aim = wanted_back(scan.reading, moment) or scan.aim


def _compared_anew(scan: _Scan, place: int) -> int | None:
    """Read a value that no computation shows, held against the target by a sign: `48 < 96`."""
    tokens = scan.reading.tokens
    if place + 1 >= len(tokens.kinds) or not place:
        return None
    value, _, target = tokens[place - 1 : place + 2]
    if value.kind != Sign.NUMBER or target.value != scan.reading.puzzle.target:
        return None
    if tokens.words[place] or target.words or value.value == target.value:
        return None
    again = scan.held and scan.value is not None and scan.value.value == value.value
    return None if again or WITHIN in scan.reading.kinds[place - 1 : place + 2] else place + 1


def _for_subgoal(scan: _Scan) -> bool:
    """Whether the value at hand is an attempt at a subgoal."""
    aim, value = scan.aim, scan.value
    if (
        aim is None
        or aim.wanted is None
        or value is None
        or value.numbers == scan.reading.search.whole
    ):
        return False
    return value.numbers != 0 and not value.numbers & ~aim.sources


def _verdict(scan: _Scan, kind: int, place: int) -> int | None:
    """Return the last token of a verdict that begins at a token of some kind."""
    tokens = scan.reading.tokens
    if kind == Sign.QUESTION:
        scan.planning = scan.counting = False
        scan.asked = scan.asked or not _asks_of_value(scan, place)
        return None
    if kind in _PLANS or (kind == Cue.ANSWER and "closest" in str(tokens.values[place])):
        scan.planning = True
    elif kind == Cue.USE:
        scan.counting = True
    elif kind == Cue.TURN:
        scan.aim = None
    if tokens.starts[place] - scan.past > _NAMED:
        return None
    read = _READERS.get(kind)
    return None if read is None else read(scan, place)


def _asks_of_value(scan: _Scan, place: int) -> bool:
    """Whether a question is about the value at hand: `29?`."""
    before = scan.reading.tokens[place - 1] if place else None
    named = before is not None and scan.value is not None and before.value == scan.value.value
    return place == scan.token or (named and not scan.reading.tokens.words[place])


def _names_target(scan: _Scan, place: int) -> int | None:
    """Take it as it stands, unless it is only asked."""
    after = scan.reading.tokens[place + 1 : place + 2]
    asked = bool(after) and after[0].kind == Sign.QUESTION and not after[0].words
    return None if asked else place


def _near_target(scan: _Scan, place: int) -> int | None:
    """Read `close to 33`."""
    named = str(scan.reading.tokens.values[place]).rsplit(" ", 1)[-1]
    return place if named == str(scan.reading.puzzle.target) and not scan.planning else None


def _is_target(scan: _Scan, place: int) -> int | None:
    """Read `which is our target`, `= goal`."""
    if not place or place - 1 < scan.token or scan.planning:
        return None
    before = scan.reading.tokens.kinds[place - 1]
    said = before in (Cue.IS, Sign.EQUALS, Cue.ORDER, Cue.YES, Cue.NO)
    return place if said and scan.reading.tokens.words[place] <= 3 else None


def _bare(scan: _Scan, place: int) -> int | None:
    tokens, value = scan.reading.tokens, scan.value
    kind, said = tokens.kinds[place], str(tokens.values[place])
    gap = tokens.starts[place] - scan.past
    if value is None or scan.counting or scan.planning:
        return None
    if kind in (Cue.YES, Sign.TICK):
        before = tokens.kinds[place - 1] if place > scan.token else None
        if before == Cue.CHECK:
            return None  # "let me make sure that this is right"
        if before in (Cue.ORDER, Cue.NO) and str(tokens.values[place - 1]).endswith("not"):
            return None  # "is not valid"
        return place if _may_hit(scan, kind, said) and gap <= _SAID else None
    if value.value == scan.reading.puzzle.target or _denies_another(scan, place):
        return None
    if kind == Sign.CROSS:
        return place if gap <= _SAID else None
    if said == "x":
        return place if _is_beside_value(scan, place) else None
    if not said.isalpha() and any(each.isdigit() for each in said):
        return place if str(value.value) in said.split() else None
    if value.computation.claimed is None and value.numbers != scan.reading.search.whole:
        return None
    return place if gap <= _SAID and not scan.asked and _stands_alone(scan, place) else None


def _denies_another(scan: _Scan, place: int) -> bool:
    """Whether a no is about a subgoal, or about what does not get as far as to a value."""
    if _for_subgoal(scan):
        return True
    if scan.next_aim < len(scan.aims) and scan.aims[scan.next_aim].place < place:
        return True  # "so 4 from 90 and 52, no"
    tokens, before = scan.reading.tokens, place - 1
    stops = tokens.kinds[before] == Sign.STOP
    trails_off = stops and str(tokens.values[before]).startswith(("..", "…"))
    return trails_off and place > scan.token + 1 and scan.reading.kinds[place - 2] != WITHIN


def _is_beside_value(scan: _Scan, place: int) -> bool:
    """Whether a token stands right behind the value, or behind the value named again: `84 x`."""
    tokens, value = scan.reading.tokens, scan.value
    if tokens.words[place] or value is None:
        return False
    return place == scan.token or tokens.values[place - 1] == value.value


def _may_hit(scan: _Scan, kind: int, said: str) -> bool:
    """Whether a yes says that the target is reached: it is, or nothing is left to go on with."""
    value, reading = scan.value, scan.reading
    if value is None or value.value == reading.puzzle.target:
        return value is not None
    sure = kind == Sign.TICK or said in _SURE
    return sure and value.numbers == reading.search.whole


def _stands_alone(scan: _Scan, place: int) -> bool:
    """Whether a word is all that its clause says, or stands beside the value."""
    tokens, after = scan.reading.tokens, place + 1
    gap = tokens.starts[place] - scan.past
    if place == scan.token and not tokens.words[place] and gap <= 3:
        return True
    if gap > _BARE + 20:
        return False
    if after == len(tokens.kinds) or tokens.kinds[after] == Cue.TURN:
        return True
    if tokens.kinds[after] in _BOUNDS and not tokens.words[after]:
        return True
    return _ROUNDING_OFF.match(scan.reading.text, tokens.ends[place]) is not None


def _compared(scan: _Scan, place: int) -> int | None:
    tokens, after = scan.reading.tokens, place + 1
    ordered, said = tokens.kinds[place] == Cue.ORDER, str(tokens.values[place])
    near = after < len(tokens.kinds) and tokens.words[after] <= _PAIR
    if after < len(tokens.kinds) and tokens.values[after] == ":" and "diff" in said:
        return None  # a heading
    if near and scan.reading.kinds[after] == Sign.NUMBER:
        if tokens.values[after] == scan.reading.puzzle.target:
            return after
        if ordered:
            return None
    elif near and tokens.kinds[after] in (Cue.TARGET, Cue.HIT):
        return after
    if ordered and (not said.endswith(_ORDERS) or said.startswith("not")):
        return _bare_not(scan, place)
    if scan.planning or _for_subgoal(scan) or tokens.starts[place] - scan.past > _SAID:
        return None
    return place


def _bare_not(scan: _Scan, place: int) -> int | None:
    """Read `(not)`."""
    if scan.reading.tokens.starts[place] - scan.past > _BARE or scan.counting or _for_subgoal(scan):
        return None
    tokens, after, value = scan.reading.tokens, place + 1, scan.value
    alone = after == len(tokens.kinds) or (
        not tokens.words[after] and tokens.kinds[after] in _BOUNDS
    )
    misses = value is not None and value.value != scan.reading.puzzle.target
    return place if alone and misses else None


def _unequal(scan: _Scan, place: int) -> int | None:
    """Read a bare sign, `30 ≠`."""
    tokens, value = scan.reading.tokens, scan.value
    if tokens.values[place] not in INEQUALITIES or tokens.words[place] or place != scan.token:
        return None
    if value is None or value.value == scan.reading.puzzle.target or _for_subgoal(scan):
        return None
    return None if scan.reading.kinds[place + 1 : place + 2] == _A_NUMBER else place


def _target_named(scan: _Scan, place: int) -> int | None:
    """Read the target as what the value is held against, whatever the words around it."""
    tokens, text = scan.reading.tokens, scan.reading.text
    if tokens.values[place] != scan.reading.puzzle.target:
        return place if _is_distance(scan, place) else None
    start = tokens.starts[place]
    if scan.planning and not _is_wanted_instead(scan, place):
        return None
    if text.endswith("for ", 0, start) or _opens_with_aim(scan, place):
        return None
    if place and tokens.kinds[place - 1] in (Cue.TARGET, Cue.FROM, Cue.ANSWER):
        return None
    if tokens.values[place + 1 : place + 2] == [":"]:
        return None
    if _follows_list(scan, place):
        return None
    if place and tokens.values[place - 1] in _BEFORE_MERE_NUMBERS:
        return None
    written = text[max(0, start - 3) : start].rstrip()
    return None if written.endswith(("#", "/")) or _in_list(scan, place) else place


def _opens_with_aim(scan: _Scan, place: int) -> bool:
    """Whether a sentence begins with the target as its aim: `To get 32, …`."""
    kinds, before = scan.reading.kinds, place - 1
    if before < 1 or kinds[before - 1] != Sign.STOP or scan.reading.tokens.words[before]:
        return False
    return kinds[before] == Cue.IS and scan.reading.tokens.values[before] == "to get"


def _is_distance(scan: _Scan, place: int) -> bool:
    """Whether a number is how far the value is from the target, and said to be: `(d=5)`, `5 over`.

    What is left over of the target is a plan rather than a verdict where something is to make it.
    """
    reading, tokens = scan.reading, scan.reading.tokens
    value = tokens.values[place]
    if value not in scan.telling[1:] or tokens.starts[place] - scan.past > _SAID:
        return False
    if reading.kinds[place] == WITHIN:
        return False
    if scan.planning or _for_subgoal(scan):
        return False
    if _KEPT.search(reading.text, max(scan.past, tokens.starts[place] - 16), tokens.starts[place]):
        return False
    if _OFF.match(reading.text, tokens.ends[place]) is not None:
        return True
    first = max(scan.token, place - 4)
    within = tokens.values[first:place]
    opened = "(" in within and not any(isinstance(each, int) for each in within)
    closed = reading.kinds[place + 1 : place + 2] == bytes([Sign.CLOSE])
    if opened and closed and place - scan.token <= _IN_BRACKETS:
        return True
    signed = place - 1 > scan.token and reading.kinds[place - 1] == Sign.OPERATOR
    cell = reading.kinds[place - 1 - signed : place + 2]
    if cell[:1] != bytes([Sign.BAR]) or cell[-1:] != bytes([Sign.BAR]):
        return False
    return signed or value not in reading.puzzle.numbers


def _is_wanted_instead(scan: _Scan, place: int) -> bool:
    """Whether the target is named against a value: `(we want 63)`, `but we need 63`."""
    tokens = scan.reading.tokens
    aim = place - 1
    if aim < scan.token or tokens.kinds[aim] != Cue.AIM or tokens.words[place]:
        return False
    if tokens.kinds[aim - 1] == Sign.OPEN:
        return True
    return "but" in scan.reading.text[scan.past : tokens.starts[aim]].split()


def _follows_list(scan: _Scan, place: int) -> bool:
    """Whether a number is one of several: `13, 13 and 54`."""
    tokens = scan.reading.tokens
    listed = place > scan.token and tokens.kinds[place - 1] == Sign.NUMBER
    if listed and tokens.words[place] == 1:
        return True
    kinds, words = tokens.kinds[place + 1 : place + 3], tokens.words[place + 1 : place + 3]
    if kinds[:1] == _A_NUMBER and words[0] == 1:
        return True
    return kinds[1:] == _A_NUMBER and tokens.values[place + 1] == "," and not words[1]


def _in_list(scan: _Scan, place: int) -> bool:
    """Whether a number stands between square or curly brackets."""
    tokens = scan.reading.tokens
    for at in range(place - 1, max(-1, place - 13), -1):
        kind = tokens.kinds[at]
        if kind in (Sign.CLOSE, Sign.STOP):
            return False
        if kind == Sign.OPEN:
            start = tokens.starts[at]
            return tokens.values[at] in ("[", "{") or scan.reading.text[start - 1 : start].isalpha()
    return False


_READERS: Mapping[int, Callable[[_Scan, int], int | None]] = {
    Cue.HIT: _names_target,
    Cue.NO: _bare,
    Sign.CROSS: _bare,
    Cue.YES: _bare,
    Sign.TICK: _bare,
    Cue.SIDE: _compared,
    Cue.ORDER: _compared,
    Cue.TARGET: _is_target,
    Cue.NEAR: _near_target,
    Sign.NUMBER: _target_named,
    Sign.EQUALS: _unequal,
}
"""What reads a verdict that begins with a token of some kind."""
_HEARD = any_of({*_READERS, *_PLANS, *_SENTENCE_ENDS, Cue.ANSWER, Cue.USE, Cue.TURN})
