"""Rows on their way to disk: appended as they come, gone on with after a kill.

`datasets.write_rows` writes a file whole or not at all; this is for files that take hours. Nothing
but the last row is kept in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from countdown_gym.datasets import Row
from countdown_gym.errors import InvalidParameterError
from countdown_gym.settings_file import SettingsFile


class GrowingFile:
    r"""A file of JSON lines, and beside it the settings that they came of.

    Every row is handed to the operating system before the next one is asked for, so a killed
    process loses none. What it may leave is a torn last line: it is cut off on entering the file.

    Args:
        path: Where the rows are, `.jsonl`; there may be some already.
        settings: What the rows depend on, as JSON values.

    Raises:
        InvalidParameterError: If the ending is another, the file holds rows of other settings or
            without any, or a line is no object of JSON.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "rows.jsonl"
        >>> for _ in range(2):
        ...     with GrowingFile(path, {"seed": 1}) as file:
        ...         file.add({"n": file.count})
        >>> path.read_text()
        '{"n": 0}\n{"n": 1}\n'
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        """Count what is there."""
        if path.suffix != ".jsonl":
            raise InvalidParameterError(f"rows are appended to a .jsonl file, got {path}")
        if not path.parent.is_dir():
            raise InvalidParameterError(
                f"{path} must be in a folder that exists, not {path.parent}"
            )
        self.path = path
        self.count = 0
        """How many rows are in the file."""
        self.last: Row | None = None
        """The last of them."""
        self._settings = SettingsFile(path, settings)
        self._file: IO[bytes] | None = None
        self._whole_bytes = 0
        if path.is_file():
            self._read()
        if self.count:
            self._settings.require_same()

    def add(self, row: Row) -> None:
        """Write a row at once.

        Raises:
            InvalidParameterError: If the file was not entered with `with`.
        """
        if self._file is None:
            raise InvalidParameterError(f"{self.path} must be entered before rows are added")
        self._file.write(f"{json.dumps(row)}\n".encode("ascii"))
        self._file.flush()
        self.last = row
        self.count += 1

    def __enter__(self) -> Self:
        """Save the settings, mend the last line, and be ready to append."""
        if not self.count:
            self._settings.save()
        self._file = self.path.open("ab")
        if self._file.tell() > self._whole_bytes:
            self._file.truncate(self._whole_bytes)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read(self) -> None:
        """Count the whole lines; one without its line break is torn."""
        line, number = b"", 0
        with self.path.open("rb") as file:
            for number, each in enumerate(file, 1):
                if not each.startswith(b"{"):
                    raise self._refusal(each, number)
                if not each.endswith(b"\n"):
                    break
                line = each
                self.count += 1
                self._whole_bytes += len(each)
        if not self.count:
            return
        try:
            self.last = json.loads(line)
        except ValueError:
            raise self._refusal(line, number) from None

    def _refusal(self, line: bytes, number: int) -> InvalidParameterError:
        shown = line[:60].decode(errors="replace")
        return InvalidParameterError(
            f"rows are appended to a file of JSON objects, got {shown!r} at {self.path}:{number}"
        )
