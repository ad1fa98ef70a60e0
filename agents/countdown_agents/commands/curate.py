"""`countdown-gym curate`: texts for continued pre-training, a sub-command for each stage."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from countdown_agents.agent import Agent, ChatAgent, Converser, Policy, PolicyAgent
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
from countdown_agents.open_judge import OpenJudge
from countdown_agents.rewriting import RewritingConfig, rewrite, rewriting_statistics
from countdown_agents.writing import Writing
from countdown_gym.behaviors.open_text import count_habits
from countdown_gym.cli.plug_ins import make_app
from countdown_gym.cli.screen import ERR, OUT, say
from countdown_gym.curation.documents import (
    Document,
    corpus_files,
    documents_of,
    hub_rows,
    read_corpus,
)
from countdown_gym.curation.resuming import not_yet_done
from countdown_gym.curation.sample import sample_corpus
from countdown_gym.curation.scoring import (
    CountTokens,
    Limits,
    Scored,
    Scorer,
    count_words,
    score,
)
from countdown_gym.curation.selecting import Thresholds, select
from countdown_gym.curation.statistics import Statistics
from countdown_gym.curation.writing import REPORT, write_sets
from countdown_gym.datasets import read_rows, require_writable, write_rows
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.growing_file import GrowingFile
from countdown_gym.traces.habits import Habit

curate = make_app(no_args_is_help=True)

_LIMITS, _THRESHOLDS = "Which documents", "Rich and poor"

Corpus = Annotated[
    list[Path],
    typer.Argument(
        metavar="CORPUS...",
        help="Files of rows, .jsonl or .parquet, and folders of them.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and no table.")]
Tokenizer = Annotated[
    str | None,
    typer.Option(
        help="Count the tokens of this tokenizer of transformers, a folder or a name on the hub. "
        "By default words and signs are counted."
    ),
]


@curate.callback()
def _curate() -> None:
    """Choose texts by the habits that they show, and make training sets of them.

    For example: `curate score corpus/ --out scored.jsonl`, then `curate select scored.jsonl --out
    sets`, then `curate rewrite sets/habit_rich.jsonl --policy http://localhost:8000/v1 --out
    rich.jsonl`. A stage that was stopped goes on where it was when it is called again.
    """


@curate.command("sample")
def _sample(
    out: Annotated[Path, typer.Option(dir_okay=False, help="The .jsonl or .parquet file.")],
    count: Annotated[int, typer.Option(help="How many documents.")] = 1_000,
    seed: Annotated[int, typer.Option(help="Which documents.")] = 0,
) -> None:
    """Write a small corpus to try the stages with: made documents, some with habits."""
    require_writable(out)
    write_rows((document.to_row() for document in sample_corpus(count, seed)), out)
    _note(f"{count} documents written to {out}")


@curate.command("score")
def _score(
    out: Annotated[
        Path,
        typer.Option(help="The .jsonl file of the scored documents; with --ray, a folder."),
    ],
    corpus: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[CORPUS...]",
            help="Files of rows, .jsonl or .parquet, and folders of them.",
            show_default=False,
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="A dataset of the hub instead, streamed: open-web-math/open-web-math, or "
            "owner/name:configuration."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="Which split of the dataset.")] = "train",
    field: Annotated[str, typer.Option(help="Where in a row the text is.")] = "text",
    most: Annotated[
        int | None, typer.Option(help="How many documents are read; all if not given.")
    ] = None,
    fewest_tokens: Annotated[
        int, typer.Option(rich_help_panel=_LIMITS, help="Shorter ones are refused.")
    ] = Limits().fewest_tokens,
    most_tokens: Annotated[
        int, typer.Option(rich_help_panel=_LIMITS, help="Longer ones are refused.")
    ] = Limits().most_tokens,
    fewest_numbers: Annotated[
        int,
        typer.Option(
            rich_help_panel=_LIMITS, help="Those with fewer numbers are refused as no mathematics."
        ),
    ] = Limits().fewest_numbers,
    tokenizer: Tokenizer = None,
    ray: Annotated[
        bool, typer.Option("--ray", help="Score with Ray Data, on all cores or RAY_ADDRESS.")
    ] = False,
    judge: Annotated[
        str | None,
        typer.Option(
            metavar="POLICY", help=f"Let a language model count instead of the rules: {POLICIES}"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The luck of the judge.")] = 0,
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
    api_field: Fields = None,
    as_json: Json = False,
) -> None:
    """Count the habits of every document; those that are no mathematics are refused and counted.

    The texts need no puzzle: see docs/curation.md for what counts.
    """
    limits = Limits(fewest_tokens, most_tokens, fewest_numbers)
    if (dataset is None) == (corpus is None):
        raise InvalidParameterError("either CORPUS or --dataset must be given")
    files = corpus_files(corpus or [])
    if ray:
        if any(given is not None for given in (dataset, most, tokenizer, judge)):
            raise InvalidParameterError("--ray scores whole files by the rules, in words and signs")
        _on_ray(files, out, limits, field)
    else:
        settings: dict[str, Any] = {
            "corpus": [_described(file) for file in files] if dataset is None else dataset,
            "split": split,
            "field": field,
            "limits": asdict(limits),
            "instrument": "open_text",
            "tokenizer": tokenizer,
        }
        scorer: Scorer = count_habits
        if judge is not None:
            writing = Writing(max_tokens, temperature, tuple(stop or ()), batch_size, device, dtype)
            endpoint = endpoint_of(judge, model, api, key_variable, concurrency, timeout, api_field)
            asked = _asked(player_of(judge, None, writing, endpoint), judge)
            scorer = OpenJudge(asked, seed, batch_size)
            settings |= {"instrument": _identity(judge, asked, writing), "seed": seed}
        rows = read_corpus(files) if dataset is None else hub_rows(*_named(dataset), split)
        documents = _first(documents_of(rows, field), most)
        _score_file(documents, GrowingFile(out, settings), limits, _counter(tokenizer), scorer)
    statistics = Statistics.of(_scored([out])).to_dict()
    beside = out.with_name(f"{out.name}.statistics.json")
    beside.write_text(f"{json.dumps(statistics, indent=2)}\n", encoding="utf-8")
    if as_json:
        say(json.dumps(statistics))
    else:
        OUT.print(_table(str(out), {"scored": statistics}))
    _note(f"{out} and {beside} written")


@curate.command("select")
def _select(
    scored: Corpus,
    out: Annotated[Path, typer.Option(file_okay=False, help="The folder of the two sets.")],
    tokens: Annotated[
        int | None,
        typer.Option(help="How long each set may be; as long as can be if not given."),
    ] = None,
    habit: Annotated[
        list[str] | None,
        typer.Option(
            rich_help_panel=_THRESHOLDS,
            help=f"Only this one counts: {', '.join(Habit)}; may be given several times.",
            show_default="all",
        ),
    ] = None,
    rich_count: Annotated[
        int, typer.Option(rich_help_panel=_THRESHOLDS, help="Habits of a rich text, at least.")
    ] = Thresholds().rich_count,
    rich_per_1000: Annotated[
        float,
        typer.Option(rich_help_panel=_THRESHOLDS, help="The same in a thousand tokens."),
    ] = Thresholds().rich_per_1000,
    poor_per_1000: Annotated[
        float,
        typer.Option(
            rich_help_panel=_THRESHOLDS, help="Habits of a poor text in a thousand tokens, at most."
        ),
    ] = Thresholds().poor_per_1000,
    tolerance: Annotated[
        float,
        typer.Option(
            rich_help_panel=_THRESHOLDS,
            help="How far partners may differ in length, as a share.",
        ),
    ] = Thresholds().tolerance,
    ending: Annotated[str, typer.Option(help="The kind of file: .jsonl or .parquet.")] = ".jsonl",
    as_json: Json = False,
) -> None:
    """Choose habit-rich and habit-poor texts, matched in tokens text by text."""
    thresholds = Thresholds(
        _habits(habit), rich_count, rich_per_1000, poor_per_1000, tolerance, tokens
    )
    files = corpus_files(scored)
    with progress_bars() as bars:
        task = bars.add_task("reading scores", total=None)
        selection = select(bars.track(_scored(files), task_id=task), thresholds)
        report = write_sets(lambda: _scored(files), selection, thresholds, out, ending)
    if as_json:
        say(json.dumps(report))
    else:
        OUT.print(_table("selected", report["sets"]))
        left = ", ".join(f"{reason} {count}" for reason, count in report["left_out"].items())
        say(
            f"the sets differ by {report['token_difference']:.2%} in tokens and "
            f"{report['length_distance']:.3f} in lengths (Kolmogorov-Smirnov); in both: "
            f"{report['in_both']}; left out: {left}"
        )
    _note(f"the sets and {REPORT} are in {out}")


@curate.command("rewrite")
def _rewrite(
    texts: Corpus,
    policy: Annotated[str, typer.Option(help=f"Who rewrites: {POLICIES}")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="The .jsonl file of what comes of it.")],
    max_attempts: Annotated[
        int, typer.Option(help="How often each text is asked for, at most.")
    ] = RewritingConfig().max_attempts,
    most_tokens: Annotated[
        int, typer.Option(help="Longer texts are refused and not asked for.")
    ] = RewritingConfig().most_tokens,
    seed: Annotated[int, typer.Option(help="The luck of a policy that samples.")] = 0,
    batch_size: Annotated[
        int, typer.Option(help="How many texts are asked about at a time.")
    ] = RewritingConfig().batch_size,
    tokenizer: Tokenizer = None,
    temperature: Temperature = 1.0,
    max_tokens: MaxTokens = 4_096,
    stop: Stop = None,
    device: Device = "auto",
    dtype: Dtype = "auto",
    model: ModelName = "",
    api: Api = "chat",
    key_variable: KeyVariable = "OPENAI_API_KEY",
    concurrency: Concurrency = 16,
    timeout: Timeout = 600.0,
    api_field: Fields = None,
    as_json: Json = False,
) -> None:
    """Rewrite texts as a question, a thought and an answer, through any policy.

    A reply of another form is refused, asked for again, and counted; a text whose every reply is
    refused keeps its row.
    """
    config = RewritingConfig(max_attempts, most_tokens, seed, batch_size)
    files = corpus_files(texts)
    writing = Writing(max_tokens, temperature, tuple(stop or ()), batch_size, device, dtype)
    endpoint = endpoint_of(policy, model, api, key_variable, concurrency, timeout, api_field)
    rewriter = _asked(player_of(policy, None, writing, endpoint), policy)
    settings = {
        "texts": [_described(file) for file in files],
        "policy": _identity(policy, rewriter, writing),
        "max_attempts": max_attempts,
        "most_tokens": most_tokens,
        "seed": seed,
        "tokenizer": tokenizer,
    }
    count_tokens = _counter(tokenizer)
    with GrowingFile(out, settings) as file, progress_bars() as bars:
        task = bars.add_task("rewriting", total=sum(1 for _ in _scored(files)))
        bars.advance(task, file.count)
        waiting = not_yet_done(_scored(files), file)
        for rewriting in rewrite(waiting, rewriter, config, first=file.count):
            file.add(rewriting.to_row(count_habits, count_tokens))
            bars.advance(task)
    statistics = rewriting_statistics(read_rows(out))
    beside = out.with_name(f"{out.name}.statistics.json")
    beside.write_text(f"{json.dumps(statistics, indent=2)}\n", encoding="utf-8")
    if as_json:
        say(json.dumps(statistics))
    else:
        OUT.print(_rewriting_table(statistics))
    _note(f"{out} and {beside} written")


def _score_file(
    documents: Iterable[Document],
    file: GrowingFile,
    limits: Limits,
    count_tokens: CountTokens,
    scorer: Scorer,
) -> None:
    with file, progress_bars() as bars:
        task = bars.add_task("scoring", total=None, completed=file.count)
        for scored in score(not_yet_done(documents, file), limits, scorer, count_tokens):
            file.add(scored.to_row())
            bars.advance(task)


def _on_ray(files: Sequence[Path], folder: Path, limits: Limits, field: str) -> None:
    from countdown_gym.curation.on_ray import score_on_ray

    with progress_bars() as bars:
        task = bars.add_task("scoring lots of files", total=None)
        score_on_ray(
            files,
            folder,
            limits,
            field=field,
            progress=lambda done, total: bars.update(task, completed=done, total=total),
        )


def _scored(paths: Sequence[Path]) -> Iterator[Scored]:
    return (Scored.from_row(row) for row in read_corpus(corpus_files(paths)))


def _first(documents: Iterable[Document], most: int | None) -> Iterator[Document]:
    """Yield the first documents, without a look at the one after the last."""
    if most is not None and most < 1:
        raise InvalidParameterError(f"most must be at least 1, got {most}")
    for number, document in enumerate(documents, 1):
        yield document
        if number == most:
            return


def _described(file: Path) -> list[str | int]:
    """Return what tells a file from another that has taken its name, without reading it."""
    return [str(file), file.stat().st_size]


def _named(dataset: str) -> tuple[str, str | None]:
    name, _, part = dataset.partition(":")
    return name, part or None


def _habits(names: Sequence[str] | None) -> tuple[Habit, ...]:
    for name in names or ():
        if name not in set(Habit):
            raise UnknownNameError("habit", name, list(Habit))
    return tuple(Habit(name) for name in names) if names else tuple(Habit)


def _counter(tokenizer: str | None) -> CountTokens:
    if tokenizer is None:
        return count_words
    from countdown_agents.language_model.tokenizer import token_counter

    return token_counter(tokenizer)


def _identity(name: str, policy: Policy | Converser, writing: Writing) -> dict[str, Any]:
    """Return what tells a policy and its writing from others."""
    return {
        "policy": name,
        "model": dict(getattr(policy, "identity", {})),
        "max_tokens": writing.max_new_tokens,
        "temperature": writing.temperature,
        "stop": list(writing.stop),
    }


def _asked(player: Agent, name: str) -> Policy | Converser:
    """Return the policy of a player that is asked about texts."""
    if not isinstance(player, ChatAgent | PolicyAgent):
        raise InvalidParameterError(
            f"a policy is asked in words, and {name} plays puzzles alone; name a function, a "
            "policy, a language model or an endpoint"
        )
    return player.policy


def _table(title: str, columns: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return statistics side by side."""
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    for name in columns:
        table.add_column(Text(name), justify="right")
    each = list(columns.values())
    table.add_row("documents", *(f"{found['documents']:,}" for found in each))
    table.add_row("tokens", *(f"{found['tokens']:,}" for found in each))
    for quantile, name in (("50", "median length"), ("90", "9 of 10 up to")):
        table.add_row(name, *(f"{found['length_quantiles'][quantile]:,}" for found in each))
    table.add_row(
        "numbers per 1,000 tokens", *(f"{found['numbers_per_1000_tokens']:.1f}" for found in each)
    )
    for habit in Habit:
        shown = (found["habits"][habit.value] for found in each)
        name = f"{habit.value.replace('_', ' ')}, per 1,000"
        table.add_row(name, *(f"{found['per_1000_tokens']:.3f}" for found in shown))
    for reason in sorted({reason for found in each for reason in found["refused"]}):
        counts = (found["refused"].get(reason, 0) for found in each)
        table.add_row(f"refused: {reason.replace('_', ' ')}", *(f"{count:,}" for count in counts))
    return table


def _rewriting_table(statistics: Mapping[str, Any]) -> Table:
    table = Table(title="rewritten", title_justify="left")
    table.add_column("what")
    table.add_column("before", justify="right")
    table.add_column("after", justify="right")
    for name in ("documents", "rewritten"):
        table.add_row(name, "", f"{statistics[name]:,}")
    table.add_row("tokens", f"{statistics['tokens_before']:,}", f"{statistics['tokens']:,}")
    for habit in Habit:
        before = statistics["habits_per_1000_tokens_before"][habit.value]
        after = statistics["habits_per_1000_tokens"][habit.value]
        table.add_row(
            f"{habit.value.replace('_', ' ')}, per 1,000", f"{before:.3f}", f"{after:.3f}"
        )
    for kind in ("refused", "refused_replies"):
        for reason, count in statistics[kind].items():
            table.add_row(f"{kind}: {reason}".replace("_", " "), "", f"{count:,}")
    return table


def _note(line: str) -> None:
    """Write one line beside the results."""
    ERR.print(line, markup=False, soft_wrap=True)
