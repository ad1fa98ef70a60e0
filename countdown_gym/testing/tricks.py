"""Answers that some published checker pays in full, and that are wrong."""

from __future__ import annotations

from countdown_gym.puzzles import Puzzle

TRICKS: tuple[tuple[Puzzle, str], ...] = (
    (Puzzle((5, 2), 7), "7"),  # the bare target
    (Puzzle((5, 2), 7), "8"),  # or one beside it
    (Puzzle((5, 2), 7), "7 = 7"),
    (Puzzle((5, 2), 7), "5 + 2 = 8"),
    (Puzzle((5, 3), 13), "5 + 5 + 3"),  # a number too often
    (Puzzle((5, 3), 5), "5"),  # a number too few
    (Puzzle((5, 3), 2), "abs(3 - 5)"),
    (Puzzle((5, 3), 8), "5 + 3.0"),
    (Puzzle((5, 3), 53), "53"),  # digits put together
    (Puzzle((2, 3), 8), "2**3"),
    (Puzzle((2, 3), 8), "2^3"),
    (Puzzle((7, 2), 3), "7//2"),
    (Puzzle((7, 3), 1), "7%3"),
    (Puzzle((5, 3), 123), "5!+3"),
    (Puzzle((100, 3), 30), "sqrt(100)*3"),
    (Puzzle((7, 3), -7), "3 - 7 - 3 if 0 else -7 + 3 * 0"),
    (Puzzle((7, 3), 4), "~(3 - 7) + 1"),
    (Puzzle((7, 3), -4), "-7 + 3"),  # a minus that joins nothing
    (Puzzle((7, 3), 4), "7 - 3 # + 100"),
    (Puzzle((1, 5, 6), 9), "1.5*6"),
    (Puzzle((44, 3, 1, 2), 147), "44+3+1e2"),
    (Puzzle((1, 3), 19), "0x10 + 3"),
    (Puzzle((100, 3), 103), "1_00 + 3"),
    (Puzzle((3, 4), 7), "３ + ４"),  # noqa: RUF001 - digits that are not ASCII
    (Puzzle((999, 1, 110), 999), "999+1/110"),  # misses by a hair
    (Puzzle((5, 1, 100, 99, 98), 5), "5+1/(100*99*98)"),
    (Puzzle((7, 1, 10**9), 7), "7 + 1 / 1000000000"),
    (Puzzle((1, 10**9, 10**9, 3), 3), "3 + 1 / 1000000000 / 1000000000"),
)
"""Puzzles of the default rules, each with an answer that is not one."""

HOSTILE: tuple[str, ...] = (
    *("", " ", "\n", "()", "(", ")", "=", "1 +", "1 / 0", "0 / 0", "1 / (1 - 1)", "None", "nan"),
    *("inf", "-inf", "1e999", "True", "...", "'a'", "[]", "{}", "x", "1j", "1;2", "\\frac{1}{0}"),
    *("\x00", "\ud800", "²", "٣", "½", "\u202e1", "0" * 5_000 + "1", "9" * 5_000, "9" * 40_000),
    *("(" * 10_000, "(" * 300 + "1" + ")" * 300, "-" * 10_000 + "1", "1" + "+1" * 16_000),
    *("<answer>" * 4_000, "</answer>" * 4_000, "\\boxed{" * 4_000, " " * 32_000, "1 " * 16_000),
)
"""Answers on which some checker stumbles: strange, long, deep, or without a value."""

SLOW: tuple[str, ...] = (
    "9**9**7",  # 4,564,000 digits: seconds for who computes it; 9**9**9 would be for ever
    "9^9^7",
    "200000!",
    "1" + "+1" * 16_000,
    "(" * 16_000 + ")" * 16_000,
    "1" + " " * 32_000 + "x",
    "-" * 32_000,
)
"""Answers that keep some checker busy."""
