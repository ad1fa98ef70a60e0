"""When an update breaks: what it was made of is kept in a file that can be read back."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from countdown_agents.token_ppo.buffer import CompletionBatch, Written
from countdown_agents.token_ppo.updating import NotFiniteError
from countdown_gym.errors import InvalidParameterError


class BrokenUpdateError(FloatingPointError):
    """An update was not finite. Training stopped before it; its data is in a file.

    Args:
        message: What happened, where the file is, and what to do.
        path: The file; `read_broken_update` reads it.
    """

    def __init__(self, message: str, path: Path) -> None:
        """Keep the path."""
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class BrokenUpdate:
    """What an update that broke was made of."""

    what: str
    """What was not finite: `loss` or `gradient`."""
    batches: int
    """How many batches had been sampled."""
    measures: dict[str, float]
    """What was known of the update."""
    minibatch: CompletionBatch
    """What it was to learn from."""
    policy_state: dict[str, Tensor]
    """The weights before it, as `CausalLMPolicy.load_state_dict` takes them."""


def save_broken_update(
    error: NotFiniteError, batches: int, policy_state: dict[str, Tensor], folder: str | None
) -> Path:
    """Write all that an update was made of; return the file.

    Args:
        error: What broke.
        batches: How many batches had been sampled.
        policy_state: The weights, which no step has changed.
        folder: Where to write; None writes to a new folder for temporary files.
    """
    place = Path(folder) if folder else Path(tempfile.mkdtemp(prefix="broken_update_"))
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"broken_update_of_batch_{batches}.pt"
    written, *others = error.minibatch
    content = {
        "what": error.what,
        "batches": batches,
        "measures": error.measures,
        "written": tuple(written),
        "minibatch": tuple(others),
        "policy_state": policy_state,
    }
    torch.save(content, path)
    return path


def read_broken_update(path: str | Path) -> BrokenUpdate:
    """Return what `save_broken_update` wrote, on the processor.

    Raises:
        InvalidParameterError: If the file holds something else.
    """
    content: Any = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(content, dict) or "minibatch" not in content:
        raise InvalidParameterError(f"{path} must hold a broken update, and holds something else")
    batch = CompletionBatch(Written(*content["written"]), *content["minibatch"])
    named = {name: content[name] for name in ("what", "batches", "measures", "policy_state")}
    return BrokenUpdate(minibatch=batch, **named)
