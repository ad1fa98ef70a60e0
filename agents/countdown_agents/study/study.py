"""The study: every arm with every seed, a run folder for each, several at a time.

Runs are independent, so they go on in processes of their own, each with one thread: on small models
two runs side by side finish sooner than two after one another with two threads. A study that was
stopped goes on where its runs are.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import torch
import transformers

from countdown_agents.study.config import ExperimentConfig
from countdown_agents.study.experiment import Experiment
from countdown_agents.study.presets import Preset
from countdown_agents.study.runs import RunFolder, is_finished
from countdown_gym.errors import InvalidParameterError

_PATIENCE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Run:
    """One experiment of the study."""

    arm: str
    seed: int
    path: Path
    """Its run folder."""
    config: ExperimentConfig

    @property
    def name(self) -> str:
        """What it is called on the screen."""
        return f"{self.arm}, seed {self.seed}"

    @property
    def is_finished(self) -> bool:
        """Whether its folder, which must hold no other run, says that it went through."""
        return is_finished(RunFolder(self.path, self.config.to_dict()).path)


@dataclass(frozen=True, slots=True)
class News:
    """How far a run is."""

    run: str
    stage: str
    done: int
    total: int
    measures: Mapping[str, float]


def plan(path: Path, preset: Preset) -> tuple[Run, ...]:
    """Return the runs of a study, the first seed of every arm before the second of any.

    Raises:
        InvalidParameterError: If the folder holds another study, or other files.
    """
    RunFolder(path, preset.to_dict())
    places = sorted(
        (seed, place) for place, arm in enumerate(preset.arms) for seed in preset.seeds_of(arm)
    )
    arms = preset.arms
    return tuple(
        Run(arms[at], seed, path / arms[at] / f"seed_{seed}", preset.config(arms[at], seed))
        for seed, at in places
    )


def run_study(
    runs: tuple[Run, ...],
    workers: int,
    show: Callable[[News], None] = lambda _news: None,
    wants_to_stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Do what is not done yet; return whether all runs are finished.

    Args:
        runs: What `plan` returned.
        workers: How many runs go on at a time, each with one thread.
        show: News how far runs are.
        wants_to_stop: Asked now and then; runs stop at their next safe point.

    Raises:
        InvalidParameterError: If there are no workers.
    """
    if workers < 1:
        raise InvalidParameterError(f"workers must be at least 1, got {workers}")
    waiting = [run for run in runs if not run.is_finished]
    os.environ.update(OMP_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE")
    context = multiprocessing.get_context("spawn")
    with (
        context.Manager() as manager,
        ProcessPoolExecutor(min(workers, max(len(waiting), 1)), mp_context=context) as pool,
    ):
        told, stop = manager.Queue(), manager.Event()
        futures = [pool.submit(_work, run, told, stop) for run in waiting]
        try:
            for news in _reports(futures, told):
                if news is not None:
                    show(news)
                if wants_to_stop() and not stop.is_set():
                    stop.set()
                    for future in futures:
                        future.cancel()
        finally:
            stop.set()
        for future in futures:
            if not future.cancelled():
                future.result()  # raises what a run raised
    return all(run.is_finished for run in runs)


def _reports(futures: list[Future[None]], told: queue.Queue[News]) -> Iterator[News | None]:
    """Yield what runs tell, and None now and then, until none goes on."""
    while True:
        try:
            yield told.get(timeout=_PATIENCE_SECONDS)
        except queue.Empty:
            if all(future.done() for future in futures):
                return
            yield None


def _work(run: Run, told: queue.Queue[News], stop: Event) -> None:
    """Do one run in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops everyone
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()  # the parent draws the only bars
    if stop.is_set():
        return

    def show(stage: str, done: int, total: int, measures: Mapping[str, float]) -> None:
        told.put(News(run.name, stage, done, total, dict(measures)))

    Experiment(run.path, run.config, show, stop.is_set).run()
