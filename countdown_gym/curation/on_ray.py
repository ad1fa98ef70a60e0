"""Scoring a large corpus with Ray Data: on all cores of a machine, or on a cluster.

A task reads a file and scores it, so there is as much to do at a time as there are files. They are
scored in lots; each lot is a folder of parquet files that is there whole or not at all, so a run
that was stopped goes on with the next lot. The same documents get the same rows as from `score`;
their order within a lot is Ray's matter, and selection does not depend on it.

Ray is the extra `ray` and is imported here when it is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from shutil import rmtree
from typing import Any

from countdown_gym.curation.documents import ENDINGS, UNFINISHED, documents_of
from countdown_gym.curation.scoring import Limits, score
from countdown_gym.datasets import read_rows
from countdown_gym.errors import InvalidParameterError, MissingResourceError, UnknownNameError

_SETTINGS = "settings.json"
_ROWS = 1_024
"""How many rows a worker hands on at a time."""


def score_on_ray(
    files: Sequence[Path],
    folder: Path,
    limits: Limits = Limits(),
    *,
    field: str = "text",
    files_at_a_time: int = 16,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Score the documents of files and write them to a folder, for `corpus_files`.

    Args:
        files: JSON lines or parquet, where every worker can read them.
        folder: Made if it is not there; lots that are in it are not scored again.
        limits: Which documents are scored.
        field: Where in a row the text is.
        files_at_a_time: How many files make a lot.
        workers: How many processes of a cluster that is started here; None takes all cores, or the
            cluster that `RAY_ADDRESS` names. A Ray that is running already is used as it is.
        progress: Called with the lots that are done and all there are.

    Raises:
        MissingResourceError: If Ray is not installed.
        UnknownNameError: If a file is of no known kind.
        InvalidParameterError: If the folder was begun with other settings, or a row has no text.
    """
    if find_spec("ray") is None:
        raise MissingResourceError(
            "Ray Data is an extra: pip install 'countdown-gym[ray]', or score without it"
        )
    if files_at_a_time < 1:
        raise InvalidParameterError(f"files_at_a_time must be at least 1, got {files_at_a_time}")
    for file in files:
        if file.suffix not in ENDINGS:
            raise UnknownNameError("ending of a file of rows", file.suffix, ENDINGS)
    lots = [files[i : i + files_at_a_time] for i in range(0, len(files), files_at_a_time)]
    settings = {
        "files": [str(file) for file in files],
        "limits": asdict(limits),
        "field": field,
        "files_at_a_time": files_at_a_time,
    }
    folder.mkdir(parents=True, exist_ok=True)
    _require_same(settings, folder / _SETTINGS)
    ray = import_module("ray")
    data = import_module("ray.data")
    if not ray.is_initialized():
        started = {} if workers is None else {"num_cpus": workers}
        ray.init(log_to_driver=False, include_dashboard=False, **started)
    data.DataContext.get_current().enable_progress_bars = False
    for number, lot in enumerate(lots):
        done = folder / f"lot-{number:05}"
        if not done.is_dir():
            unfinished = folder / f"{done.name}{UNFINISHED}"
            rmtree(unfinished, ignore_errors=True)
            # One operator, so that one core is enough to go on.
            named = data.from_items([{"file": str(f)} for f in lot], override_num_blocks=len(lot))
            scored = named.map_batches(
                _score_files, batch_size=1, fn_kwargs={"limits": limits, "field": field}
            )
            scored.write_parquet(str(unfinished))
            unfinished.rename(done)
        if progress is not None:
            progress(number + 1, len(lots))


def _score_files(batch: Mapping[str, Any], limits: Limits, field: str) -> Iterator[Any]:
    """Yield tables of the scored documents of some files."""
    arrow = import_module("pyarrow")
    for file in batch["file"]:
        scored = score(documents_of(read_rows(Path(str(file))), field), limits)
        while rows := [each.to_row() for each in islice(scored, _ROWS)]:
            yield arrow.Table.from_pylist(rows)


def _require_same(settings: Mapping[str, Any], path: Path) -> None:
    """Save the settings of a folder, or refuse others than those that it was begun with."""
    if not path.is_file():
        path.write_text(f"{json.dumps(settings, indent=2)}\n", encoding="utf-8")
        return
    began = json.loads(path.read_text(encoding="utf-8"))
    for name in settings:
        if began.get(name) != settings[name]:
            raise InvalidParameterError(
                f"a folder is gone on with under the settings that it began with: {name} was "
                f"{began.get(name)!r} in {path.parent}, got {settings[name]!r}; name another folder"
            )
