"""Lines of working: what is one, what is none, and that no text is too much."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countdown_gym.expressions import steps
from countdown_gym.steps_shown import MAX_STEPS, steps_shown
from countdown_gym.testing import expressions


def lines(text: str) -> list[str]:
    return [str(step) for step in steps_shown(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("30 - 25 = 5", ["30 - 25 = 5"]),
        ("so 3*4=12.", ["3 * 4 = 12"]),
        ("3 × 4 = 12, 12 ÷ 3 = 4, 4 − 3 = 1", ["3 * 4 = 12", "12 / 3 = 4", "4 - 3 = 1"]),  # noqa: RUF001
        (r"$3 \times 4 = 12$", ["3 * 4 = 12"]),
        ("8 / 3 = 8/3 and 3 - (8/3) = 1/3", ["8 / 3 = 8/3", "3 - (8/3) = 1/3"]),
        ("3 - 8 = -5; (-5) + 9 = 4", ["3 - 8 = -5", "(-5) + 9 = 4"]),
        ("30 - 25 = 5 + 3 = 8", ["30 - 25 = 5", "5 + 3 = 8"]),
        ("1 + 1 = 3", ["1 + 1 = 3"]),
        ("1 + 2 + 3 = 6", []),
        ("2 * (1 + 2) = 6", []),
        ("(1 + 2) * 3 = 9", []),
        ("1 + 2 = 3.5", []),
        ("1.5 + 2 = 3", []),
        ("1 + 2 == 3", []),
        ("1 + = 3, + 2 = 3, 1 + 2 =", []),
        ("٣ + 1 = 4", []),
        ("1 ** 2 = 1, 7 // 2 = 3", []),
        ("9999999999999 + 1 = 10000000000000", []),
        ("", []),
    ],
)
def test_a_line_has_two_numbers_an_operator_and_a_result(text: str, found: list[str]) -> None:
    assert lines(text) == found


@given(expressions())
def test_the_steps_of_an_expression_are_read_back(expression: object) -> None:
    try:
        done = steps(expression)  # type: ignore[arg-type]  # what the strategy makes
    except ZeroDivisionError:
        return
    short = [s for s in done if max(len(str(v)) for v in (s.left, s.right, s.result)) < 12]
    assert list(steps_shown("; ".join(map(str, short)))) == short


@given(st.text(st.sampled_from("0123456789+-*/=() x×\n")))  # noqa: RUF001 - as above
def test_no_text_makes_it_raise(text: str) -> None:
    for step in steps_shown(text):
        assert str(step)


@pytest.mark.parametrize(
    "piece",
    ["1 + 1 = 2, ", "1", "1 + ", "(", "(1", "-", "= ", "1 = ", " ", "1/", "1+1=", "(-1)+(-1)=-"],
)
def test_a_long_text_is_read_quickly_and_not_without_end(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    seconds = []
    for _ in range(3):
        before = process_time()
        found = steps_shown(text)
        seconds.append(process_time() - before)
        assert len(found) <= MAX_STEPS
    assert min(seconds) < 0.05
