"""What every test runs under; it needs nothing but pytest and hypothesis."""

import importlib.util
import os
import re
from pathlib import Path

from hypothesis import settings

# One thread per test process: xdist already keeps every core busy. Read once, when torch, numpy and
# numba are first imported, so it must stand before any of them is.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# A test that asks a model hub for something fails at once instead of waiting for a network.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# Hypothesis picks its own "ci" profile where CI is set; elsewhere only the deadline is in the way,
# since the first example of a test often pays for an import.
settings.register_profile("local", deadline=None)
if settings.get_current_profile_name() == "default":
    settings.load_profile("local")

_MARKED_AGENTS = re.compile(r"^pytestmark\b.*\bmark\.agents\b", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave files marked `agents` unread where torch is missing: importing them would fail."""
    if collection_path.suffix != ".py" or importlib.util.find_spec("torch") is not None:
        return None
    return bool(_MARKED_AGENTS.search(collection_path.read_text(encoding="utf-8"))) or None
