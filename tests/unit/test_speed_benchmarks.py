"""Judging, environments and fuzzing: small runs of each, and the published results."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.checkout
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/results/speed.md"


def recorded(name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((ROOT / f"benchmarks/results/{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", ["judging", "environments"])
def test_the_page_shows_the_recorded_times(name: str) -> None:
    from benchmarks.contest import Rounds

    analysis = import_module(f"benchmarks.{name}.analysis")
    rounds = [
        Rounds(**{**each, "seconds": tuple(each["seconds"])}) for each in recorded(name)["rounds"]
    ]
    assert analysis.summary(rounds) in PAGE.read_text("utf-8")
    assert analysis.table(rounds) in PAGE.read_text("utf-8")


def test_the_page_shows_what_the_fuzzer_found_which_is_nothing() -> None:
    from benchmarks.fuzzing.analysis import table

    summary = recorded("fuzzing")
    assert table(summary) in PAGE.read_text("utf-8")
    found = summary["all"]
    assert found["cases"] >= 10_000_000
    assert found["examples"] == []
    for what in ("wrong_payments", "missed_payments", "exceptions", "slow"):
        assert found[what] == 0


def test_the_judges_of_the_benchmark_agree() -> None:
    from benchmarks.exploits.sweep import plain_eval
    from benchmarks.judging import sweep

    for work, right in ((sweep.right_answers(), True), (sweep.wrong_answers(), False)):
        assert len(work.asked) == sweep.PUZZLES
        for puzzle, text in work.asked[:40]:
            assert len(text) == sweep.CHARS
            assert sweep._ours(puzzle, text, confirm=True) is right
            assert plain_eval(puzzle, text) is right


def test_a_chunk_of_fuzzing_finds_nothing_and_is_the_same_again() -> None:
    from benchmarks.fuzzing.sweep import run_chunk

    one, two = run_chunk(3, 7, count=600), run_chunk(3, 7, count=600)
    cases = paid = 0
    for origin, counts in one.by_origin.items():
        assert counts.examples == []
        assert (counts.cases, counts.paid) == (
            two.by_origin[origin].cases,
            two.by_origin[origin].paid,
        )
        cases, paid = cases + counts.cases, paid + counts.paid
    assert cases == 600
    assert 0 < paid < cases


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("(30 - 25 + 3) * 4", True),
        ("4 × (3 − (25 − 30)) = 32", True),  # noqa: RUF001 - the signs models write
        (r"\left(30 - 25 + 3\right) \times 04", True),
        (r"\frac{(30 - 25 + 3) \times 4}{1}", False),
        ("(30 - 25 + 3) * 4 = 33", False),
        ("(30 - 25 + 3) * -4", False),
        ("(30 - 25 + 3)(4)", False),
        ("2 ** 5", False),
        ("30 - 25 + 3 * 4", False),
        ("٣0 - 25 + 3 * 4", False),
        ("32", False),
        ("", False),
    ],
)
def test_the_independent_evaluator_knows_right_from_wrong(text: str, right: bool) -> None:
    from benchmarks.fuzzing.truth import is_right
    from countdown_gym.puzzles import Puzzle

    puzzle = Puzzle((25, 30, 3, 4), 32)
    assert is_right(puzzle, f"<answer>{text}</answer>", "answer_tag") is right


def test_a_wrong_payment_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.fuzzing import sweep
    from benchmarks.fuzzing.mutation import cases
    from countdown_gym.checking import Verdict, judge

    def generous(*asked: Any, **settings: Any) -> Any:  # noqa: ANN401 - those of judge
        return judge(*asked, **settings)._replace(verdict=Verdict(None, None))

    monkeypatch.setattr(sweep, "judge", generous)
    counts = sweep.Counts()
    for case in cases(np.random.default_rng(0), 50):
        sweep._try(case, counts, check_unpaid=False)
    assert counts.wrong_payments > 20
    assert counts.examples[0][0] == "wrong payment"
