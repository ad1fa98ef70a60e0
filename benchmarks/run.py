"""The one loop of all benchmarks: `python -m benchmarks.run solver --set key=value`.

Plays every entry of `benchmarks/<name>/sweep.py` once unmeasured, compares the answers, then plays
them in turns, round after round, so that a slow spell of the machine hits all alike. Times are
processor seconds of this process and of the children it waited for, which other work on the
machine disturbs least.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from rich.console import Console

from benchmarks.contest import Entry, Rounds

RESULTS = Path(__file__).parent / "results"


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
    """Play all entries in turns and return what each needed."""
    seconds: list[list[float]] = [[] for _ in entries]
    for _ in range(repeats):
        for entry, spent in zip(entries, seconds, strict=True):
            before = processor_seconds()
            entry.play()
            spent.append(processor_seconds() - before)
    return [
        Rounds(entry.work, entry.player, entry.questions, tuple(spent))
        for entry, spent in zip(entries, seconds, strict=True)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a benchmark, write its results and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run")
    parser.add_argument("name", help="a folder beside this file")
    parser.add_argument("--repeats", type=int, default=7, help="measured rounds")
    parser.add_argument("--only", default="", help="only work whose name contains this")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    chosen = parser.parse_args(arguments)
    parameters = dict(pair.split("=", 1) for pair in chosen.set)
    sweep = import_module(f"benchmarks.{chosen.name}.sweep")
    analysis = import_module(f"benchmarks.{chosen.name}.analysis")
    entries = [entry for entry in sweep.sweep(parameters) if chosen.only in entry.work]
    compare(entries)
    rounds = play(entries, chosen.repeats)
    RESULTS.mkdir(exist_ok=True)
    record = {
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "rounds": [asdict(each) for each in rounds],
    }
    path = RESULTS / f"{chosen.name}.json"
    path.write_text(json.dumps(record, indent=1) + "\n")
    Console().print(analysis.table(rounds))


if __name__ == "__main__":
    main()
