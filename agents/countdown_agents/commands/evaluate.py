"""`countdown-gym eval`: a player's solve rate beside the random and the oracle row; two runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from countdown_agents import AGENTS, REFERENCES
from countdown_agents.agent import Agent, ChatAgent, PolicyAgent
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
from countdown_agents.comparison import compare as compared
from countdown_agents.evaluation import Evaluation, examine, require_grade_field
from countdown_agents.examination import Examination, Scoring, environment_settings
from countdown_agents.intervals import Interval
from countdown_agents.record_file import RecordFile
from countdown_agents.records import Record, read_records
from countdown_agents.writing import Writing
from countdown_gym.cli.options import Parameters, family_of
from countdown_gym.cli.plug_ins import make_app
from countdown_gym.cli.screen import ERR, OUT, plural, say
from countdown_gym.families import FAMILIES
from countdown_gym.grades import Grade
from countdown_gym.parsing import CONVENTIONS
from countdown_gym.prompts import STYLES
from countdown_gym.registration import ENVIRONMENTS
from countdown_gym.rewards import MIXTURES
from countdown_gym.splits import Split

evaluate = make_app()

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and no table.")]


@evaluate.callback(invoke_without_command=True)
def _evaluate(
    context: typer.Context,
    policy: Annotated[
        str,
        typer.Option(
            "--policy",
            "--agent",
            help=f"Who plays: {', '.join(AGENTS)}; {POLICIES}",
        ),
    ] = "random",
    env: Annotated[
        str,
        typer.Option(
            "--env",
            "--family",
            help=f"What is asked: the id of an environment ({', '.join(ENVIRONMENTS)}) or a family "
            f"of puzzles ({', '.join(FAMILIES)}).",
        ),
    ] = "three_to_four",
    param: Parameters = None,
    num_puzzles: Annotated[int, typer.Option(help="How many puzzles are asked.")] = 100,
    samples: Annotated[int, typer.Option(help="How many answers to each puzzle.")] = 1,
    seed: Annotated[
        int, typer.Option(help="Which puzzles of the split, and the luck of those who sample.")
    ] = 0,
    split: Annotated[str, typer.Option(help=f"Which part: {', '.join(Split)}.")] = "test",
    style: Annotated[
        str | None,
        typer.Option(
            help=f"How puzzles are put: {', '.join(STYLES)}. By default what suits the model, and "
            "plain for a function."
        ),
    ] = None,
    reward: Annotated[
        str | None,
        typer.Option(help=f"What is paid: {', '.join(MIXTURES)}. By default strict."),
    ] = None,
    convention: Annotated[
        str | None,
        typer.Option(
            help=f"Where the answer stands: {', '.join(CONVENTIONS)}. By default answer_tag."
        ),
    ] = None,
    temperature: Temperature = 1.0,
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
    batch_size: Annotated[int, typer.Option(help="How many puzzles are asked at a time.")] = 64,
    by_grade: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD",
            help=f"Show the solve rate by grade, too: {', '.join(Grade.__dataclass_fields__)}.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="Write each answer to this file as it comes, as JSON lines. Answers that are "
            "there from a run of the same settings are not asked for again.",
        ),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Draw the solve rates to this file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Let a player answer puzzles, beside the random and the oracle row.

    For example: `countdown-gym eval --policy Qwen/Qwen2.5-0.5B-Instruct --env Countdown-v0 --out
    qwen.jsonl`
    """
    if context.invoked_subcommand is not None:
        return
    if by_grade is not None:
        require_grade_field(by_grade)
    asks = environment_settings(env)
    scoring = Scoring(
        asks.reward if reward is None else reward,
        asks.convention if convention is None else convention,
        batch_size,
        asks.max_attempts,
    )
    family = family_of(asks.family, [*asks.assignments, *(param or [])])
    examination = Examination(family, num_puzzles, seed, split, samples, scoring)
    writing = Writing(max_tokens, temperature, tuple(stop or ()), batch_size, device, dtype)
    endpoint = endpoint_of(policy, model, api, key_variable, concurrency, timeout, field)
    player = player_of(policy, style or asks.style, writing, endpoint)
    players = {policy: player}
    players |= {name: AGENTS[name]() for name in REFERENCES if name != policy}
    settings = _settings(policy, player, examination, writing)
    rows = _examined(players, examination, None if out is None else RecordFile(out, settings))

    title = f"{env}, {split} split, {plural(num_puzzles, 'puzzle')}, seed {seed}"
    if as_json:
        say(json.dumps({"settings": settings, "players": _summaries(rows, by_grade)}))
    else:
        OUT.print(_table(rows, title))
        if by_grade is not None:
            OUT.print(_grades(rows, by_grade))
    if picture is not None:
        from countdown_agents.evaluation_picture import draw_evaluations

        draw_evaluations(picture, rows, title, by_grade)
        _note(f"the picture is {picture}")
    if out is not None:
        _note(f"the answers of {policy} are in {out}")
    if isinstance(player, ChatAgent) and hasattr(player.policy, "usage"):
        _note(str(player.policy.usage))


