"""The settings of token-level PPO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from countdown_agents.language_model.precision import Precision
from countdown_agents.token_ppo.advantages import CRITIC_FREE, IN_GROUPS, AdvantageKind
from countdown_agents.token_ppo.critics import CriticKind
from countdown_agents.token_ppo.divergence import Estimator
from countdown_agents.token_ppo.schedules import Schedule, at_start
from countdown_gym.errors import InvalidParameterError, UnknownNameError


@dataclass(frozen=True, slots=True)
class TokenPPOConfig:
    """Settings of `TokenPPO`, validated.

    Raises:
        InvalidParameterError: If a value is outside its range, or two do not go together.
        UnknownNameError: If there is no advantage, critic, estimator or precision of that name.
    """

    samples_per_prompt: int = 4
    """How many completions are sampled for each prompt; it divides the number of environments."""
    advantage: AdvantageKind = "gae"
    """How tokens are credited, a name in `countdown_agents.token_ppo.advantages`."""
    normalize_advantage: bool = True
    """Whether `gae` and `reinforce++` are whitened over the tokens of the batch, and `grpo` divides
    by its group's deviation; `rloo` does neither."""
    drop_uniform_groups: bool = False
    """Whether prompts whose completions were all paid alike are left out of the update."""
    critic: CriticKind = "detached"
    """What predicts returns for `gae`, a name in `countdown_agents.token_ppo.critics`; advantages
    that need no critic have none."""
    learning_rate: float | Schedule = 1e-4
    """Adam's step size for the language model."""
    value_learning_rate: float = 1e-3
    """Adam's step size for the critic at the start; it keeps its proportion to the other."""
    minibatches: int = 2
    """Into how many parts, of whole completions, a batch is cut; each makes one update."""
    minibatch_tokens: int | None = None
    """How many written tokens a part holds instead, about; None cuts by `minibatches`."""
    epochs: int = 1
    """How often a batch is gone through."""
    clip: float | Schedule = 0.2
    """How far the probability ratio of a token may leave 1 before its gradient is cut."""
    value_clip: float | Schedule | None = None
    """How far a value may leave the old one before its gradient is cut; None cuts nothing."""
    value_coefficient: float = 0.5
    """The weight of the critic's loss."""
    entropy_coefficient: float = 0.0
    """The weight of the entropy bonus."""
    kl_coefficient: float = 0.001
    """The penalty for each nat of divergence from the reference; 0 keeps no reference."""
    kl_in: Literal["reward", "loss"] = "reward"
    """Whether the penalty is charged token by token with the reward, or added to the loss."""
    kl_estimator: Estimator = "k3"
    """How the loss estimates the divergence; in the reward it is the log ratio."""
    kl_target: float | None = None
    """The divergence in nats for each completion that the coefficient is steered to, starting from
    `kl_coefficient`; None keeps it fixed."""
    gamma: float = 1.0
    """The discount for each token."""
    gae_lambda: float = 1.0
    """The decay of generalised advantage estimation for each token."""
    temperature: float = 1.0
    """The temperature at which completions are sampled and their probabilities measured."""
    max_gradient_norm: float = 1.0
    """The norm to which a larger gradient is scaled down."""
    micro_batch_tokens: int | None = None
    """How many tokens, padding included, one forward pass holds at most: bounds the memory. None
    takes 1,024 on a processor, whose cache then holds what a layer hands on, else 32,768."""
    precision: Precision = "float32"
    """In what numbers forward passes multiply matrices; weights stay in single precision."""
    total_batches: int | None = None
    """How many batches the run has, over which schedules run out; None leaves both to `learn`."""

    def __post_init__(self) -> None:
        """Refuse what cannot train."""
        self._require_names()
        self._require_numbers()
        self._require_coherence()

    @property
    def needs_critic(self) -> bool:
        """Whether advantages are measured against a critic."""
        return self.advantage not in CRITIC_FREE

    def tokens_at_once(self, device: str) -> int:
        """Return how many tokens one forward pass holds on a type of device, such as `cpu`."""
        if self.micro_batch_tokens is not None:
            return self.micro_batch_tokens
        return 1_024 if device == "cpu" else 32_768

    @property
    def needs_reference(self) -> bool:
        """Whether divergence from the first model is penalised."""
        return self.kl_coefficient > 0

    def _require_names(self) -> None:
        known = {
            "advantage": get_args(AdvantageKind),
            "critic": get_args(CriticKind),
            "kl_in": ("reward", "loss"),
            "kl_estimator": get_args(Estimator),
            "precision": get_args(Precision),
        }
        for name, values in known.items():
            if getattr(self, name) not in values:
                raise UnknownNameError(name, str(getattr(self, name)), values)

    def _require_numbers(self) -> None:
        for name in ("samples_per_prompt", "minibatches", "epochs"):
            _require(name, getattr(self, name), "be at least 1", getattr(self, name) >= 1)
        for name in ("micro_batch_tokens", "minibatch_tokens", "total_batches"):
            number = getattr(self, name)
            _require(name, number, "be at least 1", number is None or number >= 1)
        for name in ("learning_rate", "clip", "value_learning_rate", "temperature"):
            _require(name, getattr(self, name), "be positive", at_start(getattr(self, name)) > 0)
        for name in ("value_clip", "kl_target"):
            number = getattr(self, name)
            _require(name, number, "be positive", number is None or at_start(number) > 0)
        _require(
            "max_gradient_norm", self.max_gradient_norm, "be positive", self.max_gradient_norm > 0
        )
        for name in ("value_coefficient", "entropy_coefficient", "kl_coefficient"):
            _require(name, getattr(self, name), "not be negative", getattr(self, name) >= 0)
        for name in ("gamma", "gae_lambda"):
            number = getattr(self, name)
            _require(name, number, "be between 0 and 1", 0 <= number <= 1)

    def _require_coherence(self) -> None:
        if self.advantage in IN_GROUPS and self.samples_per_prompt < 2:
            raise InvalidParameterError(
                f"{self.advantage} compares the completions of a prompt: samples_per_prompt must "
                f"be at least 2, got {self.samples_per_prompt}"
            )
        if self.needs_critic and self.critic == "none":
            raise InvalidParameterError(
                f"{self.advantage} needs a critic, got 'none'; choose another advantage: "
                f"{', '.join(CRITIC_FREE)}"
            )
        if self.kl_target is not None and not self.needs_reference:
            raise InvalidParameterError(
                "kl_target steers a coefficient that starts above 0: kl_coefficient must be "
                f"positive, got {self.kl_coefficient}"
            )


def _require(name: str, got: object, rule: str, kept: bool) -> None:
    if not kept:
        raise InvalidParameterError(f"{name} must {rule}, got {got}")
