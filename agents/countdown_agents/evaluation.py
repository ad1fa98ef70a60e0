"""How well a player plays: judged records in, rates with intervals out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from countdown_agents.agent import Agent, Player, as_agent
from countdown_agents.examination import Examination, Scoring
from countdown_agents.intervals import (
    Interval,
    bootstrap_interval,
    clustered_interval,
    wilson_interval,
)
from countdown_agents.pass_at_k import pass_at_k
from countdown_agents.record_file import RecordFile
from countdown_agents.records import Record
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families import Family, make_family
from countdown_gym.faults import Fault
from countdown_gym.grades import Grade
from countdown_gym.solver.grading import graded
from countdown_gym.splits import Split

__all__ = [
    "Estimate",
    "Evaluation",
    "GradeRow",
    "Scoring",
    "evaluate",
    "examine",
    "require_grade_field",
]

SEARCH_COST_STEP = 2
"""How much search cost, in powers of two of states, a row of `by_grade` spans."""


class Estimate(NamedTuple):
    """A number and how sure it is."""

    value: float
    low: float
    high: float


class GradeRow(NamedTuple):
    """How puzzles of one grade fared."""

    grade: str
    """Which value or range of the grade's field."""
    puzzles: int
    """How many puzzles."""
    solve_rate: Estimate
    """The share of the answers to them that are right."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of asking an agent some puzzles.

    Raises:
        InvalidParameterError: If there is no record, an answer stands twice, or some puzzles are
            answered more often than others.
    """

    records: tuple[Record, ...]
    """One for each answer, in the order of the puzzles and their samples."""

    def __post_init__(self) -> None:
        """Put the records in order, and refuse to summarise nothing or halves."""
        if not self.records:
            raise InvalidParameterError("an evaluation needs at least one record, got none")
        ordered = tuple(sorted(self.records, key=_place))
        object.__setattr__(self, "records", ordered)
        if len({_place(record) for record in ordered}) < len(ordered):
            raise InvalidParameterError("each answer must stand once, got one twice")
        counts = {len(group) for group in self.by_puzzle}
        if len(counts) > 1:
            raise InvalidParameterError(
                f"each puzzle must be answered equally often, got {min(counts)} to {max(counts)} "
                "answers"
            )

    @property
    def by_puzzle(self) -> tuple[tuple[Record, ...], ...]:
        """The records of each puzzle."""
        return tuple(tuple(group) for _, group in groupby(self.records, lambda r: r.index))

    @property
    def samples(self) -> int:
        """How often each puzzle was answered."""
        return len(self.by_puzzle[0])

    @property
    def shares(self) -> tuple[float, ...]:
        """Of each puzzle the share of its answers that are right."""
        return tuple(sum(r.solved for r in group) / len(group) for group in self.by_puzzle)

    @property
    def solved(self) -> int:
        """How many answers are right."""
        return sum(record.solved for record in self.records)

    @property
    def solve_rate(self) -> float:
        """The share of the answers that are right: pass@1."""
        return self.solved / len(self.records)

    def interval(self, confidence: float = 0.95) -> Interval:
        """Return Wilson's interval of the solve rate over puzzles like these.

        With several answers to each puzzle it is the clustered one.
        """
        if self.samples == 1:
            return wilson_interval(self.solved, len(self.records), confidence)
        return clustered_interval(self.shares, self.samples, confidence)

    def pass_at(self, k: int, confidence: float = 0.95) -> Estimate:
        """Return how likely one of `k` answers is right, its bootstrap interval over puzzles.

        Where every puzzle says 0, or every one 1, drawing puzzles anew shows nothing; the interval
        is then Wilson's.

        Raises:
            InvalidParameterError: If `k` is not from 1 to the number of samples.
        """
        chances = [
            pass_at_k(sum(record.solved for record in group), len(group), k)
            for group in self.by_puzzle
        ]
        rate = sum(chances) / len(chances)
        if rate in {0.0, 1.0}:
            low, high = wilson_interval(round(rate * len(chances)), len(chances), confidence)
        else:
            low, high = bootstrap_interval(chances, confidence)
        return Estimate(rate, low, high)

    @property
    def faults(self) -> Mapping[Fault, int]:
        """How often each fault occurred, the most frequent first; those that did not are absent."""
        counts = Counter(record.fault for record in self.records if record.fault is not None)
        return dict(counts.most_common())

    @property
    def mean_characters(self) -> float:
        """The mean length of a completion, in characters."""
        return sum(len(record.completion) for record in self.records) / len(self.records)

    @property
    def mean_tokens(self) -> float | None:
        """The mean length of a completion, in tokens; None unless all were counted."""
        counts = [record.tokens for record in self.records if record.tokens is not None]
        return sum(counts) / len(counts) if len(counts) == len(self.records) else None

    @property
    def mean_reward(self) -> float:
        """The mean of what was paid."""
        return sum(record.reward for record in self.records) / len(self.records)

    @property
    def mean_attempts(self) -> float:
        """The mean of how often the player tried: 1 but in dialogues."""
        return 1 + sum(len(record.earlier) for record in self.records) / len(self.records)

    def by_grade(self, field: str = "search_cost") -> tuple[GradeRow, ...]:
        """Return the solve rate of each grade of puzzles, the lowest grade first.

        Puzzles without a grade are graded, which takes milliseconds each for four numbers.

        Args:
            field: A field of `Grade`; search cost is cut into spans of `SEARCH_COST_STEP`.

        Raises:
            UnknownNameError: If a grade has no such field.

        Example:
            >>> from countdown_agents.random_agent import RandomAgent
            >>> rows = evaluate(RandomAgent(), num_puzzles=5).by_grade("numbers")
            >>> [(row.grade, row.puzzles) for row in rows]
            [('3', 2), ('4', 3)]
        """
        require_grade_field(field)
        groups: dict[tuple[float, str], list[Record]] = {}
        for group in self.by_puzzle:
            grade = graded(group[0].puzzle).grade
            groups.setdefault(_span(field, getattr(grade, field)), []).extend(group)
        rows = []
        for (_, label), records in sorted(groups.items()):
            part = Evaluation(tuple(records))
            estimate = Estimate(part.solve_rate, *part.interval())
            rows.append(GradeRow(label, len(part.by_puzzle), estimate))
        return tuple(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain JSON values, without the records."""
        ks = [k for k in _powers_of_two(self.samples) if k > 1]
        return {
            "puzzles": len(self.by_puzzle),
            "samples": self.samples,
            "solved": self.solved,
            "solve_rate": self.solve_rate,
            "interval_95": list(self.interval()),
            "pass_at": {str(k): list(self.pass_at(k)) for k in ks},
            "mean_reward": self.mean_reward,
            "mean_characters": self.mean_characters,
            "mean_tokens": self.mean_tokens,
            "mean_attempts": self.mean_attempts,
            "faults": {fault.value: count for fault, count in self.faults.items()},
        }


def evaluate(
    player: Player,
    family: str | Family = "three_to_four",
    num_puzzles: int = 100,
    seed: int = 0,
    *,
    split: Split | str = Split.TEST,
    samples: int = 1,
    scoring: Scoring = Scoring(),
    on_record: Callable[[Record], object] | None = None,
) -> Evaluation:
    """Ask a player the first puzzles of a split and judge the answers.

    Nothing that a player writes makes this raise; what its code raises is passed on.

    Args:
        player: An agent, a policy, or a function from prompt to completion. A policy or function
            is asked in the plain style; for another, hand over `as_agent(player, style)`.
        family: How puzzles are drawn, a name in `FAMILIES` or a family.
        num_puzzles: How many are asked.
        seed: Which puzzles the split holds; the same for every player.
        split: Which part of the family's puzzles is asked.
        samples: How many answers to each puzzle are wanted.
        scoring: How completions are read, paid and handed over.
        on_record: Called with each record as soon as it is there: to show progress, to save.

    Raises:
        InvalidParameterError: If `num_puzzles` or `samples` is below 1, `seed` is negative,
            `player` is no player, or it does not return one text for each puzzle.
        UnknownNameError: If there is no such family or split.
        ExhaustedError: If the family has no puzzle in the split.

    Example:
        >>> evaluation = evaluate(lambda prompt: "no idea", num_puzzles=2)
        >>> evaluation.solve_rate, evaluation.faults
        (0.0, {<Fault.NO_ANSWER: 'no_answer'>: 2})
    """
    asked = Examination(make_family(family), num_puzzles, seed, split, samples, scoring)
    return examine(as_agent(player), asked, on_record=on_record)


def examine(
    agent: Agent,
    examination: Examination,
    file: RecordFile | None = None,
    on_record: Callable[[Record], object] | None = None,
) -> Evaluation:
    """Ask an agent what a file of records does not answer yet, and judge it all.

    Args:
        agent: Who is asked.
        examination: What is asked.
        file: Where records are kept; those that are there are not asked for again.
        on_record: Called with each record, at first with those of the file.

    Raises:
        InvalidParameterError: If the agent does not return one text for each puzzle, or the file
            answers other puzzles.
    """
    records = [] if file is None else examination.answered(file.records)
    for record in records:
        if on_record is not None:
            on_record(record)
    for record in examination.run(agent, {_place(record) for record in records}):
        if file is not None:
            file.add(record)
        records.append(record)
        if on_record is not None:
            on_record(record)
    return Evaluation(tuple(records))


def require_grade_field(field: str) -> None:
    """Refuse a field that grades do not have.

    Raises:
        UnknownNameError: If a grade has no such field.
    """
    if field not in Grade.__dataclass_fields__:
        raise UnknownNameError("field of Grade", field, Grade.__dataclass_fields__)


def _place(record: Record) -> tuple[int, int]:
    return record.index, record.sample


def _span(field: str, grade: object) -> tuple[float, str]:
    """Return where a grade stands among others, and its name."""
    if grade is None:
        return float("inf"), "no solution"
    if field.startswith("search_cost") and isinstance(grade, float | int):
        low = int(grade // SEARCH_COST_STEP) * SEARCH_COST_STEP
        return low, f"{low} to {low + SEARCH_COST_STEP}"
    return (float(grade) if isinstance(grade, int | float) else 0.0), str(grade)


def _powers_of_two(largest: int) -> list[int]:
    """Return 1, 2, 4, … up to a number, and the number itself."""
    powers = [1 << i for i in range(largest.bit_length()) if 1 << i < largest]
    return [*powers, largest]
