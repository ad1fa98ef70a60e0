"""`check_reward` finds what is wrong with a scorer, and nothing wrong with a right one."""

from __future__ import annotations

import math
import os
import random  # noqa: TID251 - one of the faults is to use it
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sympy

from countdown_gym.checking import judge
from countdown_gym.errors import UnknownNameError
from countdown_gym.puzzles import Puzzle
from countdown_gym.rewards import MIXTURES
from countdown_gym.testing import check_reward

Scorer = Callable[[Puzzle, str], float]
EXACT = "what exact arithmetic denies is never paid in full"
SPELLING = "an expression is worth the same in every spelling"
TOTAL = "any text is paid a finite number"
CODE = "nothing that a model wrote is run"
TIME = "no text takes longer than 0.2 s"
ORDER = "the order of the board says nothing"
RANGE = "what is paid lies in the range"
RANDOM = "no global generator is read or moved"
SAME = "the same is paid every time"
RIGHT = "a right answer is paid more than any wrong one"
PLACE = "an answer in the wrong place is never paid in full"
LEFT = "the environment and the working directory stay as they are"


def broken(scorer: Scorer, convention: str = "answer_tag") -> dict[str, str]:
    """Return the example for each law that a scorer breaks."""
    breaches = check_reward(scorer, convention=convention, max_seconds=0.2, max_examples=50)
    return {breach.law: breach.example for breach in breaches}


def strictly(puzzle: Puzzle, completion: str) -> float:
    return float(judge(puzzle, completion).verdict.solved)


@pytest.mark.parametrize("name", sorted(MIXTURES))
def test_our_own_mixtures_keep_every_law(name: str) -> None:
    def paid(puzzle: Puzzle, completion: str) -> float:
        return MIXTURES[name].pay(judge(puzzle, completion)).total

    assert broken(paid) == {}


def test_a_right_scorer_keeps_every_law_in_every_convention() -> None:
    for convention in ("boxed", "last_line", "whole_text"):

        def paid(puzzle: Puzzle, completion: str, convention: str = convention) -> float:
            return float(judge(puzzle, completion, convention=convention).verdict.solved)

        assert broken(paid, convention) == {}


# Checkers with the faults of published ones, written anew from descriptions of what they pay.


def text_between_tags(completion: str) -> str:
    found: list[str] = re.findall("<answer>(.*?)</answer>", completion)
    return found[-1].strip() if found else ""


def filtered_eval(puzzle: Puzzle, completion: str) -> float:
    """A class of characters, then Python, then a tolerance; and now and then a line in a log."""
    random.randint(1, 64)  # noqa: S311 - as above
    text = text_between_tags(completion)
    used = sorted(int(number) for number in re.findall(r"\d+", text))
    if used != sorted(puzzle.numbers) or not re.fullmatch(r"[\d+\-*/().\s]+", text):
        return 0.1
    try:
        worth = eval(text, {"__builtins__": None}, {})  # noqa: S307 - the fault is the point
        return 1.0 if abs(worth - puzzle.target) < 1e-5 else 0.1
    except (ArithmeticError, SyntaxError, TypeError, ValueError, MemoryError, RecursionError):
        return 0.1


def bare_eval(puzzle: Puzzle, completion: str) -> float:
    """Python, with all that belongs to it but powers, for which a test has no time."""
    if "**" in completion:
        return 0.0
    try:
        return float(eval(text_between_tags(completion)) == puzzle.target)  # noqa: S307 - as above
    except Exception:  # noqa: BLE001 - as above
        return 0.0


def symbolic_parser(puzzle: Puzzle, completion: str) -> float:
    """sympy's own parser, which knows factorials and roots and runs what is written."""
    text = text_between_tags(completion)
    if len(text) > 100 or "**9" in text:
        return 0.05
    try:
        worth = float(sympy.parse_expr(text))
    except Exception:  # noqa: BLE001 - the fault is the point
        return 0.01
    used = sorted(int(number) for number in re.findall(r"\b\d+\b", text))
    right = used == sorted(puzzle.numbers)
    return 1.0 if right and math.isclose(worth, puzzle.target, rel_tol=1e-5) else 0.05


def bare_target(puzzle: Puzzle, completion: str) -> float:
    """The right value is right, whatever was used."""
    return float(
        str(puzzle.target) in text_between_tags(completion) or strictly(puzzle, completion)
    )


def reused_numbers(puzzle: Puzzle, completion: str) -> float:
    """Whether the numbers are on the board is asked, not how often."""
    judgement = judge(puzzle, completion)
    counts = Counter(re.findall(r"\d+", text_between_tags(completion)))
    return float(judgement.verdict.solved or (bool(counts) and max(counts.values()) > 1))


def paid_for_nothing(puzzle: Puzzle, completion: str) -> float:
    """One less the distance over a thousand, where silence is worth the nearest number."""
    if strictly(puzzle, completion):
        return 0.5
    return 1 - min(abs(n - puzzle.target) for n in puzzle.numbers) / 1000


def order_of_the_board(puzzle: Puzzle, completion: str) -> float:
    """Only answers in the order of the board are right."""
    used = [int(number) for number in re.findall(r"\d+", text_between_tags(completion))]
    return float(strictly(puzzle, completion) and used == list(puzzle.numbers))


def by_chance(puzzle: Puzzle, completion: str) -> float:
    return strictly(puzzle, completion) * random.random()  # noqa: S311 - the fault is the point


