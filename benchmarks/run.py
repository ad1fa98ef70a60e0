"""The one loop of all benchmarks: `python -m benchmarks.run solver --set key=value`.

A benchmark is a folder {README.md, sweep.py, analysis.py} and a line in `BENCHMARKS`, which says of
which kind it is:

* A *contest* asks how fast. `sweep.sweep(parameters)` yields `contest.Entry`s, `analysis.table`
  shows the `contest.Rounds` that they played.
* A *survey* asks how good. `sweep.sweep(parameters)` yields what it observes, `analysis.summarise`
  makes plain JSON values of that, and `analysis.table` shows those.

A sweep that takes parameters names them in `PARAMETERS`. What was measured is written to
`results/<name>.json`, and how to `results/commands.json`. With `--set device=cuda`, where a sweep
knows it, the name is `<name>_cuda`.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from benchmarks.contest import Entry, Rounds
from countdown_gym.errors import UnknownNameError

RESULTS = Path(__file__).parent / "results"
_PACKAGES = ("gymnasium", "numba", "numpy", "stable-baselines3", "sympy", "torch", "transformers")
ROUNDS = 7
"""How often each entry of a contest is played unless the caller says."""

Chosen = argparse.Namespace
Measured = tuple[Any, str]
"""Plain JSON values to write down, and a text in Markdown to show."""
Kind = Callable[[ModuleType, ModuleType, Mapping[str, str], Chosen], Measured]


def contest(
    sweep: ModuleType, analysis: ModuleType, parameters: Mapping[str, str], chosen: Chosen
) -> Measured:
    """Play every entry once unmeasured, compare the answers, then play all in turns.

    Round after round, so that a slow spell of the machine hits all alike. Times are processor
    seconds of this process and of the children it waited for, which other work on the machine
    disturbs least.
    """
    entries = [entry for entry in sweep.sweep(parameters) if (chosen.only or "") in entry.work]
    compare(entries)
    rounds = play(entries, chosen.repeats or ROUNDS)
    record = {
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "rounds": [asdict(each) for each in rounds],
    }
    return record, analysis.table(rounds)


def survey(
    sweep: ModuleType, analysis: ModuleType, parameters: Mapping[str, str], chosen: Chosen
) -> Measured:
    """Observe once and summarise."""
    del chosen
    summary = analysis.summarise(sweep.sweep(parameters))
    return summary, analysis.table(summary)


BENCHMARKS: Mapping[str, Kind] = MappingProxyType(
    {
        "behaviors": survey,
        "environments": contest,
        "exploits": survey,
        "fuzzing": survey,
        "grading": survey,
        "imports": contest,
        "judging": contest,
        "pay": survey,
        "sampling": contest,
        "solver": contest,
        "steps_learning": survey,
        "training": survey,
    }
)
"""Every benchmark by the name of its folder, and of which kind it is."""


def processor_seconds() -> float:
    """Return the user and system time of this process and of its finished children."""
    spent = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        spent += usage.ru_utime + usage.ru_stime
    return spent


def compare(entries: Sequence[Entry]) -> None:
    """Play each entry once and hold the answers of equal work against each other.

    Raises:
        SystemExit: If two players disagree.
    """
    answers: dict[str, tuple[str, object]] = {}
    for entry in entries:
        answer = entry.play()
        if not entry.comparable:
            continue
        first, expected = answers.setdefault(entry.work, (entry.player, answer))
        if answer != expected:
            raise SystemExit(f"{entry.work}: {entry.player} and {first} disagree")


def play(entries: Sequence[Entry], repeats: int) -> list[Rounds]:
    """Play all entries in turns and return what each needed.

    What was loaded for one player is frozen before, so that the garbage collector does not look
    through it in the time of another.
    """
    seconds: list[list[float]] = [[] for _ in entries]
    gc.collect()
    gc.freeze()
    for _ in range(repeats):
        for entry, spent in zip(entries, seconds, strict=True):
            before = processor_seconds()
            entry.play()
            spent.append(processor_seconds() - before)
    gc.unfreeze()
    return [
        Rounds(entry.work, entry.player, entry.questions, tuple(spent))
        for entry, spent in zip(entries, seconds, strict=True)
    ]


def parameters_of(sweep: ModuleType, pairs: Sequence[str]) -> dict[str, str]:
    """Return the parameters that were set, after a look at whether the sweep reads them.

    Raises:
        UnknownNameError: If the sweep names no such parameter.
    """
    parameters = dict(pair.partition("=")[::2] for pair in pairs)
    known = getattr(sweep, "PARAMETERS", ())
    for name in parameters:
        if name not in known:
            raise UnknownNameError("parameter of this benchmark", name, known)
    return parameters


def note_command(result: str, name: str, chosen: Chosen) -> None:
    """Write down by what command, on what machine and with what versions a result was measured."""
    words = ["python -m benchmarks.run", name]
    for pair in chosen.set:
        key, _, value = pair.partition("=")
        words.append(f"--set {key}={'PATH' if os.sep in value else value}")
    if chosen.repeats:
        words.append(f"--repeats {chosen.repeats}")
    path = RESULTS / "commands.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    known[result] = {
        "command": " ".join(words),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "versions": {package: version(package) for package in _PACKAGES if _is_installed(package)},
    }
    text = json.dumps(dict(sorted(known.items())), indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")


def _is_installed(package: str) -> bool:
    return find_spec(package.replace("-", "_")) is not None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a benchmark, write its results and show them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run")
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--repeats", type=int, help=f"rounds of a contest, {ROUNDS} by default")
    parser.add_argument("--only", help="only work whose name contains this; writes nothing")
    chosen = parser.parse_args(arguments)
    measure = BENCHMARKS[chosen.name]
    if measure is not contest and (chosen.repeats or chosen.only):
        parser.error(f"{chosen.name} is no contest: it has no rounds, and nothing to leave out")
    sweep = import_module(f"benchmarks.{chosen.name}.sweep")
    analysis = import_module(f"benchmarks.{chosen.name}.analysis")
    try:
        parameters = parameters_of(sweep, chosen.set)
    except UnknownNameError as unknown:
        parser.error(str(unknown))
    record, shown = measure(sweep, analysis, parameters, chosen)
    if not chosen.only:
        RESULTS.mkdir(exist_ok=True)
        device = parameters.get("device", "cpu")
        result = chosen.name if device == "cpu" else f"{chosen.name}_{device}"
        path = RESULTS / f"{result}.json"
        path.write_text(f"{json.dumps(record, indent=1)}\n", encoding="utf-8")
        note_command(result, chosen.name, chosen)
    print(shown)


if __name__ == "__main__":
    main()
