"""Texts that want to be paid: right answers, near misses, tricks and noise, and mixtures of them.

Mutations know the grammar: they take a text apart into numbers, signs, tags and commands, and put
others in their place. Everything is a function of the generator that is given.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from countdown_gym.expressions import latex
from countdown_gym.families import make_family
from countdown_gym.parsing import CONVENTIONS
from countdown_gym.prompts import plain
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.oracle import Oracle
from countdown_gym.splits import puzzles

CORPUS = Path(__file__).parents[2] / "tests" / "property" / "hostile"
MAX_CHARS = 32_768
SETTINGS: Sequence[tuple[str, Mapping[str, Any], int]] = (
    ("three_to_four", {}, 400),
    ("television", {}, 100),
    ("twenty_four", {}, 100),
    ("make_ten", {}, 60),
    ("n_numbers", {"intermediates": "naturals", "largest": 20}, 60),
    ("n_numbers", {"operators": "+-*", "use_all": False}, 60),
    ("n_numbers", {"largest_intermediate": 150, "min_target": -50}, 60),
)
"""Families, their parameters, and how many puzzles of each."""

TOKEN = re.compile(r"[0-9]+|\\[a-zA-Z]+|</?[a-zA-Z]+>|\s+|.", re.DOTALL)
SIGNS = ("+", "-", "*", "/")
WRITTEN = {
    "*": ("×", "·", "⋅", "∗", r"\times ", r"\cdot "),  # noqa: RUF001 - the signs models write
    "/": ("÷", "∕", r"\div "),  # noqa: RUF001
    "-": ("−",),  # noqa: RUF001
    "(": ("\\left(",),
    ")": ("\\right)",),
}
TRICKS = (
    *("**", "//", "%", "^", "!", "~", "<<", "|", "&", "@", ":=", "==", "!=", ",", ";", "."),
    *("_", "'", ".0", "e0", "e-9", "j", "0x", "0b1", "1_0", "00", "L", "f", "()", "[0]", "{1}"),
    *("{", "}", "[", "]", "sqrt(", "abs(", "int(", "float(", "round(", "sum([", "lambda:"),
    *(" if 1 else ", " or ", " and ", "not ", "None", "True", "inf", "nan", "x", "X"),
    *("__import__('os')", "eval(", "print(", "\\sqrt", "= ", "=32", "= -0", "≈", "≠"),
    *("\\approx ", "\\frac", "\\frac{", "\\dfrac{1}{1}", "\\boxed{", "<answer>", "</answer>"),
    *("<think>", "</think>", "<ANSWER>", "<answer >", "</answer", "answer>", "`", "```"),
    *("```python\n", "$", "$$", "\\(", "\\)", "\\[", "\\]", "\\left(", "\\right)", "#", "//"),
    *("/*", "*/", "<!--", "-->", "\\", "\\\\", "\\n", "%s", "{}", "{{", "+-", "--", "+ +"),
)  # fmt: skip
TEMPLATES = (
    "<answer>{}</answer>",
    "<answer> {} </answer>",
    "<think>{think}</think><answer>{}</answer>",
    "<think>{think}</think>\n\n<answer>\n{}\n</answer>\n",
    "{think}\n<answer>{}</answer>",
    "\\boxed{{}}",
    "so $\\boxed{{}}$.",
    "{think}\n{}",
    "{}",
)
_PLACES = (0, 0, 0, 0, 0, 1, 1, 2, 3)
"""For each template the convention that finds its answer, by its place in `NAMES`."""
NAMES = tuple(CONVENTIONS)


T = TypeVar("T")


class Draws:
    """Small whole numbers, one after another: a generator's own call takes ten times as long."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Begin with a generator, which is moved a few thousand numbers at a time."""
        self._rng = rng
        self._next: Iterator[int] = iter(())

    def below(self, bound: int) -> int:
        """Return a number from 0 and below the bound, all about equally often."""
        for number in self._next:
            return number % bound
        self._next = iter(self._rng.integers(2**40, size=4096).tolist())
        return self.below(bound)

    def one_of(self, options: Sequence[T]) -> T:
        """Return one of some options."""
        return options[self.below(len(options))]


