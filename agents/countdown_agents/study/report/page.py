"""The page: one file that needs nothing else, and the table in Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any


def page(content: Mapping[str, Any]) -> str:
    """Return the report as HTML with its style, its program and its data inside."""
    folder = files(__package__)
    text = (folder / "page.html").read_text(encoding="utf-8")
    # a completion may hold anything, the end of a script element among it
    data = json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")
    parts = {
        "title": str(content["preset"]),
        "style": (folder / "page.css").read_text(encoding="utf-8"),
        "script": (folder / "page.js").read_text(encoding="utf-8"),
        "content": data,  # last, so that nothing in it is taken for a place to fill
    }
    for name, part in parts.items():
        text = text.replace(f"{{{{{name}}}}}", part, 1)
    return text


def table(content: Mapping[str, Any]) -> str:
    """Return before, after and gain of every arm as a table in Markdown."""
    lines = [
        "| arm | base | seeds | before | after | 95 % interval | gain |",
        "|---|---|---|---|---|---|---|",
    ]
    for arm in content["arms"]:
        before, after = arm["before"], arm["after"]
        cells = (
            arm["name"],
            arm["base"],
            len(arm["seeds"]),
            f"{before['mean']:.1%}",
            f"{after['mean']:.1%}",
            f"{after['low']:.1%} to {after['high']:.1%}",
            f"{100 * arm['gain']:+.1f}",
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"
