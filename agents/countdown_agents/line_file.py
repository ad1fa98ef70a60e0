"""Lines of JSON on their way to disk: written as they come, resumed after a kill."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Generic, Protocol, Self, TypeVar

from countdown_gym.errors import InvalidParameterError
from countdown_gym.settings_file import SettingsFile

_BEGINNING = '{"index": '


class Line(Protocol):
    """What a line of JSON says."""

    @property
    def name(self) -> str:
        """What it is about, in words; no two lines of a file have the same."""

    def to_json(self) -> str:
        """Return one line of ASCII without a line break that begins with the field `index`."""

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Return what `to_json` wrote.

        Raises:
            InvalidParameterError: If the line says something else.
        """


AnyLine = TypeVar("AnyLine", bound=Line)


class LineFile(Generic[AnyLine]):
    """A file of records, one line of JSON each, and beside it the settings they came of.

    Every record is handed to the operating system before the next one is asked for, so a killed
    process loses none. What it may leave is a half-written last line: a whole record lacks its line
    break only and is kept, a torn one is cut off when the first record is added.

    The file is touched with the first record: a run that asks nothing changes nothing.

    Args:
        path: Where the records are; there may be some already.
        settings: What the answers depend on, as JSON values.
        kind: What the lines say.

    Raises:
        InvalidParameterError: If the file holds records of other settings or without any, a line
            is not a record, or an answer stands twice.
    """

    def __init__(self, path: str | Path, settings: Mapping[str, Any], kind: type[AnyLine]) -> None:
        """Read what is there."""
        self.path = Path(path)
        self._settings = SettingsFile(self.path, settings)
        self._file: IO[bytes] | None = None
        self.records: list[AnyLine] = []
        """What is in the file."""
        self._whole_bytes = 0
        if self.path.is_file():
            self.records, self._whole_bytes = read_lines(self.path, kind)
        self._require_no_twins()
        if self.records:
            self._settings.require_same()

    def add(self, record: AnyLine) -> None:
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
            self._settings.save()
        self._file = self.path.open("ab")
        if self._file.tell() > self._whole_bytes:
            self._file.truncate(self._whole_bytes)
        elif self._file.tell() < self._whole_bytes:
            self._file.write(b"\n")  # the last record is whole but for its line break
        return self._file

    def _require_no_twins(self) -> None:
        seen: set[str] = set()
        for record in self.records:
            if record.name in seen:
                raise InvalidParameterError(
                    f"each answer must stand once, but {self.path} holds {record.name} twice; did "
                    "two runs write to it?"
                )
            seen.add(record.name)


def read_lines(path: Path, kind: type[AnyLine], *, torn: bool = True) -> tuple[list[AnyLine], int]:
    """Return the records of a file, and how many bytes they take with a line break each.

    Args:
        path: The file.
        kind: What the lines say.
        torn: Whether a last line without its line break may be half a record; it is left out.

    Raises:
        InvalidParameterError: If another line is not a record; the message says which.
    """
    records, size = [], 0
    # Bytes that are no UTF-8 make a line that is no record.
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            try:
                records.append(kind.from_json(line))
            except InvalidParameterError as wrong:
                if torn and not line.endswith("\n") and line.startswith(_BEGINNING[: len(line)]):
                    break
                raise InvalidParameterError(f"{path}, line {number}: {wrong}") from wrong
            size += len(line.rstrip("\n").encode()) + 1
    return records, size
