"""`countdown-gym behaviors`: which habits the completions of a file show, and who says so."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any

import typer

from countdown_agents.agent import ChatAgent, PolicyAgent
from countdown_agents.agreement import Agreement, agreements
from countdown_agents.commands.behaviors_screen import (
    agreement_tables,
    legend,
    share_table,
    show_passage,
)
from countdown_agents.commands.policy_options import (
    POLICIES,
    Api,
    Concurrency,
    Device,
    Dtype,
    Fields,
    KeyVariable,
    MaxTokens,
    ModelName,
    Stop,
    Temperature,
    Timeout,
    endpoint_of,
    player_of,
)
from countdown_agents.commands.progress import progress_bars
from countdown_agents.habit_shares import HabitShare, habit_shares
from countdown_agents.judge import Judge, JudgeReply, counts_of, judged
from countdown_agents.line_file import LineFile
from countdown_agents.passages import LabelledPassage, read_passages
from countdown_agents.writing import Writing
from countdown_gym.behaviors import analyze
from countdown_gym.behaviors.instruments import Analyzer, HabitCounts, Passage
from countdown_gym.cli.screen import ERR, OUT, plural, say
from countdown_gym.errors import InvalidParameterError
from countdown_gym.parsing import Unreadable
from countdown_gym.traces.habits import Habit

FILE, RULES, JUDGE = "file", "rules", "judge"
"""Who counts: the labels of the file, `analyze`, and a language model."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A file of texts, and what each instrument counts in them."""

    path: Path
    passages: Sequence[Passage]
    counts: Mapping[str, Sequence[HabitCounts]]
    """By the name of the instrument."""

    @property
    def groups(self) -> list[str]:
        """The puzzle of each text."""
        return [passage.puzzle.content_hash for passage in self.passages]

    def shares(self) -> dict[str, dict[Habit, HabitShare]]:
        """Return how often the texts show each habit, by each instrument."""
        return {name: habit_shares(counts, self.groups) for name, counts in self.counts.items()}

    def agreements(self) -> dict[tuple[str, str], dict[Habit, Agreement]]:
        """Return how far each two instruments agree."""
        return {
            (one, other): agreements(self.counts[one], self.counts[other], self.groups)
            for one, other in combinations(self.counts, 2)
        }


def behaviors(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES",
            help="Texts about puzzles, .jsonl or .parquet: what `eval --out` or `traces --out` "
            "wrote, or any rows with puzzle and completion, and with habits if they are known.",
            show_default=False,
        ),
    ],
    judge: Annotated[
        str | None,
        typer.Option(metavar="POLICY", help=f"Ask a language model, too: {POLICIES}"),
    ] = None,
    agree: Annotated[
        bool,
        typer.Option(
            "--agree", help="Show how far the rules, the judge and the file's own habits agree."
        ),
    ] = False,
    show: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Show the first N texts of each file with their habits marked and their search "
            "as a tree.",
        ),
    ] = 0,
    seed: Annotated[int, typer.Option(help="The luck of the judge.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="Write each reply of the judge to this file as it comes, as JSON lines. Replies "
            "that are there from a run of the same settings are not asked for again.",
        ),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(help="How many questions the judge is asked at a time.")
    ] = 64,
    temperature: Temperature = 0.0,
    max_tokens: MaxTokens = 1024,
    stop: Stop = None,
    device: Device = "auto",
    dtype: Dtype = "auto",
    model: ModelName = "",
    api: Api = "chat",
    key_variable: KeyVariable = "OPENAI_API_KEY",
    concurrency: Concurrency = 16,
    timeout: Timeout = 600.0,
    field: Fields = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and no table.")
    ] = False,
) -> None:
    """Count the four habits in the texts of a file, and see where instruments agree.

    For example: `countdown-gym behaviors answers.jsonl --judge http://localhost:8000/v1 --agree`
    """
    if show < 0:
        raise InvalidParameterError(f"--show must not be negative, got {show}")
    if out is not None and judge is None:
        raise InvalidParameterError("--out keeps what a judge says; name one with --judge")
    texts = {path: _texts(path) for path in files}
    counts = {path: _by_file_and_rules(texts[path], path) for path in files}
    if judge is not None:
        writing = Writing(max_tokens, temperature, tuple(stop or ()), batch_size, device, dtype)
        endpoint = endpoint_of(judge, model, api, key_variable, concurrency, timeout, field)
        player = player_of(judge, None, writing, endpoint)
        if not isinstance(player, ChatAgent | PolicyAgent):
            raise InvalidParameterError(
                f"a judge is asked in words, and {judge} answers puzzles only; name a function, a "
                "policy, a language model or an endpoint"
            )
        asked = Judge(player.policy, seed, batch_size)
        settings = {
            "judge": judge,
            "seed": seed,
            "max_tokens": max_tokens,
            "temperature": temperature,
            "stop": list(writing.stop),
            "model": dict(getattr(player.policy, "identity", {})),
        }
        every = [text.passage for path in files for text in texts[path]]
        by_judge = _by_judge(asked, every, settings, out)
        for path in files:
            counts[path][JUDGE] = by_judge[: len(texts[path])]
            by_judge = by_judge[len(texts[path]) :]
    found = [_Read(path, [text.passage for text in texts[path]], counts[path]) for path in texts]
    if agree:
        _require_two(found)
    if as_json:
        say(json.dumps({"files": [_plain(read, agree=agree) for read in found]}))
        return
    for read in found:
        _print(read, show, agree=agree)


