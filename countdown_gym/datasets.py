"""Rows of plain values in files: JSON lines or parquet, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from countdown_gym.errors import InvalidParameterError, MissingResourceError, UnknownNameError

Row = Mapping[str, Any]
"""Values that JSON knows, by name."""


def write_rows(rows: Iterable[Row], path: Path) -> int:
    """Write rows to a file of the kind that its ending names; return how many there were.

    The file is there only once it is whole.

    Args:
        rows: JSON values by name; for parquet, all rows have the same names and types.
        path: Ends with `.jsonl` or `.parquet`; its folder exists.

    Raises:
        UnknownNameError: If the ending names no kind.
        MissingResourceError: If the folder is not there, or parquet's package is not.
        InvalidParameterError: If parquet cannot hold the rows without loss.
    """
    require_writable(path)
    write, _ = _kind(path)
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        count = write(rows, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def require_writable(path: Path) -> None:
    """Refuse a file that `write_rows` would refuse, before there are rows.

    Raises:
        UnknownNameError: If the ending names no kind.
        MissingResourceError: If the folder is not there, or parquet's package is not.
    """
    _kind(path)
    if not path.parent.is_dir():
        raise MissingResourceError(f"{path} must be in a folder that exists, not {path.parent}")
    if path.suffix == ".parquet":
        _parquet()


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file that `write_rows` wrote, or of any of these kinds.

    Raises:
        UnknownNameError: If the ending names no kind.
        MissingResourceError: If the file is not there, or parquet's package is not.
        InvalidParameterError: If a line is not an object of JSON.
    """
    _, read = _kind(path)
    if not path.is_file():
        raise MissingResourceError(f"{path} is not a file")
    return read(path)


def _kind(
    path: Path,
) -> tuple[Callable[[Iterable[Row], Path], int], Callable[[Path], Iterator[dict[str, Any]]]]:
    if path.suffix not in _KINDS:
        raise UnknownNameError("ending of a file of rows", path.suffix, _KINDS)
    return _KINDS[path.suffix]


def _write_lines(rows: Iterable[Row], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(f"{json.dumps(row)}\n")
            count += 1
    return count


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise InvalidParameterError(
                    f"every line must be an object of JSON, got {line[:60]!r} at {path}:{number}"
                )
            yield row


def _write_parquet(rows: Iterable[Row], path: Path) -> int:
    arrow, parquet = _parquet()
    listed = [dict(row) for row in rows]
    try:
        table = arrow.Table.from_pylist(listed)
        parquet.write_table(table, path)
    except arrow.ArrowException as trouble:
        raise InvalidParameterError(f"rows of parquet must be alike in type: {trouble}") from None
    if table.to_pylist() != listed:
        raise InvalidParameterError("rows of parquet must all have the same names")
    return len(listed)


def _read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    _, parquet = _parquet()
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches():
            yield from batch.to_pylist()


def _parquet() -> tuple[Any, Any]:
    if find_spec("pyarrow") is None:
        raise MissingResourceError(
            "parquet needs pyarrow: pip install 'countdown-gym[parquet]', or write .jsonl"
        )
    return import_module("pyarrow"), import_module("pyarrow.parquet")


_KINDS = MappingProxyType(
    {".jsonl": (_write_lines, _read_lines), ".parquet": (_write_parquet, _read_parquet)}
)
