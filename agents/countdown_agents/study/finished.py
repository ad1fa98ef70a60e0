"""The finished runs in the folder of a study, as they were written.

A report reads what is there and asks no preset: a study that was run with other settings, from
another place or by an earlier version is read like any other. This is the one place that knows what
is in the folders.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countdown_agents.study.arms import ARMS
from countdown_agents.study.presets import seeds_of
from countdown_agents.study.runs import CONFIG, is_finished
from countdown_gym.errors import MissingResourceError, UnknownNameError


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that is done."""

    arm: str
    """A name in `ARMS`."""
    seed: int
    path: Path
    """Its folder."""
    provenance: Mapping[str, Any]
    """The versions and the machine that it was begun with, as JSON values."""


@dataclass(frozen=True, slots=True)
class FinishedStudy:
    """What is finished of a study."""

    path: Path
    """Its folder."""
    settings: Mapping[str, Any]
    """Its settings, as JSON values."""
    planned: int
    """How many runs it is to have."""
    runs: tuple[FinishedRun, ...]
    """Those that are done, arm by arm in the order of the settings."""


def read_study(folder: Path) -> FinishedStudy:
    """Return what is finished in the folder of a study.

    Raises:
        MissingResourceError: If the folder holds no study, or none of its runs is finished.
        UnknownNameError: If the study has an arm that this version does not know.
    """
    if not (folder / CONFIG).is_file():
        found = folder / "findings.json"
        raise MissingResourceError(
            f"a report is made from the folder of the runs, and {folder} holds only what one "
            "found: open its report.html"
            if found.is_file()
            else f"{folder} holds no study: run countdown-gym study"
        )
    settings: Mapping[str, Any] = _read(folder / CONFIG)["config"]
    planned, runs = 0, []
    for arm in settings["arms"]:
        if arm not in ARMS:
            raise UnknownNameError("arm", arm, ARMS)
        seeds = seeds_of(arm, settings["seeds"], settings["headline_seeds"])
        planned += len(seeds)
        runs += [
            FinishedRun(arm, seed, path, _read(path / CONFIG)["provenance"])
            for seed in seeds
            if is_finished(path := folder / arm / f"seed_{seed}")
        ]
    if not runs:
        raise MissingResourceError(
            f"a report needs a finished run, and {folder} holds none: run countdown-gym study"
        )
    return FinishedStudy(folder, settings, planned, tuple(runs))


def _read(file: Path) -> Any:  # noqa: ANN401 - JSON is many things
    return json.loads(file.read_text(encoding="utf-8"))
