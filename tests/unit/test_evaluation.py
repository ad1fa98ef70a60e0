"""Evaluation, its intervals and its records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countdown_agents import OracleAgent, RandomAgent, as_agent
from countdown_agents.counted import counted
from countdown_agents.evaluation import Evaluation, Scoring, evaluate
from countdown_agents.intervals import wilson_interval
from countdown_agents.records import Record, read_records, write_records
from countdown_gym.errors import (
    CountdownGymError,
    InvalidParameterError,
    MissingResourceError,
    UnknownNameError,
)
from countdown_gym.families import TwentyFour
from countdown_gym.faults import Fault
from countdown_gym.parsing import CutCompletion
from countdown_gym.puzzles import Intermediates, Puzzle, Rules

pytestmark = pytest.mark.agents


class Scripted:
    """An agent that writes the given texts, over and over."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts
        self.batches: list[int] = []

    def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
        start = sum(self.batches)
        self.batches.append(len(puzzles))
        return [self.texts[(start + i) % len(self.texts)] for i in range(len(puzzles))]


# --- intervals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # By hand with z = 1.959964, z² = 3.841459.
        (8, 10, 0.490162, 0.943318),  # (0.8 + 0.192073) / 1.384146 ± 1.416018 * 0.160011
        (0, 10, 0.0, 0.277533),  # z² / (10 + z²)
        (10, 10, 0.722467, 1.0),
        (1, 1, 0.206549, 1.0),  # 1 / (1 + z²)
        (50, 100, 0.403832, 0.596168),
    ],
)
def test_wilson_interval_by_hand(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-6)


@given(st.integers(1, 10**6), st.data(), st.floats(0.01, 0.999))
def test_the_interval_holds_the_rate_and_mirrors(
    trials: int, data: st.DataObject, confidence: float
) -> None:
    successes = data.draw(st.integers(0, trials))
    low, high = wilson_interval(successes, trials, confidence)
    assert 0 <= low <= successes / trials <= high <= 1
    mirrored = wilson_interval(trials - successes, trials, confidence)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 0), "trials must be at least 1, got 0"),
        ((-1, 5), "successes must be from 0 to 5, got -1"),
        ((6, 5), "successes must be from 0 to 5, got 6"),
        ((1, 5, 1.0), "confidence must be between 0 and 1, got 1.0"),
    ],
)
def test_what_is_no_proportion_has_no_interval(
    arguments: tuple[int, int] | tuple[int, int, float], message: str
) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        wilson_interval(*arguments)


# --- evaluation ------------------------------------------------------------------------------


def test_a_function_plugs_in_with_one_line() -> None:
    evaluation = evaluate(lambda prompt: f"<answer>{len(prompt)}</answer>", "twenty_four", 5)
    assert evaluation.faults == {Fault.FOREIGN_NUMBER: 5}


def test_the_summary_counts_what_the_records_say() -> None:
    agent = Scripted("", "<answer>(</answer>", "", CutCompletion("<answer>1"))
    evaluation = evaluate(agent, num_puzzles=8, scoring=Scoring(batch_size=3))
    assert agent.batches == [3, 3, 2]
    assert evaluation.solved == 0
    assert dict(evaluation.faults) == {
        Fault.NO_ANSWER: 4,
        Fault.UNREADABLE: 2,
        Fault.TRUNCATED: 2,
    }
    assert next(iter(evaluation.faults)) is Fault.NO_ANSWER
    assert evaluation.mean_characters == (18 + 9) * 2 / 8
    assert evaluation.mean_reward == 0
    assert [record.index for record in evaluation.records] == list(range(8))


def test_length_is_in_tokens_where_all_were_counted() -> None:
    agent = Scripted(counted("one two", 3), counted(CutCompletion("<answer>1"), 5))
    evaluation = evaluate(agent, num_puzzles=2)
    assert [record.tokens for record in evaluation.records] == [3, 5]
    assert evaluation.faults[Fault.TRUNCATED] == 1
    assert evaluation.to_dict()["mean_tokens"] == 4
    again = [Record.from_json(record.to_json()) for record in evaluation.records]
    assert again == list(evaluation.records)
    assert evaluate(Scripted(counted("one", 2), "two"), num_puzzles=2).mean_tokens is None


def test_the_oracle_solves_all_and_the_interval_says_how_sure_that_is() -> None:
    evaluation = evaluate(OracleAgent(), TwentyFour(), 10, seed=3)
    assert evaluation.solve_rate == 1
    assert evaluation.interval() == wilson_interval(10, 10)
    assert all(record.value == 24 and record.reward == 1 for record in evaluation.records)


def test_the_batch_size_changes_nothing() -> None:
    small, large = (
        evaluate(RandomAgent(), num_puzzles=7, scoring=Scoring(batch_size=size)) for size in (2, 50)
    )
    assert small == large


def test_the_seed_and_the_split_choose_the_puzzles() -> None:
    def asked(seed: int, split: str) -> list[Puzzle]:
        evaluation = evaluate(RandomAgent(), num_puzzles=5, seed=seed, split=split)
        return [record.puzzle for record in evaluation.records]

    assert asked(1, "test") == asked(1, "test")
    assert asked(1, "test") != asked(2, "test")
    assert asked(1, "test") != asked(1, "train")


def test_the_reward_is_the_mixture_s() -> None:
    evaluation = evaluate(
        Scripted("<answer>1</answer>"), num_puzzles=2, scoring=Scoring("tinyzero")
    )
    assert evaluation.mean_reward == pytest.approx(0.1)


def test_the_convention_says_where_the_answer_stands() -> None:
    evaluation = evaluate(
        Scripted("so: \\boxed{1}"), num_puzzles=1, scoring=Scoring(convention="boxed")
    )
    assert evaluation.records[0].answer == "1"


