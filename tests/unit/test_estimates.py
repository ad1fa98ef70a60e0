"""Rates over several answers to each puzzle, grades, and the difference of two runs."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countdown_agents import OracleAgent, RandomAgent
from countdown_agents.comparison import compare, mcnemar
from countdown_agents.evaluation import Estimate, Evaluation, evaluate
from countdown_agents.intervals import (
    Interval,
    bootstrap_interval,
    clustered_interval,
    wilson_interval,
)
from countdown_agents.pass_at_k import pass_at_k
from countdown_agents.records import Record
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.faults import Fault
from countdown_gym.grades import Grade
from countdown_gym.puzzles import Puzzle

pytestmark = pytest.mark.agents


def records(*solved: str, target: int = 3) -> Evaluation:
    """Return an evaluation in which each text is a puzzle and each `1` in it a right answer."""
    return Evaluation(
        tuple(
            Record(
                index,
                Puzzle((1, 2, index + 1), target),
                "",
                "",
                None,
                None if right == "1" else Fault.WRONG_VALUE,
                float(right),
                sample,
            )
            for index, answers in enumerate(solved)
            for sample, right in enumerate(answers)
        )
    )


# --- pass@k ----------------------------------------------------------------------------------


@given(st.integers(1, 7).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), st.data())
def test_pass_at_k_is_the_share_of_subsets_with_a_right_answer(
    counts: tuple[int, int], data: st.DataObject
) -> None:
    samples, solved = counts
    k = data.draw(st.integers(1, samples))
    subsets = list(combinations([1] * solved + [0] * (samples - solved), k))
    share = Fraction(sum(any(subset) for subset in subsets), len(subsets))
    assert pass_at_k(solved, samples, k) == pytest.approx(float(share))


def test_pass_at_k_is_unbiased() -> None:
    chance, samples, k = 0.3, 5, 3
    drawn = np.random.default_rng(0).binomial(samples, chance, 40_000)
    mean = np.mean([pass_at_k(int(solved), samples, k) for solved in drawn])
    assert mean == pytest.approx(1 - (1 - chance) ** k, abs=0.006)  # three standard errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 4, 0), "k must be from 1 to 4 samples, got 0"),
        ((1, 4, 5), "k must be from 1 to 4 samples, got 5"),
        ((5, 4, 1), "solved must be from 0 to 4, got 5"),
    ],
)
def test_an_impossible_pass_at_k_is_refused(arguments: tuple[int, int, int], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        pass_at_k(*arguments)


def test_an_evaluation_averages_over_puzzles() -> None:
    evaluation = records("1000", "1111", "0000", "1100")
    assert (evaluation.samples, evaluation.solved, evaluation.solve_rate) == (4, 7, 7 / 16)
    assert evaluation.pass_at(1).value == pytest.approx(7 / 16)
    assert evaluation.pass_at(2).value == pytest.approx((1 / 2 + 1 + 0 + 5 / 6) / 4)
    assert evaluation.pass_at(4).value == pytest.approx(3 / 4)
    assert evaluation.pass_at(4) == evaluation.pass_at(4)
    assert evaluation.interval() == clustered_interval((0.25, 1.0, 0.0, 0.5), 4)


@pytest.mark.parametrize(("answer", "rate"), [("00", 0), ("11", 1)])
def test_where_all_puzzles_agree_pass_at_k_still_has_a_width(answer: str, rate: int) -> None:
    evaluation = records(*[answer] * 10)
    assert evaluation.pass_at(2) == Estimate(rate, *wilson_interval(10 * rate, 10))


def test_records_come_in_any_order_and_each_once() -> None:
    evaluation = records("10", "01")
    assert Evaluation(evaluation.records[::-1]) == evaluation
    with pytest.raises(InvalidParameterError, match="each answer must stand once"):
        Evaluation((*evaluation.records, evaluation.records[0]))
    with pytest.raises(InvalidParameterError, match="equally often, got 1 to 2 answers"):
        Evaluation(evaluation.records[1:])


# --- intervals -------------------------------------------------------------------------------


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_one_answer_for_each_puzzle_makes_clusters_of_one(solved: list[bool]) -> None:
    clustered = clustered_interval([float(right) for right in solved], 1)
    assert clustered == pytest.approx(wilson_interval(sum(solved), len(solved)))


@given(st.lists(st.integers(0, 4), min_size=2, max_size=30))
def test_answers_to_one_puzzle_weigh_between_one_and_all(right: list[int]) -> None:
    low, high = clustered_interval([n / 4 for n in right], 4)
    rate = sum(right) / (4 * len(right))
    narrow = wilson_interval(sum(right), 4 * len(right))
    assert 0 <= low <= rate <= high <= 1
    assert high - low >= narrow.high - narrow.low - 1e-9


def test_answers_that_only_repeat_add_no_certainty() -> None:
    assert clustered_interval([1.0, 0.0, 1.0, 1.0], 8) == pytest.approx(wilson_interval(3, 4))


def test_a_clustered_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(1), 0
    for _ in range(400):
        chances = rng.beta(0.5, 0.5, 60)  # puzzles that are mostly easy or hard: mean 0.5
        low, high = clustered_interval(list(rng.binomial(8, chances) / 8), 8)
        held += low <= 0.5 <= high
    assert 0.92 <= held / 400 <= 0.98  # 0.95 and three standard errors


def test_the_bootstrap_is_close_to_the_normal_interval_and_repeats() -> None:
    values = list(np.random.default_rng(2).random(400))
    low, high = bootstrap_interval(values)
    half = 1.96 * np.std(values) / np.sqrt(400)
    assert (low, high) == pytest.approx((np.mean(values) - half, np.mean(values) + half), abs=0.002)
    assert bootstrap_interval(values) == Interval(low, high)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: clustered_interval([], 1), "at least 1 each, got 0 and 1"),
        (lambda: clustered_interval([0.5], 0), "at least 1 each, got 1 and 0"),
        (lambda: clustered_interval([1.5], 1), "must be from 0 to 1"),
        (lambda: clustered_interval([0.5], 1, 1.0), "between 0 and 1, got 1.0"),
        (lambda: bootstrap_interval([]), "at least 1 each, got 0"),
        (lambda: bootstrap_interval([1.0], 0.0), "between 0 and 1, got 0.0"),
    ],
)
def test_intervals_of_nothing_are_refused(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(InvalidParameterError, match=message):
        call()


# --- grades ----------------------------------------------------------------------------------


def test_the_solve_rate_is_split_by_grade() -> None:
    evaluation = evaluate(RandomAgent(), num_puzzles=60)
    for field in Grade.__dataclass_fields__:
        rows = evaluation.by_grade(field)
        assert sum(row.puzzles for row in rows) == 60
        solved = sum(row.puzzles * row.solve_rate.value for row in rows)
        assert solved == pytest.approx(evaluation.solved)
    rows = evaluation.by_grade()
    starts = [int(row.grade.split()[0]) for row in rows]
    assert starts == sorted(starts)
    assert all(start % 2 == 0 for start in starts)
    assert [row.grade for row in evaluation.by_grade("numbers")] == ["3", "4"]


def test_unsolvable_puzzles_are_a_grade_of_their_own() -> None:
    rows = records("1", "0", target=1000).by_grade("fewest_operations")
    assert [(row.grade, row.puzzles) for row in rows] == [("no solution", 2)]


def test_an_unknown_grade_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'search_cost'"):
        records("1").by_grade("searchcost")


# --- two runs --------------------------------------------------------------------------------


def test_a_run_does_not_differ_from_itself() -> None:
    run = records("10", "11", "00")
    found = compare(run, run)
    assert (found.difference, found.interval, found.p_value) == (0, (0, 0), 1)


def test_mcnemar_by_hand() -> None:
    found = compare(records(*"1110000000"), records(*"0111111100"))
    assert (found.better, found.worse) == (5, 1)
    assert found.difference == pytest.approx(0.4)
    assert found.p_value == 2 * (1 + 6) / 2**6  # as few as one of six changes, on either side
    low, high = found.interval
    assert low < 0.4 < high
    assert (mcnemar(0, 0), mcnemar(3, 3)) == (1, 1)


def test_the_order_of_the_runs_turns_the_sign_only() -> None:
    first, second = records("10", "11", "00", "01"), records("11", "11", "01", "00")
    one, other = compare(first, second), compare(second, first)
    assert one.difference == -other.difference
    assert one.p_value == other.p_value
    assert one.interval == pytest.approx((-other.interval.high, -other.interval.low), abs=0.02)


def test_swapping_at_random_agrees_with_mcnemar() -> None:
    first, second = records(*"1" * 2 + "0" * 18), records(*"0" * 2 + "1" * 10 + "0" * 8)
    doubled = [records(*[right * 2 for right in texts]) for texts in ("1" * 2 + "0" * 18,)]
    several = compare(doubled[0], records(*["00"] * 2, *["11"] * 10, *["00"] * 8))
    assert several.p_value == pytest.approx(compare(first, second).p_value, abs=0.01)


def test_runs_on_other_puzzles_are_not_compared() -> None:
    with pytest.raises(InvalidParameterError, match="got 2 in one and 1 in the other"):
        compare(records("1", "1"), records("1"))
    with pytest.raises(InvalidParameterError, match=r"puzzle 0 is .* in one and .* in the other"):
        compare(records("1"), records("1", target=4))


@pytest.mark.slow
def test_equal_players_seldom_differ_significantly() -> None:
    rng, alarms = np.random.default_rng(3), 0
    for _ in range(200):
        one, other = ("".join(map(str, rng.integers(2, size=40))) for _ in range(2))
        alarms += compare(records(*one), records(*other)).p_value < 0.05
    assert alarms <= 20  # exact McNemar stays below one in twenty


def test_the_oracle_beats_chance() -> None:
    found = compare(evaluate(RandomAgent(), samples=2), evaluate(OracleAgent(), samples=2))
    assert found.worse == 0
    assert found.p_value == pytest.approx(1 / 10_001)
    assert found.to_dict()["interval"][0] > 0.8