def drifting() -> Scorer:
    calls = [0]

    def paid(puzzle: Puzzle, completion: str) -> float:
        calls[0] += 1
        return strictly(puzzle, completion) / calls[0]

    return paid


def raising(puzzle: Puzzle, completion: str) -> float:
    return float(re.findall("<answer>(.*?)</answer>", completion)[0] == str(puzzle.target))


def unbounded(puzzle: Puzzle, completion: str) -> float:
    return strictly(puzzle, completion) - len(completion)


def endless(puzzle: Puzzle, completion: str) -> float:
    sum(range(40_000_000 if "!" in completion else 0))
    return strictly(puzzle, completion)


def undefined(puzzle: Puzzle, completion: str) -> float:
    return (
        math.nan if "nan" in completion or "1 / 0" in completion else strictly(puzzle, completion)
    )


def first_of_several(puzzle: Puzzle, completion: str) -> float:
    """Where several answers stand, the first one counts."""
    head, close, _ = completion.rpartition("</think>")[2].partition("</answer>")
    return strictly(puzzle, head + close)


def deaf_to_thoughts(puzzle: Puzzle, completion: str) -> float:
    return strictly(puzzle, completion.replace("</think>", ""))


def content_with_a_beginning(puzzle: Puzzle, completion: str) -> float:
    """Whoever begins an answer means it."""
    return strictly(puzzle, completion) or strictly(puzzle, f"{completion}</answer>")


def lenient_about_one_number(puzzle: Puzzle, completion: str) -> float:
    """One number left out is forgiven where the value is right."""
    used = Counter(map(int, re.findall(r"[0-9]{1,4}", text_between_tags(completion))))
    left = Counter(puzzle.numbers) - used
    spared = tuple((Counter(puzzle.numbers) - left).elements())
    forgiven = (
        left.total() == 1 and spared and strictly(replace(puzzle, numbers=spared), completion)
    )
    return float(forgiven or strictly(puzzle, completion))


def nothing_for_anything(puzzle: Puzzle, completion: str) -> float:
    return 0.0


def nothing_for_four_numbers(puzzle: Puzzle, completion: str) -> float:
    return strictly(puzzle, completion) * (len(puzzle.numbers) < 4)


def remembering(puzzle: Puzzle, completion: str) -> float:
    os.environ["LAST_SEEN_TARGET"] = str(puzzle.target)
    return strictly(puzzle, completion)


def wandering(puzzle: Puzzle, completion: str) -> float:
    """Goes to a folder that is gone afterwards."""
    with TemporaryDirectory() as folder:
        os.chdir(folder)
    return strictly(puzzle, completion)


def moved_by_success(puzzle: Puzzle, completion: str) -> float:
    return random.random() if strictly(puzzle, completion) else 0.0  # noqa: S311 - as above


@pytest.mark.parametrize(
    ("scorer", "law"),
    [
        (first_of_several, PLACE),
        (deaf_to_thoughts, PLACE),
        (content_with_a_beginning, PLACE),
        (lenient_about_one_number, EXACT),
        (nothing_for_anything, RIGHT),
        (nothing_for_four_numbers, RIGHT),
        (remembering, LEFT),
        (wandering, LEFT),
    ],
)
def test_a_single_fault_is_all_that_is_found(scorer: Scorer, law: str) -> None:
    assert [breach.law for breach in check_reward(scorer, max_examples=25)] == [law]


def test_a_check_leaves_the_process_as_it_was() -> None:
    before, folder = dict(os.environ), Path.cwd()
    for scorer in (remembering, wandering):
        check_reward(scorer, max_examples=5)
    assert dict(os.environ) == before
    assert Path.cwd() == folder


def test_what_happens_to_right_answers_only_is_found() -> None:
    breaches = check_reward(moved_by_success, max_examples=10)
    assert {RANDOM, SAME} <= {breach.law for breach in breaches}


@pytest.mark.parametrize(
    ("scorer", "laws"),
    [
        (filtered_eval, {EXACT, SPELLING, RANDOM}),
        (bare_eval, {EXACT, CODE}),
        (symbolic_parser, {EXACT, SPELLING, CODE}),
        (bare_target, {EXACT}),
        (reused_numbers, {EXACT}),
        (paid_for_nothing, {RIGHT}),
        (order_of_the_board, {ORDER}),
        (by_chance, {RANDOM}),
        (drifting(), {SAME}),
        (raising, {TOTAL}),
        (unbounded, {RANGE}),
        pytest.param(endless, {TIME}, marks=pytest.mark.slow),
        (undefined, {TOTAL}),
    ],
)
def test_each_known_fault_is_found(scorer: Scorer, laws: set[str]) -> None:
    assert laws <= set(broken(scorer))


def test_the_example_is_short_and_says_what_is_wrong() -> None:
    assert broken(bare_target)[EXACT] == (
        "5 2 -> 7: '<answer>7</answer>' is paid 1, but: 7 not on the board"
    )
    assert broken(raising)[TOTAL] == "5 2 -> 7: '<answer>\\n</answer>' raises IndexError"


def test_the_report_is_the_same_every_time() -> None:
    once, again = (check_reward(paid_for_nothing, max_examples=20) for _ in range(2))
    assert once == again != ()


def test_an_unknown_convention_is_the_programmers_mistake() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'boxed'"):
        check_reward(strictly, convention="box")
