"""Agreement of two instruments, against tables worked by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from countdown_agents.agreement import agreement, agreements
from countdown_gym.behaviors.instruments import Analyzer, Passage
from countdown_gym.errors import InvalidParameterError
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.habits import Habit

pytestmark = pytest.mark.agents


def counts(
    both: int, only_first: int, only_second: int, neither: int
) -> tuple[list[int], list[int]]:
    """Return counts of two instruments that make a confusion table."""
    pairs = [(2, 1)] * both + [(3, 0)] * only_first + [(0, 1)] * only_second + [(0, 0)] * neither
    return [a for a, _ in pairs], [b for _, b in pairs]


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        # observed 35/50; chance 25/50 · 30/50 + 25/50 · 20/50 = 1/2; (7/10 - 1/2) / (1/2)
        ((20, 5, 10, 15), Fraction(2, 5)),
        # observed 60/100; chance .6 · .7 + .4 · .3 = .54; .06 / .46
        ((45, 15, 25, 15), Fraction(6, 46)),
        # the same observed 60/100; chance .6 · .3 + .4 · .7 = .46; .14 / .54
        ((25, 35, 5, 35), Fraction(14, 54)),
        # always at odds: observed 0, chance 1/2
        ((0, 5, 5, 0), Fraction(-1)),
        # by chance: 4/9 + 1/9 = observed 5/9
        ((4, 2, 2, 1), Fraction(0)),
        ((3, 0, 0, 1), Fraction(1)),
        # one instrument sees it everywhere: no better than chance
        ((3, 1, 0, 0), Fraction(0)),
    ],
)
def test_kappa_is_cohen_s(table: tuple[int, int, int, int], kappa: Fraction) -> None:
    found = agreement(*counts(*table))
    assert (found.both, found.only_first, found.only_second, found.neither) == table
    assert found.kappa == pytest.approx(float(kappa), abs=1e-12)
    assert found.raw == (table[0] + table[3]) / sum(table)
    assert found.kappa is not None
    assert found.interval is not None
    assert -1 <= found.interval.low <= found.kappa <= found.interval.high <= 1


@pytest.mark.parametrize("table", [(5, 0, 0, 0), (0, 0, 0, 5), (0, 0, 0, 0)])
def test_there_is_no_kappa_where_nothing_varies(table: tuple[int, int, int, int]) -> None:
    found = agreement(*counts(*table))
    assert (found.kappa, found.interval, found.spearman, found.pearson) == (None,) * 4
    assert found.raw == (1.0 if sum(table) else None)


def test_full_agreement_is_not_taken_for_certain() -> None:
    few, many = (agreement(*counts(n, 0, 0, n)).interval for n in (5, 500))
    # Wilson says at least 10 / (10 + 1.96²) = .7225; kappa is then 2 · .7225 - 1
    assert few == pytest.approx((0.4449, 1.0), abs=1e-4)
    assert many is not None
    assert 0.99 < many.low < 1


def test_the_interval_is_that_of_drawing_texts_anew() -> None:
    # With as many texts of each kind, kappa = 2 · observed - 1 nearly; observed has the standard
    # error sqrt(.8 · .2 / 400) = .02, so kappa's interval is .6 ± 1.96 · .04.
    found = agreement(*counts(160, 40, 40, 160))
    assert found.kappa == pytest.approx(0.6)
    assert found.interval == pytest.approx((0.6 - 0.0784, 0.6 + 0.0784), abs=0.008)
    assert agreement(*counts(160, 40, 40, 160)) == found
    assert agreement(*counts(160, 40, 40, 160), seed=1).interval != found.interval


def test_texts_about_one_puzzle_are_drawn_together() -> None:
    first, second = counts(160, 40, 40, 160)
    alone = agreement(first, second).interval
    tenfold = agreement(first, second, [place // 10 for place in range(400)]).interval
    assert alone is not None
    assert tenfold is not None
    assert tenfold.high - tenfold.low > 2 * (alone.high - alone.low)


def test_correlations_are_of_counts_and_of_their_ranks() -> None:
    # ranks 1 2 3 4 and 1 2 4 3: 1 - 6 · 2 / (4 · 15) = .8
    found = agreement([0, 1, 2, 9], [0, 1, 4, 3])
    assert found.spearman == pytest.approx(0.8)
    # deviations -3 -2 -1 6 and -2 -1 2 1: 12 / sqrt(50 · 10)
    assert found.pearson == pytest.approx(12 / 500**0.5)
    # equal counts share a rank: 1.5 1.5 3 and 1 2 3, so 1.5 / sqrt(1.5 · 2)
    assert agreement([0, 0, 5], [1, 2, 3]).spearman == pytest.approx(1.5 / 3**0.5)


def test_what_was_not_read_is_left_out_and_counted() -> None:
    found = agreement([1, None, 0, None], [1, 1, None, None])
    assert (found.texts, found.unreadable, found.both) == (1, 3, 1)
    assert found.kappa is None


def test_every_habit_is_compared() -> None:
    passage = Passage(Puzzle((25, 30, 3, 4), 32), "30 + 3 = 33, one too many. Try 30 - 25 = 5.")
    counted = Analyzer().counts([passage] * 3)
    found = agreements(counted, counted, [passage.puzzle.content_hash] * 3)
    assert set(found) == set(Habit)
    assert found[Habit.VERIFICATION].both == found[Habit.BACKTRACKING].both == 3
    assert found[Habit.VERIFICATION].to_dict()["raw"] == 1.0


def test_other_texts_are_refused() -> None:
    with pytest.raises(InvalidParameterError, match="on the same texts, got counts of 1 and 2"):
        agreement([1], [1, 2])
