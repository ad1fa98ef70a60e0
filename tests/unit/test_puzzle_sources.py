"""Which puzzles a batch asks, from a file, by level, or again."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest

from countdown_agents.token_ppo.puzzle_sources import (
    AdaptiveGrade,
    Answered,
    FromEnvironment,
    FromFile,
    Replay,
)
from countdown_gym.errors import InvalidParameterError, MissingResourceError
from countdown_gym.families import NNumbers
from countdown_gym.puzzles import Puzzle
from countdown_gym.splits import Split, puzzles, split_of

pytestmark = pytest.mark.agents

EASY = NNumbers(min_numbers=2, max_numbers=2, largest=9, min_target=1, max_target=20)
HARD = NNumbers(min_numbers=3, max_numbers=3, largest=9, min_target=1, max_target=20)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "puzzles.jsonl"
    rows = [{**p.to_dict(), "prompt": "?"} for p in puzzles(EASY, Split.TRAIN, 0, 10)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def drawn(source: FromFile | Replay | AdaptiveGrade, count: int, seed: int = 0) -> list[Puzzle]:
    found = [puzzle for puzzle in source.draw(count, rng(seed)) if puzzle is not None]
    assert len(found) == count
    return found


def test_the_environments_draw_for_themselves() -> None:
    assert FromEnvironment().draw(3, rng()) == [None] * 3


def test_a_file_is_gone_through_once_before_any_puzzle_comes_again(file: Path) -> None:
    source = FromFile(file)
    asked = drawn(source, 4) + drawn(source, 4, 1) + drawn(source, 4, 2)
    assert len(set(asked[:10])) == 10
    assert set(asked[:10]) == set(puzzles(EASY, Split.TRAIN, 0, 10))
    assert set(asked[10:]) <= set(asked[:10])


def test_a_saved_file_source_goes_on_where_it_was(file: Path) -> None:
    source = FromFile(file)
    drawn(source, 4)
    saved = copy.deepcopy(source)  # as pickling does, through the state
    assert "_puzzles" not in source.__getstate__()
    assert drawn(saved, 8, 1) == drawn(source, 8, 1)


def test_a_file_that_changed_is_refused(file: Path) -> None:
    source = FromFile(file)
    file.write_text(file.read_text() + file.read_text())
    with pytest.raises(InvalidParameterError, match="it has changed since"):
        copy.deepcopy(source)


def test_a_file_without_puzzles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="is none"):
        FromFile(tmp_path / "nowhere.jsonl")
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(InvalidParameterError, match="at least one puzzle"):
        FromFile(tmp_path / "empty.jsonl")
    (tmp_path / "bad.jsonl").write_text('{"numbers": [1, 2], "target": 3}\nnonsense\n')
    with pytest.raises(InvalidParameterError, match="line 2 is none"):
        FromFile(tmp_path / "bad.jsonl")


@pytest.mark.parametrize(("rate", "level"), [(0.9, 1), (0.5, 1), (0.1, 0)])
def test_the_level_follows_the_solve_rate(rate: float, level: int) -> None:
    source = AdaptiveGrade([EASY, HARD], target_solve_rate=0.5, step=1.0)
    (puzzle,) = drawn(source, 1)
    source.note([Answered(puzzle, 1.0), Answered(puzzle, 1.0)])
    assert source.level == 1
    source.note([Answered(puzzle, rate + 0.1), Answered(puzzle, rate - 0.1)])
    assert source.level == level
    assert source.measures() == {"level": float(level)}


def test_the_puzzles_are_those_of_the_level_and_the_split() -> None:
    assert {len(puzzle.numbers) for puzzle in drawn(AdaptiveGrade([EASY, HARD]), 8)} == {2}
    asked = drawn(AdaptiveGrade([EASY, HARD], start=1.0), 8)
    assert {len(puzzle.numbers) for puzzle in asked} == {3}
    assert {split_of(puzzle) for puzzle in asked} == {Split.TRAIN}


def test_hard_puzzles_are_asked_again_until_they_are_solved() -> None:
    source = Replay(AdaptiveGrade([HARD]), share=0.5, below=0.5, capacity=3)
    first = drawn(source, 6)
    source.note(
        [
            Answered(puzzle, rate)
            for puzzle, rate in zip(first, (1, 0, 0.25, 0.5, 0, 0), strict=True)
        ]
    )
    assert source.hard == (first[2], first[4], first[5])
    second = drawn(source, 6, 1)
    again = [puzzle for puzzle in second if puzzle in source.hard]
    assert len(again) == 3
    source.note([Answered(first[4], 1.0)])
    assert list(source.hard) == [first[2], first[5]]
    assert source.measures() == {"hard_puzzles": 2.0, "level": 0.0}


def test_a_curriculum_learns_of_new_puzzles_only() -> None:
    inner = AdaptiveGrade([EASY, HARD])
    source = Replay(inner, share=0.5)
    old, new = drawn(source, 2)
    source.note([Answered(old, 0.0)])
    source.note([Answered(old, 0.0), Answered(new, 1.0)])
    assert inner.level == 1
