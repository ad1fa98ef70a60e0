"""The small base model that comes with the package."""

from __future__ import annotations

from pathlib import Path

BASE_MODEL = Path(__file__).parent / "base"
"""A folder that `transformers` loads; its `provenance.json` says how the model was made."""
