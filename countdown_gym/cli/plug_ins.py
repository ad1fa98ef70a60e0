"""Commands of other packages, found by name and imported when they are run.

A package adds a command with an entry point in the group `countdown_gym.commands` that names a
function as typer takes it, or an app of `make_app` that holds several such functions as
sub-commands. `countdown-gym --help` imports none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

import typer

from countdown_gym.errors import MissingResourceError

GROUP = "countdown_gym.commands"

HELP: Mapping[str, str] = MappingProxyType(
    {
        "train": "Prime a small language model on searches, train it with PPO, and show what "
        "happened.",
        "study": "Prime models with and without the four habits, train them all alike, and "
        "compare.",
        "report": "Write the report of a study: one page with curves, tables and completions, and "
        "a table.",
        "eval": "Let a player answer puzzles, beside the random and the oracle row.",
        "behaviors": "Count the four habits in the texts of a file, and see where instruments "
        "agree.",
        "bench": "Measure players against each other.",
        "curate": "Choose texts by the habits that they show, and make training sets of them.",
    }
)
"""What the commands of `countdown_agents` do, said here so that the list need not import them."""

AGENTS_EXTRA = frozenset(
    {
        "matplotlib",
        "safetensors",
        "stable_baselines3",
        "tensorboard",
        "tokenizers",
        "torch",
        "transformers",
    }
)
"""The modules that come with `countdown-gym[agents]`."""


@dataclass(frozen=True, slots=True)
class PlugIn:
    """A command that is not loaded yet."""

    entry_point: EntryPoint
    """Where its function is."""

    @property
    def name(self) -> str:
        """How it is called on the command line."""
        return self.entry_point.name

    @property
    def help(self) -> str:
        """One line on what it does."""
        package = self.entry_point.dist
        origin = package.name if package is not None else self.entry_point.module
        return HELP.get(self.name, f"A command of {origin}.")

    def add_to(self, app: typer.Typer) -> None:
        """Add a command that hands all of its arguments, `--help` included, to the real one."""
        settings = {
            "allow_extra_args": True,
            "allow_interspersed_args": False,
            "ignore_unknown_options": True,
            "help_option_names": [],
        }
        app.command(self.name, help=self.help, context_settings=settings)(self._run)

    def _run(self, context: typer.Context) -> None:
        with extra_named(context.command_path):
            self._load()(args=context.args, prog_name=context.command_path)

    def _load(self) -> typer.Typer:
        found = self.entry_point.load()
        if isinstance(found, typer.Typer):
            return found
        app = make_app()
        app.command()(found)
        return app


@contextmanager
def extra_named(who: str) -> Iterator[None]:
    """Say what to install where a module of `AGENTS_EXTRA` is missing.

    Args:
        who: What needs it.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        module = (missing.name or "").partition(".")[0]
        if module not in AGENTS_EXTRA:
            raise
        raise MissingResourceError(
            f"{who} needs {module}: pip install 'countdown-gym[agents]'"
        ) from missing


def make_app(*, no_args_is_help: bool = False) -> typer.Typer:
    """Return an app without commands that looks and fails as the whole command line does.

    Args:
        no_args_is_help: Whether its help is shown when it is called with nothing.
    """
    return typer.Typer(
        no_args_is_help=no_args_is_help,
        rich_markup_mode="markdown",
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def plug_ins() -> tuple[PlugIn, ...]:
    """Return what is installed, in the order of `HELP` and then of the alphabet."""
    known = list(HELP)
    found = {entry_point.name: PlugIn(entry_point) for entry_point in entry_points(group=GROUP)}
    return tuple(
        sorted(
            found.values(),
            key=lambda p: (known.index(p.name) if p.name in known else len(known), p.name),
        )
    )
