"""Who trains what: batches of all players in turns, each player in a process of its own.

A process of its own has its own peak of memory, and may have another interpreter: TRL's is the one
of `--set trl=PYTHON`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.training.protocol import BatchReport, Process, Setting

PARAMETERS = ("trl", "rounds", "only", "device")
"""TRL's interpreter; how many batches are measured; only works whose name contains this; where
everybody trains, `cpu` or `cuda`."""

OURS = "countdown-gym, PPO"
GROUPS = "countdown-gym, GRPO"
TRL = "TRL, GRPO"
STOCK = "stable-baselines3, PPO"
_MODULES = {OURS: "token_ppo", GROUPS: "token_grpo", TRL: "trl_grpo", STOCK: "stock_ppo"}


@dataclass(frozen=True, slots=True)
class Observation:
    """One batch of one player."""

    work: str
    player: str
    report: BatchReport


@dataclass(frozen=True, slots=True)
class Work:
    """Who takes part in what."""

    setting: Setting
    players: tuple[str, ...]
    batches: int | None = None
    """How many are measured; None leaves it to the caller."""
    model: str = ""
    """The function of `work` that saves the model to begin with; without one it is random."""


ONE_HEAD, FOUR_HEADS = "one key-value head", "four key-value heads"
ONE_UPDATE = "one key-value head, one update"
TOKENWISE = "one key-value head, beside one token at a time"
LEARNING = "learning from the primed model"
ROLLOUTS = (64, 128, 256, 512)
BUDGETS = (128, 256, 512, 1024)
LARGE = "110 million parameters, 1024 tokens each"
LARGE_SHORT = "110 million parameters, 256 tokens each"
_BASE = Setting()
_LONG = replace(_BASE, rollouts=32)
CONTESTS: Sequence[Mapping[str, Work]] = (
    {ONE_HEAD: Work(_BASE, (OURS, GROUPS, TRL))},
    {FOUR_HEADS: Work(replace(_BASE, key_value_heads=4), (OURS, GROUPS, TRL))},
    {TOKENWISE: Work(_BASE, (OURS, STOCK), 3)},
    {LEARNING: Work(_BASE, (OURS, TRL), 19, "save_primed")},
    {f"{n} rollouts": Work(replace(_BASE, rollouts=n), (OURS,), 4) for n in ROLLOUTS},
    {
        f"{n} tokens each": Work(replace(_LONG, budget=n), (OURS, TRL), 2, "save_talkative")
        for n in BUDGETS
    },
    {ONE_UPDATE: Work(replace(_BASE, updates=1), (OURS, GROUPS, TRL), 4)},
)
"""Works whose players all take turns, so that they can be compared, whatever else goes on."""
_LARGE = replace(_BASE, rollouts=256, budget=1024, learning_rate=1e-5, large=True)
CONTESTS_ON_DEVICE: Sequence[Mapping[str, Work]] = (
    {LARGE: Work(_LARGE, (OURS, GROUPS), 2, "save_talkative")},
    {
        LARGE_SHORT: Work(replace(_LARGE, budget=256), (OURS, TRL), 2, "save_talkative"),
        **{
            name: work for contest in CONTESTS for name, work in contest.items() if name != LEARNING
        },
    },
)
"""The same on a CUDA device, where processes take longer to load than batches: nearly all in turns.
Before them, a model that fills the device. What is learnt is not asked again."""


def sweep(parameters: Mapping[str, str]) -> Iterator[Observation]:
    """Yield what every batch was like, those of the players of one work in turns."""
    rounds, only = int(parameters.get("rounds", 7)), parameters.get("only", "")
    device = parameters.get("device", "cpu")
    for contest in CONTESTS if device == "cpu" else CONTESTS_ON_DEVICE:
        works = {
            name: replace(work, setting=replace(work.setting, device=device))
            for name, work in contest.items()
            if only in name
        }
        yield from _play(works, rounds, parameters.get("trl"))


def _play(works: Mapping[str, Work], rounds: int, trl: str | None) -> Iterator[Observation]:
    """Yield the batches of all players, after one that is not measured.

    The first also pays for compiling and for first memory. Where learning is observed it counts.
    """
    with ExitStack() as stack:
        playing: dict[tuple[str, str], Process] = {}
        for name, work in works.items():
            setting = work.setting
            if work.model:
                folder = stack.enter_context(TemporaryDirectory())
                _saver(work.model)(setting, Path(folder))
                setting = replace(setting, model=folder)
            for player in work.players:
                python = trl if player == TRL else sys.executable
                if python is not None:
                    module = f"benchmarks.training.players.{_MODULES[player]}"
                    playing[name, player] = stack.enter_context(Process(python, module, setting))
        for process in playing.values():
            process.load()
        batches = {name: work.batches or rounds for name, work in works.items()}
        for played in range(max(batches.values(), default=-1) + 1):
            for (name, player), process in playing.items():
                if played > batches[name]:
                    continue
                report = process.batch()
                if played or name == LEARNING:
                    yield Observation(name, player, report)


def _saver(name: str) -> Callable[[Setting, Path], None]:
    """Return a function of `work`, which is imported late: its libraries take memory."""
    from benchmarks.training import work  # noqa: PLC0415 - see above

    saver: Callable[[Setting, Path], None] = getattr(work, name)
    return saver
