"""The command line: one file for each command, one line for each in `COMMANDS`.

A `CountdownGymError` becomes one line on standard error and exit status 2, here and nowhere else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated

import typer

import countdown_gym
from countdown_gym.cli.check import check
from countdown_gym.cli.generate import generate
from countdown_gym.cli.listing import list_parts
from countdown_gym.cli.play import play
from countdown_gym.cli.plug_ins import plug_ins
from countdown_gym.cli.screen import complain
from countdown_gym.cli.solve import solve
from countdown_gym.cli.traces import traces
from countdown_gym.errors import CountdownGymError

COMMANDS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        "list": list_parts,
        "play": play,
        "solve": solve,
        "generate": generate,
        "check": check,
        "traces": traces,
    }
)
"""The commands that need nothing but the game; `plug_ins` finds the others."""

PROGRAM = "countdown-gym"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the program.

    Args:
        arguments: What follows the name of the program; None takes them from `sys.argv`.

    Raises:
        SystemExit: Always; the status is 2 for anything that the caller can mend.
    """
    try:
        command_line()(args=arguments, prog_name=PROGRAM)
    except CountdownGymError as mistake:
        complain(str(mistake))
    except OSError as trouble:
        if trouble.filename is None:
            raise
        complain(f"{trouble.filename}: {trouble.strerror}")
    sys.exit(2)


def command_line() -> typer.Typer:
    """Return all commands, those of other packages unloaded."""
    app = typer.Typer(
        name=PROGRAM,
        no_args_is_help=True,
        rich_markup_mode="markdown",
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_countdown_gym)
    for name, command in COMMANDS.items():
        app.command(name)(command)
    for plug_in in plug_ins():
        if plug_in.name not in COMMANDS:
            plug_in.add_to(app)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {countdown_gym.__version__}")
        raise typer.Exit


def _countdown_gym(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """The numbers game Countdown: play it, solve it, and see how language models fare."""
