"""`check_reward` on scorers that others publish: it finds what is known to be wrong with them.

They are no requirement of this project; `.ci/run` installs them beside the wheel. To run this:
`pip install reasoning-gym==0.1.25 math-verify==0.9.0`, then `pytest -m slow` with this file.
"""

from __future__ import annotations

import pytest

from countdown_gym.puzzles import Puzzle
from countdown_gym.testing import check_reward

pytestmark = pytest.mark.slow

EXACT = "what exact arithmetic denies is never paid in full"
CODE = "nothing that a model wrote is run"
WHY = "a published scorer, not a requirement: see the head of this file"


@pytest.mark.filterwarnings("ignore")  # theirs are not ours to mend
def test_reasoning_gym_pays_what_is_wrong_and_runs_what_it_reads() -> None:
    module = pytest.importorskip("reasoning_gym", reason=WHY)
    dataset = module.create_dataset("countdown", size=1, seed=1)

    def paid(puzzle: Puzzle, completion: str) -> float:
        metadata = {"numbers": list(puzzle.numbers), "target": puzzle.target}
        return float(dataset.score_answer(completion, {"metadata": metadata}))

    breaches = check_reward(paid, convention="whole_text", max_examples=30)
    assert {EXACT, CODE} <= {breach.law for breach in breaches}


@pytest.mark.filterwarnings("ignore")  # as above
def test_math_verify_pays_the_bare_target() -> None:
    module = pytest.importorskip("math_verify", reason=WHY)

    def paid(puzzle: Puzzle, completion: str) -> float:
        return float(module.verify(module.parse(str(puzzle.target)), module.parse(completion)))

    # One case for each law is enough, and others keep it busy for minutes.
    breaches = check_reward(paid, convention="boxed", max_examples=1)
    assert EXACT in {breach.law for breach in breaches}
