"""What is paid in all: a weighted sum of components, by name or by weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

from countdown_gym.checking import Judgement
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.rewards.brevity import Brevity
from countdown_gym.rewards.closeness import Closeness
from countdown_gym.rewards.components import Component
from countdown_gym.rewards.correct import Correct
from countdown_gym.rewards.efficiency import Efficiency
from countdown_gym.rewards.legal import Legal
from countdown_gym.rewards.progress import Progress
from countdown_gym.rewards.readable import Readable
from countdown_gym.rewards.show_points import ShowPoints

COMPONENTS: Mapping[str, Component] = MappingProxyType(
    {
        "correct": Correct(),
        "readable": Readable(),
        "legal": Legal(),
        "closeness": Closeness(),
        "efficiency": Efficiency(),
        "brevity": Brevity(),
        "progress": Progress(),
        "show_points": ShowPoints(),
    }
)
"""Every reason to pay, by name."""


@dataclass(frozen=True, slots=True)
class Reward:
    """What one completion is paid."""

    total: float
    """The weighted sum."""
    components: Mapping[str, float]
    """What each component said, before weighting."""


@final
@dataclass(frozen=True, slots=True)
class Mixture:
    """Components with their weights.

    Raises:
        InvalidParameterError: If there is no component, or a weight or their sum is not finite.
        UnknownNameError: If a component is unknown.
    """

    weights: Mapping[str, float]
    """The weight of each component, by its name in `COMPONENTS`."""

    def __post_init__(self) -> None:
        """Refuse a mixture that cannot pay."""
        if not self.weights:
            raise InvalidParameterError("a mixture needs at least one component, got none")
        for name, weight in self.weights.items():
            if name not in COMPONENTS:
                raise UnknownNameError("reward component", name, COMPONENTS)
            if not isinstance(weight, int | float) or not math.isfinite(weight):
                raise InvalidParameterError(
                    f"weights must be finite numbers, got {weight!r} for {name!r}"
                )
        if not math.isfinite(self.low) or not math.isfinite(self.high):
            raise InvalidParameterError(
                f"the sum of the weights must be finite, got {dict(self.weights)}"
            )

    @property
    def low(self) -> float:
        """A bound below everything it pays."""
        return sum(min(pay) for pay in self._extremes())

    @property
    def high(self) -> float:
        """A bound above everything it pays."""
        return sum(max(pay) for pay in self._extremes())

    def pay(self, judgement: Judgement) -> Reward:
        """Return what a completion is paid, and for what."""
        scores = {name: COMPONENTS[name].score(judgement) for name in self.weights}
        total = sum([weight * scores[name] for name, weight in self.weights.items()])
        return Reward(total, scores)  # a plain dict: rewards travel between processes

    def pay_each(
        self, judgements: Sequence[Judgement]
    ) -> tuple[list[float], dict[str, list[float]]]:
        """Return the total that `pay` finds in each judgement, and by component what it said."""
        scores = {name: [*map(COMPONENTS[name].score, judgements)] for name in self.weights}
        weighted = [[weight * s for s in scores[name]] for name, weight in self.weights.items()]
        return [*map(sum, zip(*weighted, strict=True))], scores

    def _extremes(self) -> list[tuple[float, float]]:
        """Return what each component can add when it pays least and when it pays most."""
        return [(w * COMPONENTS[n].low, w * COMPONENTS[n].high) for n, w in self.weights.items()]


MIXTURES: Mapping[str, Mixture] = MappingProxyType(
    {
        "strict": Mixture({"correct": 1.0}),  # 1 for a right answer, else 0
        # Pan et al. 2025, https://github.com/Jiayi-Pan/TinyZero: 1 right, 0.1 form only, 0 none
        "tinyzero": Mixture({"correct": 0.9, "readable": 0.1}),
        "television": Mixture({"show_points": 1.0}),  # the show's 10, 7 or 5 points, in tenths
        "close": Mixture({"correct": 0.8, "closeness": 0.2}),
        "efficient": Mixture({"correct": 0.8, "efficiency": 0.2}),
        "brief": Mixture({"correct": 0.8, "brevity": 0.2}),
        "stepwise": Mixture({"correct": 0.8, "progress": 0.2}),
    }
)
"""Mixtures by name."""


def make_reward(reward: str | Mapping[str, float] | Mixture) -> Mixture:
    """Return a mixture by name, by weights, or as it is.

    Raises:
        InvalidParameterError: If the weights make no mixture.
        UnknownNameError: If there is no mixture or component of that name.
    """
    if isinstance(reward, Mixture):
        return reward
    if isinstance(reward, str):
        if reward not in MIXTURES:
            raise UnknownNameError("reward", reward, MIXTURES)
        return MIXTURES[reward]
    if not isinstance(reward, Mapping):
        raise InvalidParameterError(
            f"a reward is a name ({', '.join(MIXTURES)}) or weights by component, got {reward!r}"
        )
    return Mixture(dict(reward))
