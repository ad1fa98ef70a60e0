"""The folder of one run: settings, provenance, results; what is finished is not done again."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from countdown_gym.errors import InvalidParameterError

CONFIG = "config.json"
"""The file with the settings and the provenance of a run or a study."""
SUMMARY = "summary.json"
"""The last file that a run writes."""
_PACKAGES = (
    "countdown-gym",
    "gymnasium",
    "numpy",
    "stable-baselines3",
    "sympy",
    "torch",
    "transformers",
)


class RunFolder:
    """A folder that belongs to one configuration.

    Args:
        path: The folder; made if it is not there.
        config: The settings of the run as JSON values. A folder that holds a run of other settings
            is refused, so that no result is ever mixed with another's.

    Raises:
        InvalidParameterError: If the folder holds a run of other settings, or other files.
    """

    def __init__(self, path: Path, config: Mapping[str, Any]) -> None:
        """Make the folder, or recognise it."""
        self.path = path
        if path.exists() and not path.is_dir():
            raise InvalidParameterError(f"{path} is a file; name a folder for the run")
        if (path / CONFIG).exists():
            self._recognise(config)
            return
        if path.exists() and any(path.iterdir()):
            raise InvalidParameterError(
                f"{path} holds other files and no run; name an empty or a new folder"
            )
        path.mkdir(parents=True, exist_ok=True)
        self.write_json(CONFIG, {"config": dict(config), "provenance": provenance()})

    def write_json(self, name: str, content: Any) -> None:  # noqa: ANN401 - JSON is many things
        """Write a file in one move: it is there whole or not at all."""
        unfinished = self.path / f"{name}.unfinished"
        text = json.dumps(content, indent=2, ensure_ascii=False)
        unfinished.write_text(text + "\n", encoding="utf-8")
        unfinished.replace(self.path / name)

    def read_json(self, name: str) -> Any:  # noqa: ANN401 - JSON is many things
        """Return what `write_json` wrote, or None if it never did."""
        file = self.path / name
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None

    def _recognise(self, config: Mapping[str, Any]) -> None:
        there = self.read_json(CONFIG)["config"]
        # through JSON and back, as the settings in the folder went
        wanted = json.loads(json.dumps(dict(config)))
        if there != wanted:
            differing = sorted(
                name for name in there.keys() | wanted.keys() if there.get(name) != wanted.get(name)
            )
            raise InvalidParameterError(
                f"{self.path} holds a run with another {', '.join(differing)}; name another folder "
                "or give the settings it was begun with"
            )


def is_finished(run: Path) -> bool:
    """Whether the folder of a run says that it went through to its end."""
    file = run / SUMMARY
    return file.is_file() and bool(json.loads(file.read_text(encoding="utf-8"))["finished"])


def provenance() -> dict[str, Any]:
    """Return the versions and the machine that a result depends on."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": {name: version(name) for name in _PACKAGES},
    }
