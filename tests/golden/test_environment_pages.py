"""The documentation of the environments is their docstrings, as pages.

To write all anew: `python -m tests.golden.regenerate`.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import load_env_creator
from PIL import Image

from countdown_gym.envs import wrappers
from countdown_gym.envs.pictures import Frame
from countdown_gym.envs.wrappers import WRAPPERS
from countdown_gym.registration import ENVIRONMENTS, VECTOR_ENTRY_POINTS

PAGES = Path(__file__).parents[2] / "docs" / "environments"
PICTURES: Mapping[str, tuple[str, list[int], int, list[Any]]] = {
    "answer": ("Countdown-v0", [25, 30, 3, 4], 32, ["<answer>30 - 25 + 3 * 4</answer>"]),
    "dialogue": (
        "CountdownDialogue-v0",
        [25, 30, 3, 4],
        32,
        [
            "<answer>30 - 25 + 3 * 4</answer>",
            "<answer>(30 - 25) * 7</answer>",
            "<answer>(30 - 25 + 3) * 4</answer>",
        ],
    ),
    "steps": ("CountdownSteps-v0", [25, 30, 3, 4], 32, [2, 0]),
}
"""For each picture the environment, the board, the target and what is done."""
NOTE = "<!-- Written from the docstrings by `python -m tests.golden.regenerate`: change those. -->"

pytestmark = pytest.mark.checkout


def pages() -> Mapping[str, str]:
    """Return the text of every page by file name: one for each class, and the list of all ids."""
    ids: dict[str, list[str]] = {}
    for env_id, (entry_point, _) in ENVIRONMENTS.items():
        ids.setdefault(entry_point, []).append(env_id)
    written, rows = {}, []
    for entry_point, made in ids.items():
        name = entry_point.partition(":")[0].rpartition(".")[2]
        summary, _, sections = (inspect.getdoc(load_env_creator(entry_point)) or "").partition("\n")
        native = VECTOR_ENTRY_POINTS.get(entry_point)
        lines = [
            NOTE,
            f"\n# {', '.join(made)}\n",
            f"{summary}\n",
            "| id | arguments |\n|---|---|",
            *(f"| `{env_id}` | `{json.dumps(dict(ENVIRONMENTS[env_id][1]))}` |" for env_id in made),
            *([f"\nIn batches: `{native}`, by `countdown_gym.make_vec`."] if native else []),
            f"\n{sections.strip()}",
        ]
        written[f"{name}.md"] = "\n".join(lines) + "\n"
        rows += [f"| [`{env_id}`]({name}.md) | {summary} |" for env_id in made]
    table = "| id | what it is |\n|---|---|\n" + "\n".join(rows)
    shown = (
        "With the extra `render` (`pip install 'countdown-gym[render]'`) and `render_mode` "
        "`rgb_array` or `human` episodes look like this:"
    )
    images = "\n".join(f"![{name}]({name}.png)" for name in PICTURES)
    around = (
        "What may be put around them is in [wrappers](wrappers.md). Several at once are made by "
        "`countdown_gym.make_vec`: `gymnasium.make_vec` with `async` shares memory, which turns "
        "every text into zeros."
    )
    parts = [NOTE, "# Environments", table, around, shown, images]
    written["README.md"] = "\n\n".join(parts) + "\n"
    parts = [NOTE, "# Wrappers", inspect.getdoc(wrappers) or "", *map(described, WRAPPERS.values())]
    written["wrappers.md"] = "\n\n".join(parts) + "\n"
    return written


def described(wrapper: type) -> str:
    """Return the docstring of a wrapper as a section of a page."""
    paragraphs = (inspect.getdoc(wrapper) or "").split("\n\n")
    lines = [f"## {wrapper.__name__}"]
    for paragraph in paragraphs:
        heading, _, rest = paragraph.partition("\n")
        listed = inspect.cleandoc(rest)
        if heading == "Example:":
            lines.append(f"```pycon\n{listed}\n```")
        elif heading in {"Args:", "Raises:"}:
            entries = re.sub(r"^(\w+): ", r"- `\1`: ", listed, flags=re.MULTILINE)
            lines.append(f"{'Arguments' if heading == 'Args:' else 'Raises'}:\n\n{entries}")
        else:
            lines.append(paragraph)
    return "\n\n".join(lines)


def pictures() -> Mapping[str, Frame]:
    """Return the pictures of the pages: an episode of each kind, at its end."""
    drawn = {}
    for name, (env_id, numbers, target, actions) in PICTURES.items():
        env = gym.make(env_id, render_mode="rgb_array")
        env.reset(seed=0, options={"puzzle": {"numbers": numbers, "target": target}})
        for action in actions:
            env.step(action)
        drawn[name] = cast("Frame", env.render())
    return drawn


def test_the_pages_show_pictures_of_episodes() -> None:
    for name, picture in pictures().items():
        stored = np.asarray(Image.open(PAGES / f"{name}.png").convert("RGB"), np.int16)
        assert stored.shape == picture.shape
        # few colours are stored, and another Pillow may move a letter by a fraction of a pixel
        assert np.mean(np.abs(stored - picture) > 24) < 0.005


def test_the_pages_say_what_the_docstrings_say() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    assert found == pages()
