"""Sizes of the study: which arms, how many seeds, how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from countdown_agents.models import BASES
from countdown_agents.study.arms import ARMS, HEADLINE, UNPRIMED
from countdown_agents.study.config import ExperimentConfig
from countdown_gym.errors import InvalidParameterError, UnknownNameError


@dataclass(frozen=True, slots=True)
class Preset:
    """A size of the study.

    Raises:
        UnknownNameError: If there is no arm of a name.
        InvalidParameterError: If there are no arms or no seeds.
    """

    arms: tuple[str, ...]
    """Names in `ARMS`."""
    seeds: int
    """How many runs an arm has, with seeds from 0."""
    headline_seeds: int
    """How many the headline arm and the one that it is held against have."""
    experiment: ExperimentConfig = field(default_factory=ExperimentConfig)
    """What all runs have in common."""

    def __post_init__(self) -> None:
        """Refuse a study of nothing."""
        for name in self.arms:
            if name not in ARMS:
                raise UnknownNameError("arm", name, ARMS)
        if not self.arms or min(self.seeds, self.headline_seeds) < 1:
            raise InvalidParameterError("a study has at least 1 arm and 1 seed")

    def seeds_of(self, arm: str) -> range:
        """Return the seeds of an arm."""
        return seeds_of(arm, self.seeds, self.headline_seeds)

    def config(self, arm: str, seed: int) -> ExperimentConfig:
        """Return the settings of one run."""
        what = ARMS[arm]
        return replace(
            self.experiment,
            base_model=str(BASES[what.base]),
            condition=what.condition,
            seed=seed,
            ppo=replace(self.experiment.ppo, advantage=what.advantage),
            priming=replace(self.experiment.priming, seed=seed),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the preset as JSON values."""
        return {
            "arms": list(self.arms),
            "seeds": self.seeds,
            "headline_seeds": self.headline_seeds,
            "experiment": self.experiment.to_dict(),
        }


def seeds_of(arm: str, seeds: int, headline_seeds: int) -> range:
    """Return the seeds of an arm: the pair that the study is about has a number of its own."""
    return range(headline_seeds if arm in (HEADLINE, UNPRIMED) else seeds)


_EXPERIMENT = ExperimentConfig(device="cpu")

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "demo": Preset(
            arms=(HEADLINE, "straight"),
            seeds=1,
            headline_seeds=1,
            experiment=replace(
                _EXPERIMENT,
                ppo=replace(_EXPERIMENT.ppo, learning_rate=1e-4),
                batches=30,
                num_puzzles=400,
                curve_every=5,
            ),
        ),
        "laptop": Preset(
            arms=tuple(ARMS),
            seeds=3,
            headline_seeds=5,
            experiment=replace(_EXPERIMENT, num_puzzles=1_024),
        ),
    }
)
"""Every preset by name."""