@evaluate.command("compare")
def _compare(
    first: Annotated[Path, typer.Argument(help="The answers of a run, as --out wrote them.")],
    second: Annotated[Path, typer.Argument(help="Those of another run on the same puzzles.")],
    as_json: Json = False,
) -> None:
    """Compare two runs puzzle by puzzle: the difference, its interval, and whether it is luck."""
    runs = [Evaluation(read_records(path)) for path in (first, second)]
    found = compared(*runs)
    if as_json:
        say(json.dumps(found.to_dict()))
        return
    table = Table(title=plural(found.puzzles, "puzzle"), title_justify="left")
    for name in ("run", "solved", "95% interval", "solved more often"):
        table.add_column(name, justify="left" if name == "run" else "right")
    for path, run, ahead in zip((first, second), runs, (found.worse, found.better), strict=True):
        often = plural(ahead, "puzzle")
        cells = (str(path), f"{run.solve_rate:.1%}", _percent(run.interval()), often)
        table.add_row(*(Text(cell) for cell in cells))
    low, high = found.interval
    table.add_row(
        "difference",
        f"{100 * found.difference:+.1f} points",
        f"{100 * low:+.1f} to {100 * high:+.1f}",
        f"p = {found.p_value:.2g}",
    )
    OUT.print(table)


def _note(line: str) -> None:
    """Write one line beside the results."""
    ERR.print(line, markup=False, soft_wrap=True)


def _summaries(rows: Mapping[str, Evaluation], by_grade: str | None) -> dict[str, dict[str, Any]]:
    """Return what came of each player as plain JSON values."""
    summaries = {name: evaluation.to_dict() for name, evaluation in rows.items()}
    if by_grade is not None:
        for name, evaluation in rows.items():
            summaries[name]["by_grade"] = [row._asdict() for row in evaluation.by_grade(by_grade)]
    return summaries


def _settings(
    policy: str, agent: Agent, examination: Examination, writing: Writing
) -> dict[str, Any]:
    """Return what the answers depend on: how many are wanted, and how many at a time, is not."""
    scoring = examination.scoring
    settings: dict[str, Any] = {
        "policy": policy,
        "family": repr(examination.family),
        "split": str(examination.split),
        "seed": examination.seed,
        "reward": str(scoring.reward),
        "convention": scoring.convention,
        "max_attempts": scoring.max_attempts,
        "style": agent.style if isinstance(agent, ChatAgent | PolicyAgent) else None,
    }
    if isinstance(agent, ChatAgent):
        settings |= {
            "max_tokens": writing.max_new_tokens,
            "temperature": writing.temperature,
            "stop": list(writing.stop),
            "model": dict(getattr(agent.policy, "identity", {})),
        }
    return settings


def _examined(
    players: Mapping[str, Agent], examination: Examination, file: RecordFile | None
) -> dict[str, Evaluation]:
    """Return what came of each player; the first one's records are kept in the file."""
    rows: dict[str, Evaluation] = {}
    wanted = examination.num_puzzles * examination.samples
    with progress_bars() as bars:
        tasks = {name: bars.add_task(name, total=wanted) for name in players}
        for name, player in players.items():

            def on_record(_: Record, name: str = name) -> None:
                bars.advance(tasks[name])

            if file is None or rows:
                rows[name] = examine(player, examination, on_record=on_record)
                continue
            if file.records:
                _note(f"{len(file.records)} answers are in {file.path}")
            with file:
                rows[name] = examine(player, examination, file, on_record)
    return rows


def _table(rows: Mapping[str, Evaluation], title: str) -> Table:
    samples = max(evaluation.samples for evaluation in rows.values())
    tried = any(evaluation.mean_attempts > 1 for evaluation in rows.values())
    columns: dict[str, JustifyMethod] = {"player": "left", "solved": "right"}
    columns |= {"95% interval": "right"}
    if samples > 1:
        columns |= {f"pass@{samples}": "right", "its interval": "right"}
    columns |= {"reward": "right", "length": "right"}
    if tried:
        columns |= {"attempts": "right"}
    columns |= {"faults": "left"}
    table = Table(title=title, title_justify="left")
    for name, justify in columns.items():
        table.add_column(name, justify=justify, overflow="fold")
    for player, evaluation in rows.items():
        cells = [player, f"{evaluation.solve_rate:.1%}", _percent(evaluation.interval())]
        if samples > 1:
            at_least_one = evaluation.pass_at(samples)
            bounds = Interval(at_least_one.low, at_least_one.high)
            cells += [f"{at_least_one.value:.1%}", _percent(bounds)]
        cells += [f"{evaluation.mean_reward:.3f}", _length(evaluation)]
        if tried:
            cells.append(f"{evaluation.mean_attempts:.1f}")
        faults = ", ".join(f"{fault} {count}" for fault, count in evaluation.faults.items())
        table.add_row(*(Text(cell) for cell in (*cells, faults or "none")))
    return table


def _length(evaluation: Evaluation) -> str:
    """Return how long completions are, in tokens where whoever wrote them counts."""
    if evaluation.mean_tokens is None:
        return f"{evaluation.mean_characters:.0f} chars"
    return f"{evaluation.mean_tokens:.0f} tokens"


def _grades(rows: Mapping[str, Evaluation], field: str) -> Table:
    graded = {name: evaluation.by_grade(field) for name, evaluation in rows.items()}
    table = Table(title=f"solved, by {field}", title_justify="left")
    table.add_column(field, overflow="fold")
    table.add_column("puzzles", justify="right")
    for name in graded:
        table.add_column(Text(name), justify="right")
        table.add_column("95% interval", justify="right", overflow="fold")
    for row in zip(*graded.values(), strict=True):
        cells = [row[0].grade, str(row[0].puzzles)]
        for _, _, rate in row:
            cells += [f"{rate.value:.1%}", _percent(Interval(rate.low, rate.high))]
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _percent(interval: Interval) -> str:
    return f"{interval.low:.1%} to {interval.high:.1%}"
