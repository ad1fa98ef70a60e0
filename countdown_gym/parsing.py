r"""Reading: completion → answer text → `Answer` or `Unreadable`. Nothing is ever evaluated.

A completion is a model's raw text. The answer is found in it by a *convention* (the tagged answer,
by default) and read by a grammar that knows ASCII digits, the four operators, parentheses and
their Unicode and LaTeX spellings, and a trailing `= value`. Whatever else stands there makes the
answer `Unreadable`, which is data: no text makes these functions raise.

Work and memory are linear in the text read: at most the last `MAX_COMPLETION_CHARS` characters of
a completion and `MAX_ANSWER_CHARS` of an answer. This module does not know the puzzle.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from countdown_gym.errors import UnknownNameError
from countdown_gym.expressions import Expression, Number, Operation, Operator, numbers_used
from countdown_gym.faults import Fault
from countdown_gym.puzzles import MAX_NUMBERS
from countdown_gym.shapes import Shape

MAX_COMPLETION_CHARS = 32_768
"""How much of a completion is looked at, from its end."""
MAX_ANSWER_CHARS = 512
"""The longest answer that is read; six numbers fit in 60 characters."""
MAX_DEPTH = MAX_NUMBERS
"""The deepest nesting of parentheses that is read."""


class Answer(NamedTuple):
    """What was read from a completion."""

    shape: Shape
    """The expression without its numbers."""
    numbers: tuple[int, ...]
    """The numbers of the expression, from left to right."""
    claimed: int | None = None
    """The value that a trailing `= value` claims for it."""

    @classmethod
    def of(cls, expression: Expression, claimed: int | None = None) -> Self:
        """Return the answer that an expression is."""
        return cls(Shape.of(expression), numbers_used(expression), claimed)

    @property
    def expression(self) -> Expression:
        """The expression, made when it is asked for: most are judged without."""
        return self.shape.filled(self.numbers)

    @property
    def text(self) -> str:
        """The expression as it prints."""
        return self.shape.text % self.numbers


@dataclass(frozen=True, slots=True)
class Unreadable:
    """No answer could be read."""

    fault: Fault
    """`TRUNCATED`, `NO_ANSWER`, `TOO_LONG`, `TOO_DEEP` or `UNREADABLE`."""
    detail: str
    """What stands in the way, in plain words."""


class CutCompletion(str):
    """A completion that was cut by its token budget: a text that is never read, so never paid."""

    __slots__ = ()


def read_answer(completion: str, convention: str = "answer_tag") -> Answer | Unreadable:
    """Return the answer that a completion gives, or why there is none; no text makes it raise.

    Args:
        completion: What a model wrote, without the prompt.
        convention: A name in `CONVENTIONS`: where the answer stands.

    Raises:
        UnknownNameError: If there is no such convention.

    Example:
        >>> read_answer("<think>8 * 4</think><answer>(30 - 25 + 3) * 4 = 32</answer>").claimed
        32
        >>> read_answer("It is 32.")
        Unreadable(fault=<Fault.NO_ANSWER: 'no_answer'>, detail='no complete <answer>…</answer>')
    """
    found = answer_text(completion, convention)
    return found if isinstance(found, Unreadable) else parse_answer(found)


def parse_answer(text: str) -> Answer | Unreadable:
    """Return the answer that a text is, with nothing around it but spaces, `$` or code fences."""
    bare = bare_answer(text)
    if isinstance(bare, Unreadable):
        return bare
    pieces = _DIGITS.split(bare)  # at every second place digits
    ones = _read_ones("1".join(pieces[::2]))
    if isinstance(ones, Unreadable):
        return _read(bare)  # of the fault that it has too: what is said may name a number
    numbers, sign = tuple(map(int, pieces[1::2])), ones.claimed
    if sign is None:
        return Answer(ones.shape, numbers)
    return Answer(ones.shape, numbers[:-1], sign * numbers[-1])


def parse_expression(text: str) -> Expression | Unreadable:
    """Return the expression that a text is; a trailing `= value` is not part of one."""
    answer = parse_answer(text)
    if isinstance(answer, Unreadable):
        return answer
    if answer.claimed is not None:
        return Unreadable(Fault.UNREADABLE, "an equation, not an expression")
    return answer.expression


def answer_text(completion: str, convention: str) -> str | Unreadable:
    """Return the text of the answer, still unread, or why there is none.

    Raises:
        UnknownNameError: If there is no such convention.
    """
    find = CONVENTIONS.get(convention)
    if find is None:
        raise UnknownNameError("answer convention", convention, CONVENTIONS)
    if isinstance(completion, CutCompletion):
        return Unreadable(Fault.TRUNCATED, "cut by the token budget")
    return find(completion[-MAX_COMPLETION_CHARS:])


def bare_answer(text: str) -> str | Unreadable:
    """Return the text of an answer without what may stand around it, or why it is none."""
    if len(text) > MAX_ANSWER_CHARS:
        return Unreadable(
            Fault.TOO_LONG, f"{len(text)} characters, at most {MAX_ANSWER_CHARS} are read"
        )
    text = text.strip()
    if text.startswith(("`", "$", "\\")):
        text = _unwrapped(text)
    return text or Unreadable(Fault.NO_ANSWER, "the answer is empty")


# --- where the answer stands -----------------------------------------------------------------


_BOX = re.compile(r"\\boxed\{")
_BRACE = re.compile(r"[{}]")


def _answer_tag(completion: str) -> str | Unreadable:
    """The last complete `<answer>…</answer>` after the last `</think>`."""
    start = completion.rfind("</think>") + 1  # 0 where there is none
    last_close = completion.rfind("</answer>", start)
    opened = -1 if last_close < 0 else completion.rfind("<answer>", start, last_close)
    if opened < 0:
        return Unreadable(Fault.NO_ANSWER, "no complete <answer>…</answer>")
    opened += len("<answer>")
    return completion[opened : completion.find("</answer>", opened)]


def _boxed(completion: str) -> str | Unreadable:
    r"""What stands in the last `\boxed{…}` that closes; of nested ones the inner."""
    opened = [box.end() for box in _BOX.finditer(completion)]
    if opened:
        free = _free_braces(completion[opened[0] :])
        for start in reversed(opened):
            if free[start - opened[0]] > 0:
                return _up_to_closing(completion[start:])
    return Unreadable(Fault.NO_ANSWER, "no complete \\boxed{…}")


def _free_braces(text: str) -> NDArray[np.int64]:  # (len(text) + 1,)
    """Return how many closing braces are free from each place on.

    Going back from the end, each opening brace closes with the nearest one that is still free. As
    arrays, since a text may hold nothing but braces.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)[::-1]
    more = np.cumsum((codes == ord("}")).astype(np.int64) - (codes == ord("{")))
    free = more - np.minimum(np.minimum.accumulate(more), 0)
    return np.concatenate((free[::-1], [0]))


