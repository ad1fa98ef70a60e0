"""Computations that a text shows: an expression, what it is said to equal, and whether it does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import compress
from typing import Any, NamedTuple, cast

from countdown_gym.behaviors.lexicon.kinds import Cue
from countdown_gym.behaviors.tokens import Sign, Tokens, Value

MAX_OPERANDS = 32
"""An expression of more numbers is cut there: no board holds as many."""
WITHIN = 0
"""Stands for the kind of a token that belongs to a computation."""
_LARGEST = 10**15
"""Larger values are not followed."""
_PRECEDENCE = {")": 0, "+": 1, "-": 1, "*": 2, "/": 2}
_AFTER_NUMBERS = frozenset({Sign.OPERATOR, Sign.CLOSE})
_PAUSES = frozenset({Sign.PAUSE, Sign.STOP})
_EQUALITIES = frozenset({Sign.EQUALS, Cue.IS})
_BEFORE_CLAIMS = frozenset({Sign.CLOSE, Sign.BAR, *_PAUSES, *_EQUALITIES})
"""What may follow an expression whose result is told."""
_TELL_RESULTS = frozenset({Cue.MAKE, Sign.BAR, *_EQUALITIES})
_BEFORE_RESULTS = frozenset({Sign.PAUSE, Cue.FROM, Cue.USE, *_TELL_RESULTS})
"""What may stand between the operands of a told operation and its result."""
INEQUALITIES = frozenset({"≠", "!=", "=/="})
_ARROWS = frozenset({"→", "->", "=>", "==>", "-->"})
_NO_EQUALITIES = INEQUALITIES | _ARROWS
_NEAR = 60
"""How far a text may stand from the value that it goes on computing with."""
TOLD = {Cue.ADDING: "+", Cue.SUBTRACTING: "-", Cue.MULTIPLYING: "*", Cue.DIVIDING: "/"}
"""The operators that are told by a word before both operands."""
_ANY_NUMBER_OF = frozenset("+*")
_PAIR = 2
_TOLD_SOON = 4
"""How many tokens after the operands the result may be told."""
_CLEAR = ("add", "sub", "mul", "div", "the ", "sum", "pro")
"""How words begin that tell an operation and nothing else."""


class Operation(NamedTuple):
    """One operation of an expression."""

    operator: str
    left: Value
    right: Value
    result: Value


_done = cast(
    "Callable[[tuple[str, Value, Value, Value]], Operation]", partial(tuple.__new__, Operation)
)
"""`Operation._make`, twice as fast: it does not count the fields."""
_NO_WORDS = bytes(4)
_Claim = tuple[Value | None, int, int]
"""What an expression is said to be, where that ends, and the token after it."""


@dataclass(slots=True)
class Computation:
    """An expression that a text shows."""

    start: int
    end: int
    """Where it ends, with its result if it shows one."""
    first: int
    """Its first token."""
    past: int
    """The first token after it."""
    operands: list[Value]
    operations: list[Operation]
    value: Value | None
    """What it is; None where it has no value or is too large."""
    claimed: Value | None
    """What it is said to be; None where nothing is said."""
    result: Value | None
    """What the text goes on with: what is said, or else what is."""
    reversed: bool = False
    """Whether the result stands before it."""
    goes_on: bool = False
    """Whether its left operand is the value before it."""
    flat: bool = True
    """Whether it holds no bracket."""

    @property
    def right(self) -> bool:
        """Whether what is said is so, up to the rounding of decimals."""
        if self.claimed is None or self.value is None:
            return self.claimed is None
        return same(self.claimed, self.value)


def same(claimed: Value, value: Value) -> bool:
    """Return whether a value is what is claimed, or is rounded to it."""
    if claimed == value:
        return True
    if isinstance(claimed, int) or isinstance(value, int):
        return False
    return abs(claimed - value) < Fraction(1, 100)


def number_of(value: Value | str) -> Value:
    """Return the value of a token that is a number."""
    if isinstance(value, str):
        raise TypeError(f"a token must be a number, got {value!r}")
    return value


def inverse(operator: str, known: Value, result: Value) -> Value | None:
    """Return what stands right of an operator behind a known value for a result."""
    undone = {"+": ("-", result, known), "-": ("-", known, result), "*": ("/", result, known)}
    if operator not in undone:
        return None
    operation = _operate(*undone[operator])
    return None if operation is None else operation.result


class _Expression(NamedTuple):
    operands: list[Value]
    operations: list[Operation]
    value: Value | None
    end: int
    past: int
    flat: bool = True


def computations(tokens: Tokens, *, told: bool = False) -> list[Computation]:
    """Return the computations of a text in order.

    Args:
        tokens: The text.
        told: Whether those count that are told in words, `subtracting 3 from 28 gives 25`.
    """
    begin, kinds = _BEGIN_TOLD if told else _BEGIN, tokens.kinds
    found: list[Computation] = []
    place = 0
    while (begins := begin.search(kinds, place)) is not None:
        place = begins.start()
        computation = _equation(tokens, place) if begins.lastindex else None
        if computation is None and kinds[place] in _NUMBERS_OR_BRACKETS:
            computation = _computation(tokens, place)
        elif computation is None and kinds[place] != Sign.OPERATOR:
            computation = _told(tokens, place, found[-1] if found else None)
        elif computation is None and found:
            computation = _going_on(tokens, place, found[-1])
        if computation is None:
            place += 1
        else:
            found.append(computation)
            place = computation.past
    return found


def loose_kinds(kinds: bytes, found: Iterable[Computation]) -> bytes:
    """Return the kind of each token, `WITHIN` for one that belongs to a computation."""
    loose = bytearray(kinds)
    for computation in found:
        first, past = computation.first, computation.past
        loose[first:past] = bytes(past - first)
    return bytes(loose)


def any_of(kinds: Iterable[int]) -> bytes:
    """Return the table of some kinds for `places_of`."""
    wanted = frozenset(kinds)
    return bytes(kind in wanted for kind in range(256))


def places_of(table: bytes, kinds: bytes) -> list[int]:
    """Return where the kinds of a table stand, in order: no loop over tokens is as fast."""
    return list(compress(range(len(kinds)), kinds.translate(table)))


def class_of(*kinds: int) -> bytes:
    """Return the text of a pattern that matches a token of one of some kinds."""
    return b"[" + re.escape(bytes(kinds)) + b"]"


_NUMBER = class_of(Sign.NUMBER)
_RESULT = class_of(Sign.OPERATOR) + _NUMBER + class_of(Sign.EQUALS) + _NUMBER
_GOES_ON = class_of(Sign.OPERATOR, Sign.CLOSE, Sign.BAR, *_EQUALITIES)
_OPEN, _OPERATOR = class_of(Sign.OPEN), class_of(Sign.OPERATOR)
_NUMBER_FIRST = b"%b%b|%b(?:%b|%b%b)" % (
    _OPERATOR,
    class_of(Sign.NUMBER, Sign.OPEN),
    class_of(*_EQUALITIES),
    _OPEN,
    _NUMBER,
    _OPERATOR,
)
"""What may follow the first number of a computation."""
_OPEN_FIRST = b"%b|%b%b" % (_OPEN, _NUMBER, class_of(*_AFTER_NUMBERS))
"""What may follow a bracket that a computation begins with."""
_NUMBERS_OR_BRACKETS = frozenset({Sign.NUMBER, Sign.OPEN})
_BEGINS = (
    b"%b(?=(%b(?!%b))|%b)" % (_NUMBER, _RESULT, _GOES_ON, _NUMBER_FIRST),
    b"%b(?=%b)" % (_OPEN, _OPEN_FIRST),
    b"%b(?=%b)" % (_OPERATOR, _NUMBER),
)
_BEGIN = re.compile(b"|".join(_BEGINS))
_BEGIN_TOLD = re.compile(b"|".join([*_BEGINS, class_of(*TOLD)]))
"""What a computation may begin with; its group tells that an operation and its result are all."""


def _equation(tokens: Tokens, place: int) -> Computation | None:
    """Return an operation with its result, `3 + 4 = 7`, unless words stand in it: most are such."""
    past = place + 5
    if tokens.words[place + 1 : past] != _NO_WORDS:
        return None
    written: Any = tokens.values[place:past]
    left, operator, right, equals, claimed = written
    if equals in INEQUALITIES:
        return None
    start, end = tokens.starts[place], tokens.ends[past - 1]
    operation = _operate(operator, left, right)
    if operation is None:
        return Computation(start, end, place, past, [left, right], [], None, claimed, claimed)
    value = operation[3]
    return Computation(start, end, place, past, [left, right], [operation], value, claimed, claimed)


def _computation(tokens: Tokens, place: int) -> Computation | None:
    """Return the computation that begins with a token, if one does."""
    expression = _expression(tokens, place)
    if expression is None:
        return _reversed(tokens, place)
    operands, operations, value, _, _, flat = expression
    claimed, end, past = _claims(tokens, expression, None)
    return Computation(
        tokens.starts[place],
        end,
        place,
        past,
        operands,
        operations,
        value,
        claimed,
        value if claimed is None else claimed,
        flat=flat,
    )


def _reversed(tokens: Tokens, place: int) -> Computation | None:
    """Return a computation that begins with its result."""
    if tokens.kinds[place] != Sign.NUMBER or place + 3 >= len(tokens.kinds):
        return None
    after = place + 1
    if tokens.words[after] or tokens.kinds[after] not in _EQUALITIES:
        return None
    if tokens.values[after] in _NO_EQUALITIES or tokens.words[place + 2] > 1:
        return None
    expression = _expression(tokens, place + 2)
    if expression is None:
        return None
    claimed = number_of(tokens.values[place])
    _, end, past = _claims(tokens, expression, claimed)
    return Computation(
        tokens.starts[place],
        end,
        place,
        past,
        expression.operands,
        expression.operations,
        expression.value,
        claimed,
        claimed,
        reversed=True,
        flat=expression.flat,
    )


def _claims(tokens: Tokens, expression: _Expression, claimed: Value | None) -> _Claim:
    """Read what follows an expression: `= 5`, `= 2 + 3 = 5`, `is 5`, `, which gives 5`."""
    found = claimed, expression.end, expression.past
    while (claim := _claim(tokens, expression.value, found[0], found[2])) is not None:
        found = claim
    return found


def _claim(tokens: Tokens, value: Value | None, claimed: Value | None, past: int) -> _Claim | None:
    """Read the next claim, if there is one, behind an expression and what it is said to be."""
    kinds, words = tokens.kinds, tokens.words
    place, last = past, len(kinds) - 1
    if place >= last or kinds[place] not in _BEFORE_CLAIMS:
        return None
    if place < last - 1 and kinds[place] == Sign.CLOSE and not words[place]:
        place += 1
    if place >= last or words[place] > 1:
        return None
    sign = kinds[place]
    loose = sign in _PAUSES and place + 1 < last
    if loose:
        if claimed is not None:
            return None
        place += 1
    elif sign == Sign.BAR:
        cell = kinds[place + 1] == Sign.NUMBER and claimed is None
        return _said(tokens, value, claimed, place, loose=False) if cell else None
    if kinds[place] not in _EQUALITIES or tokens.values[place] in INEQUALITIES:
        return _implied(tokens, value, place) if loose else None
    return _said(tokens, value, claimed, place, loose=loose)


def _said(
    tokens: Tokens, value: Value | None, claimed: Value | None, place: int, *, loose: bool
) -> _Claim | None:
    """Read what stands behind a sign that says `equals`; a clause may end before the sign."""
    kinds, sign = tokens.kinds, tokens.kinds[place]
    negative = kinds[place + 1] == Sign.OPERATOR and tokens.values[place + 1] == "-"
    number = place + 1 + negative
    if number >= len(tokens.kinds) or tokens.words[number] > (sign == Cue.IS):
        return None
    goes_on = tokens.values[place] in _ARROWS and claimed is not None
    expression = _expression(tokens, number)
    if expression is not None:
        if loose or sign == Sign.BAR or goes_on:
            return None
        return expression.value, expression.end, expression.past
    if kinds[number] != Sign.NUMBER:
        return None
    said = -number_of(tokens.values[number]) if negative else number_of(tokens.values[number])
    if loose and (value is None or not same(said, value)):
        return None
    if goes_on or (sign == Cue.IS and claimed not in (None, said)):
        return None  # "= 28 and we have 4 left to make"
    return said, tokens.ends[number], number + 1


def _implied(tokens: Tokens, value: Value | None, place: int) -> _Claim | None:
    """Take a number after a pause for the result if it is: `minus 2... 25`."""
    kinds, values = tokens.kinds, tokens.values
    while place < len(kinds) and kinds[place] == Sign.STOP and values[place] != "\n":
        place += 1
    if place >= len(kinds) or kinds[place] != Sign.NUMBER:
        return None
    alone = place + 1 == len(kinds) or kinds[place + 1] in _PAUSES
    if not alone or tokens.words[place] or values[place] != value:
        return None
    return value, tokens.ends[place], place + 1


def _going_on(tokens: Tokens, place: int, before: Computation) -> Computation | None:
    """Return a computation whose left operand is the value before it: `+ 4 = 36`."""
    left, number = before.result, place + 1
    if number >= len(tokens.kinds) or tokens.kinds[number] != Sign.NUMBER or tokens.words[number]:
        return None
    if left is None or tokens.starts[place] - before.end > _NEAR:
        return None
    if _goes_further(tokens, place + 2):
        return None
    right = number_of(tokens.values[number])
    operation = _operate(str(tokens.values[place]), left, right)
    if operation is None:
        return None
    value = operation.result
    expression = _Expression([left, right], [operation], value, tokens.ends[number], place + 2)
    claimed, end, past = _claims(tokens, expression, None)
    on_new_line = place == 0 or "\n" in str(tokens.values[place - 1])
    if claimed is None or (on_new_line and not same(claimed, value)):
        return None
    return Computation(
        tokens.starts[place],
        end,
        place,
        past,
        expression.operands,
        expression.operations,
        value,
        claimed,
        claimed,
        goes_on=True,
    )


def _told(tokens: Tokens, place: int, before: Computation | None) -> Computation | None:
    """Return a computation told in words, with its result: `subtracting 3 from 28 gives 25`."""
    operands, past = _told_of(tokens, place + 1)
    if not operands or past >= len(tokens.kinds):
        return None
    word, operator = tokens[place], TOLD[tokens.kinds[place]]
    goes_on = len(operands) < _PAIR
    if goes_on:
        if before is None or before.result is None or word.start - before.end > _NEAR:
            return None
        operands = [before.result, *operands]
    elif len(operands) > _PAIR and operator not in _ANY_NUMBER_OF:
        return None
    ways = [operands] if goes_on or operator in _ANY_NUMBER_OF else [operands[::-1], operands]
    if operator == "/":
        ways.reverse()
    at = _place_of_result(tokens, past)
    if at is None:
        return None
    claimed = number_of(tokens.values[at])
    carried = [done for way in ways if (done := _in_turn(operator, way)) is not None]
    chosen = next((done for done in carried if same(claimed, done[-1].result)), None)
    if chosen is None:
        slips = at == past + 1 and tokens.kinds[past] in _EQUALITIES and not goes_on
        if not carried or not slips or not str(word.value).startswith(_CLEAR):
            return None
        chosen = carried[0]
    return Computation(
        word.start,
        tokens.ends[at],
        place,
        at + 1,
        [chosen[0].left, *(each.right for each in chosen)],
        chosen,
        chosen[-1].result,
        claimed,
        claimed,
        goes_on=goes_on,
    )


def _told_of(tokens: Tokens, place: int) -> tuple[list[Value], int]:
    """Return the numbers that a told operation is of, and the token after them."""
    operands: list[Value] = []
    while place < len(tokens.kinds) and len(operands) < MAX_OPERANDS:
        kind = tokens.kinds[place]
        if kind == Sign.NUMBER and tokens.words[place] <= _PAIR:
            operands.append(number_of(tokens.values[place]))
            place += 1
        elif (
            operands
            and (kind == Cue.FROM or tokens.values[place] == ",")
            and place + 1 < len(tokens.kinds)
            and tokens.kinds[place + 1] == Sign.NUMBER
            and tokens.words[place + 1] <= 1
        ):
            place += 1
        else:
            break
    if place < len(tokens.kinds) and tokens.kinds[place] == Sign.OPERATOR:
        return [], place
    return operands, place


def _place_of_result(tokens: Tokens, place: int) -> int | None:
    """Return the token that tells a result: the next number, if a word for that is before it."""
    equal = False
    for at in range(place, min(place + _TOLD_SOON, len(tokens.kinds))):
        kind = tokens.kinds[at]
        if kind == Sign.NUMBER:
            further = at + 1 < len(tokens.kinds) and tokens.kinds[at + 1] == Sign.OPERATOR
            return None if further or not equal else at
        equal = equal or kind in _TELL_RESULTS or kind == Sign.PAUSE
        if kind not in _BEFORE_RESULTS or tokens.words[at] > _TOLD_SOON:
            return None
    return None


def _in_turn(operator: str, operands: Sequence[Value]) -> list[Operation] | None:
    """Carry an operator out on some values, one after another."""
    done: list[Operation] = []
    value = operands[0]
    for right in operands[1:]:
        operation = _operate(operator, value, right)
        if operation is None:
            return None
        done.append(operation)
        value = operation.result
    return done


def _expression(tokens: Tokens, place: int) -> _Expression | None:
    """Return the expression of at least two numbers that begins with a token, if one does."""
    kinds = tokens.kinds
    if kinds[place] == Sign.NUMBER:
        if place + 2 >= len(kinds) or kinds[place + 1] != Sign.OPERATOR:
            return None
        if tokens.words[place + 1] or tokens.words[place + 2]:
            return None
        if kinds[place + 2] == Sign.NUMBER and not _goes_further(tokens, place + 3):
            return _operation(tokens, place)
    return _longer(tokens, place)


def _goes_further(tokens: Tokens, place: int) -> bool:
    """Whether an operator stands at a place, right after what was read."""
    kinds = tokens.kinds
    return place < len(kinds) and kinds[place] == Sign.OPERATOR and not tokens.words[place]


def _operation(tokens: Tokens, place: int) -> _Expression:
    """Return an expression of two numbers: most are."""
    written: Any = tokens.values[place : place + 3]
    left, operator, right = written
    operation = _operate(operator, left, right)
    end, past = tokens.ends[place + 2], place + 3
    if operation is None:
        return _Expression([left, right], [], None, end, past)
    return _Expression([left, right], [operation], operation.result, end, past)


def _longer(tokens: Tokens, place: int) -> _Expression | None:
    """Return an expression of any form."""
    written, end, past = _written(tokens, place)
    if len(written) < 3:
        return None
    values: list[Value] = []
    operators: list[str] = ["("]
    operations: list[Operation] = []
    whole = True
    closing = [")"] * (1 + written.count("("))  # more than enough
    for piece in [*written, *closing]:
        if not isinstance(piece, str):
            values.append(piece)
        elif piece == "(":
            operators.append(piece)
        else:
            whole = _bind(piece, values, operators, operations) and whole
    operands = [piece for piece in written if not isinstance(piece, str)]
    if len(operands) < 2:
        return None
    flat = "(" not in written
    return _Expression(operands, operations, values[0] if whole else None, end, past, flat)


def _bind(
    piece: str, values: list[Value], operators: list[str], operations: list[Operation]
) -> bool:
    """Carry out what binds tighter than an operator or a closing bracket, and put that down."""
    whole = True
    binding = _PRECEDENCE[piece]
    while operators and operators[-1] != "(" and _PRECEDENCE[operators[-1]] >= binding:
        whole = _reduce(values, operators, operations) and whole
    if piece != ")":
        operators.append(piece)
    elif operators:
        operators.pop()
    return whole


def _written(tokens: Tokens, place: int) -> tuple[list[Value | str], int, int]:
    """Return the pieces of an expression, up to its last number or bracket, and where it ends."""
    pieces: list[Value | str] = []
    complete, end, past, opened, numbers = 0, 0, place, 0, 0
    wants_number = True
    kinds, values, words = tokens.kinds, tokens.values, tokens.words
    for at in range(place, min(place + 4 * MAX_OPERANDS, len(kinds))):
        kind = kinds[at]
        if (words[at] and at > place) or (kind in _AFTER_NUMBERS) == wants_number:
            break
        if kind == Sign.NUMBER:
            if numbers == MAX_OPERANDS:
                break
            numbers += 1
            pieces.append(values[at])
            wants_number = False
        elif kind == Sign.OPEN:
            opened += 1
            pieces.append("(")
            continue
        elif kind == Sign.OPERATOR:
            pieces.append(values[at])
            wants_number = True
            continue
        elif kind == Sign.CLOSE and opened:
            opened -= 1
            pieces.append(")")
        else:
            break
        complete, end, past = len(pieces), tokens.ends[at], at + 1
    return pieces[:complete], end, past


def _reduce(values: list[Value], operators: list[str], operations: list[Operation]) -> bool:
    """Carry out the operation on top; return whether it has a value that is followed."""
    right, left = values.pop(), values.pop()
    operation = _operate(operators.pop(), left, right)
    if operation is None:
        values.append(left)
        return False
    operations.append(operation)
    values.append(operation.result)
    return True


def _operate(operator: str, left: Value, right: Value) -> Operation | None:
    """Return an operation with its result; None where it has none that is followed."""
    result: Value
    if operator == "+":
        result = left + right
    elif operator == "-":
        result = left - right
    elif operator == "*":
        result = left * right
    elif right == 0:
        return None
    elif isinstance(left, int) and isinstance(right, int) and not left % right:
        result = left // right
    else:
        result = Fraction(left) / right
    if not isinstance(result, int):
        if result.denominator > _LARGEST or not -_LARGEST <= result.numerator <= _LARGEST:
            return None
        if result.denominator == 1:
            result = result.numerator
    elif not -_LARGEST <= result <= _LARGEST:
        return None
    return _done((operator, left, right, result))
