"""`countdown-gym list`: what there is to choose from."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass

from rich.table import Table
from rich.text import Text

from countdown_gym.cli.screen import OUT
from countdown_gym.errors import CountdownGymError
from countdown_gym.families import FAMILIES, family_maker, known_names
from countdown_gym.prompts import STYLES
from countdown_gym.registration import ENVIRONMENTS
from countdown_gym.rewards import COMPONENTS, MIXTURES


def list_parts() -> None:
    """List the environments, puzzle families, prompt styles and rewards."""
    _table(
        "Environments",
        "gymnasium.make(id)",
        {
            env_id: ", ".join(f"{name}={given!r}" for name, given in kwargs.items())
            for env_id, (_, kwargs) in ENVIRONMENTS.items()
        },
    )
    _table(
        "Families",
        "what they draw, and their parameters (--param NAME=VALUE)",
        _families(),
    )
    _table(
        "Prompt styles",
        "what they return",
        {name: _summary(write).removeprefix("Return ") for name, write in STYLES.items()},
    )
    _table(
        "Rewards",
        "weights of the components",
        {
            name: ", ".join(f"{weight:g} {part}" for part, weight in mixture.weights.items())
            for name, mixture in MIXTURES.items()
        },
    )
    _table(
        "Reward components",
        "what they pay",
        {name: _summary(type(component)) for name, component in COMPONENTS.items()},
    )


def _families() -> Mapping[str, str]:
    """Return what is to be said of each family; one that is broken leaves the others alone."""
    said: dict[str, str] = {}
    try:
        others = sorted(known_names() - FAMILIES.keys())
    except CountdownGymError as trouble:
        others, said["(others)"] = [], str(trouble)
    for name in (*FAMILIES, *others):
        try:
            make = family_maker(name)
        except CountdownGymError as trouble:
            said[name] = str(trouble)
        else:
            said[name] = f"{_summary(make)}\n{_defaults(make)}"
    return said


def _table(title: str, column: str, rows: Mapping[str, str]) -> None:
    table = Table("name", column, title=title, title_justify="left", title_style="bold")
    for name, description in rows.items():
        # Text: square brackets in a description are no markup
        table.add_row(Text(name, "cyan", no_wrap=True), Text(description))
    OUT.print(table)


def _summary(described: object) -> str:
    """Return the first paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(described) or "").partition("\n\n")[0].split())


def _defaults(made: object) -> str:
    """Return the fields of a dataclass and their defaults."""
    if not is_dataclass(made):
        return ""
    return ", ".join(
        field.name if field.default is MISSING else f"{field.name}={_shown(field.default)}"
        for field in fields(made)
    )


def _shown(default: object) -> str:
    """Return a default as the command line takes it."""
    words = {None: "null", True: "true", False: "false"}
    return words.get(default, str(default)) if isinstance(default, bool | None) else str(default)
