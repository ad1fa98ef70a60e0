"""Progress on the terminal: a bar for each thing that goes on, made when it begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from countdown_gym.cli.screen import OUT


class Bars:
    """Bars by name, while the block that they are opened for goes on."""

    def __init__(self) -> None:
        """Draw nothing yet."""
        self._progress = Progress(
            TextColumn("{task.description:<34}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[said]}"),
            console=OUT,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""
        self.stop()

    def stop(self) -> None:
        """Leave the terminal as it was."""
        self._progress.stop()

    def show(
        self, name: str, done: int, total: int, measures: Mapping[str, float], stage: str = ""
    ) -> None:
        """Draw how far something is, what is known of it, and at which stage it is."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=total, said="")
        said = [stage] * bool(stage) + [f"{n} {_short(value)}" for n, value in measures.items()]
        self._progress.update(self._tasks[name], completed=done, total=total, said="  ".join(said))


def _short(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"
