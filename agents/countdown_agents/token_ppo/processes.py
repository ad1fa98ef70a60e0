"""One run on several devices: processes that sample apart and learn together.

`accelerate launch` or `torchrun` starts the processes; each has the whole model on a device of its
own and its own share of every batch. Gradients are added up, so all make the same update, as one
process would of all shares together.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, distributed

from countdown_gym.errors import MissingResourceError


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes of a run, seen from one of them."""

    rank: int = 0
    """Which one this is; the one of rank 0 writes files."""
    count: int = 1
    """How many there are."""
    device: str | None = None
    """Where this one runs; None leaves it to the caller."""

    def total(self, number: float) -> float:
        """Return the sum of a number over all processes."""
        if self.count == 1:
            return number
        found = torch.tensor(number, dtype=torch.float64, device=self.device)
        distributed.all_reduce(found)
        return float(found)

    def mean(self, measures: Mapping[str, float]) -> dict[str, float]:
        """Return the means of measures over all processes."""
        return {name: self.total(measure) / self.count for name, measure in measures.items()}

    def add_up(self, tensors: Iterable[Tensor]) -> None:
        """Replace tensors by their sums over all processes."""
        if self.count > 1:
            for tensor in tensors:
                distributed.all_reduce(tensor)

    def agree(self, tensors: Iterable[Tensor]) -> None:
        """Replace tensors by those of the first process."""
        if self.count > 1:
            for tensor in tensors:
                distributed.broadcast(tensor, src=0)


def processes() -> Processes:
    """Return the processes that a launcher started, or the only one.

    Raises:
        MissingResourceError: If there are several and accelerate is not installed.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Processes()
    if importlib.util.find_spec("accelerate") is None:
        raise MissingResourceError(
            f"training in {count} processes needs the package accelerate, which is not installed; "
            "install it with `pip install accelerate`, or start one process only"
        )
    from accelerate import PartialState  # type: ignore[import-untyped]  # noqa: PLC0415 - optional and untyped

    state = PartialState(cpu=not torch.cuda.is_available())
    return Processes(state.process_index, state.num_processes, str(state.device))