def _texts(path: Path) -> list[LabelledPassage]:
    texts = list(read_passages(path))
    if not texts:
        raise InvalidParameterError(f"habits are counted in at least one text, got none in {path}")
    return texts


def _by_file_and_rules(
    texts: Sequence[LabelledPassage], path: Path
) -> dict[str, Sequence[HabitCounts]]:
    """Return the counts that need no judge."""
    labels = [text.labels for text in texts if text.labels is not None]
    by_rules: list[HabitCounts] = []
    with progress_bars() as bars:
        for text in bars.track(texts, description=str(path)):
            by_rules += Analyzer().counts([text.passage])
    if len(labels) < len(texts):
        return {RULES: by_rules}
    return {FILE: labels, RULES: by_rules}


def _by_judge(
    judge: Judge, passages: Sequence[Passage], settings: Mapping[str, Any], out: Path | None
) -> list[HabitCounts]:
    """Return what a judge counts, and say how much of its replies could not be read."""
    replies: list[JudgeReply] = []
    with progress_bars() as bars:
        task = bars.add_task(JUDGE, total=len(passages) * len(Habit))
        if out is None:
            for reply in judge.replies(passages):
                replies.append(reply)
                bars.advance(task)
        else:
            with LineFile(out, settings, JudgeReply) as file:
                if file.records:
                    _note(f"{len(file.records)} replies are in {out}")
                for reply in judged(judge, passages, file):
                    replies.append(reply)
                    bars.advance(task)
    faults = Counter(r.count.fault for r in replies if isinstance(r.count, Unreadable))
    if faults:
        kinds = ", ".join(f"{count} {fault}" for fault, count in faults.most_common())
        _note(
            f"{faults.total()} of {len(replies)} replies of the judge are unreadable ({kinds}) and "
            "count nowhere"
        )
    usage = getattr(judge.policy, "usage", None)
    if usage is not None:
        _note(str(usage))
    return counts_of(replies, len(passages))


def _require_two(found: Sequence[_Read]) -> None:
    for read in found:
        if len(read.counts) < 2:
            raise InvalidParameterError(
                f"two instruments agree or do not, and {read.path} has no habits of its own in "
                "every row; name a --judge"
            )


def _plain(read: _Read, *, agree: bool) -> dict[str, Any]:
    """Return what was found in a file as plain JSON values."""
    found: dict[str, Any] = {
        "file": str(read.path),
        "texts": len(read.passages),
        "puzzles": len(set(read.groups)),
        "habits": {
            name: {habit.value: share.to_dict() for habit, share in shares.items()}
            for name, shares in read.shares().items()
        },
    }
    if agree:
        found["agreement"] = [
            {
                "first": first,
                "second": second,
                "habits": {habit.value: each.to_dict() for habit, each in habits.items()},
            }
            for (first, second), habits in read.agreements().items()
        ]
    return found


def _print(read: _Read, show: int, *, agree: bool) -> None:
    """Print what was found in a file."""
    shown = read.passages[:show]
    if shown:
        OUT.print(legend())
    for number, passage in enumerate(shown, start=1):
        show_passage(f"{read.path}, text {number}", analyze(*passage))
    texts, puzzles = len(read.passages), len(set(read.groups))
    title = f"{read.path}: {plural(texts, 'text')} about {plural(puzzles, 'puzzle')}"
    OUT.print(share_table(title, read.shares()))
    if agree:
        for pair, habits in read.agreements().items():
            OUT.print(*agreement_tables(pair, habits), sep="\n")


def _note(line: str) -> None:
    """Write one line beside the results."""
    ERR.print(line, markup=False, soft_wrap=True)
