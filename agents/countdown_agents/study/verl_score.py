"""What veRL pays: our referee behind its name for a scorer.

veRL (https://github.com/volcengine/verl) loads this file by its path and calls `compute_score` in
threads.
"""

from __future__ import annotations

import json

from countdown_gym.checking import judge
from countdown_gym.puzzles import Puzzle
from countdown_gym.rewards.mixtures import MIXTURES


def compute_score(
    data_source: str,  # noqa: ARG001 - veRL's signature: one scorer may serve many sources
    solution_str: str,
    ground_truth: str,
    extra_info: object = None,  # noqa: ARG001 - as above
    **_others: object,
) -> dict[str, float]:
    """Return what a completion is paid, 1 if right and 0.1 for form alone, and whether it is right.

    Args:
        data_source: Which family the puzzle is of.
        solution_str: The completion.
        ground_truth: The puzzle as JSON.
        extra_info: Its split and index.
    """
    judgement = judge(Puzzle.from_dict(json.loads(ground_truth)), solution_str)
    return {
        "score": MIXTURES["tinyzero"].pay(judgement).total,
        "solved": float(judgement.verdict.fault is None),
    }
