"""One writing for all: digits, operators, LaTeX and Markdown in plain characters.

Every replacement is as long as what it replaces, so an offset into the normal text is an offset
into the original.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

_SAME = {
    "*": "×✕⋅·∙∗＊⨯",
    "/": "÷∕／⁄➗",
    "-": "−–‐‑‒﹣－➖",
    "+": "＋➕﹢",
    "=": "＝﹦",
    "(": "（﹙",
    ")": "）﹚",
    "[": "［【",
    "]": "］】",
    ",": "，、،—―٬",
    ".": "．٫",
    ";": "；؛。॥।۔",
    ":": "：",
    "?": "？؟",
    "!": "！",
    "|": "｜│",
    " ": "\u00a0\u2009\u202f\u3000\u200a\u2002\u2003\u200b\u200e\u200f\ufe0f\ufeff",
    "'": "\u2018\u2019ʼ",
    '"': "\u201c\u201d",
    "→": "⇒➜➔⟶⟹➡",
    "≠": "≢",
    "✓": "✔✅☑🎉🎯🥳",
    "✗": "✘❌✖❎⛔🚫",
    "←": "↩↺⟲⏪⟵↶⬅",
}

_LAST_DIGIT = 0x1FBF9
"""The last decimal digit of Unicode 16 (a segmented nine)."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_FRACTION = re.compile(r"\\d?t?frac(?:\{([^{}\n]{1,60})\}\{([^{}\n]{1,60})\}|([0-9])([0-9]))")
_FRACTIONS_WITHIN = 3
"""How deep a fraction may stand in others."""
_LATEX = re.compile(r"\\([a-zA-Z]+)\{?|\\([^a-zA-Z])|[${}]")
_COMMANDS = {
    "times": "*",
    "cdot": "*",
    "ast": "*",
    "div": "/",
    "neq": "≠",
    "ne": "≠",
    "approx": "≈",
    "rightarrow": "→",
    "Rightarrow": "→",
    "implies": "→",
    "to": "→",
    "checkmark": "✓",
    "left": " ",
    "right": " ",
}
_EMPHASIS = re.compile(
    r"\*(?:\*(?!\d)|(?<!\d\*)\*|(?<![\w ]\*)(?=[a-z])|(?<=[a-z.:!)]\*)(?!\s*\d))|__|`"
)
_CROSSES = (re.compile(r" x (?=[\d(])(?<=[\d)] x )"), re.compile(r"x(?=\d)(?<=\dx)"))
"""An x between numbers. Each begins with plain text, which the engine finds fast."""
_MAY_PART_THOUSANDS = re.compile(r",(?=[0-9]{3})")
_THOUSANDS = re.compile(r" (?<=[-+*/=≈] )([0-9]{1,3}),([0-9]{3})(?![0-9,]|[-+*/=])")
"""A number with a comma, where no list can be: behind a sign and a space."""


def normalized(text: str) -> str:
    """Return the text in lower case with one writing for digits, operators and marks.

    Example:
        >>> normalized("6 ⋅ 8 = ٤٨, 12 ÷ 4")
        '6 * 8 = 48, 12 / 4'
    """
    if not text.isascii():
        plain = _plain()
        text = _NOT_ASCII.sub(lambda found: plain.get(found[0], found[0]), text)
    if "\\" in text or "$" in text:
        text = _LATEX.sub(_from_latex, _without_fractions(text))
    text = _lower(text)
    operators = text.count(" * ")  # none of them emphasises
    if text.count("*") > operators or "`" in text or "__" in text:
        text = _EMPHASIS.sub(_blank, text)
    if "x" in text:
        for cross in _CROSSES:
            text = cross.sub(lambda found: found[0].replace("x", "*"), text)
    if _MAY_PART_THOUSANDS.search(text) is not None:
        text = _THOUSANDS.sub(r" 0\1\2", text)
    return text


def _lower(text: str) -> str:
    lower = text.lower()
    if len(lower) != len(text):  # some capitals have a lower case of two characters
        lower = "".join(low if len(low := each.lower()) == 1 else each for each in text)
    return lower


@cache
def _plain() -> Mapping[str, str]:
    """Return what stands for each character that has a plain one."""
    digits = ((code, unicodedata.decimal(chr(code), None)) for code in range(128, _LAST_DIGIT + 1))
    plain = {chr(code): str(digit) for code, digit in digits if digit is not None}
    for kept, others in _SAME.items():
        plain.update(dict.fromkeys(others, kept))
    return plain


def _without_fractions(text: str) -> str:
    """Return the text with LaTeX's fractions as divisions, the innermost first."""
    for _ in range(_FRACTIONS_WITHIN):
        text, replaced = _FRACTION.subn(_division, text)
        if not replaced:
            break
    return text


def _division(fraction: re.Match[str]) -> str:
    """Return a fraction as a division in brackets, which begins and ends where it did."""
    above, below = (
        part if part.isdecimal() else f"({part})" for part in fraction.groups() if part is not None
    )
    return "(" + f"{above}/{below})".rjust(len(fraction[0]) - 1)


def _from_latex(found: re.Match[str]) -> str:
    """Return what a piece of LaTeX means, as long as it is."""
    whole = found[0]
    if found[1] is not None:
        return _COMMANDS.get(found[1], " ").ljust(len(whole))
    return "\n".rjust(2) if whole == "\\\\" else " " * len(whole)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
