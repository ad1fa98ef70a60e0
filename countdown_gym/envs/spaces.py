"""The space of texts that a model may write."""

from __future__ import annotations

import string
from typing import Any

from gymnasium.spaces import Text


class AnyText(Text):
    """Every text of at most `max_length` characters, of any script, the empty text included.

    Gymnasium's `Text` holds the characters of a chosen set only; what a model writes keeps to no
    set. Samples are of printable ASCII, at most `SAMPLE_CHARS` long, so that sampling is quick.
    """

    SAMPLE_CHARS = 64

    def __init__(self, max_length: int, seed: int | None = None) -> None:
        super().__init__(max_length, min_length=0, charset=string.printable, seed=seed)

    def contains(self, x: Any) -> bool:  # noqa: ANN401 - the signature is Gymnasium's
        """Whether `x` is a text that is short enough."""
        return isinstance(x, str) and len(x) <= self.max_length

    def sample(self, mask: Any = None, probability: Any = None) -> str:  # noqa: ANN401 - as above
        """Return a short random text; the arguments are those of `Text.sample`."""
        if mask is None and probability is None:
            length = int(self.np_random.integers(min(self.SAMPLE_CHARS, self.max_length) + 1))
            mask = (length, None)
        return super().sample(mask, probability)

    def __eq__(self, other: object) -> bool:
        """Whether the other space holds the same texts."""
        return isinstance(other, AnyText) and self.max_length == other.max_length

    def __hash__(self) -> int:
        """Equal spaces, equal hashes."""
        return hash((AnyText, self.max_length))

    def __repr__(self) -> str:
        """Return the call that makes the space."""
        return f"AnyText({self.max_length})"
