"""Targets of the study: each met and missed where it should be, and left out where it must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from countdown_agents.evaluation import Evaluation
from countdown_agents.records import Record
from countdown_agents.study.arms import ARTICLE_MAIN, HEADLINE, UNPRIMED
from countdown_agents.study.findings import ArmFindings, findings, lead, solve_rate
from countdown_agents.study.habit_counts import HabitPoint
from countdown_agents.study.spreads import apart, over_seeds
from countdown_agents.study.targets import Target, targets
from countdown_gym.errors import InvalidParameterError
from countdown_gym.faults import Fault
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.habits import Habit

pytestmark = pytest.mark.agents

PUZZLES = 100


def evaluation(solved: int) -> Evaluation:
    """Return an evaluation of 100 puzzles, so many of them solved."""
    return Evaluation(
        tuple(
            Record(
                index=index,
                puzzle=Puzzle((index + 1, 2, 3), 6),
                completion="",
                answer="",
                value=None,
                fault=None if index < solved else Fault.WRONG_VALUE,
                reward=float(index < solved),
            )
            for index in range(PUZZLES)
        )
    )


def habits(batches: int, count: int) -> HabitPoint:
    return HabitPoint(batches, dict.fromkeys(Habit, (count, count + 1)))


def arm(
    name: str, after: Sequence[int], before: int = 20, counts: tuple[int, int] = (1, 3)
) -> ArmFindings:
    """Return what seeds found that end with so many of 100 puzzles solved."""
    return ArmFindings(
        name,
        tuple(range(len(after))),
        tuple(evaluation(before) for _ in after),
        tuple(evaluation(solved) for solved in after),
        tuple(() for _ in after),
        tuple((habits(0, counts[0]), habits(9, counts[1])) for _ in after),
    )


def by_sentence(*arms: ArmFindings) -> Mapping[str, Target]:
    return {target.wanted: target for target in targets(arms)}


def only(word: str, *arms: ArmFindings) -> Target:
    (found,) = [target for said, target in by_sentence(*arms).items() if word in said]
    return found


FELL = "backtracking subgoals"
GOOD = arm(HEADLINE, (60, 62, 61))


def test_a_study_as_hoped_for_meets_all() -> None:
    found = by_sentence(
        GOOD,
        *(arm(name, (30, 31, 30), counts=(0, 0)) for name in (UNPRIMED, "filler", "empty")),
        arm("checked_wrong_gave_up", (20, 25, 30)),
        arm("checked_wrong_believed_slip", (56, 57, 58)),
        arm("checked_wrong_mismatch", (40, 41, 42)),
        arm("rich_unprimed", (66, 67, 68)),
    )
    assert len(found) == 9
    assert all(target.met for target in found.values())


def test_the_main_condition_of_the_article_is_asked_the_same() -> None:
    controls = [arm(name, (30, 31, 30)) for name in (UNPRIMED, "filler", "empty", "rich_unprimed")]
    chosen, other = (
        [
            target
            for target in targets([GOOD, arm(ARTICLE_MAIN, (34, 35, 33)), *controls])
            if target.arm == of
        ]
        for of in (HEADLINE, ARTICLE_MAIN)
    )
    assert [target.met for target in chosen] == [True] * 4 + [False] * 2 + [True] * 2
    assert [target.met for target in other] == [False] * 5 + [True] * 2
    assert other[0].wanted.startswith("primed with all habits, ")


def test_targets_whose_arms_are_not_there_are_left_out() -> None:
    assert targets([]) == ()
    assert targets([arm(UNPRIMED, (30, 31))]) == ()
    assert len(targets([GOOD])) == 3  # its gain, and two habits


@pytest.mark.parametrize(("after", "met"), [((44, 46), False), ((44, 46, 48), True)])
def test_a_gain_of_25_points_is_wanted(after: Sequence[int], met: bool) -> None:
    target = only("gains", arm(HEADLINE, after, before=21))
    assert target.met is met
    assert target.measured == pytest.approx(sum(after) / len(after) / 100 - 0.21)
    assert target.interval is not None
    assert target.interval[0] < (target.measured or 0) < target.interval[1]


def test_a_lead_counts_only_where_intervals_do_not_overlap() -> None:
    assert only("filler", GOOD, arm("filler", (40, 41, 42))).met
    assert not only("filler", GOOD, arm("filler", (42, 43, 44))).met
    scattered = only("filler", GOOD, arm("filler", (10, 35, 60)))
    assert (scattered.measured or 0) > 0.2
    assert not scattered.met
    assert scattered.remark == "the two intervals overlap"


def test_the_best_way_of_being_wrong_is_named() -> None:
    others = [arm("checked_wrong_gave_up", (13, 13)), arm("checked_wrong_mismatch", (30, 32))]
    near = only("wrong answers", GOOD, *others, arm("checked_wrong_believed_slip", (52, 54)))
    assert near.met
    assert near.measured == pytest.approx(-0.08)
    assert near.remark.startswith(
        "that is checked wrong believed slip, the best of 3 ways; the others: "
    )
    assert near.remark.endswith("; its interval goes below -10")
    far = only("wrong answers", GOOD, *others, arm("checked_wrong_believed_slip", (48, 50)))
    assert not far.met
    better = only("wrong answers", GOOD, *others, arm("checked_wrong_believed_slip", (70, 71)))
    assert better.met
    alone = only("wrong answers", GOOD, others[0])  # one way was run
    assert not alone.met
    assert alone.remark == "that is checked wrong gave up, the only way run"


def test_the_gap_between_the_bases_must_be_there_to_be_closed() -> None:
    poor, rich = arm(UNPRIMED, (30, 30, 30)), arm("rich_unprimed", (70, 72, 71))
    closed = only("gap", GOOD, poor, rich)
    assert closed.met
    assert closed.measured == pytest.approx(31 / 41)
    assert closed.interval is not None
    assert 0.7 < closed.interval[0] < 31 / 41 < closed.interval[1] < 0.82
    single = only("gap", arm(HEADLINE, (61,)), poor, rich)
    assert single.interval is None
    assert "one seed" in single.remark
    apart_by_luck = only("gap", GOOD, arm(UNPRIMED, (20, 60)), arm("rich_unprimed", (30, 70)))
    assert apart_by_luck.interval is None
    assert "the gap may be 0" in apart_by_luck.remark
    assert not only("gap", arm(HEADLINE, (50, 50, 50)), poor, rich).met
    none = only("gap", GOOD, poor, arm("rich_unprimed", (30, 30, 30)))
    assert (none.met, none.measured) == (False, None)
    assert not only("ends above the other", GOOD, poor, arm("rich_unprimed", (20, 21, 22))).met


def test_habits_must_rise_and_arms_where_they_do_not_are_named() -> None:
    fell = arm("backtracking_subgoals", (50, 51), counts=(3, 1))
    target = only("count of backtracking", GOOD, fell, arm("straight", (20, 20), counts=(1, 0)))
    assert target.met
    assert target.measured == pytest.approx(2)
    assert target.remark.endswith("of 1 other arms that were shown it, it does not in " + FELL)
    assert "in all" in only("count of verification", GOOD, fell).remark
    still = only("count of backtracking", arm(HEADLINE, (60, 61), counts=(3, 3)))
    assert not still.met
    assert still.remark.endswith("; the interval holds 0")


def test_one_seed_is_compared_puzzle_by_puzzle() -> None:
    first, second = arm(UNPRIMED, (30,)), arm(HEADLINE, (60,))
    found = lead(first, second)
    assert found.mean == pytest.approx(0.3)
    assert 0.2 < found.interval.low < 0.3 < found.interval.high < 0.4
    assert second.gain.mean == pytest.approx(0.4)
    assert second.habit_change(Habit.VERIFICATION).mean == 2
    assert solve_rate(second.after).interval == second.after[0].interval()
    assert findings([]) == ()


def test_means_are_told_apart_as_welch_does() -> None:
    # worked by hand: variances 1 and 4 over 3 values each, 2.94 degrees of freedom, t 3.22
    found = apart([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    assert found.mean == pytest.approx(2)
    assert found.interval.high - found.mean == pytest.approx(3.22 * (5 / 3) ** 0.5, rel=2e-2)
    assert apart([1.0, 1.0], [2.0, 2.0]).interval == (1.0, 1.0)
    assert over_seeds([0.5, 0.5]).interval == (0.5, 0.5)
    with pytest.raises(InvalidParameterError, match="at least 2"):
        apart([1.0], [1.0, 2.0])
