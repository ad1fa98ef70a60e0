"""How a puzzle is put to a model: named styles, each exact to the last character."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from countdown_gym.errors import UnknownNameError
from countdown_gym.expressions import Operator
from countdown_gym.formulas import Extra
from countdown_gym.puzzles import Intermediates, Puzzle, Rules


def prompt(puzzle: Puzzle, style: str = "plain") -> str:
    """Return the text that asks a puzzle.

    Raises:
        UnknownNameError: If there is no such style.

    Example:
        >>> prompt(Puzzle((25, 30, 3, 4), 32), "terse")
        '25 30 3 4 make 32 <think>'
    """
    require_style(style)
    return STYLES[style](puzzle)


def require_style(style: str) -> None:
    """Refuse a style that there is not, at once and not at the first puzzle.

    Raises:
        UnknownNameError: If there is no such style.
    """
    if style not in STYLES:
        raise UnknownNameError("prompt style", style, STYLES)


def plain(puzzle: Puzzle) -> str:
    """Return an instruction that says every rule, for models that follow instructions."""
    numbers = ", ".join(map(str, puzzle.numbers))
    return (
        f"Write an expression that equals {puzzle.target}, using the numbers {numbers}. "
        f"{_plain_rules(puzzle.rules)}"
    )


@lru_cache(maxsize=256)
def _plain_rules(rules: Rules) -> str:
    """Return what `plain` says after numbers and target; most prompts say the same."""
    sentences = [
        "Use each number exactly once." if rules.use_all else "Use each number at most once.",
        f"The operations {_operators(rules)} and parentheses are allowed.",
    ]
    if rules.extras:
        *others, last = [_EXTRAS[extra] for extra in Extra if extra in rules.extras]
        allowed = f"{', '.join(others)} and {last}" if others else last
        sentences.append(f"You may also write {allowed}.")
    sentences += limits(rules)
    sentences.append("Think first, then give the expression alone between <answer> and </answer>.")
    return " ".join(sentences)


def limits(rules: Rules) -> list[str]:
    """Return a sentence for each limit on the order of the numbers and on results."""
    sentences = []
    if rules.keep_order:
        sentences.append("Keep the numbers in this order.")
    if rules.intermediates is not Intermediates.RATIONALS:
        sentences.append(f"The result of every operation must be {_KINDS[rules.intermediates]}.")
    if rules.largest_intermediate is not None:
        largest = rules.largest_intermediate
        below = f" or smaller than -{largest}" if rules.intermediates.admits(Fraction(-1)) else ""
        sentences.append(f"No result may be larger than {largest}{below}.")
    return sentences


def tinyzero(puzzle: Puzzle) -> str:
    """Return the base-model prompt of TinyZero (Pan et al. 2025), word for word.

    https://github.com/Jiayi-Pan/TinyZero. Its completions begin inside `<think>`. It names the
    four operations whatever the rules are.
    """
    return (
        "A conversation between User and Assistant. The user asks a question, and the Assistant "
        "solves it. The assistant first thinks about the reasoning process in the mind and then "
        "provides the user with the answer.\n"
        f"User: Using the numbers {list(puzzle.numbers)}, create an equation that equals "
        f"{puzzle.target}. You can use basic arithmetic operations (+, -, *, /) and each number "
        "can only be used once. Show your work in <think> </think> tags. And return the final "
        "answer in <answer> </answer> tags, for example <answer> (1 + 2) / 3 </answer>.\n"
        "Assistant: Let me solve this step by step.\n<think>"
    )


def terse(puzzle: Puzzle) -> str:
    """Return the shortest prompt there is, for small models with a vocabulary of symbols.

    Its completions begin inside `<think>`.
    """
    numbers = " ".join(str(number) for number in puzzle.numbers)
    return f"{numbers} make {puzzle.target} <think>"


STYLES: Mapping[str, Callable[[Puzzle], str]] = MappingProxyType(
    {"plain": plain, "tinyzero": tinyzero, "terse": terse}
)
"""Every style by name."""

_KINDS = {
    Intermediates.POSITIVE_INTEGERS: "a positive whole number",
    Intermediates.NATURALS: "a whole number that is not negative",
    Intermediates.INTEGERS: "a whole number",
}

_EXTRAS = {
    Extra.POWER: "powers (3 ^ 2)",
    Extra.ROOT: "square roots (sqrt(9))",
    Extra.FACTORIAL: "factorials (3!)",
    Extra.CONCATENATION: "several digits as one number (39)",
    Extra.DECIMAL_POINT: "decimal points (.3)",
    Extra.NEGATION: "minus signs (-3)",
}
"""How each extra is told, with an example of threes."""


def _operators(rules: Rules) -> str:
    return " ".join(o.value for o in Operator if o in rules.operators)
