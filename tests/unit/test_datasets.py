"""Rows come back as they were written, and a file is there whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countdown_gym import datasets
from countdown_gym.datasets import read_rows, write_rows
from countdown_gym.errors import InvalidParameterError, MissingResourceError, UnknownNameError

ROWS: list[dict[str, Any]] = [
    {
        "text": "8 \u00d7 4\n\u2028",
        "count": 3,
        "share": 0.1,
        "nested": {"numbers": [1, 2], "none": None},
    },
    {"text": "", "count": -(2**40), "share": 1.0, "nested": {"numbers": [], "none": None}},
]


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_rows_come_back_as_they_were_written(tmp_path: Path, ending: str) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"rows{ending}"
    assert write_rows(iter(ROWS), path) == 2
    assert list(read_rows(path)) == ROWS
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    def interrupted() -> Iterator[dict[str, Any]]:
        yield ROWS[0]
        raise KeyboardInterrupt

    path = tmp_path / "rows.jsonl"
    write_rows(ROWS, path)
    with pytest.raises(KeyboardInterrupt):
        write_rows(interrupted(), path)
    assert list(read_rows(path)) == ROWS
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_what_cannot_be_written_or_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="ending of a file of rows"):
        write_rows(ROWS, tmp_path / "rows.csv")
    with pytest.raises(MissingResourceError, match="must be in a folder that exists"):
        write_rows(ROWS, tmp_path / "nowhere" / "rows.jsonl")
    with pytest.raises(MissingResourceError, match="is not a file"):
        read_rows(tmp_path / "rows.jsonl")
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"a": 1}\n[2]\n')
    with pytest.raises(InvalidParameterError, match=r"got '\[2\]\\n' at .*broken.jsonl:2"):
        list(read_rows(broken))


@pytest.mark.parametrize("rows", [[{"a": 1}, {"b": 2}], [{"a": 1}, {"a": "text"}], [{"a": {}}]])
def test_parquet_refuses_rows_that_it_would_change(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(InvalidParameterError, match="rows of parquet must"):
        write_rows(rows, tmp_path / "rows.parquet")
    assert list(tmp_path.iterdir()) == []


def test_without_its_package_parquet_names_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "find_spec", lambda _name: None)
    with pytest.raises(MissingResourceError, match=r"pip install 'countdown-gym\[parquet\]'"):
        write_rows(ROWS, tmp_path / "rows.parquet")
