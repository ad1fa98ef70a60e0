"""What was expected of the study before it was run, beside what came out.

The numbers were written down before any run. They are asked of two arms: of `HEADLINE`, which was
chosen on validation puzzles, and of `ARTICLE_MAIN`, which nobody chose. A miss is reported like a
hit. What an unfinished or a smaller study cannot answer is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from countdown_agents.intervals import Interval
from countdown_agents.study.arms import ARMS, ARTICLE_MAIN, HEADLINE, UNPRIMED
from countdown_agents.study.findings import ArmFindings, lead, solve_rate
from countdown_agents.study.spreads import Spread, share_of_gap
from countdown_gym.traces.conditions import CONDITIONS, Thought
from countdown_gym.traces.habits import Habit

_RICH_UNPRIMED = "rich_unprimed"
_CONTROLS = (UNPRIMED, "filler", "empty")
_WAYS = ("gave_up", "believed_slip", "mismatch")
_WRONG = {
    HEADLINE: tuple(f"checked_wrong_{way}" for way in _WAYS),
    ARTICLE_MAIN: tuple(f"wrong_{way}" for way in _WAYS),
}
"""The arms that are told wrongly with the habits of an arm."""

ASKED_OF: Mapping[str, str] = MappingProxyType(
    {
        HEADLINE: "the arm that was chosen on validation puzzles",
        ARTICLE_MAIN: "the article's main condition, which was not chosen",
    }
)
"""The arms that the targets are asked of, and what each is."""

_LEAST_GAIN = 0.25
_LEAST_LEAD = 0.20
_LARGEST_SHORTFALL = 0.10
_LEAST_SHARE = 0.75

Arms = Mapping[str, ArmFindings]
"""What was found, by arm."""


@dataclass(frozen=True, slots=True)
class Target:
    """A number that was expected, and the one that was measured."""

    arm: str
    """The arm that it is asked of, a name in `ASKED_OF`."""
    wanted: str
    """What was expected, in a sentence."""
    measured: float | None
    """What was measured; None if it cannot be said, which is a miss."""
    interval: Interval | None
    """The 95 % interval around it; None where it has none."""
    unit: str
    """What the number counts: `points` (hundredths of the puzzles), `share` or `times`."""
    met: bool
    remark: str = ""
    """What else a reader must know."""

    def to_dict(self) -> dict[str, Any]:
        """Return the target as plain JSON values."""
        return {
            "arm": self.arm,
            "wanted": self.wanted,
            "measured": self.measured,
            "interval_95": None if self.interval is None else list(self.interval),
            "unit": self.unit,
            "met": self.met,
            "remark": self.remark,
        }


def targets(found: Sequence[ArmFindings]) -> tuple[Target, ...]:
    """Return all targets that the arms which were found can answer, arm by arm."""
    arms = {arm.arm: arm for arm in found}
    return tuple(target(arms) for needed, target in _wanted(arms) if arms.keys() >= set(needed))


def _wanted(arms: Arms) -> Iterator[tuple[Iterable[str], Callable[[Arms], Target]]]:
    """Yield each target behind the arms that it needs."""
    for of in ASKED_OF:
        yield (of,), partial(gain, of)
        for control in _CONTROLS:
            yield (of, control), partial(leads, of, control)
        yield (of, *_told_wrongly(of, arms)), partial(wrong_answers, of)
        if of == HEADLINE:  # it asks nothing of a primed arm
            yield (_RICH_UNPRIMED, UNPRIMED), rich_base
        yield (of, _RICH_UNPRIMED, UNPRIMED), partial(gap_closed, of)
        for habit in (Habit.BACKTRACKING, Habit.VERIFICATION):
            yield (of,), partial(rises, of, habit)


def gain(of: str, arms: Arms) -> Target:
    """Habit-primed models gain at least 25 points."""
    spread = arms[of].gain
    return _points(
        of,
        f"primed with {_words(of)}, a model gains at least 25 points from reinforcement learning",
        spread,
        spread.mean >= _LEAST_GAIN,
    )


def leads(of: str, control: str, arms: Arms) -> Target:
    """Habit-primed models end at least 20 points above a control, intervals apart."""
    spread = lead(arms[control], arms[of])
    ours, its = (solve_rate(arms[name].after).interval for name in (of, control))
    parted = ours.low > its.high
    return _points(
        of,
        f"it ends at least 20 points above the control {_words(control)}, with 95 % intervals that "
        "do not overlap",
        spread,
        spread.mean >= _LEAST_LEAD and parted,
        "" if parted else "the two intervals overlap",
    )


def wrong_answers(of: str, arms: Arms) -> Target:
    """Wrong-answer priming ends within 10 points of right-answer priming, in one way at least."""
    above = {name: lead(arms[of], arms[name]) for name in _told_wrongly(of, arms)}
    best, *others = sorted(above, key=lambda name: above[name].mean, reverse=True)
    rest = ", ".join(f"{_words(name)} {100 * above[name].mean:+.1f}" for name in others)
    remark = f"that is {_words(best)}, " + (
        f"the best of {len(above)} ways; the others: {rest}" if others else "the only way run"
    )
    if above[best].interval.low < -_LARGEST_SHORTFALL <= above[best].mean:
        remark += "; its interval goes below -10"
    return _points(
        of,
        "in at least one way of being wrong, priming on wrong answers ends no more than 10 points "
        "below priming on right ones",
        above[best],
        above[best].mean >= -_LARGEST_SHORTFALL,
        remark,
    )


def _told_wrongly(of: str, arms: Arms) -> tuple[str, ...]:
    """Return the ways of being wrong that were run; all of them if none was."""
    return tuple(name for name in _WRONG[of] if name in arms) or _WRONG[of]


def rich_base(arms: Arms) -> Target:
    """The habit-rich base ends above the habit-poor one without priming."""
    spread = lead(arms[UNPRIMED], arms[_RICH_UNPRIMED])
    return _points(
        HEADLINE,
        "without priming, the base whose documents show the habits ends above the other",
        spread,
        spread.mean > 0,
        "" if spread.interval.low > 0 else "the interval holds 0",
    )


def gap_closed(of: str, arms: Arms) -> Target:
    """Priming closes at least three quarters of the gap between the bases."""
    after = {name: solve_rate(arm.after).mean for name, arm in arms.items()}
    gap = after[_RICH_UNPRIMED] - after[UNPRIMED]
    wanted = "priming closes at least three quarters of the gap between the two bases"
    if gap <= 0:
        return Target(of, wanted, None, None, "share", met=False, remark="there is no gap to close")
    share = (after[of] - after[UNPRIMED]) / gap
    interval, remark = None, "with one seed of an arm it is given no interval"
    if min(len(arms[name].seeds) for name in (UNPRIMED, _RICH_UNPRIMED, of)) > 1:
        rates = (
            [e.solve_rate for e in arms[name].after] for name in (UNPRIMED, _RICH_UNPRIMED, of)
        )
        interval = share_of_gap(*rates)
        remark = (
            "the gap may be 0, so its interval has no end"
            if interval is None
            else "Fieller's interval"
        )
    return Target(
        of,
        wanted,
        share,
        interval,
        "share",
        share >= _LEAST_SHARE,
        f"the gap is {100 * gap:.1f} points; {remark}",
    )


def rises(of: str, habit: Habit, arms: Arms) -> Target:
    """Reinforcement learning raises a habit's count in primed models."""
    spread = arms[of].habit_change(habit)
    shown = [name for name in arms if name != of and _shows(name, habit)]
    not_there = [name for name in shown if arms[name].habit_change(habit).mean <= 0]
    return Target(
        of,
        f"reinforcement learning raises the count of {_words(habit)} in models primed with it",
        spread.mean,
        spread.interval,
        "times",
        spread.mean > 0,
        f"measured in {_words(of)}; of {len(shown)} other arms that were shown it, it does "
        + (f"not in {', '.join(map(_words, not_there))}" if not_there else "so in all")
        + ("" if spread.interval.low > 0 else "; the interval holds 0"),
    )


def _shows(arm: str, habit: Habit) -> bool:
    """Whether an arm is primed on texts that show a habit."""
    name = ARMS[arm].condition
    if name is None:
        return False
    condition = CONDITIONS[name]
    return condition.thought is Thought.TOLD and habit in condition.habits


def _points(of: str, wanted: str, spread: Spread, met: bool, remark: str = "") -> Target:
    return Target(of, wanted, spread.mean, spread.interval, "points", met, remark)


def _words(name: str) -> str:
    return name.replace("_", " ")
