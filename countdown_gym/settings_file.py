"""The settings that the rows of a file came of, kept beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from countdown_gym.errors import InvalidParameterError


class SettingsFile:
    """A file of settings beside a file of rows: who goes on with the rows has the same ones.

    Args:
        rows: The file of the rows.
        settings: What the rows depend on, as JSON values.
    """

    def __init__(self, rows: Path, settings: Mapping[str, Any]) -> None:
        """Note what the settings are now."""
        self.path = rows.with_name(f"{rows.name}.settings.json")
        self._rows = rows
        self._settings: dict[str, Any] = json.loads(json.dumps(dict(settings)))

    def save(self) -> None:
        """Write the settings, whole or not at all."""
        half = self.path.with_name(f"{self.path.name}.half")
        half.write_text(f"{json.dumps(self._settings, indent=2)}\n", encoding="utf-8")
        half.replace(self.path)

    def require_same(self) -> None:
        """Refuse to go on with rows of other settings.

        Raises:
            InvalidParameterError: If there are none beside the rows, or others; the message names
                the first that differs.
        """
        rule = "a run is resumed under the settings that it began with"
        if not self.path.is_file():
            raise InvalidParameterError(
                f"{rule}, and {self._rows} has none beside it; name another file"
            )
        began: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        for name in sorted({*began, *self._settings}):
            before, now = began.get(name), self._settings.get(name)
            if before != now:
                raise InvalidParameterError(
                    f"{rule}: {name} was {before!r} in {self._rows}, got {now!r}; name another file"
                )
