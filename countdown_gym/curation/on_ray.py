"""Scoring a large corpus with Ray Data: on all cores of a machine, or on a cluster.

The files of a corpus are scored some at a time; each lot is a folder of parquet files that is there
whole or not at all, so a run that was stopped goes on with the next lot. The same documents get the
same rows as from `score`; their order within a lot is Ray's matter, and selection does not depend
on it.

Ray is the extra `ray` and is imported here when it is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from typing import Any

from countdown_gym.curation.documents import ENDINGS, UNFINISHED, documents_of
from countdown_gym.curation.scoring import Limits, score
from countdown_gym.datasets import Row
from countdown_gym.errors import InvalidParameterError, MissingResourceError, UnknownNameError

_SETTINGS = "settings.json"


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
            _scored(data, lot, limits, field).write_parquet(str(unfinished))
            unfinished.rename(done)
        if progress is not None:
            progress(number + 1, len(lots))


def _scored(data: Any, files: Sequence[Path], limits: Limits, field: str) -> Any:  # noqa: ANN401 - Ray's
    """Return a lot as a dataset of Ray that is scored as it is read."""
    lines = [str(file) for file in files if file.suffix == ".jsonl"]
    tables = [str(file) for file in files if file.suffix == ".parquet"]
    settings = {"limits": limits, "field": field}
    parts: list[Any] = []
    if lines:
        parts.append(_mapped(data.read_text(lines), _score_lines, settings))
    if tables:
        parts.append(_mapped(data.read_parquet(tables, columns=[field]), _score_rows, settings))
    return parts[0].union(*parts[1:]) if parts[1:] else parts[0]


def _mapped(dataset: Any, function: Callable[..., Any], settings: Mapping[str, Any]) -> Any:  # noqa: ANN401 - Ray's
    return dataset.map_batches(
        function, batch_size=256, batch_format="pyarrow", fn_kwargs=dict(settings)
    )


def _score_lines(table: Any, limits: Limits, field: str) -> Any:  # noqa: ANN401 - pyarrow's
    """Return the scores of a table of lines."""
    return _table((_object(line) for line in table.column("text").to_pylist()), limits, field)


def _score_rows(table: Any, limits: Limits, field: str) -> Any:  # noqa: ANN401 - pyarrow's
    """Return the scores of a table of documents."""
    return _table(table.to_pylist(), limits, field)


def _table(rows: Iterable[Row], limits: Limits, field: str) -> Any:  # noqa: ANN401 - pyarrow's
    scored = score(documents_of(rows, field), limits)
    return import_module("pyarrow").Table.from_pylist([each.to_row() for each in scored])


def _object(line: str) -> Row:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise InvalidParameterError(f"every line must be an object of JSON, got {line[:60]!r}")
    return row


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