@dataclass(frozen=True, slots=True)
class Case:
    """One text to be judged."""

    origin: str
    """What it was made from: `right`, `near miss`, `hostile`, `noise` or `spliced`."""
    puzzle: Puzzle
    completion: str
    convention: str


@dataclass(frozen=True, slots=True)
class Seeds:
    """What mutations begin with."""

    answered: tuple[tuple[Puzzle, str, str], ...]
    """Puzzles, each with a right answer in infix and in LaTeX."""
    hostile: tuple[tuple[Puzzle, str], ...]
    """Puzzles, each with a completion of the hostile corpus."""


@cache
def seeds() -> Seeds:
    """Return what mutations begin with: drawn puzzles with some solutions, and the corpus."""
    answered = []
    for name, parameters, count in SETTINGS:
        family = make_family(name, parameters)
        oracle = Oracle(family.rules)
        for puzzle in puzzles(family, "train", 0, count):
            found = list(islice(oracle.solutions(puzzle.numbers, puzzle.target), 3))
            answered += [(puzzle, str(answer), latex(answer)) for answer in found]
    hostile = []
    for path in sorted(CORPUS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            hostile.append((Puzzle(case["numbers"], case["target"]), case["completion"]))
    return Seeds(tuple(answered), tuple(hostile))


@cache
def oddities() -> tuple[str, ...]:
    """Return characters that look like what may be written, and some that look like nothing."""
    kinds = {"Nd", "No", "Nl", "Sm", "Pd", "Ps", "Pe", "Zs", "Zl", "Zp", "Cf", "Cc", "Mn"}
    every = map(chr, range(sys.maxunicode + 1))
    return tuple(letter for letter in every if unicodedata.category(letter) in kinds)


def cases(rng: np.random.Generator, count: int) -> Iterator[Case]:
    """Yield random cases."""
    draws = Draws(rng)
    for _ in range(count):
        yield draws.one_of(_ORIGINS)(draws)


def _right(draws: Draws) -> Case:
    """A right answer, perhaps spelled or placed otherwise: most of these are to be paid."""
    puzzle, infix, in_latex = draws.one_of(seeds().answered)
    text = in_latex if draws.below(5) == 0 else _respelled(infix, draws)
    if draws.below(4) == 0:
        text += f" = {puzzle.target}"
    if draws.below(6) == 0:
        text = draws.one_of(("${}$", "$${}$$", "`{}`", "```\n{}\n```", "\\({}\\)")).format(text)
    return _placed("right", puzzle, text, draws)


def _near_miss(draws: Draws) -> Case:
    """A right answer of which some numbers and signs are others."""
    puzzle, infix, _ = draws.one_of(seeds().answered)
    tokens = TOKEN.findall(infix)
    for _ in range(1 + draws.below(3)):
        at = draws.below(len(tokens))
        tokens[at] = _other_token(tokens[at], puzzle, draws)
    return _placed("near miss", puzzle, "".join(tokens), draws)


def _tampered(draws: Draws) -> Case:
    """A right answer into which tricks and odd characters were put."""
    puzzle, infix, in_latex = draws.one_of(seeds().answered)
    tokens = TOKEN.findall(in_latex if draws.below(5) == 0 else infix)
    for _ in range(1 + draws.below(2)):
        _mutate(tokens, draws)
    return _placed("tampered", puzzle, "".join(tokens), draws)


def _hostile(draws: Draws) -> Case:
    """A completion of the corpus, mutated as a whole."""
    puzzle, completion = draws.one_of(seeds().hostile)
    if len(completion) > 2_000 and draws.below(50):
        completion = completion[:1_000] + completion[-1_000:]
    tokens = TOKEN.findall(completion) or [" "]
    for _ in range(draws.below(4)):
        _mutate(tokens, draws)
    convention = NAMES[0] if draws.below(4) else draws.one_of(NAMES)
    return Case("hostile", puzzle, "".join(tokens), convention)


def _noise(draws: Draws) -> Case:
    """Odd characters, tricks, numbers and signs in any order."""
    puzzle, _, _ = draws.one_of(seeds().answered)
    tokens = [_any_token(puzzle, draws) for _ in range(1 + draws.below(12))]
    return _placed("noise", puzzle, "".join(tokens), draws)


def _spliced(draws: Draws) -> Case:
    """The beginning of one completion and the end of another, at times made very long."""
    one, two = (draws.one_of((_right, _near_miss, _hostile))(draws) for _ in range(2))
    text = one.completion[: draws.below(len(one.completion) + 1)]
    text += two.completion[draws.below(len(two.completion) + 1) :]
    if draws.below(60) == 0:
        text = _lengthened(text + one.completion, draws)
    return Case("spliced", two.puzzle, text, two.convention)


_ORIGINS = (_right, _near_miss, _tampered, _tampered, _hostile, _noise, _spliced)


def _placed(origin: str, puzzle: Puzzle, text: str, draws: Draws) -> Case:
    """Put an answer into a completion."""
    template = draws.below(len(TEMPLATES))
    think = "" if draws.below(3) else f"{plain(puzzle)} {text}? No."
    completion = TEMPLATES[template].replace("{think}", think).replace("{}", text)
    return Case(origin, puzzle, completion, NAMES[_PLACES[template]])


def _respelled(text: str, draws: Draws) -> str:
    """Return the same expression in another spelling."""
    style = draws.below(4)
    if style == 0:
        return text.replace(" ", "")
    if style == 1:
        return "".join(
            draws.one_of(WRITTEN[token]) if token in WRITTEN and draws.below(2) else token
            for token in TOKEN.findall(text)
        )
    if style == 2:
        return (
            f"({text})" if draws.below(2) else text.replace(" ", draws.one_of("\n\t\u2003\u00a0"))
        )
    return text


def _other_token(token: str, puzzle: Puzzle, draws: Draws) -> str:
    """Return another token of the same sort."""
    if token.isdigit():
        number = int(token)
        board = draws.one_of(puzzle.numbers)
        return str(draws.one_of((number + 1, abs(number - 1), board, puzzle.target, 10 * number)))
    if token in SIGNS:
        return draws.one_of(SIGNS)
    return draws.one_of(("", token, token + token, "(", ")"))


def _any_token(puzzle: Puzzle, draws: Draws) -> str:
    kind = draws.below(8)
    if kind < 3:
        return str(draws.one_of((*puzzle.numbers, puzzle.target)))
    if kind < 5:
        return f" {draws.one_of(SIGNS)} "
    return draws.one_of(TRICKS) if kind < 7 else draws.one_of(oddities())


def _mutate(tokens: list[str], draws: Draws) -> None:
    """Change a list of tokens in one way."""
    kind, at = draws.below(8), draws.below(len(tokens))
    if kind == 0:
        tokens.insert(at, draws.one_of(TRICKS))
    elif kind == 1:
        tokens.insert(at, draws.one_of(oddities()))
    elif kind == 2:
        tokens[at] = draws.one_of(TRICKS)
    elif kind == 3:
        tokens[at] = draws.one_of(oddities())
    elif kind == 4:
        other = draws.below(len(tokens))
        tokens[at], tokens[other] = tokens[other], tokens[at]
    elif kind == 5:
        tokens[at] *= draws.below(4)
    elif kind == 6:
        tokens[at : at + draws.below(4)] = tokens[at : at + draws.below(6)][::-1] or [" "]
    else:
        tokens[at] = draws.one_of((*SIGNS, "(", ")", " ", "1", "0", "-1", "=", tokens[0]))
    if not tokens:
        tokens.append(" ")


def _lengthened(text: str, draws: Draws) -> str:
    """Return a text of up to `MAX_CHARS` that repeats a piece of another."""
    at = draws.below(len(text) + 1)
    piece = text[at : at + 1 + draws.below(40)] or "("
    filled = text[:at] + piece * ((MAX_CHARS - len(text)) // len(piece)) + text[at:]
    return filled[:MAX_CHARS]
