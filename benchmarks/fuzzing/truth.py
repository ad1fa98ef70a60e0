"""What is right, found out another way: Python's own grammar, walked with fractions.

Shares no code with the reader and the referee that are being tested, only the statement of the
rules. Slow, and in no hurry.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from fractions import Fraction

from countdown_gym.puzzles import Intermediates, Puzzle

MOST_CHARS, MOST_READ, MOST_DEPTH, MOST_NUMBERS = 512, 32_768, 32, 32
"""The documented limits; what is beyond one of them is not plainly right."""

_SPELLINGS = {
    "*": ("×", "·", "⋅", "∗", r"\times", r"\cdot"),  # noqa: RUF001 - the signs models write
    "/": ("÷", "∕", r"\div"),  # noqa: RUF001
    "-": ("−",),  # noqa: RUF001
    "(": (r"\left(",),
    ")": (r"\right)",),
}
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_WRAPPINGS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"))


class _WrongError(Exception):
    """The completion is not right."""


def is_right(puzzle: Puzzle, completion: str, convention: str) -> bool:
    """Whether a completion gives a right answer, within the documented limits."""
    try:
        text = _answer(completion[-MOST_READ:], convention)
        if len(text) > MOST_CHARS:
            return False
        _require_shallow(text)
        written, equals, claim = _plain(_unwrapped(text.strip())).partition("=")
        tree = _parsed(written)
        numbers: list[int] = []
        worth = _worth(puzzle, tree, numbers)
        return (
            _numbers_fit(puzzle, numbers)
            and worth == puzzle.target
            and (not equals or _claimed(claim) == worth)
        )
    except _WrongError:
        return False


def _answer(text: str, convention: str) -> str:
    if convention == "whole_text":
        return text
    if convention == "last_line":
        return text.rstrip().split("\n")[-1]
    if convention == "boxed":
        return _boxed(text)
    parts = text.rsplit("</think>", maxsplit=1)[-1].split("<answer>")[1:]
    for part in reversed(parts):
        if "</answer>" in part:
            return part.split("</answer>")[0]
    raise _WrongError


def _boxed(text: str) -> str:
    """Return what the last box that closes holds."""
    opening = "\\boxed{"
    at = text.rfind(opening)
    while at >= 0:
        depth, begin = 1, at + len(opening)
        for end in range(begin, len(text)):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            if not depth:
                return text[begin:end]
        at = text.rfind(opening, 0, at)
    raise _WrongError


def _unwrapped(text: str) -> str:
    """Return the text without a fence around it and then without maths marks around it."""
    if text.startswith("```") and text.endswith("```") and len(text) >= 6:
        inside = re.match(r"[a-z]*\s", text[3:-3])
        if inside:
            text = text[3 + inside.end() : -3].strip()
    elif len(text) > 1 and text[0] == text[-1] == "`" and "`" not in text[1:-1]:
        text = text[1:-1].strip()
    for left, right in _WRAPPINGS:
        if text.startswith(left) and text.endswith(right) and len(text) >= len(left + right):
            return text[len(left) : -len(right)].strip()
    return text


def _plain(text: str) -> str:
    """Return the text in ASCII infix, if it can be written so."""
    for sign, spellings in _SPELLINGS.items():
        for spelling in spellings:
            text = re.sub(re.escape(spelling) + r"(?![a-zA-Z])", sign, text)
    while (fraction := _FRACTION.search(text)) is not None:
        for part in fraction.groups():
            _parsed(part)
        above, below = fraction.groups()
        text = f"{text[: fraction.start()]}((({above})/({below}))){text[fraction.end() :]}"
    return text


def _require_shallow(text: str) -> None:
    depth = 0
    for sign in text:
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(sign, 0)
        if depth > MOST_DEPTH:
            raise _WrongError


def _parsed(text: str) -> ast.expr:
    """Return Python's tree of ASCII infix; leading zeros, which Python refuses, are taken off."""
    if re.search(r"[^-+*/()0-9\s]", text):
        raise _WrongError
    depth = 0
    for sign in text:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if not 0 <= depth <= 3 * MOST_DEPTH:
            raise _WrongError
    spaced = re.sub(r"(?<![0-9])0+(?=[0-9])", "", re.sub(r"\s", " ", text))
    try:
        return ast.parse(f"({spaced})", mode="eval").body
    except (SyntaxError, ValueError):
        raise _WrongError from None


def _worth(puzzle: Puzzle, tree: ast.expr, numbers: list[int]) -> Fraction:
    """Return the value of a tree that keeps the rules, and note its numbers from left to right."""
    if isinstance(tree, ast.Constant) and type(tree.value) is int:
        numbers.append(tree.value)
        return Fraction(tree.value)
    sign = _SIGNS.get(type(tree.op)) if isinstance(tree, ast.BinOp) else None
    if sign is None or sign not in {operator.value for operator in puzzle.rules.operators}:
        raise _WrongError
    assert isinstance(tree, ast.BinOp)  # noqa: S101 - as the line above found, which mypy forgets
    left, right = _worth(puzzle, tree.left, numbers), _worth(puzzle, tree.right, numbers)
    if len(numbers) > MOST_NUMBERS or (sign == "/" and right == 0):
        raise _WrongError
    worth = {"+": left + right, "-": left - right, "*": left * right}.get(sign)
    worth = left / right if worth is None or sign == "/" else worth
    if not _result_fits(puzzle, worth):
        raise _WrongError
    return worth


def _result_fits(puzzle: Puzzle, worth: Fraction) -> bool:
    kind, largest = puzzle.rules.intermediates, puzzle.rules.largest_intermediate
    if largest is not None and abs(worth) > largest:
        return False
    if kind is not Intermediates.RATIONALS and worth.denominator != 1:
        return False
    least = {Intermediates.POSITIVE_INTEGERS: 1, Intermediates.NATURALS: 0}.get(kind)
    return least is None or worth >= least


def _numbers_fit(puzzle: Puzzle, numbers: list[int]) -> bool:
    if Counter(numbers) - Counter(puzzle.numbers):
        return False
    if puzzle.rules.use_all and len(numbers) != len(puzzle.numbers):
        return False
    if not puzzle.rules.keep_order:
        return True
    at = 0
    for number in puzzle.numbers:
        at += at < len(numbers) and numbers[at] == number
    return at == len(numbers)


def _claimed(claim: str) -> int:
    found = re.fullmatch(r"\s*(-?)\s*([0-9]+)\s*", claim)
    if found is None:
        raise _WrongError
    return int(found[1] + found[2])
