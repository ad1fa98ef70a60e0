"""Models that the package ships."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

BASES: Mapping[str, Path] = MappingProxyType(
    {
        "habit_poor": Path(__file__).parent / "base",
        "habit_rich": Path(__file__).parent / "habit_rich",
    }
)
"""Base models of one size by what their documents show; see their READMEs."""

BASE_MODEL = BASES["habit_poor"]
"""The folder of the base model that the demo begins with."""
