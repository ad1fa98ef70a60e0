"""Medians and ratios of the training benchmark."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any

from benchmarks.training.protocol import BatchReport
from benchmarks.training.sweep import (
    BUDGETS,
    FOUR_HEADS,
    GROUPS,
    LARGE,
    LARGE_SHORT,
    LEARNING,
    ONE_HEAD,
    ONE_UPDATE,
    OURS,
    ROLLOUTS,
    STOCK,
    TOKENWISE,
    TRL,
    Observation,
)

Summary = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Work → player → what `Result` holds."""

_SOME = 4
"""Over how many batches a reward is averaged."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of the batches of one player."""

    batches: int
    """How many were measured."""
    tokens_per_second: float
    """Of processor time, sampling and learning together; the median batch."""
    slowest: float
    """The same of the slowest batch."""
    fastest: float
    """The same of the fastest batch."""
    outside_model: float | None
    """The share of time outside the model's forward and backward passes, where it was asked."""
    sampling: float | None
    """The share of time in sampling, where it was asked."""
    megabytes: float
    """The peak of memory."""
    first_reward: float
    """The mean of the first batches."""
    last_reward: float
    """The mean of the last."""
    seconds: float
    """Processor seconds of all batches."""
    matrix_rate: float
    """Operations a second of the device in large products in half precision, the most that anybody
    measured; 0 where it was not asked."""
    of_matrix_rate: float
    """The share of it that a whole batch reached, counting two operations for each weight of a
    forward pass and four of a backward pass, attention not counted."""
    of_matrix_rate_learning: float
    """The same of all but sampling."""


def summarise(observations: Iterable[Observation]) -> Summary:
    """Return one result for each work and player."""
    reports: dict[str, dict[str, list[BatchReport]]] = defaultdict(lambda: defaultdict(list))
    for observation in observations:
        reports[observation.work][observation.player].append(observation.report)
    every = [report for of in reports.values() for batches in of.values() for report in batches]
    rate = max((report.matrix_rate for report in every), default=0.0)
    return {
        work: {player: asdict(_result(batches, rate)) for player, batches in players.items()}
        for work, players in reports.items()
    }


def table(summary: Summary) -> str:
    """Return Markdown: speed against the others, growth, and learning."""
    parts = (_speed(summary), _growth(summary), _learning(summary), _of_matrix_rate(summary))
    return "\n\n".join(part for part in parts if part)


def _result(batches: list[BatchReport], rate: float) -> Result:
    pace = sorted(batch.tokens / batch.seconds for batch in batches)
    asked = all(batch.model_seconds for batch in batches)
    rewards = [batch.reward for batch in batches]
    return Result(
        len(batches),
        round(median(pace)),
        round(pace[0]),
        round(pace[-1]),
        round(median(1 - b.model_seconds / b.seconds for b in batches), 3) if asked else None,
        round(median(b.sampling_seconds / b.seconds for b in batches), 3) if asked else None,
        round(max(batch.megabytes for batch in batches)),
        round(fmean(rewards[:_SOME]), 4),
        round(fmean(rewards[-_SOME:]), 4),
        round(sum(batch.seconds for batch in batches), 1),
        round(rate if batches[0].matrix_rate else 0),
        round(median(_share(b, 8, b.seconds, rate) for b in batches), 4),
        round(median(_share(b, 6, b.seconds - b.sampling_seconds, rate) for b in batches), 4),
    )


def _share(batch: BatchReport, operations: int, seconds: float, rate: float) -> float:
    """Return the share of a matrix rate, of so many operations for each weight and token."""
    if not batch.matrix_rate:
        return 0.0
    return operations * batch.parameters * batch.tokens / seconds / rate


def _speed(summary: Summary) -> str:
    lines = [
        "| model | player | tokens/s | range | times slower | outside the model | peak |",
        "|---|---|---|---|---|---|---|",
    ]
    for work in (ONE_HEAD, FOUR_HEADS, ONE_UPDATE, TOKENWISE, LARGE_SHORT, LARGE):
        for player in (OURS, GROUPS, TRL, STOCK):
            found = summary.get(work, {}).get(player)
            if found is None:
                continue
            ratio = summary[work][OURS]["tokens_per_second"] / found["tokens_per_second"]
            outside = found["outside_model"]
            lines.append(
                f"| {work} | {player} | {found['tokens_per_second']:,} "
                f"| {found['slowest']:,} to {found['fastest']:,} "
                f"| {'' if player in {OURS, GROUPS} else f'{ratio:.3g}'} "
                f"| {'' if outside is None else f'{outside:.0%}'} "
                f"| {found['megabytes']:,} MB |"
            )
    return "\n".join(lines) if len(lines) > 2 else ""


def _growth(summary: Summary) -> str:
    lines = ["| batch | PPO, µs a token | TRL, µs a token | times ours | PPO, peak | TRL, peak |"]
    lines.append("|---|---|---|---|---|---|")
    for work in (*(f"{n} rollouts" for n in ROLLOUTS), *(f"{n} tokens each" for n in BUDGETS)):
        if work not in summary:
            continue
        ours, theirs = (summary[work].get(player) for player in (OURS, TRL))
        if ours is None:
            continue
        cells = [f"{1e6 / ours['tokens_per_second']:.0f}", "", "", f"{ours['megabytes']:,} MB", ""]
        if theirs is not None:
            cells[1] = f"{1e6 / theirs['tokens_per_second']:.0f}"
            cells[2] = f"{ours['tokens_per_second'] / theirs['tokens_per_second']:.2g}"
            cells[4] = f"{theirs['megabytes']:,} MB"
        lines.append(f"| {work} | {' | '.join(cells)} |")
    return "\n".join(lines) if len(lines) > 2 else ""


def _learning(summary: Summary) -> str:
    if LEARNING not in summary:
        return ""
    lines = [
        f"| player | solved, first {_SOME} batches | last {_SOME} | batches | processor seconds |",
        "|---|---|---|---|---|",
    ]
    for player, found in summary[LEARNING].items():
        lines.append(
            f"| {player} | {found['first_reward']:.1%} | {found['last_reward']:.1%} "
            f"| {found['batches']} | {found['seconds']:,.0f} |"
        )
    return "\n".join(lines)


def _of_matrix_rate(summary: Summary) -> str:
    lines = [
        "| model | player | matrix rate | of it, whole batches | of it, without sampling |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {work} | {player} | {found['matrix_rate'] / 1e12:.0f} TFLOP/s "
        f"| {found['of_matrix_rate']:.1%} | {found['of_matrix_rate_learning']:.1%} |"
        for work in (LARGE_SHORT, LARGE)
        for player, found in summary.get(work, {}).items()
        if found["matrix_rate"]
    ]
    return "\n".join(lines) if len(lines) > 2 else ""
