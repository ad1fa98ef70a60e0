"""What an evaluation asks: which puzzles, how often, and how answers are read and paid."""

from __future__ import annotations

import inspect
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import load_env_creator

from countdown_agents.agent import Agent
from countdown_agents.asking import Answered, Question, answers, dialogues
from countdown_agents.records import Record
from countdown_gym.checking import judge
from countdown_gym.envs.dialogue import CountdownDialogueEnv
from countdown_gym.envs.steps import CountdownStepsEnv
from countdown_gym.envs.symbol_tokens import CountdownTokensEnv
from countdown_gym.envs.text import CountdownEnv
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families import Family, known_names
from countdown_gym.parsing import CONVENTIONS
from countdown_gym.registration import ENVIRONMENTS
from countdown_gym.rewards import Mixture, make_reward
from countdown_gym.splits import Split, puzzle_at, puzzles


@dataclass(frozen=True, slots=True)
class Scoring:
    """How completions are read, paid and handed over.

    Raises:
        UnknownNameError: If there is no such reward or convention.
        InvalidParameterError: If `batch_size` or `max_attempts` is below 1 or the weights make no
            mixture.
    """

    reward: str | Mapping[str, float] | Mixture = "strict"
    """What an answer is paid, as `make_reward` takes it."""
    convention: str = "answer_tag"
    """Where the answer stands in a completion, a name in `CONVENTIONS`."""
    batch_size: int = 64
    """How many puzzles an agent is given at a time."""
    max_attempts: int = 1
    """How often an agent may try; from 2 on it is told what was wrong, and the last one counts."""

    def __post_init__(self) -> None:
        """Refuse what cannot score, before any puzzle is asked."""
        make_reward(self.reward)
        if self.convention not in CONVENTIONS:
            raise UnknownNameError("answer convention", self.convention, CONVENTIONS)
        for name in ("batch_size", "max_attempts"):
            if getattr(self, name) < 1:
                raise InvalidParameterError(f"{name} must be at least 1, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Examination:
    """Puzzles of a split, each asked a number of times.

    Raises:
        InvalidParameterError: If a number is below 1 or the seed is negative.
        UnknownNameError: If there is no such split.
    """

    family: Family
    """How puzzles are drawn."""
    num_puzzles: int = 100
    """How many are asked."""
    seed: int = 0
    """Which puzzles the split holds, the same for every player, and the luck of those who draw."""
    split: Split | str = Split.TEST
    """Which part of the family's puzzles is asked."""
    samples: int = 1
    """How many answers to each puzzle are wanted."""
    scoring: Scoring = Scoring()
    """How completions are read, paid and handed over."""

    def __post_init__(self) -> None:
        """Refuse what asks nothing."""
        for name in ("num_puzzles", "samples"):
            if getattr(self, name) < 1:
                raise InvalidParameterError(f"{name} must be at least 1, got {getattr(self, name)}")
        puzzles(self.family, self.split, self.seed, 1)

    def questions(self, answered: Collection[tuple[int, int]] = ()) -> Iterator[Question]:
        """Yield what is asked, in order, without the samples of puzzles that are answered."""
        drawn = puzzles(self.family, self.split, self.seed, self.num_puzzles)
        for index, puzzle in enumerate(drawn):
            for sample in range(self.samples):
                if (index, sample) not in answered:
                    yield Question(index, sample, puzzle, self.seed)

    def answered(self, records: Iterable[Record]) -> list[Record]:
        """Return the records that answer questions of this examination.

        Raises:
            InvalidParameterError: If a record is of another puzzle than is asked under its index.
        """
        ours = [r for r in records if r.index < self.num_puzzles and r.sample < self.samples]
        for record in ours:
            asked = puzzle_at(self.family, self.split, self.seed, record.index)
            if asked.content_hash != record.puzzle.content_hash:
                raise InvalidParameterError(
                    f"a record must answer the puzzle of its index: {record.index} is {asked}, got "
                    f"{record.puzzle}"
                )
        return ours

    def run(self, agent: Agent, answered: Collection[tuple[int, int]] = ()) -> Iterator[Record]:
        """Yield the record of each question as soon as it is there.

        Args:
            agent: Who is asked.
            answered: The indices and samples that need not be asked.

        Raises:
            InvalidParameterError: If the agent does not return one text for each puzzle.
        """
        reward, convention = make_reward(self.scoring.reward), self.scoring.convention
        for question, attempts in self._answers(agent, self.questions(answered)):
            judgement = judge(question.puzzle, attempts[-1], convention=convention)
            yield Record.of(
                question.index,
                judgement,
                reward.pay(judgement),
                sample=question.sample,
                earlier=attempts[:-1],
            )

    def _answers(self, agent: Agent, questions: Iterator[Question]) -> Iterator[Answered]:
        scoring = self.scoring
        if scoring.max_attempts == 1:
            return answers(agent, questions, scoring.batch_size)
        return dialogues(
            agent, questions, scoring.batch_size, scoring.max_attempts, scoring.convention
        )


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """What the id of an environment, or the name of a family, says about an examination."""

    family: str
    """How puzzles are drawn, a name in `known_families()`."""
    parameters: Mapping[str, Any]
    """Fields of the family."""
    style: str | None = None
    """How puzzles are put; None leaves it to the player."""
    reward: str | Mapping[str, float] = "strict"
    """What is paid."""
    convention: str = "answer_tag"
    """Where the answer stands."""
    max_attempts: int = 1
    """How often a player may try."""

    @property
    def assignments(self) -> Sequence[str]:
        """The parameters as they are written on the command line."""
        return [
            f"{name}={value if isinstance(value, str) else json.dumps(value)}"
            for name, value in self.parameters.items()
        ]


def environment_settings(name: str) -> EnvironmentSettings:
    """Return what an environment of this game asks, by id, or a family by name.

    Whatever the environment's turns are, a player answers its puzzles with completions; in
    `CountdownDialogueEnv` it may try several times.

    Raises:
        UnknownNameError: If there is neither an environment nor a family of that name.
        InvalidParameterError: If the environment is not one of this game.

    Example:
        >>> environment_settings("Game24-v0").family
        'twenty_four'
    """
    if name in known_names():
        return EnvironmentSettings(name, {})
    if name not in gym.registry:
        raise UnknownNameError("environment or family", name, [*ENVIRONMENTS, *known_names()])
    spec = gym.spec(name)
    made = spec.entry_point
    creator: object = load_env_creator(made) if isinstance(made, str) else made
    games = (CountdownEnv, CountdownDialogueEnv, CountdownStepsEnv, CountdownTokensEnv)
    if not (isinstance(creator, type) and issubclass(creator, games)):
        raise InvalidParameterError(
            f"puzzles come from an environment of countdown_gym, and {name} is {creator!r}"
        )
    signature = inspect.signature(creator).parameters.values()
    says = {parameter.name: parameter.default for parameter in signature} | spec.kwargs
    fixed = issubclass(creator, CountdownTokensEnv)
    return EnvironmentSettings(
        family=says["family"],
        parameters=says["family_parameters"] or {},
        style=says["prompt_style"] if fixed else spec.kwargs.get("prompt_style"),
        reward=says.get("reward", "strict"),
        convention=says.get("convention", "answer_tag"),
        max_attempts=says.get("max_attempts", 1),
    )
