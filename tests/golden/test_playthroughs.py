"""Whole episodes of every environment as readable text: the difference is the review.

A golden file changes only together with the version in the environment's id. To write all anew:
`python -m tests.golden.regenerate`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from countdown_gym.registration import ENVIRONMENTS
from countdown_gym.symbols import SYMBOLS

FOLDER = Path(__file__).parent / "playthroughs"

EPISODES: Mapping[str, Sequence[Any]] = {
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
    "CountdownTV-v0": (
        "<answer>10 * (50 - 2)</answer>",
        "<answer>25 * (8 * 4 - 2) - 3 + 10 / 10</answer>",
        "<answer>100 * (1 - 4) + 5</answer>",
    ),
    "MakeTen-v0": (
        "<answer>8 + 6 / (5 - 2)</answer>",
        "<answer>8 + 2 + 6 * 0</answer>",
        "<answer>(7 / 7) + 8 + 1 = 10</answer>",
    ),
    "CountdownDialogue-v0": (
        [
            "<answer>93 - 19 + 12 - 14</answer>",
            "<answer>93 - 19 + 1 + 1</answer>",
            "<answer>93 - 19 + 14 - 12</answer>",
        ],
        [
            "I do not know.",
            "<answer>27 +</answer>",
            "",
            "<answer>50</answer>",
            "<answer>43</answer>",
        ],
    ),
    "CountdownSteps-v0": ([1, 1, 0], [0, 36, 36, 30, 12, 8, 1], [4, 0, 0, *[36, 0] * 6, 36]),
    "CountdownTokens-v0": (
        ["yes", "<eos>"],
        [
            "</think>",
            "<answer>",
            "26",
            "+",
            "21",
            "*",
            "(",
            "27",
            "-",
            "24",
            ")",
            "</answer>",
            "<eos>",
        ],
    ),
}
"""What is done in the first episodes after the seed 0: one action, or one for each turn."""


def playthrough(env_id: str) -> str:
    """Return the episodes of an environment in which its actions are taken."""
    env = gym.make(env_id, render_mode="ansi")
    lines = [f"{env_id}, the first episodes after seed 0"]
    for number, episode in enumerate(EPISODES[env_id], start=1):
        observation, info = env.reset(seed=0 if number == 1 else None)
        lines += [
            f"\n=== episode {number} ===",
            seen(observation),
            f"puzzle: {json.dumps(replace(info.pop('puzzle'), grading=None).to_dict())}",
            *(f"{key}: {json.dumps(info[key], ensure_ascii=False)}" for key in info),
        ]
        ended = False
        for action in episode if isinstance(episode, list) else [episode]:
            done = SYMBOLS.index(action) if env_id == "CountdownTokens-v0" else action
            observation, reward, terminated, truncated, info = env.step(done)
            ended = terminated or truncated
            shown = seen(observation) if not isinstance(observation, str) else repr(observation)
            lines += [
                f">>> {named(env, action)}",
                f"observation {shown}, reward {reward}, {terminated=}, {truncated=}",
                *(
                    f"{key}: {json.dumps(info[key], ensure_ascii=False)}"
                    for key in info
                    if key != "puzzle"
                ),
                f"rendered:\n{env.render()}",
            ]
        assert ended
    return "\n".join(lines) + "\n"


def seen(observation: Any) -> str:  # noqa: ANN401 - whatever an environment shows
    """Return an observation as text: of token ids only those that are there."""
    if isinstance(observation, str):
        return observation
    whole = np.issubdtype(observation.dtype, np.integer)
    return str((observation[: 1 + observation[0]] if whole else observation).tolist())


def named(env: gym.Env[Any, Any], action: str | int) -> str:
    """Return an action as one would write it."""
    if isinstance(action, str):
        return json.dumps(action, ensure_ascii=False)
    return f"{action} ({env.get_wrapper_attr('actions').describe(action)})"


@pytest.mark.parametrize("env_id", sorted(ENVIRONMENTS))
def test_an_environment_plays_as_it_always_did(env_id: str) -> None:
    golden = (FOLDER / f"{env_id}.txt").read_text(encoding="utf-8")
    assert playthrough(env_id) == golden


def test_there_is_no_playthrough_of_an_environment_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(ENVIRONMENTS)
