"""What a model is asked, to the last character: a change here changes every result."""

from __future__ import annotations

import pytest

from countdown_gym.envs.text import MAX_PROMPT_CHARS
from countdown_gym.expressions import Operator
from countdown_gym.formulas import Extra
from countdown_gym.prompts import STYLES, prompt
from countdown_gym.puzzles import MAX_MAGNITUDE, MAX_NUMBERS, Intermediates, Puzzle, Rules

ARTICLE = Puzzle((25, 30, 3, 4), 32)
GOLDEN = {
    "plain": (
        "Write an expression that equals 32, using the numbers 25, 30, 3, 4. Use each number "
        "exactly once. The operations + - * / and parentheses are allowed. Think first, then give "
        "the expression alone between <answer> and </answer>."
    ),
    "tinyzero": (
        "A conversation between User and Assistant. The user asks a question, and the Assistant "
        "solves it. The assistant first thinks about the reasoning process in the mind and then "
        "provides the user with the answer.\n"
        "User: Using the numbers [25, 30, 3, 4], create an equation that equals 32. You can use "
        "basic arithmetic operations (+, -, *, /) and each number can only be used once. Show "
        "your work in <think> </think> tags. And return the final answer in <answer> </answer> "
        "tags, for example <answer> (1 + 2) / 3 </answer>.\n"
        "Assistant: Let me solve this step by step.\n"
        "<think>"
    ),
    "terse": "25 30 3 4 make 32 <think>",
}


@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_style_is_exact_to_the_last_character(style: str) -> None:
    assert prompt(ARTICLE, style) == GOLDEN[style]


def test_the_plain_style_is_the_one_by_default() -> None:
    assert prompt(ARTICLE) == GOLDEN["plain"]


def test_the_plain_style_says_every_rule() -> None:
    operators = frozenset({Operator.MULTIPLY, Operator.ADD})
    rules = Rules(operators, False, True, Intermediates.POSITIVE_INTEGERS, 500)
    assert prompt(Puzzle((2, 3), 6, rules)) == (
        "Write an expression that equals 6, using the numbers 2, 3. Use each number at most once. "
        "The operations + * and parentheses are allowed. Keep the numbers in this order. The "
        "result of every operation must be a positive whole number. No result may be larger than "
        "500. Think first, then give the expression alone between <answer> and </answer>."
    )


@pytest.mark.parametrize(
    ("intermediates", "words"),
    [
        (Intermediates.POSITIVE_INTEGERS, "must be a positive whole number."),
        (Intermediates.NATURALS, "must be a whole number that is not negative."),
        (Intermediates.INTEGERS, "must be a whole number."),
    ],
)
def test_the_plain_style_names_the_kind_of_results(
    intermediates: Intermediates, words: str
) -> None:
    assert words in prompt(Puzzle((2, 3), 6, Rules(intermediates=intermediates)))
    assert "must be" not in prompt(Puzzle((2, 3), 6))


def test_the_plain_style_names_every_extra() -> None:
    everything = Rules(extras=frozenset(Extra))
    assert (
        "The operations + - * / and parentheses are allowed. You may also write powers (3 ^ 2), "
        "square roots (sqrt(9)), factorials (3!), several digits as one number (39), decimal "
        "points (.3) and minus signs (-3). Think first"
    ) in prompt(Puzzle((4, 4), 8, everything))
    one = Rules(extras=frozenset({Extra.ROOT}))
    assert "You may also write square roots (sqrt(9))." in prompt(Puzzle((4, 4), 8, one))


@pytest.mark.parametrize("intermediates", list(Intermediates))
def test_the_plain_style_says_on_which_sides_results_are_bounded(
    intermediates: Intermediates,
) -> None:
    rules = Rules(intermediates=intermediates, largest_intermediate=50)
    negative = intermediates in {Intermediates.INTEGERS, Intermediates.RATIONALS}
    bound = "larger than 50 or smaller than -50." if negative else "larger than 50."
    assert f"No result may be {bound}" in prompt(Puzzle((2, 3), 6, rules))


@pytest.mark.parametrize("style", sorted(STYLES))
def test_the_longest_prompt_fits_the_observation_space(style: str) -> None:
    rules = Rules(frozenset(Operator), False, True, Intermediates.NATURALS, 10**100)
    largest = Puzzle((MAX_MAGNITUDE,) * MAX_NUMBERS, -MAX_MAGNITUDE, rules)
    assert len(prompt(largest, style)) <= MAX_PROMPT_CHARS
