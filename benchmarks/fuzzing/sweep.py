"""Ten million texts that want to be paid, judged by us and by an independent evaluator.

Work is cut into chunks, each a function of the seed and its number, so that a run can be shared out
to processes, interrupted and gone on with.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.fuzzing.mutation import Case, cases
from benchmarks.fuzzing.truth import is_right
from countdown_gym.checking import judge

PARAMETERS = ("cases", "processes", "seed", "resume")
CHUNK = 10_000
MAX_SECONDS = 0.005
UNPAID_CHECKED = 4
"""One of so many texts that were not paid is shown to the independent evaluator."""
_EXAMPLES = 5


@dataclass(slots=True)
class Counts:
    """What came of the cases of one origin."""

    cases: int = 0
    paid: int = 0
    unpaid_and_checked: int = 0
    wrong_payments: int = 0
    """Paid, and the independent evaluator finds them wrong."""
    missed_payments: int = 0
    """Not paid, checked, and right."""
    exceptions: int = 0
    slow: int = 0
    """Above `MAX_SECONDS`, the best of three times."""
    longest_chars: int = 0
    slowest_ms: float = 0.0
    examples: list[list[str]] = field(default_factory=list)
    """The first few that went wrong: what is wrong, the puzzle, the convention, the completion."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What came of one chunk."""

    number: int
    by_origin: Mapping[str, Counts]


def sweep(parameters: Mapping[str, str]) -> Iterator[Chunk]:
    """Yield what came of each chunk, those of an earlier run first.

    Parameters: `cases` (ten million), `processes` (two), `seed` (0), and `resume`, a file of JSON
    lines that takes up what an interrupted run had done and to which every chunk is added.
    """
    count, seed = int(parameters.get("cases", "10_000_000")), int(parameters.get("seed", "0"))
    path = Path(parameters["resume"]) if "resume" in parameters else None
    done = _read(path) if path is not None and path.exists() else []
    yield from done
    known = {chunk.number for chunk in done}
    missing = [number for number in range(-(-count // CHUNK)) if number not in known]
    pool = multiprocessing.get_context("spawn").Pool(int(parameters.get("processes", "2")))
    with closing(pool):
        found = pool.imap_unordered(partial(run_chunk, seed), missing)
        for chunk in track(found, "fuzzing", len(missing), console=Console(stderr=True)):
            if path is not None:
                with path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(chunk)) + "\n")
            yield chunk


def run_chunk(seed: int, number: int, count: int = CHUNK) -> Chunk:
    """Judge the cases of one chunk."""
    rng = np.random.default_rng([seed, number])
    by_origin: dict[str, Counts] = {}
    for index, case in enumerate(cases(rng, count)):
        counts = by_origin.setdefault(case.origin, Counts())
        _try(case, counts, check_unpaid=index % UNPAID_CHECKED == 0)
    return Chunk(number, by_origin)


def _try(case: Case, counts: Counts, *, check_unpaid: bool) -> None:
    """Judge one case and add what comes of it."""
    counts.cases += 1
    counts.longest_chars = max(counts.longest_chars, len(case.completion))
    try:
        seconds, paid = _judged(case)
        if seconds > MAX_SECONDS:
            seconds = min(_judged(case)[0] for _ in range(3))
    except Exception as error:  # noqa: BLE001 - that nothing is raised is what is tested
        counts.exceptions += 1
        _note(case, counts, type(error).__name__)
        return
    counts.slowest_ms = max(counts.slowest_ms, 1e3 * seconds)
    if seconds > MAX_SECONDS:
        counts.slow += 1
        _note(case, counts, "slow")
    counts.paid += paid
    counts.unpaid_and_checked += check_unpaid and not paid
    if (paid or check_unpaid) and is_right(case.puzzle, case.completion, case.convention) != paid:
        counts.wrong_payments += paid
        counts.missed_payments += not paid
        _note(case, counts, "wrong payment" if paid else "missed payment")


def _judged(case: Case) -> tuple[float, bool]:
    before = time.thread_time()
    verdict = judge(case.puzzle, case.completion, convention=case.convention).verdict
    return time.thread_time() - before, verdict.solved


def _note(case: Case, counts: Counts, what: str) -> None:
    if len(counts.examples) < _EXAMPLES:
        asked = json.dumps(case.puzzle.to_dict())
        counts.examples.append([what, asked, case.convention, case.completion[:300]])


def _read(path: Path) -> list[Chunk]:
    """Return the chunks that an earlier run wrote; a line that was cut off is left out."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row: Any = json.loads(line)
        except json.JSONDecodeError:
            continue
        origins = {name: Counts(**counts) for name, counts in row["by_origin"].items()}
        found.append(Chunk(row["number"], origins))
    return found
