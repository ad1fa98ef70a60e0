"""How a language model writes, wherever it runs."""

from __future__ import annotations

from dataclasses import dataclass

from countdown_gym.errors import InvalidParameterError


@dataclass(frozen=True, slots=True)
class Writing:
    """What is asked of a language model beside the prompt.

    Raises:
        InvalidParameterError: If a number is out of range or a stop string is empty.
    """

    max_new_tokens: int = 1024
    """The budget of a completion."""
    temperature: float = 1.0
    """What logits are divided by; 0 takes the likeliest token."""
    stop: tuple[str, ...] = ()
    """Strings that end a completion, such as `</answer>`."""
    batch_size: int = 64
    """How many completions are written at a time."""
    device: str = "auto"
    """Where a model of a folder or hub runs, as `load_pretrained` takes it."""
    dtype: str = "auto"
    """The type of its weights, as `load_pretrained` takes it."""

    def __post_init__(self) -> None:
        """Refuse what no model can keep to."""
        for name in ("max_new_tokens", "batch_size"):
            if getattr(self, name) < 1:
                raise InvalidParameterError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not 0 <= self.temperature < float("inf"):
            raise InvalidParameterError(f"temperature must not be negative, got {self.temperature}")
        if "" in self.stop:
            raise InvalidParameterError("a stop string must not be empty")
