"""What the instrument for open text finds in passages labelled by hand, and that it is total."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countdown_gym.behaviors.open_text import analyze_text, count_habits
from countdown_gym.traces.habits import Habit

FOLDER = Path(__file__).parent / "open_text"
_HEADER = re.compile(r"=== (\S+) \| v (\d) b (\d) s (\d) c (\d)\n")


class Gold(NamedTuple):
    id: str
    counts: dict[Habit, int]
    text: str


def passages(half: str) -> list[Gold]:
    """Return the passages of a half, labelled before the instrument was run on them."""
    _, *parts = _HEADER.split((FOLDER / f"{half}.txt").read_text(encoding="utf-8"))
    return [
        Gold(parts[i], dict(zip(Habit, map(int, parts[i + 1 : i + 5]), strict=True)), parts[i + 5])
        for i in range(0, len(parts), 6)
    ]


def misses(half: str) -> Counter[str]:
    """Return how many occurrences were matched, found too many, and missed."""
    found: Counter[str] = Counter()
    for gold in passages(half):
        counts = analyze_text(gold.text).counts
        for habit in Habit:
            both = min(gold.counts[habit], counts[habit])
            found["matched"] += both
            found["too many"] += counts[habit] - both
            found["missed"] += gold.counts[habit] - both
    return found


def test_there_are_as_many_passages_in_both_halves() -> None:
    assert len(passages("open")) == len(passages("held_out")) == 12


@pytest.mark.parametrize(("half", "matched", "most_wrong"), [("open", 15, 1), ("held_out", 16, 3)])
def test_the_gold_passages_are_read_as_they_were_labelled(
    half: str, matched: int, most_wrong: int
) -> None:
    found = misses(half)
    assert found["matched"] >= matched
    assert found["too many"] + found["missed"] <= most_wrong


@pytest.mark.checkout
@pytest.mark.parametrize(
    ("habit", "precision", "recall"),
    [
        (Habit.VERIFICATION, 0.91, 0.42),
        (Habit.BACKTRACKING, 0.94, 0.39),
        (Habit.SUBGOAL_SETTING, 1.0, 0.18),
        (Habit.BACKWARD_CHAINING, 1.0, 0.42),
    ],
)
def test_where_it_sees_a_habit_in_searches_whose_puzzle_it_is_not_told_there_is_one(
    habit: Habit, precision: float, recall: float
) -> None:
    from benchmarks.behaviors import passages as gold

    letter = dict(zip(Habit, gold.Habit, strict=True))[habit]
    passages = gold.read(gold.FOLDER / "open.txt")
    shown = [bool(passage.spans[letter]) for passage in passages]
    found = [analyze_text(passage.text).counts[habit] > 0 for passage in passages]
    both = sum(one and other for one, other in zip(shown, found, strict=True))
    assert both / sum(found) >= precision - 0.01
    assert both / sum(shown) >= recall - 0.05  # docs/curation.md says how much


@pytest.mark.parametrize(
    "text",
    [
        "Instead of paying for shipping, return to the store. Back to top.",
        "Check our FAQ. Step 1: create an account. Try something else today!",
        "def find(x):  # returns the first match, or goes back to the start",
        "The 3 groups were compared with those of 2019 rather than 2020.",
        "Work out with us: 3 classes for $20.",
    ],
)
def test_speech_that_is_no_reasoning_shows_nothing(text: str) -> None:
    assert not any(analyze_text(text).counts.values())


def test_a_check_without_an_outcome_is_none() -> None:
    assert count_habits(["Let us check that later. The sum of 2 and 3 is 5."])[0] == dict.fromkeys(
        Habit, 0
    )


def test_cues_of_other_languages_count_with_evidence() -> None:
    marked = "12 * 4 = 48 ✓"
    assert analyze_text(marked).counts[Habit.VERIFICATION] == 1


def test_computations_are_executed() -> None:
    found = analyze_text("First 3 + 4 = 7, then 7 * 2 = 15.")
    assert (found.computations, found.right) == (2, 1)


@given(st.text(max_size=300))
def test_every_text_has_an_analysis(text: str) -> None:
    found = analyze_text(text)
    for spans in found.spans.values():
        past = 0
        for start, end in spans:
            assert past <= start < end <= len(text)
            past = end


WORDS = (
    "to get",
    "check",
    "= 4",
    "3 +",
    "it works",
    "wait,",
    "(",
    "first",
    "must",
    "\n",
    "too big",
)


@given(st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join))
def test_every_heap_of_cues_has_an_analysis(text: str) -> None:
    found = analyze_text(text)
    assert found.counts == analyze_text(text).counts
    assert all(
        before.end <= after.start
        for spans in found.spans.values()
        for before, after in pairwise(spans)
    )
