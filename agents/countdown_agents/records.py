"""What is kept of each answer: one record, one line of JSON, without loss."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

from countdown_agents.counted import tokens_of
from countdown_agents.line_file import read_lines
from countdown_gym.checking import Judgement
from countdown_gym.errors import CountdownGymError, InvalidParameterError, MissingResourceError
from countdown_gym.faults import Fault
from countdown_gym.parsing import Unreadable
from countdown_gym.puzzles import Puzzle
from countdown_gym.rewards import Reward


@dataclass(frozen=True, slots=True)
class Record:
    """One answer and all that was found out about it."""

    index: int
    """Which puzzle of its split this is, from 0."""
    puzzle: Puzzle
    """What was asked."""
    completion: str
    """What the agent wrote, to the last character."""
    answer: str
    """The expression that was read; empty if none was."""
    value: Fraction | None
    """Its exact value, where it is legal and has one."""
    fault: Fault | None
    """Why it fails; None if it is right."""
    reward: float
    """What it was paid."""
    sample: int = 0
    """Which of the answers to this puzzle this is, from 0."""
    earlier: tuple[str, ...] = ()
    """In a dialogue, the attempts before this one, to the last character."""
    tokens: int | None = None
    """How many tokens the completion took; None if its writer does not count them."""

    @property
    def name(self) -> str:
        """Which answer this is, in words."""
        return f"sample {self.sample} of puzzle {self.index}"

    @property
    def solved(self) -> bool:
        """Whether the answer is exactly right."""
        return self.fault is None

    @classmethod
    def of(
        cls,
        index: int,
        judgement: Judgement,
        reward: Reward,
        sample: int = 0,
        earlier: Sequence[str] = (),
    ) -> Self:
        """Return the record of a judged completion."""
        answer = judgement.answer
        return cls(
            index=index,
            puzzle=judgement.puzzle,
            completion=str(judgement.completion),
            answer="" if isinstance(answer, Unreadable) else answer.text,
            value=judgement.verdict.value,
            fault=judgement.verdict.fault,
            reward=reward.total,
            sample=sample,
            earlier=tuple(str(attempt) for attempt in earlier),
            tokens=tokens_of(judgement.completion),
        )

    def to_json(self) -> str:
        """Return one line of ASCII without a line break."""
        return json.dumps(
            {
                "index": self.index,
                "sample": self.sample,
                "puzzle": self.puzzle.to_dict(),
                "earlier": list(self.earlier),
                "completion": self.completion,
                "tokens": self.tokens,
                "answer": self.answer,
                "value": None if self.value is None else str(self.value),
                "fault": None if self.fault is None else self.fault.value,
                "reward": self.reward,
                "solved": self.solved,
            }
        )

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Return the record that `to_json` wrote.

        Raises:
            InvalidParameterError: If the line is no such record.
        """
        try:
            return cls._from_fields(json.loads(line))
        except (ArithmeticError, CountdownGymError, KeyError, TypeError, ValueError) as wrong:
            shown = line if len(line) <= 60 else f"{line[:60]}…"
            raise InvalidParameterError(
                f"a record is a line that to_json wrote, got {shown!r}"
            ) from wrong

    @classmethod
    def _from_fields(cls, fields: Mapping[str, Any]) -> Self:
        value, fault = fields["value"], fields["fault"]
        return cls(
            index=fields["index"],
            puzzle=Puzzle.from_dict(fields["puzzle"]),
            completion=fields["completion"],
            answer=fields["answer"],
            value=None if value is None else Fraction(value),
            fault=None if fault is None else Fault(fault),
            reward=fields["reward"],
            sample=fields.get("sample", 0),
            earlier=tuple(fields.get("earlier", ())),
            tokens=fields.get("tokens"),
        )


def write_records(records: Iterable[Record], path: str | Path) -> None:
    """Write records to a file, one on each line; what was in the file is lost."""
    with Path(path).open("w", encoding="ascii", newline="\n") as file:
        file.writelines(f"{record.to_json()}\n" for record in records)


def read_records(path: str | Path) -> tuple[Record, ...]:
    """Return the records of a file that `write_records` wrote.

    Raises:
        MissingResourceError: If there is no such file.
        InvalidParameterError: If a line is not a record; the message says which.
    """
    if not Path(path).is_file():
        raise MissingResourceError(f"records are read from a file, and there is none at {path}")
    return tuple(read_lines(Path(path), Record, torn=False)[0])
