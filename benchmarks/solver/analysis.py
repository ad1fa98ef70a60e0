"""Medians, spread and ratios of the solver's benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.contest import Rounds

OURS = "countdown-gym"
ARRAY = f"{OURS}, all in one array"


@dataclass(frozen=True, slots=True)
class Goal:
    """How we want to compare with another player."""

    work: str
    ours: str
    """One of our players."""
    peer: str
    times: float
    """How many times our time the peer should take at least."""
    peer_work: str | None = None
    """What the peer does, where it is not the same: less, or the comparison would flatter us."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast we want to be where nobody is there to compare with."""

    work: str
    ours: str
    """One of our players."""
    millions: float
    """How many million questions a second should be answered at least."""


def _rationals(count: int, ours: str, times: float) -> Goal:
    """Return a goal for rationals; the peer knows natural numbers only, which are fewer."""
    work = "all {} used, {}"
    naturals = work.format(count, "naturals")
    return Goal(work.format(count, "rationals"), ours, "Stream of Search", times, naturals)


GOALS = (
    Goal("whole television game", OURS, "hknrx/Numbers, 1,000 of them", 1_000),
    Goal("one television instance", OURS, "hknrx/Numbers", 5),
    Goal("one board, all targets", OURS, "panzi/numbers", 100),
    Goal("distinct solutions of one television instance", OURS, "bennorth's evaluator", 5),
    Goal("all 3 used, naturals", OURS, "Stream of Search", 100),
    Goal("all 3 used, naturals", ARRAY, "Stream of Search", 100),
    _rationals(3, OURS, 100),
    _rationals(3, ARRAY, 100),
    Goal("all 4 used, naturals", OURS, "Stream of Search", 400),
    Goal("all 4 used, naturals", ARRAY, "Stream of Search", 400),
    _rationals(4, OURS, 400),
    _rationals(4, ARRAY, 400),
    Goal("all 5 used, naturals", OURS, "Stream of Search", 500),
    Goal("all 5 used, naturals", ARRAY, "Stream of Search", 500),
    _rationals(5, OURS, 500),
    _rationals(5, ARRAY, 500),
    Rate("batch of 100,000 boards of 3 and 4", OURS, 2),
    Goal("certified puzzle of 4 numbers", OURS, "reasoning-gym, not certified", 1_000),
    Goal("first answer in a fresh process", OURS, "import numpy", 1 / 2),
    Goal("first answer in a fresh process", f"{OURS}, four numbers", "import numpy", 1 / 6),
    Goal("first answer in a fresh process", f"{OURS}, cached kernels", "import numpy", 1 / 6),
)


def per_question(rounds: Rounds) -> list[float]:
    """Return the microseconds per question of each round, ascending."""
    return sorted(seconds / rounds.questions * 1e6 for seconds in rounds.seconds)


def table(results: Sequence[Rounds]) -> str:
    """Return a line per entry: median and range in microseconds, and how many times ours it is."""
    ours = {r.work: median(per_question(r)) for r in results if r.player == OURS}
    lines = ["| work | player | median | range | times ours |", "|---|---|---|---|---|"]
    shown = ""
    for result in results:
        times = per_question(result)
        middle = median(times)
        ratio = "1" if result.player == OURS else _short(middle / ours[result.work])
        span = f"{_short(times[0])} - {_short(times[-1])}"
        work = "" if result.work == shown else result.work
        lines.append(f"| {work} | {result.player} | {_short(middle)} | {span} | {ratio} |")
        shown = result.work
    return "\n".join(lines)


def summary(results: Sequence[Rounds], goals: Sequence[Goal | Rate] = GOALS) -> str:
    """Return the results as the README shows them: how our time compares with what is wanted.

    The range is that of the comparison, round by round: those of one round are played in turns.
    """
    rounds = {(r.work, r.player): r for r in results}
    lines = [
        "| work | ours, µs | compared with | times ours | range | wanted |",
        "|---|---|---|---|---|---|",
    ]
    for goal in goals:
        ours = rounds[goal.work, goal.ours]
        label = goal.work if goal.ours == OURS else f"{goal.work} ({goal.ours.split(', ')[1]})"
        cells = [label, _short(median(per_question(ours)))]
        if isinstance(goal, Rate):
            cells += _rate(goal, ours)
        else:
            cells += _comparison(goal, ours, rounds[goal.peer_work or goal.work, goal.peer])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _comparison(goal: Goal, ours: Rounds, theirs: Rounds) -> tuple[str, ...]:
    ratio = median(per_question(theirs)) / median(per_question(ours))
    share = ours.questions / theirs.questions
    ratios = [t / o * share for t, o in zip(theirs.seconds, ours.seconds, strict=True)]
    span = f"{_times(goal, min(ratios))} - {_times(goal, max(ratios))}"
    peer = goal.peer if goal.peer_work is None else f"{goal.peer}, {goal.peer_work.split(', ')[1]}"
    wanted = f"{goal.times:,.0f}" if goal.times >= 1 else f"1 / {1 / goal.times:.2g}"
    return peer, _times(goal, ratio), span, f"at least {wanted}"


def _times(goal: Goal, ratio: float) -> str:
    if goal.times < 1:  # ours takes longer, and that is what is bounded
        return f"1 / {1 / ratio:.2g}"
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _rate(goal: Rate, ours: Rounds) -> tuple[str, ...]:
    quickest, *_, slowest = times = per_question(ours)
    span = f"{1 / slowest:.2g} - {1 / quickest:.2g}"
    found = f"{1 / median(times):.2g} million/s"
    return "–", found, span, f"at least {goal.millions:g} million/s"  # noqa: RUF001 - a dash


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
