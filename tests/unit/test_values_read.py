"""A minus may be a sign, and a fraction a value: the board and what was told before say which."""

from __future__ import annotations

import pytest

from countdown_gym.behaviors import analyze
from countdown_gym.behaviors.normalizing import normalized
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.habits import Habit

BELOW_ZERO = Puzzle((3, 5, 9), 10)
THIRDS = Puzzle((3, 8, 3, 8), 24)


def shown(puzzle: Puzzle, text: str) -> list[str]:
    """Return the steps of all attempts."""
    return [str(each.step) for attempt in analyze(puzzle, text).attempts for each in attempt.steps]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("3 - 5 = -2, -2 + 9 = 7", "(-2) + 9 = 7"),
        ("3 - 5 = -2, 9 - -2 = 11", "9 - (-2) = 11"),
        ("3 - 5 = -2. 9--2 = 11", "9 - (-2) = 11"),
        ("3 - 5 = \u22122. 9 + (\u22122) = 7", "9 + (-2) = 7"),
        ("3 - 5 = -2\n-2 \u00d7 9 = -18", "(-2) * 9 = -18"),
        ("3 - 5 = -2, (-2) + 9 = 7", "(-2) + 9 = 7"),
        ("(3 - 5) + 9 = -2 + 9 = 7", "(-2) + 9 = 7"),
        ("3 - 5 = -2, -2/9 = -2/9", "(-2) / 9 = -2/9"),
    ],
)
def test_a_minus_before_a_value_is_its_sign(text: str, last: str) -> None:
    found = analyze(BELOW_ZERO, text)
    assert (found.arithmetic_accuracy, found.legal_share, len(found.attempts)) == (1, 1, 1)
    assert shown(BELOW_ZERO, text) == ["3 - 5 = -2", last]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("- 3 + 5 = 8", "3 + 5 = 8"),  # items of a list
        ("-3 + 5 = 8\n-8 + 9 = 17", "8 + 9 = 17"),
        ("3 - 5 = -2, no\n- 3 + 5 = 8", "3 + 5 = 8"),
        ("3 - 5 = -2, so - 3 + 5 = 8", "3 + 5 = 8"),  # a pause
        ("3 + 5 = 8, 9 -8 = 1", "9 - 8 = 1"),  # a minus
        ("3 + 5 = 8, - 9 = -1", "8 - 9 = -1"),
    ],
)
def test_other_dashes_are_no_signs(text: str, last: str) -> None:
    assert shown(BELOW_ZERO, text)[-1] == last
    assert analyze(BELOW_ZERO, text).arithmetic_accuracy == 1


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("3 - 5 = -2. -2 is too low.", "-2 is too low"),
        ("3 + 5 = 8 (d=-2)", "(d=-2)"),
        ("3 + 5 = 8 (-2)", "(-2)"),
        ("| 3 + 5 | 8 | -2 |", "-2"),
        ("3 + 5 = 8.\n- 8 is too low.", "8 is too low"),
    ],
)
def test_a_verdict_keeps_the_sign_of_its_value(text: str, span: str) -> None:
    spans = analyze(BELOW_ZERO, text).spans[Habit.VERIFICATION]
    assert [text[start:end] for start, end in spans] == [span]


@pytest.mark.parametrize(
    "text",
    [
        "8/3 = 8/3, 3 - 8/3 = 1/3, 8 / (1/3) = 24",
        "8 / 3 = 8/3, 3 - 8/3 = 1/3, 8 / 1/3 = 24",
        "8/3=8/3, 3-8/3=1/3, 8/(1/3)=24",
        "8/(3 - 8/3) = 8/(1/3) = 24",
        "24 = 8/(3 - 8/3)",
        r"\frac{8}{3 - \frac{8}{3}} = 24",
        r"\(\frac{8}{3}=\frac83\), so \(3-\frac{8}{3}=\frac13\), \(\frac{8}{\frac{1}{3}} = 24\)",
    ],
)
def test_a_fraction_that_was_told_is_a_value_and_else_a_division(text: str) -> None:
    found = analyze(THIRDS, text)
    assert (found.arithmetic_accuracy, found.legal_share, len(found.attempts)) == (1, 1, 1)
    assert shown(THIRDS, text) == ["8 / 3 = 8/3", "3 - (8/3) = 1/3", "8 / (1/3) = 24"]
    assert not found.counts[Habit.BACKTRACKING]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("8/3 = 8/3 = 2.67", ["8 / 3 = 267/100"]),
        ("3 - 8/3 = 1/3", ["8 / 3 = 8/3", "3 - (8/3) = 1/3"]),
        ("8 = 8/3 * 3", ["8 / 3 = 8/3", "(8/3) * 3 = 8"]),
        # the operation before it comes first
        ("3/8 = 3/8, 8/3/8 = 1/3", ["3 / 8 = 3/8", "8 / 3 = 8/3", "(8/3) / 8 = 1/3"]),
    ],
)
def test_a_division_stays_one(text: str, steps: list[str]) -> None:
    assert shown(THIRDS, text) == steps


@pytest.mark.parametrize(
    "text",
    [
        "93 / 38 = 93/38, 94 / (93/38) = 3572/93. {}",
        "I could do 93 / 38 = 93/38. Then 94 ÷ (93/38) = 3572/93. {}",
    ],
)
@pytest.mark.parametrize(
    "verdict",
    [
        "3572/93 overshoots 37 by 131/93.",
        "3572/93 ≠ 37",
        "3572/93 is not 37.",
        "Too big: 3572/93 against 37.",
        "That is off by 131/93.",
    ],
)
def test_a_fraction_is_held_against_the_target(text: str, verdict: str) -> None:
    found = analyze(Puzzle((93, 38, 94), 37), text.format(verdict))
    assert (found.counts[Habit.VERIFICATION], found.counts[Habit.BACKTRACKING]) == (1, 0)
    assert found.legal_share == 1


def test_a_fraction_of_latex_is_one_from_its_command_to_its_last_bracket() -> None:
    text = r"So \frac{88}{11}=8 and $\dfrac{\frac{8}{4}}{2}$."
    assert len(normalized(text)) == len(text)
    (moment, other) = analyze(Puzzle((88, 11, 4, 2), 48), text).moments
    assert text[moment.computation.start : moment.computation.end] == r"\frac{88}{11}=8"
    assert text[other.computation.start : other.computation.end] == r"\dfrac{\frac{8}{4}}{2}"


def test_only_divisions_that_are_not_whole_are_refused_in_one_breath() -> None:
    found = analyze(Puzzle((8, 3, 8, 9), 24), "8 / 3 = 8/3, 8 - 8/3 = 16/3, 9 - 16/3 = 11/3")
    assert (found.legal_share, len(found.attempts)) == (1, 1)
    assert [str(each.step) for each in found.attempts[0].steps][2:] == ["9 - (16/3) = 11/3"]
