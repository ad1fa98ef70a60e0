"""What a component is: one reason to pay, a frozen dataclass in a file of its own."""

from __future__ import annotations

from typing import Protocol

from countdown_gym.checking import Judgement


class Component(Protocol):
    """One reason to pay. Its docstring says what is paid, in which range, and after whom."""

    @property
    def low(self) -> float:
        """The least it ever pays."""

    @property
    def high(self) -> float:
        """The most it ever pays."""

    def score(self, judgement: Judgement) -> float:
        """Return the pay for one completion: finite, within range, the same at every call."""
