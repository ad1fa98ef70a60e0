"""The page: one file that needs nothing else, and the table in Markdown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any


def page(content: Mapping[str, Any]) -> str:
    """Return the report as HTML with its style, its program and its data inside."""
    folder = files(__package__)
    text = (folder / "page.html").read_text(encoding="utf-8")
    # a completion may hold anything, the end of a script element among it
    data = json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")
    parts = {
        "title": str(content["study"]),
        "style": (folder / "page.css").read_text(encoding="utf-8"),
        "script": (folder / "page.js").read_text(encoding="utf-8"),
        "content": data,  # last, so that nothing in it is taken for a place to fill
    }
    for name, part in parts.items():
        text = text.replace(f"{{{{{name}}}}}", part, 1)
    return text


def table(content: Mapping[str, Any]) -> str:
    """Return before, after and gain of every arm, and the targets, as tables in Markdown."""
    rows = [
        (
            arm["name"],
            _share(arm["before"]),
            _share(arm["after"]),
            _points(arm["gain"]["mean"], (arm["gain"]["low"], arm["gain"]["high"])),
            len(arm["seeds"]),
            arm["base"],
        )
        for arm in content["arms"]
    ]
    text = _table(("arm", "before", "after", "gain, points", "seeds", "base"), rows)
    for of, what in content["asked_of"].items():
        wanted = [
            (
                target["wanted"],
                _MEASURES[target["unit"]](target["measured"], target["interval_95"]),
                "met" if target["met"] else "missed",
                target["remark"],
            )
            for target in content["targets"]
            if target["arm"] == of
        ]
        if wanted:
            text += f"\nAsked of {of}, {what}:\n\n"
            text += _table(("expected", "measured", "", ""), wanted)
    return text


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, cells))} |\n" for cells in lines)


def _share(share: Mapping[str, float]) -> str:
    return f"{share['mean']:.1%} ({share['low']:.1%} to {share['high']:.1%})"


def _points(measured: float, interval: Sequence[float]) -> str:
    low, high = interval
    return f"{100 * measured:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def _portion(measured: float | None, interval: Sequence[float] | None) -> str:
    if measured is None:
        return "none"
    return f"{measured:.2f}" + ("" if interval is None else " ({:.2f} to {:.2f})".format(*interval))


def _times(measured: float, interval: Sequence[float]) -> str:
    low, high = interval
    return f"{measured:+.2f} ({low:+.2f} to {high:+.2f})"


_MEASURES: Mapping[str, Callable[[Any, Any], str]] = {
    "points": _points,
    "share": _portion,
    "times": _times,
}
"""How a target's number is written, by what it counts."""
