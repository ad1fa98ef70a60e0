"""Records on their way to disk: written as they come, resumed after a kill."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from countdown_agents.records import Record, read_record_lines
from countdown_gym.errors import InvalidParameterError


class RecordFile:
    """A file of records, one line of JSON each, and beside it the settings they came of.

    Every record is handed to the operating system before the next one is asked for, so a killed
    process loses none. What it may leave is a half-written last line: a whole record lacks its line
    break only and is kept, a torn one is cut off when the first record is added.

    The file is touched with the first record: a run that asks nothing changes nothing.

    Args:
        path: Where the records are; there may be some already.
        settings: What the answers depend on, as JSON values.

    Raises:
        InvalidParameterError: If the file holds records of other settings or without any, a line
            is not a record, or an answer stands twice.
    """

    def __init__(self, path: str | Path, settings: Mapping[str, Any]) -> None:
        """Read what is there."""
        self.path = Path(path)
        self._settings: dict[str, Any] = json.loads(json.dumps(dict(settings)))
        self._file: IO[bytes] | None = None
        self.records: list[Record] = []
        """What is in the file."""
        self._whole_bytes = 0
        if self.path.is_file():
            self.records, self._whole_bytes = read_record_lines(self.path)
        self._require_no_twins()
        if self.records:
            self._require_same_settings()

    @property
    def settings_path(self) -> Path:
        """Where the settings are."""
        return self.path.with_name(f"{self.path.name}.settings.json")

    def add(self, record: Record) -> None:
        """Write a record at once."""
        file = self._file or self._open()
        file.write(f"{record.to_json()}\n".encode("ascii"))
        file.flush()
        self.records.append(record)

    def __enter__(self) -> Self:
        """Return the file itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close what was opened."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> IO[bytes]:
        """Save the settings, mend the last line, and be ready to append."""
        if not self.records:
            half = self.settings_path.with_name(f"{self.settings_path.name}.half")
            half.write_text(f"{json.dumps(self._settings, indent=2)}\n", encoding="utf-8")
            half.replace(self.settings_path)
        self._file = self.path.open("ab")
        if self._file.tell() > self._whole_bytes:
            self._file.truncate(self._whole_bytes)
        elif self._file.tell() < self._whole_bytes:
            self._file.write(b"\n")  # the last record is whole but for its line break
        return self._file

    def _require_no_twins(self) -> None:
        seen: set[tuple[int, int]] = set()
        for record in self.records:
            place = (record.index, record.sample)
            if place in seen:
                raise InvalidParameterError(
                    f"each answer must stand once, but {self.path} holds sample {record.sample} of "
                    f"puzzle {record.index} twice; did two runs write to it?"
                )
            seen.add(place)

    def _require_same_settings(self) -> None:
        if not self.settings_path.is_file():
            raise InvalidParameterError(
                f"a run is resumed under the settings that it began with, and {self.path} has none "
                "beside it; name another file"
            )
        began: dict[str, Any] = json.loads(self.settings_path.read_text(encoding="utf-8"))
        for name in sorted({*began, *self._settings}):
            before, now = began.get(name), self._settings.get(name)
            if before != now:
                raise InvalidParameterError(
                    f"a run is resumed under the settings that it began with: {name} was "
                    f"{before!r} in {self.path}, got {now!r}; name another file"
                )