def _up_to_closing(text: str) -> str:
    """Return the text before the brace that closes an open one; all of it if that is too far."""
    depth = 1
    for brace in _BRACE.finditer(text, 0, MAX_ANSWER_CHARS + 1):
        depth += -1 if brace[0] == "}" else 1
        if not depth:
            return text[: brace.start()]
    return text


def _last_line(completion: str) -> str:
    """The last line that is not blank."""
    return completion.rstrip().rpartition("\n")[2]


def _whole_text(completion: str) -> str:
    """Everything."""
    return completion


CONVENTIONS: Mapping[str, Callable[[str], str | Unreadable]] = MappingProxyType(
    {
        "answer_tag": _answer_tag,
        "boxed": _boxed,
        "last_line": _last_line,
        "whole_text": _whole_text,
    }
)
"""Where an answer may stand in a completion, by name."""


# --- what the answer says --------------------------------------------------------------------

_FENCE = re.compile(r"```[a-z]*\s(.*)```|`([^`]*)`", re.DOTALL)
_MATHS = re.compile(r"\$\$(.*)\$\$|\$(.*)\$|\\\((.*)\\\)|\\\[(.*)\\\]", re.DOTALL)
_DIGITS = re.compile("([0-9]+)")
_SYMBOL = re.compile(
    r"[0-9]+|[^\\\s]|\\(?:times|cdot|div|[dt]?frac)(?![a-zA-Z])|\\left\(|\\right\)|\\"
)  # what is no symbol is taken one character at a time
SPELLINGS = {
    "×": "*",  # noqa: RUF001
    "·": "*",
    "⋅": "*",
    "∗": "*",  # noqa: RUF001
    "\\times": "*",
    "\\cdot": "*",
    "÷": "/",
    "∕": "/",  # noqa: RUF001
    "\\div": "/",
    "−": "-",  # noqa: RUF001
    "\\left(": "(",
    "\\right)": ")",
    "\\dfrac": "\\frac",
    "\\tfrac": "\\frac",
}
"""What is written, and what it means: the one spelling of each sign."""
_END = ""
_OPERATORS = {operator.value: operator for operator in Operator}
_OPERATORS |= {text: _OPERATORS[sign] for text, sign in SPELLINGS.items() if sign in _OPERATORS}
_BINDING = {symbol: (operator.precedence, operator) for symbol, operator in _OPERATORS.items()}
_NO_OPERATOR = (1, None)  # what is none ends all operations up to the last wall
_Waiting = tuple[int, Operator, Expression]  # precedence, operator, left operand
_WALL: _Waiting = (0, Operator.ADD, Number(0))  # stands where an expression begins; never joined


class _Bracket(StrEnum):
    """What stands between brackets."""

    ROUND = auto()
    ABOVE = auto()  # the first argument of a fraction
    BELOW = auto()  # the second


