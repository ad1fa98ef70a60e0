"""Sizes of the study: which arms, how many seeds, how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any

from countdown_agents.finetuning import FinetuningConfig
from countdown_agents.models import BASES
from countdown_agents.study.arms import ARMS, HEADLINE, UNPRIMED
from countdown_agents.study.config import ExperimentConfig, Setting
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.families import NNumbers, ThreeToFour
from countdown_gym.traces.search import Teacher


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
    bases: Mapping[str, str] = field(
        default_factory=lambda: {name: str(folder) for name, folder in BASES.items()}
    )
    """The folder of the model behind each name in `BASES`, or its name on the hub, to be fetched
    first; a base that is not named here has no arms."""

    def __post_init__(self) -> None:
        """Refuse a study of nothing."""
        for name in self.arms:
            if name not in ARMS:
                raise UnknownNameError("arm", name, ARMS)
            if ARMS[name].base not in self.bases:
                raise InvalidParameterError(f"{name} begins with {ARMS[name].base}: name its model")
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
            base_model=self.bases[what.base],
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

_KNOWING = Teacher(2, 6, solve_rate=0.8, returns=0.3, pull=1.0, tidy=True)
"""The teacher of larger boards, where six chains by luck find the target in 3 to 7 of 100 puzzles.

By luck its right answers would hardly differ from wrong ones. This one finds it in 8 of 10, at the
second line at the earliest, so that every search turns back.
"""

_LARGER = ExperimentConfig(
    device="cuda",
    setting=Setting(
        family="n_numbers",
        family_parameters=asdict(NNumbers(min_numbers=4, max_numbers=4)),
        wording="english",
        teacher=_KNOWING,
    ),
    priming=FinetuningConfig(steps=160, batch_size=32, learning_rate=5e-5, precision="bfloat16"),
    ppo=TokenPPOConfig(
        learning_rate=1e-5,
        value_learning_rate=1e-4,
        kl_coefficient=0.001,
        precision="bfloat16",
        micro_batch_tokens=65_536,
    ),
    prompts_per_batch=64,
    batches=150,
    max_completion_tokens=768,
    num_puzzles=1_024,
    checkpoint_every=5,
)

_PUBLISHED = ExperimentConfig(
    device="cuda",
    setting=Setting(
        family="three_to_four",
        family_parameters=asdict(ThreeToFour()),
        wording="english",
        teacher=_KNOWING,
    ),
    # five times through 1,000 traces
    priming=FinetuningConfig(steps=78, batch_size=64, learning_rate=1e-5, precision="bfloat16"),
    ppo=TokenPPOConfig(
        critic="separate",
        learning_rate=1e-6,
        value_learning_rate=1e-5,
        clip=0.2,
        kl_coefficient=0.001,
        gamma=1.0,
        gae_lambda=1.0,
        temperature=1.0,
        precision="bfloat16",
    ),
    prompts_per_batch=256,
    batches=250,
    max_completion_tokens=1_024,
    num_puzzles=1_024,
    checkpoint_every=10,
)

_POOR_ARMS = tuple(name for name, arm in ARMS.items() if arm.base == "habit_poor")

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "demo": Preset(
            arms=(HEADLINE, "straight"),
            seeds=1,
            headline_seeds=1,
            experiment=replace(_EXPERIMENT, num_puzzles=400, curve_every=5),
        ),
        "laptop": Preset(
            arms=tuple(ARMS),
            seeds=3,
            headline_seeds=5,
            experiment=replace(_EXPERIMENT, num_puzzles=1_024),
        ),
        "gpu": Preset(
            arms=_POOR_ARMS,
            seeds=3,
            headline_seeds=5,
            experiment=_LARGER,
            bases={"habit_poor": "HuggingFaceTB/SmolLM2-135M"},
        ),
        "paper": Preset(
            arms=tuple(ARMS),
            seeds=1,
            headline_seeds=1,
            experiment=_PUBLISHED,
            bases={"habit_poor": "meta-llama/Llama-3.2-3B", "habit_rich": "Qwen/Qwen2.5-3B"},
        ),
    }
)
"""Every preset by name.

`gpu` and `paper` are tested at toy size; a few batches of `gpu` were run, see docs/study.md.
`paper` has the hyper-parameters of Gandhi et al. 2025, https://arxiv.org/abs/2503.01307, but pays
nothing for form alone.
"""
