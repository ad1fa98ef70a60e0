"""The study on the terminal: what is running, what is done, and a table at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from rich.markup import escape
from rich.table import Table

from countdown_agents.language_model.loading import require_model
from countdown_agents.study.arms import ARMS
from countdown_agents.study.bars import Bars
from countdown_agents.study.browser import open_page
from countdown_agents.study.findings import ArmFindings, solve_rate
from countdown_agents.study.presets import PRESETS, Preset
from countdown_agents.study.report.writing import Report, write_report
from countdown_agents.study.screen import stopping_politely
from countdown_agents.study.study import News, plan, run_study
from countdown_gym.cli.screen import OUT
from countdown_gym.errors import MissingResourceError, UnknownNameError


def study_on_screen(
    path: Path,
    name: str,
    arms: Sequence[str] | None,
    workers: int,
    bases: Mapping[str, str] | None = None,
) -> bool:
    """Run a study, show how it goes and what it found; return whether all of it is finished.

    Args:
        path: The folder of the study.
        name: Its size, a name in `PRESETS`.
        arms: Which arms to run now; None runs all.
        workers: How many runs go on at a time.
        bases: Models to begin with instead of the preset's, by name in `BASES`.

    Raises:
        UnknownNameError: If there is no such preset, or it has no such arm.
        InvalidParameterError: If the folder holds another study, or there are no workers.
        MissingResourceError: If the preset needs a model or a device that is not here.
    """
    preset = preset_named(name, bases)
    for arm in arms or ():
        if arm not in preset.arms:
            raise UnknownNameError("arm of the preset", arm, preset.arms)
    _require(preset)
    OUT.print(_intention(preset), markup=False)
    runs = plan(path, preset)
    wanted = tuple(run for run in runs if arms is None or run.arm in arms)
    done = sum(run.is_finished for run in wanted)
    OUT.print(
        f"{len(wanted)} runs, {done} of them finished already, {workers} at a time. "
        f"Folder: {escape(str(path))}"
    )
    with stopping_politely() as stop, Bars() as bars:

        def show(news: News) -> None:
            bars.show(news.run, news.done, news.total, news.measures, news.stage)

        finished = run_study(wanted, workers, show, lambda: stop.wanted)
    if any(run.is_finished for run in runs):
        report = report_on_screen(path)
        OUT.print(_table(report.found))
        OUT.print(f"The report: {report.page.resolve().as_uri()}", markup=False, soft_wrap=True)
        if finished and OUT.is_terminal:
            open_page(report.page)
    if not finished:
        OUT.print("Stopped. The same command goes on from here.")
    return finished


def preset_named(name: str, bases: Mapping[str, str] | None = None) -> Preset:
    """Return a preset, with other models to begin with where they are named.

    Raises:
        UnknownNameError: If there is no such preset.
    """
    if name not in PRESETS:
        raise UnknownNameError("preset", name, PRESETS)
    preset = PRESETS[name]
    return replace(preset, bases={**preset.bases, **(bases or {})})


def _intention(preset: Preset) -> str:
    """Return what a study will do, in a sentence."""
    experiment = preset.experiment
    runs = sum(len(preset.seeds_of(arm)) for arm in preset.arms)
    models = " and ".join(Path(base).name for base in preset.bases.values())
    return (
        f"{len(preset.arms)} arms, {runs} runs of {models}: each is primed on "
        f"{experiment.num_traces:,} traces, trained on {experiment.batches} batches of "
        f"{experiment.prompts_per_batch} puzzles, {experiment.ppo.samples_per_prompt} completions "
        f"of at most {experiment.max_completion_tokens} tokens each, and asked "
        f"{experiment.num_puzzles:,} test puzzles before and after."
    )


def _require(preset: Preset) -> None:
    """Refuse before anything is begun what would fail hours later."""
    device = preset.experiment.device
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise MissingResourceError(
            "the preset needs a CUDA device, and torch finds none here; the same arms run on a "
            "processor with --preset laptop, and --verl FOLDER writes the recipe for another "
            "machine"
        )
    for arm in preset.arms:
        require_model(preset.bases[ARMS[arm].base])


def report_on_screen(path: Path) -> Report:
    """Write the report of a study and show how far it is.

    Raises:
        MissingResourceError: If the folder holds no study, or none of its runs is finished.
        UnknownNameError: If the study has an arm that this version does not know.
    """
    with Bars() as bars:

        def show(arm: str, done: int, total: int) -> None:
            bars.show("reading runs for the report", done, total, {}, arm)

        return write_report(path, show)


def _table(found: Sequence[ArmFindings]) -> Table:
    table = Table(title="Test puzzles solved, before and after reinforcement learning")
    for heading in ("arm", "seeds", "before", "after", "95 % interval", "gain, points"):
        table.add_column(heading, justify="left" if heading == "arm" else "right")
    for arm in found:
        after = solve_rate(arm.after)
        low, high = after.interval
        table.add_row(
            arm.arm,
            str(len(arm.seeds)),
            f"{solve_rate(arm.before).mean:.1%}",
            f"{after.mean:.1%}",
            f"{low:.1%} to {high:.1%}",
            f"{100 * arm.gain.mean:+.1f}",
        )
    return table
