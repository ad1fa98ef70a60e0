"""Files that grow row by row are mended after a kill, and never mixed."""

from __future__ import annotations

from pathlib import Path

import pytest

from countdown_gym.datasets import read_rows
from countdown_gym.errors import InvalidParameterError
from countdown_gym.growing_file import GrowingFile

SETTINGS = {"limit": 3}


def grow(path: Path, count: int) -> None:
    with GrowingFile(path, SETTINGS) as file:
        while file.count < count:
            file.add({"n": file.count, "text": "x" * file.count})


def test_a_file_cut_anywhere_grows_to_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    grow(path, 5)
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        file = GrowingFile(path, SETTINGS)
        assert file.count == whole[:cut].count(b"\n")
        assert path.read_bytes() == whole[:cut], "reading changes nothing"
        grow(path, 5)
        assert path.read_bytes() == whole


def test_the_last_row_is_known(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    assert GrowingFile(path, SETTINGS).last is None
    grow(path, 2)
    assert GrowingFile(path, SETTINGS).last == {"n": 1, "text": "x"}
    assert [row["n"] for row in read_rows(path)] == [0, 1]


def test_other_settings_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    grow(path, 1)
    with pytest.raises(InvalidParameterError, match=r"limit was 3 in .*, got 4; name another file"):
        GrowingFile(path, {"limit": 4})
    (tmp_path / "rows.jsonl.settings.json").unlink()
    with pytest.raises(InvalidParameterError, match="has none beside it"):
        GrowingFile(path, SETTINGS)


@pytest.mark.parametrize("text", ["precious", "precious\n", "{broken}\n"])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    with pytest.raises(InvalidParameterError, match=r"got .* at .*rows\.jsonl:1"):
        GrowingFile(path, SETTINGS)
    assert path.read_text() == text


def test_what_cannot_grow_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterError, match=r"a \.jsonl file"):
        GrowingFile(tmp_path / "rows.parquet", SETTINGS)
    with pytest.raises(InvalidParameterError, match="in a folder that exists"):
        GrowingFile(tmp_path / "nowhere" / "rows.jsonl", SETTINGS)
    with pytest.raises(InvalidParameterError, match="must be entered"):
        GrowingFile(tmp_path / "rows.jsonl", SETTINGS).add({"n": 0})
