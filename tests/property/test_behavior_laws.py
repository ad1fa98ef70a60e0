"""Laws of the instrument: any text has an analysis, and its spans are where they say."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countdown_gym.behaviors import analyze
from countdown_gym.behaviors.lexicon import said_after_numbers, said_of_numbers
from countdown_gym.behaviors.scanning import scan
from countdown_gym.behaviors.stretches import tokens_of
from countdown_gym.families import make_family
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.conditions import CONDITIONS, tell
from countdown_gym.traces.habits import Habit
from countdown_gym.traces.priming import PrimingRecipe, searches
from countdown_gym.traces.search import Teacher
from countdown_gym.traces.wording import WORDINGS

PUZZLE = Puzzle((25, 30, 3, 4), 32)
HOSTILE = Path(__file__).parent / "hostile"
_PIECES = st.sampled_from(
    [
        *"0123456789+-*/=()[]{}.,:;!?|\n \\$#<>",
        *(f" {number} " for number in (25, 30, 3, 4, 32, 5, 8, 28, 29)),
        *(
            f" {word} "
            for word in (
                "is",
                "not",
                "back",
                "need",
                "from",
                "target",
                "yes",
                "no",
                "too high",
                "instead",
            )
        ),
        " = 32",
        "30 - 25 = 5",
        "8 * 4 = 32",
        "\\frac{3}{4}",
        "<answer>",
        "</answer>",
        "٣٢",
        "不等于",
        "✗",
    ]
)
_BESIDE_NUMBERS = st.sampled_from(
    [
        *sorted(f" {word} " for word in said_of_numbers() | said_after_numbers()),
        *("3", "25", "4.5", "1234567890"),
        *(" close to ", " again ", " falls ", " stage ", " off by ", "gap: ", " a ", " o ", " et "),
        *(" x ", " over ", " t ", " t - ", " < ", " = ", " - ", ". ", ", ", "\n", "剩下的", "需要"),
    ]
)
_TEXTS = st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=120).map("".join))


@given(_TEXTS)
def test_every_text_has_an_analysis_with_spans_inside_it(text: str) -> None:
    found = analyze(PUZZLE, text)
    for habit in Habit:
        spans = found.spans[habit]
        assert found.counts[habit] == len(spans)
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
        assert all(left.end <= right.start for left, right in pairwise(spans))
    assert found.spans == analyze(PUZZLE, text).spans
    assert found.arithmetic_accuracy is None or 0 <= found.arithmetic_accuracy <= 1
    assert found.legal_share is None or 0 <= found.legal_share <= 1


@given(st.lists(st.one_of(_BESIDE_NUMBERS, _PIECES), max_size=60).map("".join), st.data())
def test_a_text_cut_at_its_numbers_has_the_tokens_of_the_whole(
    text: str, data: st.DataObject
) -> None:
    end = data.draw(st.integers(0, len(text)))
    assert list(tokens_of(text, [(0, end)])) == scan(text, 0, end)


@given(
    st.lists(_PIECES, max_size=80).map("".join), st.sampled_from([0x660, 0x966, 0xFF10, 0x1D7CE])
)
def test_digits_of_another_script_change_no_count(text: str, zero: int) -> None:
    ascii_text = text.replace("٣٢", "32")
    translated = ascii_text.translate({ord("0") + digit: chr(zero + digit) for digit in range(10)})
    assert analyze(PUZZLE, translated).spans == analyze(PUZZLE, ascii_text).spans


@given(st.text(st.sampled_from("bcdfghjklmpqrvwz ,.\n"), max_size=400))
def test_without_numbers_and_cues_there_is_no_habit(text: str) -> None:
    assert not any(analyze(PUZZLE, text).counts.values())


@pytest.mark.parametrize("tidy", [True, False])
@pytest.mark.parametrize("wording", WORDINGS)
def test_our_own_traces_show_what_their_certificates_say(wording: str, tidy: bool) -> None:
    words = WORDINGS[wording]()
    teacher = Teacher(returns=0.3, pull=1.0, tidy=tidy)
    recipe = PrimingRecipe(make_family("three_to_four"), words, teacher, num_traces=15, seed=3)
    off = 0
    shown = 0
    for number, search in enumerate(searches(recipe)):
        for condition in CONDITIONS.values():
            told = tell(search, condition, words, np.random.default_rng(number))
            counts = analyze(search.puzzle, told.completion).counts
            off += sum(abs(counts[habit] - told.habits[habit]) for habit in Habit)
            shown += sum(told.habits.values())
    assert off <= 0.02 * shown


def test_whatever_a_policy_writes_has_an_analysis() -> None:
    texts = [
        json.loads(line)["completion"]
        for path in sorted(HOSTILE.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(texts) > 50
    long = (
        "30 - 25 = 5, ",
        "(",
        "-",
        "9" * 50,
        "3 * ",
        "no back ",
        "need 8 from ",
        "不",
        "$\\frac{",
    )
    for text in (*texts, *(unit * (32_000 // len(unit)) for unit in long)):
        found = analyze(PUZZLE, text)
        assert set(found.counts) == set(Habit)
