"""How well a player plays: puzzles in, judged records and their summary out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from countdown_agents.agent import Agent, Player, as_agent
from countdown_agents.intervals import Interval, wilson_interval
from countdown_agents.records import Record
from countdown_gym.checking import judge
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families import Family, make_family
from countdown_gym.faults import Fault
from countdown_gym.parsing import CONVENTIONS
from countdown_gym.puzzles import Puzzle
from countdown_gym.rewards import Mixture, make_reward
from countdown_gym.splits import Split, puzzles


@dataclass(frozen=True, slots=True)
class Scoring:
    """How completions are read, paid and handed over.

    Raises:
        UnknownNameError: If there is no such reward or convention.
        InvalidParameterError: If `batch_size` is below 1 or the weights make no mixture.
    """

    reward: str | Mapping[str, float] | Mixture = "strict"
    """What an answer is paid, as `make_reward` takes it."""
    convention: str = "answer_tag"
    """Where the answer stands in a completion, a name in `CONVENTIONS`."""
    batch_size: int = 64
    """How many puzzles an agent is given at a time."""

    def __post_init__(self) -> None:
        """Refuse what cannot score, before any puzzle is asked."""
        make_reward(self.reward)
        if self.convention not in CONVENTIONS:
            raise UnknownNameError("answer convention", self.convention, CONVENTIONS)
        if self.batch_size < 1:
            raise InvalidParameterError(f"batch_size must be at least 1, got {self.batch_size}")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of asking an agent some puzzles.

    Raises:
        InvalidParameterError: If there is no record.
    """

    records: tuple[Record, ...]
    """One for each puzzle, in their order."""

    def __post_init__(self) -> None:
        """Refuse to summarise nothing."""
        if not self.records:
            raise InvalidParameterError("an evaluation needs at least one record, got none")

    @property
    def solved(self) -> int:
        """How many puzzles were solved."""
        return sum(record.solved for record in self.records)

    @property
    def solve_rate(self) -> float:
        """The share of the puzzles that were solved."""
        return self.solved / len(self.records)

    def interval(self, confidence: float = 0.95) -> Interval:
        """Return Wilson's interval of the solve rate over puzzles like these."""
        return wilson_interval(self.solved, len(self.records), confidence)

    @property
    def faults(self) -> Mapping[Fault, int]:
        """How often each fault occurred, the most frequent first; those that did not are absent."""
        counts = Counter(record.fault for record in self.records if record.fault is not None)
        return dict(counts.most_common())

    @property
    def mean_length(self) -> float:
        """The mean length of a completion, in characters."""
        return sum(len(record.completion) for record in self.records) / len(self.records)

    @property
    def mean_reward(self) -> float:
        """The mean of what was paid."""
        return sum(record.reward for record in self.records) / len(self.records)


def evaluate(
    player: Player,
    family: str | Family = "three_to_four",
    num_puzzles: int = 100,
    seed: int = 0,
    *,
    split: Split | str = Split.TEST,
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
        scoring: How completions are read, paid and handed over.
        on_record: Called with each record as soon as it is there: to show progress, to save.

    Raises:
        InvalidParameterError: If `num_puzzles` is below 1, `seed` is negative, `player` is no
            player, or it does not return one text for each puzzle.
        UnknownNameError: If there is no such family or split.
        ExhaustedError: If the family has no puzzle in the split.

    Example:
        >>> evaluation = evaluate(lambda prompt: "no idea", num_puzzles=2)
        >>> evaluation.solve_rate, evaluation.faults
        (0.0, {<Fault.NO_ANSWER: 'no_answer'>: 2})
    """
    if num_puzzles < 1:
        raise InvalidParameterError(f"num_puzzles must be at least 1, got {num_puzzles}")
    asked = puzzles(make_family(family), split, seed, num_puzzles)
    records = []
    for record in play(as_agent(player), asked, scoring):
        records.append(record)
        if on_record is not None:
            on_record(record)
    return Evaluation(tuple(records))


def play(agent: Agent, asked: Iterator[Puzzle], scoring: Scoring) -> Iterator[Record]:
    """Yield the record of each puzzle, in their order, as soon as its batch is answered.

    Raises:
        InvalidParameterError: If the agent does not return one text for each puzzle.
    """
    reward = make_reward(scoring.reward)
    index = 0
    while batch := tuple(islice(asked, scoring.batch_size)):
        for puzzle, completion in zip(batch, ask(agent, batch), strict=True):
            judgement = judge(puzzle, completion, convention=scoring.convention)
            yield Record.of(index, judgement, reward.pay(judgement))
            index += 1


def ask(agent: Agent, batch: Sequence[Puzzle]) -> list[str]:
    """Return what the agent writes, after a look at whether it keeps its promise.

    Raises:
        InvalidParameterError: If the agent does not return one text for each puzzle.
    """
    completions = agent.answer(batch)
    if len(completions) != len(batch):
        raise InvalidParameterError(
            f"an agent must answer each puzzle once, got {len(completions)} completions of "
            f"{len(batch)} puzzles"
        )
    for completion in completions:
        if not isinstance(completion, str):
            raise InvalidParameterError(
                f"a completion must be a text, got {type(completion).__name__}"
            )
    return completions
