"""Whole episodes of every environment as readable text: the difference is the review.

A golden file changes only together with the version in the environment's id. To write all anew:
`python -m tests.golden.regenerate`.
"""

from __future__ import annotations

import json
from pathlib import Path

import gymnasium as gym
import pytest

from countdown_gym.registration import ENVIRONMENTS

FOLDER = Path(__file__).parent / "playthroughs"

COMPLETIONS = {
    "Countdown-v0": (
        "<think>93 - 19 = 74, 14 - 12 = 2</think>\n<answer>93 - 19 + 14 - 12</answer>",
        "<answer>54 + 66 - 27 - 43 = 50</answer>",
        "<answer>(86 - 4) / 41 + 13 = 16</answer>",
        "<answer>38</answer>",
        "<answer>58 + 92 - 20 * 66</answer>",
        "I cannot find it.",
    ),
    "Game24-v0": (
        "<answer>12 × (7 - (9 - 4))</answer>",  # noqa: RUF001 - the sign models write
        "<answer>8 + 13 + 10 - 7</answer>",
        "<answer>(9 - 8 / 8) * 3</answer>",
        "<answer>11 * (4 - 9 / (1 - 1))</answer>",
        "<answer>6 * (12 - 8 * 1)</answer>",
        "<answer>(10 / 12 + 10) / 3</answer>",
    ),
}
"""What is written in the first episodes after the seed 0."""


def playthrough(env_id: str) -> str:
    """Return the episodes of an environment in which its completions are written."""
    env = gym.make(env_id, render_mode="ansi")
    lines = [f"{env_id}, the first episodes after seed 0"]
    for episode, completion in enumerate(COMPLETIONS[env_id], start=1):
        prompt, info = env.reset(seed=0 if episode == 1 else None)
        lines += [
            f"\n=== episode {episode} ===",
            prompt,
            f"puzzle: {json.dumps(info['puzzle'].to_dict())}",
            f">>> {json.dumps(completion, ensure_ascii=False)}",
        ]
        observation, reward, terminated, truncated, info = env.step(completion)
        lines += [
            f"observation {observation!r}, reward {reward}, {terminated=}, {truncated=}",
            *(
                f"{key}: {json.dumps(info[key], ensure_ascii=False)}"
                for key in info
                if key != "puzzle"
            ),
            f"rendered:\n{env.render()}",
        ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("env_id", sorted(ENVIRONMENTS))
def test_an_environment_plays_as_it_always_did(env_id: str) -> None:
    golden = (FOLDER / f"{env_id}.txt").read_text(encoding="utf-8")
    assert playthrough(env_id) == golden


def test_there_is_no_playthrough_of_an_environment_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(ENVIRONMENTS)
