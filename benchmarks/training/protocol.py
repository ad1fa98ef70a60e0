"""How the sweep talks to a player: a line in asks for a batch, a line out says what it was like."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_MARK = "batch: "
"""What a line of the protocol begins with; libraries write other lines to the same stream."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all players of one piece of work share."""

    key_value_heads: int = 1
    """Of the four heads of the model: 128 wide, three blocks, 121 tokens."""
    rollouts: int = 192
    """The completions of a batch, four to a prompt."""
    budget: int = 128
    """The tokens of a completion at most."""
    updates: int = 2
    """Steps of the optimiser for each batch, of as many completions each."""
    learning_rate: float = 1e-4
    """Of the language model."""
    model: str = ""
    """A folder of weights; without one they are random."""
    seed: int = 0
    """Decides weights, prompts and samples."""
    device: str = "cpu"
    """Where everybody trains: `cpu` or `cuda`."""
    large: bool = False
    """Whether the model has 110 million parameters: 768 wide, sixteen blocks, twelve heads, four of
    keys and values. It is trained in half precision, 32,000 tokens at a time."""


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a player says of one batch, sampled and learnt from."""

    tokens: int
    """Sampled."""
    seconds: float
    """Of processor time, all threads; of a clock on the wall where a device computes."""
    model_seconds: float
    """Of those, in forward and backward passes of the model; 0 if the player does not say."""
    sampling_seconds: float
    """Of those, in sampling; 0 if the player does not say."""
    megabytes: float
    """The most memory that the process has held."""
    reward: float
    """The mean of the batch: 1 for a right answer, 0 for any other."""
    parameters: int = 0
    """Weights that every token is multiplied with; 0 if the player does not say."""
    matrix_rate: float = 0
    """Operations a second of the device in a large product in half precision; 0 if not measured."""


class Reporter:
    """A player's side: waits to be asked, and measures what happened since."""

    def __init__(self, device: str) -> None:
        """Say that all is loaded."""
        self._device = device
        self._clock = clock(device)
        self._started = 0.0
        _say({"ready": True})

    def wait(self) -> bool:
        """Wait until a batch is asked for; return False if no more will be."""
        asked = sys.stdin.readline().strip() == "batch"
        self._started = self._clock()
        return asked

    def report(self, tokens: int, reward: float, **told: float) -> None:
        """Say what the batch was like; what is told besides are fields of `BatchReport`."""
        measured = {
            "seconds": self._clock() - self._started,
            "model_seconds": 0.0,
            "sampling_seconds": 0.0,
            "megabytes": _peak_megabytes(self._device),
        }
        _say(asdict(BatchReport(tokens=tokens, reward=reward, **(measured | told))))


class Process:
    """The sweep's side: a player in a process of its own."""

    def __init__(self, python: str, module: str, setting: Setting) -> None:
        """Start the player, which loads while others do."""
        command = [python, "-m", module, json.dumps(asdict(setting))]
        self._process = subprocess.Popen(  # noqa: S603 - our own modules
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._loaded = False

    def batch(self) -> BatchReport:
        """Have a batch sampled and learnt from."""
        self.load()
        if self._process.stdin is None:
            raise BrokenPipeError("the player cannot be asked")
        self._process.stdin.write("batch\n")
        self._process.stdin.flush()
        return BatchReport(**self._hear())

    def load(self) -> None:
        """Wait until the player has loaded."""
        if not self._loaded:
            self._hear()
        self._loaded = True

    def __enter__(self) -> Self:
        """Be there."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the player, which stops when nothing more is asked."""
        self._process.__exit__(kind, error, trace)

    def _hear(self) -> dict[str, Any]:
        for line in self._process.stdout or ():
            if line.startswith(_MARK):
                said: dict[str, Any] = json.loads(line.removeprefix(_MARK))
                return said
        raise BrokenPipeError(f"a player fell silent: {self._process.args!r}")


def setting_of(arguments: Sequence[str]) -> Setting:
    """Return the setting that a player was started with."""
    return Setting(**json.loads(arguments[1]))


def clock(device: str) -> Callable[[], float]:
    """Return what tells the time, in seconds: processor time, or when a device has finished."""
    if device == "cpu":
        return time.process_time
    import torch  # noqa: PLC0415 - the sweep, which holds processes only, does without

    def finished() -> float:
        torch.cuda.synchronize()
        return time.perf_counter()

    return finished


def _peak_megabytes(device: str) -> float:
    """Return the most memory that this program has held, of the device's if it has one.

    The figure of `getrusage` begins with what the process that started this one held.
    """
    if device != "cpu":
        import torch  # noqa: PLC0415 - as above

        return torch.cuda.max_memory_allocated() / 2**20
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _say(what: Mapping[str, Any]) -> None:
    print(f"{_MARK}{json.dumps(what)}", flush=True)
