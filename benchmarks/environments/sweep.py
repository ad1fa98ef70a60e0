"""Episodes of the text environments: one at a time, and 256 at a time in two ways.

Parameter, optional: `reasoning-gym`, the folder of packages that holds it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from itertools import product
from typing import Any

import gymnasium as gym

import countdown_gym
from benchmarks.contest import Entry
from benchmarks.environments.analysis import BATCHES, OURS, PEER, SINGLE, SYNC
from countdown_gym.envs.text import CountdownEnv

PARAMETERS = ("reasoning-gym",)
EPISODES, ITEMS, BATCH, STEPS = 500, 50, 256, 4
THOUGHT = f"<think>{'30 - 25 = 5, 5 + 3 = 8, 8 * 4 = 32. That works. ' * 17}</think>\n"
WRITTEN = f"{THOUGHT}<answer>(30 - 25 + 3) * 4</answer>"
"""A completion of 900 characters; it answers none of the puzzles that are drawn."""
FORMS = (
    "(30 {} 25 {} 3) {} 4",
    "30 {} (25 {} 3) {} 4",
    "30 {} 25 {} (3 {} 4)",
    "30 {} 25 {} 3 {} 4",
)
ALL_WRITTEN = tuple(
    f"{THOUGHT}<answer>{form.format(*signs)}</answer>"
    for form in FORMS
    for signs in product("+-*/", repeat=3)
)
"""As many as a batch takes, no two of one shape."""

Vector = gym.vector.VectorEnv[Any, Any, Any]


def sweep(parameters: Mapping[str, str]) -> Iterator[Entry]:
    """Yield every entry that the parameters allow."""
    env = gym.make("Countdown-v0")
    yield Entry(SINGLE, OURS, EPISODES, partial(_episodes, env))
    if "reasoning-gym" in parameters:
        sys.path.append(parameters["reasoning-gym"])
        yield Entry(SINGLE, PEER, ITEMS, _items())
    for env_id in BATCHES:
        for player, mode in ((OURS, "vector_entry_point"), (SYNC, "sync")):
            envs = countdown_gym.make_vec(env_id, BATCH, mode)
            envs.reset(seed=0)
            yield Entry(f"{BATCH} x {env_id}", player, BATCH * STEPS, partial(_steps, envs))


def _episodes(env: gym.Env[str, str]) -> float:
    """Return what the completion earns in all."""
    paid = 0.0
    env.reset(seed=0)
    for _ in range(EPISODES):
        env.reset()
        paid += float(env.step(WRITTEN)[1])
    return paid


def _items() -> Any:  # noqa: ANN401 - a play
    """Return a play that draws puzzles of the same numbers and targets and scores an answer."""
    library = import_module("reasoning_gym")
    family: Any = CountdownEnv().source.family
    drawn = library.create_dataset(
        "countdown",
        size=ITEMS,
        seed=42,
        min_numbers=family.min_numbers,
        max_numbers=family.max_numbers,
        min_value=family.smallest,
        max_value=family.largest,
        min_target=family.min_target,
        max_target=family.max_target,
    )
    answer = WRITTEN.partition("<answer>")[2].removesuffix("</answer>")

    def play() -> float:
        scores = [float(drawn.score_answer(answer, drawn[at])) for at in range(ITEMS)]
        return sum(score >= 1 for score in scores)

    return play


def _steps(envs: Vector) -> float:
    """Return what the completions earn in all."""
    return float(sum(envs.step(ALL_WRITTEN)[1].sum() for _ in range(STEPS)))