_ROUND, _ABOVE, _BELOW = _Bracket  # looked up once, as in `puzzles`
_OPENING = {"(": _ROUND, "\\frac": _ABOVE}
_OPENING |= {text: _OPENING[sign] for text, sign in SPELLINGS.items() if sign in _OPENING}
_CLOSING = {_ROUND: (")", "\\right)"), _ABOVE: ("}",), _BELOW: ("}",)}


class _UnfitError(Exception):
    """The text is not an answer; never leaves this module."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


def _unwrapped(text: str) -> str:
    """Return the text without one code fence and one pair of maths marks around it."""
    for wrapping in (_FENCE, _MATHS):
        wrapped = wrapping.fullmatch(text)
        if wrapped:
            text = next(group for group in wrapped.groups() if group is not None).strip()
    return text


def _read(text: str) -> Answer | Unreadable:
    """Return what the grammar finds in a text with nothing around it."""
    try:
        return _Reader(text).answer()
    except _UnfitError as unfit:
        return Unreadable(unfit.fault, str(unfit))


_read_ones = lru_cache(maxsize=1024)(_read)
"""Reads an answer in which every number is a 1. The grammar asks of a number only that it is one,
so that with any others the answer has the same shape, and is claimed to have a value of the same
sign. Models write few shapes, and the numbers of one are read in a third of the time."""


class _Reader:
    """Dijkstra's shunting yard: what is on the left of an operator waits for what is on its right.

    Nothing recurs, and no more waits than there are numbers and open brackets.
    """

    def __init__(self, text: str) -> None:
        symbols: list[str] = _SYMBOL.findall(text)
        symbols.append(_END)
        self._symbols = iter(symbols)
        self._waiting = [_WALL]
        self._brackets: list[_Bracket] = []  # those still open; a wall waits for each

    def answer(self) -> Answer:
        """Read an expression, perhaps `= value`, and nothing more."""
        expression, after = self._expression()
        claimed = None
        if after == "=":
            claimed, after = self._claim(), next(self._symbols)
        if after != _END:
            raise _unexpected(after)
        return Answer.of(expression, claimed)

    def _expression(self) -> tuple[Expression, str]:
        """Return the longest expression that begins here, and the symbol after it."""
        symbols, waiting, brackets, count = self._symbols, self._waiting, self._brackets, 0
        for symbol in symbols:  # an operand begins
            if symbol in _OPENING:
                self._open(_OPENING[symbol], _WALL)
                continue
            operand: Expression = _number(symbol)
            count += 1
            if count > MAX_NUMBERS:
                raise _UnfitError(Fault.TOO_LONG, f"more than {MAX_NUMBERS} numbers")
            for after in symbols:  # it has ended, and what follows says what it belongs to
                precedence, following = _BINDING.get(after, _NO_OPERATOR)
                while waiting[-1][0] >= precedence:
                    _, operator, left = waiting.pop()
                    operand = Operation(operator, left, operand)
                if following:
                    waiting.append((precedence, following, operand))
                    break
                if not brackets:
                    return operand, after
                closed = self._close(operand, after)
                if closed is None:
                    break
                operand = closed
        raise _unexpected(_END)

    def _open(self, bracket: _Bracket, wall: _Waiting) -> None:
        if len(self._brackets) == MAX_DEPTH:
            raise _UnfitError(Fault.TOO_DEEP, f"parentheses nest deeper than {MAX_DEPTH}")
        if bracket is not _ROUND:
            self._expect("{")
        self._brackets.append(bracket)
        self._waiting.append(wall)

    def _close(self, inside: Expression, symbol: str) -> Expression | None:
        """Return the operand that a bracket ends, or None if a fraction goes on."""
        bracket, (_, operator, left) = self._brackets.pop(), self._waiting.pop()
        if symbol not in _CLOSING[bracket]:
            raise _unexpected(symbol)
        if bracket is _ABOVE:
            self._open(_BELOW, (0, Operator.DIVIDE, inside))
            return None
        return Operation(operator, left, inside) if bracket is _BELOW else inside

    def _claim(self) -> int:
        """Read the value after `=`, which alone may carry a minus."""
        symbol, sign = next(self._symbols), 1
        if _OPERATORS.get(symbol) is Operator.SUBTRACT:
            symbol, sign = next(self._symbols), -1
        return sign * _number(symbol).value

    def _expect(self, wanted: str) -> None:
        symbol = next(self._symbols)
        if symbol != wanted:
            raise _unexpected(symbol)


def _number(symbol: str) -> Number:
    if not "0" <= symbol[:1] <= "9":
        raise _unexpected(symbol)
    return Number(int(symbol))


def _unexpected(symbol: str) -> _UnfitError:
    return _UnfitError(Fault.UNREADABLE, f"unexpected {symbol!r}" if symbol else "unexpected end")
