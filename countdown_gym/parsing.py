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
from types import MappingProxyType

from countdown_gym.errors import UnknownNameError
from countdown_gym.expressions import Expression, Number, Operation, Operator
from countdown_gym.faults import Fault
from countdown_gym.puzzles import MAX_NUMBERS

MAX_COMPLETION_CHARS = 32_768
"""How much of a completion is looked at, from its end."""
MAX_ANSWER_CHARS = 512
"""The longest answer that is read; six numbers fit in 60 characters."""
MAX_DEPTH = MAX_NUMBERS
"""The deepest nesting of parentheses that is read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read from a completion."""

    expression: Expression
    """The expression."""
    claimed: int | None = None
    """The value that a trailing `= value` claims for it."""


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
    try:
        return _Reader(_symbols(bare)).answer()
    except _UnfitError as unfit:
        return Unreadable(unfit.fault, str(unfit))


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
    if convention not in CONVENTIONS:
        raise UnknownNameError("answer convention", convention, CONVENTIONS)
    if isinstance(completion, CutCompletion):
        return Unreadable(Fault.TRUNCATED, "cut by the token budget")
    return CONVENTIONS[convention](completion[-MAX_COMPLETION_CHARS:])


def bare_answer(text: str) -> str | Unreadable:
    """Return the text of an answer without what may stand around it, or why it is none."""
    if len(text) > MAX_ANSWER_CHARS:
        return Unreadable(
            Fault.TOO_LONG, f"{len(text)} characters, at most {MAX_ANSWER_CHARS} are read"
        )
    return _bare(text) or Unreadable(Fault.NO_ANSWER, "the answer is empty")


# --- where the answer stands -----------------------------------------------------------------


_BRACE = re.compile(r"\\boxed\{|[{}]")


def _answer_tag(completion: str) -> str | Unreadable:
    """The last complete `<answer>…</answer>` after the last `</think>`."""
    start = completion.rfind("</think>") + 1  # 0 where there is none
    last_close = completion.rfind("</answer>", start)
    opened = completion.rfind("<answer>", start, max(last_close, start))
    if last_close < 0 or opened < 0:
        return Unreadable(Fault.NO_ANSWER, "no complete <answer>…</answer>")
    opened += len("<answer>")
    return completion[opened : completion.find("</answer>", opened)]


def _boxed(completion: str) -> str | Unreadable:
    r"""What stands in the last complete `\boxed{…}`, braces balanced; of nested ones the inner."""
    opened: list[tuple[bool, int]] = []  # of each brace still open: is it a box, where it begins
    found: tuple[int, int] | None = None
    for brace in _BRACE.finditer(completion):
        if brace[0] != "}":
            opened.append((brace[0] != "{", brace.end()))
        elif opened:
            is_box, start = opened.pop()
            if is_box and (found is None or start > found[0]):
                found = start, brace.start()
    if found is None:
        return Unreadable(Fault.NO_ANSWER, "no complete \\boxed{…}")
    return completion[slice(*found)]


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
_SYMBOL = re.compile(
    r"\s*(?:(?P<number>[0-9]+)|(?P<sign>[-+*/()={}×·⋅∗÷−∕]|\\(?:times|cdot|div|[dt]?frac)(?![a-zA-Z])"  # noqa: RUF001 - the signs models write
    r"|\\left\(|\\right\)))"
)
_PLAIN = re.compile(r"[-+*/()=0-9\s]*")
_PLAIN_SYMBOL = re.compile(r"[0-9]+|\S")
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
_SUMS = {"+": Operator.ADD, "-": Operator.SUBTRACT}
_PRODUCTS = {"*": Operator.MULTIPLY, "/": Operator.DIVIDE}
_END = ""


class _UnfitError(Exception):
    """The text is not an answer; never leaves this module."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


def _bare(text: str) -> str:
    """Return the text without one code fence and one pair of maths marks around it."""
    text = text.strip()
    if not text.startswith(("`", "$", "\\")):
        return text
    for wrapping in (_FENCE, _MATHS):
        wrapped = wrapping.fullmatch(text)
        if wrapped:
            text = next(group for group in wrapped.groups() if group is not None).strip()
    return text


def _symbols(text: str) -> list[str]:
    """Return the symbols of an answer in their one spelling."""
    if _PLAIN.fullmatch(text):  # most answers: nothing to respell, nothing to refuse
        return [*_PLAIN_SYMBOL.findall(text), _END]
    symbols: list[str] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _SYMBOL.match(text, position)
        if match is None:
            rest = text[position:].lstrip()
            raise _UnfitError(Fault.UNREADABLE, f"unexpected {rest[:1]!r}")
        symbol = match["number"] or match["sign"]
        symbols.append(SPELLINGS.get(symbol, symbol))
        position = match.end()
    symbols.append(_END)
    return symbols


class _Reader:
    """Recursive descent over symbols; the nesting is bounded, and so is the recursion."""

    def __init__(self, symbols: list[str]) -> None:
        self._rest = symbols[::-1]  # what is still to be read, the next symbol last
        self._depth = 0
        self._numbers = 0

    def answer(self) -> Answer:
        """Read `sum` or `sum = value`, and nothing more."""
        expression = self._sum()
        claimed = None
        if self._rest[-1] == "=":
            self._rest.pop()
            claimed = self._claim()
        if self._rest[-1] != _END:
            raise self._unexpected()
        return Answer(expression, claimed)

    def _claim(self) -> int:
        """Read the value after `=`, which alone may carry a minus."""
        sign = 1
        if self._rest[-1] == "-":
            sign = -1
            self._rest.pop()
        if not self._rest[-1].isdigit():
            raise self._unexpected()
        return sign * int(self._rest.pop())

    def _sum(self) -> Expression:
        left = self._product()
        while (operator := _SUMS.get(self._rest[-1])) is not None:
            self._rest.pop()
            left = Operation(operator, left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._operand()
        while (operator := _PRODUCTS.get(self._rest[-1])) is not None:
            self._rest.pop()
            left = Operation(operator, left, self._operand())
        return left

    def _operand(self) -> Expression:
        symbol = self._rest[-1]
        if symbol.isdigit():
            self._rest.pop()
            self._numbers += 1
            if self._numbers > MAX_NUMBERS:
                raise _UnfitError(Fault.TOO_LONG, f"more than {MAX_NUMBERS} numbers")
            return Number(int(symbol))
        if symbol == "\\frac":
            self._rest.pop()
            above = self._bracketed("{", "}")
            return Operation(Operator.DIVIDE, above, self._bracketed("{", "}"))
        return self._bracketed("(", ")")

    def _bracketed(self, opening: str, closing: str) -> Expression:
        if self._rest[-1] != opening:
            raise self._unexpected()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _UnfitError(Fault.TOO_DEEP, f"parentheses nest deeper than {MAX_DEPTH}")
        self._rest.pop()
        inside = self._sum()
        if self._rest[-1] != closing:
            raise self._unexpected()
        self._rest.pop()
        self._depth -= 1
        return inside

    def _unexpected(self) -> _UnfitError:
        symbol = self._rest[-1]
        return _UnfitError(
            Fault.UNREADABLE, f"unexpected {symbol!r}" if symbol else "unexpected end"
        )
