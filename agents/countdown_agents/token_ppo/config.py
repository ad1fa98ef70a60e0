"""The settings of token-level PPO."""

from __future__ import annotations

from dataclasses import dataclass

from countdown_gym.errors import InvalidParameterError


@dataclass(frozen=True, slots=True)
class TokenPPOConfig:
    """Settings of `TokenPPO`, validated.

    Raises:
        InvalidParameterError: If a value is outside its range.
    """

    samples_per_prompt: int = 4
    """How many completions are sampled for each prompt; it divides the number of environments."""
    learning_rate: float = 1e-4
    """Adam's step size for the language model."""
    value_learning_rate: float = 1e-3
    """Adam's step size for the value head."""
    minibatches: int = 2
    """Into how many parts, of whole completions, a batch is cut; each makes one update."""
    epochs: int = 1
    """How often a batch is gone through."""
    clip: float = 0.2
    """How far the probability ratio of a token may leave 1 before its gradient is cut."""
    value_clip: float | None = None
    """How far a value may leave the old one before its gradient is cut; None cuts nothing."""
    value_coefficient: float = 0.5
    """The weight of the critic's loss."""
    entropy_coefficient: float = 0.0
    """The weight of the entropy bonus."""
    kl_coefficient: float = 0.001
    """The penalty for each nat of divergence from the reference; 0 keeps no reference."""
    gamma: float = 1.0
    """The discount for each token."""
    gae_lambda: float = 1.0
    """The decay of generalised advantage estimation for each token."""
    temperature: float = 1.0
    """The temperature at which completions are sampled and their probabilities measured."""
    max_gradient_norm: float = 1.0
    """The norm to which a larger gradient is scaled down."""
    micro_batch_tokens: int = 32_768
    """How many tokens, padding included, one forward pass holds at most: bounds the memory."""

    def __post_init__(self) -> None:
        """Refuse what cannot train."""
        at_least_one = ("samples_per_prompt", "minibatches", "epochs", "micro_batch_tokens")
        positive = ("learning_rate", "value_learning_rate", "clip", "temperature")
        not_negative = ("value_coefficient", "entropy_coefficient", "kl_coefficient")
        for name in at_least_one:
            if getattr(self, name) < 1:
                raise InvalidParameterError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in (*positive, "max_gradient_norm"):
            if not getattr(self, name) > 0:
                raise InvalidParameterError(f"{name} must be positive, got {getattr(self, name)}")
        for name in not_negative:
            if not getattr(self, name) >= 0:
                raise InvalidParameterError(
                    f"{name} must not be negative, got {getattr(self, name)}"
                )
        for name in ("gamma", "gae_lambda"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidParameterError(
                    f"{name} must be between 0 and 1, got {getattr(self, name)}"
                )
        if self.value_clip is not None and not self.value_clip > 0:
            raise InvalidParameterError(f"value_clip must be positive, got {self.value_clip}")
