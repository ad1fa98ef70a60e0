"""What was expected of the study before it was run, beside what came out.

The numbers were written down before any run; the arm that they are asked of, `HEADLINE`, was chosen
on validation puzzles. A miss is reported like a hit. What an unfinished or a smaller study cannot
answer is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from countdown_agents.intervals import Interval
from countdown_agents.study.arms import ARMS, HEADLINE, UNPRIMED
from countdown_agents.study.findings import ArmFindings, lead, solve_rate
from countdown_agents.study.spreads import Spread
from countdown_gym.traces.conditions import CONDITIONS, Thought
from countdown_gym.traces.habits import Habit

_RICH_UNPRIMED = "rich_unprimed"
_CONTROLS = (UNPRIMED, "filler", "empty")
_WRONG = ("checked_wrong_gave_up", "checked_wrong_believed_slip", "checked_wrong_mismatch")

_LEAST_GAIN = 0.25
_LEAST_LEAD = 0.20
_LARGEST_SHORTFALL = 0.10
_LEAST_SHARE = 0.75

Arms = Mapping[str, ArmFindings]
"""What was found, by arm."""


@dataclass(frozen=True, slots=True)
class Target:
    """A number that was expected, and the one that was measured."""

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
            "wanted": self.wanted,
            "measured": self.measured,
            "interval_95": None if self.interval is None else list(self.interval),
            "unit": self.unit,
            "met": self.met,
            "remark": self.remark,
        }


def targets(found: Sequence[ArmFindings]) -> tuple[Target, ...]:
    """Return all targets that the arms which were found can answer."""
    arms = {arm.arm: arm for arm in found}
    wanted: list[tuple[Iterable[str], Callable[[Arms], Target]]] = [
        ((HEADLINE,), gain),
        *(((HEADLINE, control), partial(leads, control)) for control in _CONTROLS),
        ((HEADLINE, *_told_wrongly(arms)), wrong_answers),
        ((_RICH_UNPRIMED, UNPRIMED), rich_base),
        ((HEADLINE, _RICH_UNPRIMED, UNPRIMED), gap_closed),
        *(
            ((HEADLINE,), partial(rises, habit))
            for habit in (Habit.BACKTRACKING, Habit.VERIFICATION)
        ),
    ]
    return tuple(target(arms) for needed, target in wanted if arms.keys() >= set(needed))


def gain(arms: Arms) -> Target:
    """Habit-primed models gain at least 25 points."""
    spread = arms[HEADLINE].gain
    return _points(
        f"primed with {_words(HEADLINE)}, a model gains at least 25 points from reinforcement "
        "learning",
        spread,
        spread.mean >= _LEAST_GAIN,
    )


def leads(control: str, arms: Arms) -> Target:
    """Habit-primed models end at least 20 points above a control, intervals apart."""
    spread = lead(arms[control], arms[HEADLINE])
    ours, its = (solve_rate(arms[name].after).interval for name in (HEADLINE, control))
    parted = ours.low > its.high
    return _points(
        f"it ends at least 20 points above the control {_words(control)}, with 95 % intervals that "
        "do not overlap",
        spread,
        spread.mean >= _LEAST_LEAD and parted,
        "" if parted else "the two intervals overlap",
    )


def wrong_answers(arms: Arms) -> Target:
    """Wrong-answer priming ends within 10 points of right-answer priming, in one way at least."""
    above = {name: lead(arms[HEADLINE], arms[name]) for name in _told_wrongly(arms)}
    best, *others = sorted(above, key=lambda name: above[name].mean, reverse=True)
    rest = ", ".join(f"{_words(name)} {100 * above[name].mean:+.1f}" for name in others)
    return _points(
        "in at least one way of being wrong, priming on wrong answers ends no more than 10 points "
        "below priming on right ones",
        above[best],
        above[best].mean >= -_LARGEST_SHORTFALL,
        f"that is {_words(best)}; the other ways: {rest or 'not run'}",
    )


def _told_wrongly(arms: Arms) -> tuple[str, ...]:
    """Return the ways of being wrong that were run; all of them if none was."""
    return tuple(name for name in _WRONG if name in arms) or _WRONG


def rich_base(arms: Arms) -> Target:
    """The habit-rich base ends above the habit-poor one without priming."""
    spread = lead(arms[UNPRIMED], arms[_RICH_UNPRIMED])
    return _points(
        "without priming, the base whose documents show the habits ends above the other",
        spread,
        spread.mean > 0,
        "" if spread.interval.low > 0 else "the interval holds 0",
    )


def gap_closed(arms: Arms) -> Target:
    """Priming closes at least three quarters of the gap between the bases."""
    after = {name: solve_rate(arm.after).mean for name, arm in arms.items()}
    gap = after[_RICH_UNPRIMED] - after[UNPRIMED]
    wanted = "priming closes at least three quarters of the gap between the two bases"
    if gap <= 0:
        return Target(wanted, None, None, "share", met=False, remark="there is no gap to close")
    share = (after[HEADLINE] - after[UNPRIMED]) / gap
    return Target(
        wanted,
        share,
        None,
        "share",
        share >= _LEAST_SHARE,
        f"the gap is {100 * gap:.1f} points; a ratio of two differences is given no interval",
    )


def rises(habit: Habit, arms: Arms) -> Target:
    """Reinforcement learning raises a habit's count in primed models."""
    spread = arms[HEADLINE].habit_change(habit)
    shown = [name for name in arms if name != HEADLINE and _shows(name, habit)]
    not_there = [name for name in shown if arms[name].habit_change(habit).mean <= 0]
    return Target(
        f"reinforcement learning raises the count of {_words(habit)} in models primed with it",
        spread.mean,
        spread.interval,
        "times",
        spread.mean > 0,
        f"measured in {_words(HEADLINE)}; of {len(shown)} other arms that were shown it, it does "
        + (f"not in {', '.join(map(_words, not_there))}" if not_there else "so in all"),
    )


def _shows(arm: str, habit: Habit) -> bool:
    """Whether an arm is primed on texts that show a habit."""
    name = ARMS[arm].condition
    if name is None:
        return False
    condition = CONDITIONS[name]
    return condition.thought is Thought.TOLD and habit in condition.habits


def _points(wanted: str, spread: Spread, met: bool, remark: str = "") -> Target:
    return Target(wanted, spread.mean, spread.interval, "points", met, remark)


def _words(name: str) -> str:
    return name.replace("_", " ")
