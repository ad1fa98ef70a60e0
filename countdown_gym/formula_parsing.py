r"""Reading formulas: what `countdown_gym.parsing` reads, and the extras that rules may allow.

Powers `4 ^ 4` (`**`; of several the right one first), roots `sqrt(4)` (`√4`, `\sqrt{4}`),
factorials `4!`, points `.4`, joined digits `44` and minus signs `-4`, which bind as in `-4 ^ 2 =
-(4 ^ 2)`. What has two readings is not read: `4!!` is a double factorial to some, so it wants
parentheses, and so do `√4!` and `√4 ^ 4`. As in `parsing`, nothing is evaluated, no name is looked
up, no text makes these functions raise, and work is linear in the text.

Every extra is read whatever the rules are; which ones count is for the referee to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from countdown_gym.expressions import Operator
from countdown_gym.faults import Fault
from countdown_gym.formulas import Applied, Combined, Extra, Formula, Literal
from countdown_gym.parsing import (
    MAX_DEPTH,
    SPELLINGS,
    Unreadable,
    answer_text,
    bare_answer,
)
from countdown_gym.puzzles import MAX_NUMBERS

_SYMBOL = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r"|(?P<sign>\*\*|[-+*/()={}^!√×·⋅∗÷−∕]|sqrt(?![a-zA-Z0-9_])"  # noqa: RUF001 - the signs models write
    r"|\\(?:times|cdot|div|sqrt|[dt]?frac)(?![a-zA-Z])|\\left\(|\\right\)))"
)
_SPELLINGS = {**SPELLINGS, "**": "^", "\\sqrt": "sqrt"}
_SUMS = {"+": Operator.ADD, "-": Operator.SUBTRACT}
_PRODUCTS = {"*": Operator.MULTIPLY, "/": Operator.DIVIDE}
_CLOSING = {"(": ")", "{": "}"}
_END = ""


@dataclass(frozen=True, slots=True)
class FormulaAnswer:
    """What was read from a completion where the rules allow more than the four operations."""

    expression: Formula
    """The formula."""
    claimed: int | None = None
    """The value that a trailing `= value` claims for it."""

    @property
    def text(self) -> str:
        """The formula as it prints."""
        return str(self.expression)


def read_formula(completion: str, convention: str = "answer_tag") -> FormulaAnswer | Unreadable:
    """Return the formula that a completion gives, or why there is none; no text makes it raise.

    Args:
        completion: What a model wrote, without the prompt.
        convention: A name in `countdown_gym.parsing.CONVENTIONS`: where the answer stands.

    Raises:
        UnknownNameError: If there is no such convention.

    Example:
        >>> str(read_formula("<answer>4! + √4 * 4^(4-4) = 26</answer>").expression)
        '4! + sqrt(4) * 4 ^ (4 - 4)'
    """
    found = answer_text(completion, convention)
    return found if isinstance(found, Unreadable) else parse_formula(found)


def parse_formula(text: str) -> FormulaAnswer | Unreadable:
    """Return the formula that a text is, with nothing around it but spaces, `$` or code fences."""
    bare = bare_answer(text)
    if isinstance(bare, Unreadable):
        return bare
    try:
        return _Reader(_symbols(bare)).answer()
    except _UnfitError as unfit:
        return Unreadable(unfit.fault, str(unfit))


class _UnfitError(Exception):
    """The text is not a formula; never leaves this module."""

    def __init__(self, detail: str, fault: Fault = Fault.UNREADABLE) -> None:
        super().__init__(detail)
        self.fault = fault


def _symbols(text: str) -> list[str]:
    """Return the symbols of an answer in their one spelling."""
    symbols: list[str] = []
    position = 0
    while position < len(text):
        match = _SYMBOL.match(text, position)
        if match is None:
            rest = text[position:].lstrip()
            raise _UnfitError(f"unexpected {rest[:1]!r}")
        symbol = match["number"] or match["sign"]
        symbols.append(_SPELLINGS.get(symbol, symbol))
        position = match.end()
    symbols.append(_END)
    return symbols


class _Reader:
    """Recursive descent over symbols; the nesting is bounded, and so is the recursion."""

    def __init__(self, symbols: list[str]) -> None:
        self._rest = symbols[::-1]  # what is still to be read, the next symbol last
        self._depth = 0
        self._numbers = 0

    def answer(self) -> FormulaAnswer:
        """Read `sum` or `sum = value`, and nothing more."""
        formula, claimed = self._sum(), None
        if self._took("="):
            sign = -1 if self._took("-") else 1
            if not self._rest[-1].isdigit():
                raise self._unexpected()
            claimed = sign * int(self._rest.pop())
        if self._rest[-1] != _END:
            raise self._unexpected()
        return FormulaAnswer(formula, claimed)

    def _sum(self) -> Formula:
        left = self._product()
        while (operator := _SUMS.get(self._rest[-1])) is not None:
            self._rest.pop()
            left = Combined(operator, left, self._product())
        return left

    def _product(self) -> Formula:
        left = self._signed()
        while (operator := _PRODUCTS.get(self._rest[-1])) is not None:
            self._rest.pop()
            left = Combined(operator, left, self._signed())
        return left

    def _signed(self) -> Formula:
        if not self._took("-"):
            return self._power()
        self._enter()
        operand = self._signed()
        self._depth -= 1
        return Applied(Extra.NEGATION, operand)

    def _power(self) -> Formula:
        base = self._operand()
        if not self._took("^"):
            return base
        self._enter()
        braced = self._rest[-1] == "{"
        exponent = self._bracketed("{") if braced else self._signed()
        self._depth -= 1
        return Combined(Extra.POWER, base, exponent)

    def _operand(self) -> Formula:
        symbol = self._rest[-1]
        if self._took("√"):
            return self._radical()
        if self._took("\\frac"):
            above = self._bracketed("{")
            return Combined(Operator.DIVIDE, above, self._bracketed("{"))
        if self._took("sqrt"):
            operand = self._function()
        else:
            operand = self._literal() if symbol[-1:].isdigit() else self._bracketed("(")
        if not self._took("!"):
            return operand
        if self._rest[-1] == "!":
            raise _UnfitError("'!!' has two readings: write (4!)!")
        return Applied(Extra.FACTORIAL, operand)

    def _function(self) -> Formula:
        """Read what stands after `sqrt`, in parentheses or braces."""
        opening = self._rest[-1] if self._rest[-1] in _CLOSING else "("
        return Applied(Extra.ROOT, self._bracketed(opening))

    def _radical(self) -> Formula:
        """Read what stands after `√`: another, a number, or something in parentheses."""
        if self._took("√"):
            self._enter()
            operand = self._radical()
            self._depth -= 1
        else:
            operand = self._bracketed("(") if self._rest[-1] == "(" else self._literal()
        if self._rest[-1] in {"!", "^"}:
            raise _UnfitError(f"'√' before '{self._rest[-1]}' has two readings: write (√4) or √(…)")
        return Applied(Extra.ROOT, operand)

    def _literal(self) -> Literal:
        symbol = self._rest[-1]
        if not symbol[-1:].isdigit():
            raise self._unexpected()
        self._rest.pop()
        self._numbers += 1
        if self._numbers > MAX_NUMBERS:
            raise _UnfitError(f"more than {MAX_NUMBERS} numbers", Fault.TOO_LONG)
        whole, _, part = symbol.partition(".")
        return Literal(whole + part, len(part))

    def _bracketed(self, opening: str) -> Formula:
        if not self._took(opening):
            raise self._unexpected()
        self._enter()
        inside = self._sum()
        if not self._took(_CLOSING[opening]):
            raise self._unexpected()
        self._depth -= 1
        return inside

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _UnfitError(f"parts nest deeper than {MAX_DEPTH}", Fault.TOO_DEEP)

    def _took(self, symbol: str) -> bool:
        """Whether the next symbol is this one, which is then read."""
        if self._rest[-1] != symbol:
            return False
        self._rest.pop()
        return True

    def _unexpected(self) -> _UnfitError:
        symbol = self._rest[-1]
        return _UnfitError(f"unexpected {symbol!r}" if symbol else "unexpected end")
