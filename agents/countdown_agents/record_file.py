"""Records of an evaluation on their way to disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from countdown_agents.line_file import LineFile
from countdown_agents.records import Record


class RecordFile(LineFile[Record]):
    """A file of the records of an evaluation, and beside it the settings they came of.

    Args:
        path: Where the records are; there may be some already.
        settings: What the answers depend on, as JSON values.

    Raises:
        InvalidParameterError: If the file holds records of other settings or without any, a line
            is not a record, or an answer stands twice.
    """

    def __init__(self, path: str | Path, settings: Mapping[str, Any]) -> None:
        """Read what is there."""
        super().__init__(path, settings, Record)
