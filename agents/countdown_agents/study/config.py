"""The settings of an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from countdown_agents.finetuning import FinetuningConfig
from countdown_agents.models import BASE_MODEL
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.toy import TOY_FAMILY
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families import Family, make_family
from countdown_gym.traces.conditions import CONDITIONS
from countdown_gym.traces.search import Teacher
from countdown_gym.traces.wording import WORDINGS
from countdown_gym.traces.wording.wording import Wording


@dataclass(frozen=True, slots=True)
class Setting:
    """What is played, and in what words: the same for every condition of a study.

    Raises:
        UnknownNameError: If there is no such family, parameter or wording.
        InvalidParameterError: If the parameters make no family.
    """

    family: str = "n_numbers"
    """How puzzles are drawn, a name in `FAMILIES`."""
    family_parameters: Mapping[str, Any] = field(default_factory=lambda: asdict(TOY_FAMILY))
    """The family's parameters, as JSON values."""
    wording: str = "terse"
    """How puzzles and traces are worded, a name in `WORDINGS`."""
    teacher: Teacher = field(default_factory=Teacher)
    """Who searches in the traces."""

    def __post_init__(self) -> None:
        """Refuse what is not there."""
        if self.wording not in WORDINGS:
            raise UnknownNameError("wording", self.wording, WORDINGS)
        self.make_family()

    def make_family(self) -> Family:
        """Return the family."""
        return make_family(self.family, self.family_parameters)

    def make_wording(self) -> Wording:
        """Return the wording."""
        return WORDINGS[self.wording]()


@dataclass(frozen=True, slots=True)
class ExperimentConfig:
    """Settings of an experiment.

    Raises:
        InvalidParameterError: If a number is below 1.
        UnknownNameError: If there is no such condition.
    """

    base_model: str = str(BASE_MODEL)
    """The folder of the model to begin with."""
    device: str = "auto"
    """Where models run: `auto` (a CUDA device if there is one), `cpu`, `cuda`, `cuda:1`, …"""
    seed: int = 0
    """Decides traces, prompts and samples; never which puzzles are held out."""
    condition: str | None = "backtracking_verification"
    """What the model is primed on, a name in `CONDITIONS`; None primes on nothing."""
    setting: Setting = field(default_factory=Setting)
    """What is played."""
    num_traces: int = 1_000
    """How many traces the model is primed on."""
    priming: FinetuningConfig = field(default_factory=FinetuningConfig)
    """How it is primed."""
    ppo: TokenPPOConfig = field(
        default_factory=lambda: TokenPPOConfig(learning_rate=3e-4, kl_coefficient=0.0)
    )
    """How PPO updates.

    The learning rate was chosen on validation puzzles among 1e-4, 2e-4, 3e-4, 6e-4 and 1e-3.
    """
    prompts_per_batch: int = 48
    """How many puzzles a batch of PPO asks."""
    batches: int = 40
    """How many batches PPO trains on."""
    max_completion_tokens: int = 320
    """The budget of a completion, in training and in evaluation."""
    num_puzzles: int = 400
    """How many test puzzles are asked before and after."""
    curve_puzzles: int = 200
    """How many validation puzzles are asked for each point of the learning curve."""
    curve_every: int = 10
    """How many batches lie between two points of the learning curve."""
    checkpoint_every: int = 1
    """How many batches lie between two checkpoints: what a run that is killed has to do again."""

    def __post_init__(self) -> None:
        """Refuse what cannot run."""
        if self.condition is not None and self.condition not in CONDITIONS:
            raise UnknownNameError("condition", self.condition, CONDITIONS)
        for name in (
            "num_traces",
            "prompts_per_batch",
            "batches",
            "max_completion_tokens",
            "num_puzzles",
            "curve_puzzles",
            "curve_every",
            "checkpoint_every",
        ):
            if getattr(self, name) < 1:
                raise InvalidParameterError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.seed < 0:
            raise InvalidParameterError(f"seed must not be negative, got {self.seed}")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return asdict(self)
