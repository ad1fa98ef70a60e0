"""Words for what happens in a trace: one file for each way of wording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from countdown_gym.traces.wording.english import English
from countdown_gym.traces.wording.terse import Terse
from countdown_gym.traces.wording.wording import Wording

WORDINGS: Mapping[str, Callable[[], Wording]] = MappingProxyType(
    {"terse": Terse, "english": English, "english_chat": lambda: English("plain")}
)
"""Every wording by name."""
