"""One search in every condition and wording, to the last character."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.traces.conditions import CONDITIONS, tell
from countdown_gym.traces.search import Teacher
from countdown_gym.traces.wording import WORDINGS

GOLDEN = Path(__file__).parent / "traces.txt"
PUZZLE = Puzzle((17, 12, 2), 3, Rules(intermediates="naturals", largest_intermediate=99))  # type: ignore[arg-type]  # Rules converts


def text() -> str:
    search = Teacher(3, 3, solve_rate=1.0).search(PUZZLE, np.random.default_rng(4))
    parts = []
    for wording, make in WORDINGS.items():
        parts.append(f"##### {wording}\n{make().prompt(PUZZLE)}")
        for name, condition in CONDITIONS.items():
            told = tell(search, condition, make(), np.random.default_rng(4))
            parts.append(f"### {name}\n{told.completion}")
    return "\n\n".join(parts) + "\n"


def test_traces_read_as_they_did() -> None:
    assert text() == GOLDEN.read_text(encoding="utf-8")
