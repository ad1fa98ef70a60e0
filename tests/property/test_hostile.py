"""The hostile corpus: nothing in it is paid as right, nothing raises, nothing takes long.

`hostile/` holds one file for each class of trick and one line for each completion, with the reason
why it is wrong. All puzzles have the default rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest

from countdown_gym.checking import judge
from countdown_gym.parsing import CONVENTIONS
from countdown_gym.puzzles import Puzzle
from countdown_gym.rewards import MIXTURES

CLASSES = sorted((Path(__file__).parent / "hostile").glob("*.jsonl"))
MAX_SECONDS = 0.005


def cases(path: Path) -> Iterator[tuple[Puzzle, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        assert case["reason"]
        yield Puzzle(case["numbers"], case["target"]), case["completion"]


def test_the_corpus_is_large_and_various_and_repeats_nothing() -> None:
    found = [case for path in CLASSES for case in cases(path)]
    assert len(CLASSES) >= 15
    assert len(found) == len(set(found)) >= 300


@pytest.mark.parametrize("path", CLASSES, ids=lambda path: path.stem)
def test_nothing_hostile_is_paid_as_right(path: Path) -> None:
    for puzzle, completion in cases(path):
        for convention in CONVENTIONS:
            judgement = judge(puzzle, completion, convention=convention)
            if convention != "answer_tag" and path.stem == "other_place":
                continue  # they are right answers, in the place that another convention looks at
            assert not judgement.verdict.solved, completion[:80]
            for name, mixture in MIXTURES.items():
                assert mixture.pay(judgement).total < mixture.high, (name, completion[:80])


@pytest.mark.parametrize("path", CLASSES, ids=lambda path: path.stem)
def test_nothing_hostile_takes_long(path: Path) -> None:
    for puzzle, completion in cases(path):
        for convention in CONVENTIONS:
            best = min(_seconds(puzzle, completion, convention) for _ in range(3))
            assert best < MAX_SECONDS, (convention, completion[:80])


def _seconds(puzzle: Puzzle, completion: str, convention: str) -> float:
    before = process_time()
    judge(puzzle, completion, convention=convention)
    return process_time() - before
