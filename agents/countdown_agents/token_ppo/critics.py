"""What predicts how a completion will be paid: four ways to stand beside a language model.

| kind | reads | its loss trains |
|---|---|---|
| `detached` | the actor's last hidden states | its own layer only |
| `shared` | the actor's last hidden states | its own layer and the actor's trunk |
| `separate` | those of a trunk of its own | its own layer and trunk, at first the actor's |
| `none` | nothing, predicts 0 | nothing: for advantages that need no critic |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor, nn

from countdown_gym.errors import UnknownNameError

CriticKind = Literal["detached", "shared", "separate", "none"]
"""The names of the kinds."""


@dataclass(frozen=True, slots=True)
class CriticSettings:
    """Which critic, and how fast it learns.

    Raises:
        UnknownNameError: If there is no critic of that name.
    """

    kind: CriticKind = "detached"
    """Its name."""
    learning_rate: float | None = None
    """Its step size at the start; None takes the actor's. Under `TokenPPO` it keeps its proportion
    to the actor's; stock PPO sets both alike."""

    def __post_init__(self) -> None:
        """Refuse an unknown name."""
        if self.kind not in get_args(CriticKind):
            raise UnknownNameError("critic", self.kind, get_args(CriticKind))


class LinearCritic(nn.Module):
    """A linear layer that begins by predicting 0.

    Args:
        features_dim: The width of the hidden states.
        detach: Whether its loss stays out of the trunk that made them.
    """

    def __init__(self, features_dim: int, *, detach: bool) -> None:
        """Make the layer."""
        super().__init__()
        self.linear = nn.Linear(features_dim, 1)
        self.detach = detach
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, states: Tensor) -> Tensor:
        """Return values (…, 1) of hidden states (…, H)."""
        value: Tensor = self.linear((states.detach() if self.detach else states).float())
        return value


class NoCritic(nn.Module):
    """Predicts 0 and learns nothing, where stable-baselines3 asks for a prediction."""

    def forward(self, states: Tensor) -> Tensor:
        """Return zeros (…, 1) for hidden states (…, H)."""
        return states.new_zeros((*states.shape[:-1], 1)).float()


def make_critic(kind: CriticKind, features_dim: int) -> nn.Module:
    """Return the module that reads hidden states; the trunk before it is the policy's business."""
    return NoCritic() if kind == "none" else LinearCritic(features_dim, detach=kind == "detached")
