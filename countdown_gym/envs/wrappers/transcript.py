"""What was said and done, written down: one line of JSON for each episode."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from countdown_gym.errors import MissingResourceError
from countdown_gym.puzzles import Puzzle


class Transcript(gym.Wrapper[Any, Any, Any, Any], gym.utils.RecordConstructorArgs):
    """Appends each finished episode to a file of JSON lines.

    A line holds the `id` of the environment, the `seed` given to `reset` or null, what `reset` told
    (`observation` and `info`), the `turns`, each with `action`, `observation`, `reward` and `info`,
    the `return`, and whether the episode was `terminated` and `truncated`. Arrays become lists and
    puzzles what their `to_dict` says; `read_transcripts` reads it all back.

    A line is handed to the operating system whole and at the end of the file, so several processes
    may write to one file, and a process that is killed leaves no half line that another could run
    into: a broken last line is ended before the next one. An episode that is broken off is not
    written. What the environment says is not changed.

    Args:
        env: Any environment.
        path: The file, made if it is not there; its folder must be.

    Raises:
        MissingResourceError: If the folder is not there.
    """

    def __init__(self, env: gym.Env[Any, Any], path: str) -> None:
        gym.utils.RecordConstructorArgs.__init__(self, path=path)
        super().__init__(env)
        self.path = Path(path)
        if not self.path.parent.is_dir():
            raise MissingResourceError(
                f"{path} must be in a folder that exists, not {self.path.parent}"
            )
        self._episode: dict[str, Any] | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin a new line."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._episode = {
            "id": self.env.spec.id if self.env.spec is not None else None,
            "seed": seed,
            "observation": plain(observation),
            "info": plain(info),
            "turns": [],
        }
        return observation, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:  # noqa: ANN401 - the environment's
        """Note a turn, and write the line if it was the last."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        paid = float(reward)
        if self._episode is not None:
            self._episode["turns"].append(
                {
                    "action": plain(action),
                    "observation": plain(observation),
                    "reward": paid,
                    "info": plain(info),
                }
            )
            if terminated or truncated:
                self._episode["return"] = sum(turn["reward"] for turn in self._episode["turns"])
                self._episode |= {"terminated": terminated, "truncated": truncated}
                _append(self.path, self._episode)
                self._episode = None
        return observation, paid, terminated, truncated, info


def read_transcripts(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Yield the episodes of a file, in the order in which they ended.

    A line that was broken off is left out.

    Raises:
        MissingResourceError: If there is no such file.
    """
    if not Path(path).is_file():
        raise MissingResourceError(f"{path} must be a file of transcripts")
    with Path(path).open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            episode = _read(line)
            if episode is not None:
                yield episode


def plain(told: Any) -> Any:  # noqa: ANN401 - whatever an environment says
    """Return the same as JSON values; what is none becomes its text."""
    match told:
        case None | bool() | int() | float():
            return told
        case str():
            return str(told)
        case Puzzle():
            return told.to_dict()
        case np.ndarray() | np.generic():
            return told.tolist()
        case Mapping():
            return {str(key): plain(value) for key, value in told.items()}
        case list() | tuple():
            return [plain(value) for value in told]
        case Fraction() | _:
            return str(told)


def _append(path: Path, episode: Mapping[str, Any]) -> None:
    """Write a line at the end of a file in one piece, after whatever stands there."""
    line = json.dumps(episode).encode() + b"\n"
    with path.open("a+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                line = b"\n" + line
        file.write(line)  # appended wherever the position is


def _read(line: str) -> dict[str, Any] | None:
    """Return the episode of a line, or None if the line was broken off."""
    try:
        episode = json.loads(line)
    except json.JSONDecodeError:
        return None
    return episode if isinstance(episode, dict) else None