def test_every_record_is_shown_as_soon_as_its_batch_is_answered() -> None:
    agent = Scripted("")
    seen: list[tuple[int, int]] = []
    evaluate(
        agent,
        num_puzzles=5,
        scoring=Scoring(batch_size=2),
        on_record=lambda record: seen.append((record.index, len(agent.batches))),
    )
    assert seen == [(0, 1), (1, 1), (2, 2), (3, 2), (4, 3)]


@given(st.lists(st.text(st.characters()), min_size=1, max_size=4))
def test_nothing_that_an_agent_writes_breaks_the_evaluation(texts: list[str]) -> None:
    evaluation = evaluate(Scripted(*texts), TwentyFour(), len(texts))
    assert tuple(record.completion for record in evaluation.records) == tuple(texts)


@pytest.mark.parametrize(
    "text",
    [
        "<answer>" + "(" * 100_000,
        "<answer>" + "9" * 100_000 + "</answer>",
        "<answer>" + "9" * 500 + "</answer>",
        "<answer>1/(1-1)</answer>",
        "\x00\ud800<answer>\ud800</answer>",
        "<answer>" * 50_000,
        "a" * 10_000_000,
    ],
    ids=range(7),
)
def test_hostile_texts_are_faults(text: str) -> None:
    evaluation = evaluate(Scripted(text), TwentyFour(), 1)
    assert evaluation.solved == 0
    assert Record.from_json(evaluation.records[0].to_json()) == evaluation.records[0]


@pytest.mark.parametrize("count", [0, -3])
def test_fewer_than_one_puzzle_is_refused(count: int) -> None:
    with pytest.raises(InvalidParameterError, match=f"num_puzzles must be at least 1, got {count}"):
        evaluate(RandomAgent(), num_puzzles=count)


def test_an_evaluation_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="at least one record, got none"):
        Evaluation(())


def test_wrong_settings_are_refused_by_name_before_anything_is_asked() -> None:
    agent = Scripted("")
    with pytest.raises(UnknownNameError, match="did you mean 'twenty_four'"):
        evaluate(agent, "twentyfour")
    with pytest.raises(UnknownNameError, match="unknown split 'tset', did you mean 'test'"):
        evaluate(agent, split="tset")
    with pytest.raises(InvalidParameterError, match="must not be negative"):
        evaluate(agent, seed=-1)
    with pytest.raises(UnknownNameError, match="did you mean 'strict'"):
        Scoring("strickt")
    with pytest.raises(UnknownNameError, match="did you mean 'boxed'"):
        Scoring(convention="boxd")
    with pytest.raises(InvalidParameterError, match="batch_size must be at least 1, got 0"):
        Scoring(batch_size=0)
    assert agent.batches == []


def test_an_agent_that_loses_a_puzzle_is_refused() -> None:
    class Lazy:
        def answer(self, puzzles: Sequence[Puzzle]) -> list[str]:
            return [""] * (len(puzzles) - 1)

    with pytest.raises(InvalidParameterError, match="got 4 completions of 5 puzzles"):
        evaluate(Lazy(), num_puzzles=5)


def test_a_completion_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="a completion must be a text, got bool"):
        evaluate(as_agent(str.isdigit), num_puzzles=1)  # type: ignore[arg-type]


# --- records ---------------------------------------------------------------------------------

RULES = Rules(use_all=False, intermediates=Intermediates.RATIONALS, largest_intermediate=50)
RECORD = Record(
    3,
    Puzzle((1, 2), 9, RULES),
    "<answer>1/2\n</answer>",
    "1 / 2",
    Fraction(1, 2),
    Fault.WRONG_VALUE,
    0.1,
)


def test_a_record_is_one_line_that_a_person_can_read() -> None:
    line = RECORD.to_json()
    assert "\n" not in line
    assert json.loads(line) == {
        "index": 3,
        "sample": 0,
        "puzzle": RECORD.puzzle.to_dict(),
        "earlier": [],
        "completion": "<answer>1/2\n</answer>",
        "tokens": None,
        "answer": "1 / 2",
        "value": "1/2",
        "fault": "wrong_value",
        "reward": 0.1,
        "solved": False,
    }


@given(
    st.text(st.characters()),
    st.none() | st.fractions(),
    st.none() | st.sampled_from(Fault),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_a_record_comes_back_from_its_line(
    completion: str, value: Fraction | None, fault: Fault | None, reward: float
) -> None:
    record = Record(0, RECORD.puzzle, completion, "", value, fault, reward)
    assert Record.from_json(record.to_json()) == record


def test_records_come_back_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    texts = ("<answer>1/3</answer>", "\u2028 \r\n \ud800 ü", CutCompletion("…"))
    records = evaluate(Scripted(*texts), num_puzzles=5).records
    write_records(records, path)
    assert read_records(path) == records
    assert len(path.read_text(encoding="ascii").splitlines()) == 5


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match=r"there is none at .*nothing\.jsonl"):
        read_records(tmp_path / "nothing.jsonl")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[1]",
        b"null",
        b"\xff\xfe",
        RECORD.to_json().replace("1/2", "1/0").encode(),
        RECORD.to_json().replace("wrong_value", "bad_mood").encode(),
        RECORD.to_json().replace("[1, 2]", "[-1]").encode(),
        RECORD.to_json()[:-9].encode(),
    ],
)
def test_a_line_that_is_no_record_is_named(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(RECORD.to_json().encode() + b"\n" + line + b"\n")
    with pytest.raises(InvalidParameterError, match=r"records\.jsonl, line 2: a record is a line"):
        read_records(path)


def test_every_complaint_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CountdownGymError) as complaint:
        Record.from_json("x\ny" * 100)
    assert "\n" not in str(complaint.value)
