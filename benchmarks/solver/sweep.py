"""What the solver is asked in its benchmark, of us and of whoever else is at hand.

Parameters, all optional: `numbers` (a shared library built of hknrx/Numbers), `panzi` (the program
of panzi/numbers), `bennorth` (the program of bennorth/countdown-numbers-solver), `stream-of-search`
(the folder of its source), `reasoning-gym` (the folder of packages that holds it). See the README.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path

import numpy as np

from benchmarks.contest import Entry
from benchmarks.solver.analysis import ARRAY, OURS
from benchmarks.solver.counting import counting
from countdown_gym.families import Family, make_family
from countdown_gym.grades import Grade
from countdown_gym.puzzles import Intermediates, Puzzle, Rules
from countdown_gym.solver import searching, television
from countdown_gym.solver.grading import grade
from countdown_gym.solver.kernels import coverage
from countdown_gym.solver.oracle import Oracle
from countdown_gym.solver.reference import Reference
from countdown_gym.solver.state import State
from countdown_gym.splits import draw_each, generator, puzzles

Question = tuple[tuple[int, ...], int]
REFERENCE = "our plain reference"
PARAMETERS = ("numbers", "panzi", "bennorth", "stream-of-search", "reasoning-gym")
_TIMES = 20


def sweep(parameters: Mapping[str, str]) -> Iterator[Entry]:
    """Yield every entry that the parameters allow."""
    yield from whole_game(parameters)
    yield from one_instance(parameters)
    yield from one_board(parameters)
    yield from counting(parameters)
    for count in (3, 4, 5):
        yield from all_used(count, parameters)
    yield from batch()
    yield from generation(parameters)
    yield from drawing()
    yield from grading()
    yield from fresh_process()


def television_questions(count: int) -> list[Question]:
    """Draw television boards and targets."""
    draw = np.random.default_rng(1)
    return [
        (tuple(draw.choice(television.TILES, 6, replace=False).tolist()), target)
        for target in draw.integers(101, 1000, count).tolist()
    ]


def whole_game(parameters: Mapping[str, str]) -> Iterator[Entry]:
    """Yield: the fewest operations of all 11,905,457 television instances."""
    work = "whole television game"
    yield Entry(work, OURS, 11_905_457, television.build, comparable=False)
    if "numbers" in parameters:
        solve = hknrx(parameters["numbers"])
        questions = television_questions(1_000)
        yield Entry(
            work,
            "hknrx/Numbers, 1,000 of them",
            1_000,
            lambda: [solve(question) for question in questions],
            comparable=False,
        )


def one_instance(parameters: Mapping[str, str]) -> Iterator[Entry]:
    """Yield: one television instance after another, without the table."""
    work = "one television instance"
    questions = television_questions(1_000)
    code = searching.quick_code(television.RULES)

    def ours() -> list[int]:
        return [searching.fewest_at_once(code, *question) for question in questions]

    yield Entry(work, OURS, len(questions), ours)
    if "numbers" in parameters:
        solve = hknrx(parameters["numbers"])
        yield Entry(
            work,
            "hknrx/Numbers",
            len(questions),
            lambda: [solve(question) for question in questions],
        )


def one_board(parameters: Mapping[str, str]) -> Iterator[Entry]:
    """Yield: one board, the fewest operations for all targets 101 to 999."""
    work = "one board, all targets"
    boards = [board for board, _ in television_questions(200)]
    arrays = [np.array(sorted(board), np.int64) for board in boards]

    def ours() -> None:
        for board in arrays:
            coverage.cover_one(board, 101, 999)

    yield Entry(work, OURS, len(boards), ours, comparable=False)
    if "panzi" in parameters:

        def panzi() -> None:
            for board in boards[:10]:
                arguments = ["-t", "1", "101..999", *map(str, board)]
                subprocess.run(  # noqa: S603 - the program that the user named
                    [parameters["panzi"], *arguments], stdout=subprocess.DEVNULL, check=True
                )

        yield Entry(work, "panzi/numbers", 10, panzi, comparable=False)


def all_used(count: int, parameters: Mapping[str, str]) -> Iterator[Entry]:
    """Yield: numbers 1 to 99, all used, target 10 to 100, one call each and one for all."""
    asked = {3: 300, 4: 60, 5: 20}[count]
    draw = np.random.default_rng(count)
    boards = draw.integers(1, 100, (asked, count))
    targets = draw.integers(10, 101, asked)
    questions = list(zip(map(tuple, boards.tolist()), targets.tolist(), strict=True))
    for kind in (Intermediates.NATURALS, Intermediates.RATIONALS):
        work = f"all {count} used, {kind}"
        oracle = Oracle(Rules(intermediates=kind))

        def ours(oracle: Oracle = oracle) -> list[bool]:
            found: list[bool] = []
            for _ in range(_TIMES):  # done too soon to be timed, as below
                found = [oracle.solvable(board, target) for board, target in questions]
            return found

        def plain(oracle: Oracle = oracle) -> list[bool]:
            return [
                Reference(oracle.rules, State.read(board)).fewest_operations(Fraction(target))
                is not None
                for board, target in questions
            ]

        def at_once(oracle: Oracle = oracle) -> list[bool]:
            found: list[bool] = []
            for _ in range(_TIMES):
                found = oracle.solvable_batch(boards, targets).tolist()
            return found

        yield Entry(work, OURS, asked * _TIMES, ours)
        yield Entry(work, ARRAY, asked * _TIMES, at_once)
        if count < 5:
            yield Entry(work, REFERENCE, asked, plain)
        if "stream-of-search" in parameters and kind is Intermediates.NATURALS:
            search = stream_of_search(parameters["stream-of-search"], count)
            yield Entry(
                work,
                "Stream of Search",
                asked,
                lambda search=search: [search(question) for question in questions],
            )


def batch() -> Iterator[Entry]:
    """Yield: 100,000 random boards of 3 and 4 numbers in two calls."""
    draw = np.random.default_rng(3)
    oracle = Oracle(Rules())
    boards = [draw.integers(1, 100, (50_000, count)) for count in (3, 4)]
    targets = draw.integers(10, 101, 50_000)

    def ours() -> int:
        return sum(int(oracle.solvable_batch(board, targets).sum()) for board in boards)

    yield Entry("batch of 100,000 boards of 3 and 4", OURS, 100_000, ours)


def generation(parameters: Mapping[str, str]) -> Iterator[Entry]:
    """Yield: solvable puzzles of four numbers 1 to 99, target 10 to 100, of one split.

    Ours is what a training run calls, with a generator for each of its environments.
    """
    work = "certified puzzle of 4 numbers"
    family = make_family("n_numbers", {"min_numbers": 4})
    rngs = [generator(4, "train", index) for index in range(500)]

    def ours() -> int:
        return sum(len(draw_each(family, "train", rngs)) for _ in range(20))

    yield Entry(work, OURS, 10_000, ours, comparable=False)
    if "reasoning-gym" in parameters:
        sys.path.append(parameters["reasoning-gym"])
        gym = import_module("reasoning_gym")

        def theirs() -> None:
            items = gym.create_dataset(
                "countdown", size=50, seed=42, min_numbers=4, max_numbers=4,
                min_target=10, max_target=100, min_value=1, max_value=99,
            )  # fmt: skip
            for at in range(50):
                items[at]

        yield Entry(work, "reasoning-gym, not certified", 50, theirs, comparable=False)


def drawing() -> Iterator[Entry]:
    """Yield: puzzles of the families, each a function of seed, split and index."""
    for name in ("three_to_four", "twenty_four"):
        family = make_family(name)

        def ours(family: Family = family) -> int:
            return sum(1 for _ in puzzles(family, "train", 0, 1_000))

        yield Entry(f"puzzle {name} by index", OURS, 1_000, ours)


def grading() -> Iterator[Entry]:
    """Yield: the grades that puzzles carry, as they are first read."""
    for work, name, count, asked in (
        ("grade of a puzzle three_to_four", "three_to_four", None, 500),
        ("grade of a puzzle of 5 numbers", "n_numbers", 5, 50),
        ("grade of a puzzle of 6 numbers", "n_numbers", 6, 2),
        ("grade of a puzzle television", "television", None, 20),
    ):
        sizes = {} if count is None else {"min_numbers": count, "max_numbers": count}
        drawn = list(puzzles(make_family(name, sizes), "train", 0, asked))

        def ours(drawn: list[Puzzle] = drawn) -> list[Grade | None]:
            grade.cache_clear()
            return [replace(puzzle).grade for puzzle in drawn]

        yield Entry(work, OURS, asked, ours)


def fresh_process() -> Iterator[Entry]:
    """Yield: the first answer of a new process, beside importing numpy, and numba's own start."""
    work = "first answer in a fresh process"
    ask = (
        "from countdown_gym.solver.oracle import Oracle\nfrom countdown_gym.puzzles import Rules\n"
    )
    few = f"{ask}Oracle(Rules()).solvable((1, 2, 3, 4), 24)"
    compiled = f"{ask}Oracle(Rules()).solvable_batch([(1, 2, 3, 4)], [24])"
    table = (
        f"{ask}from countdown_gym.solver.television import RULES\n"
        "Oracle(RULES).solvable((25, 50, 75, 100, 3, 6), 952)"
    )
    for player, code in (
        (OURS, table),
        ("import numpy", "import numpy"),
        ("countdown-gym, four numbers", few),
        ("countdown-gym, cached kernels", compiled),
        (
            "numba, one cached line",
            "from benchmarks.solver import one_kernel\none_kernel.increased(1)",
        ),
    ):
        yield Entry(work, player, 1, runs(code), comparable=False)


def runs(code: str) -> Callable[[], object]:
    """Return a play that runs code in a new interpreter, which finds all modules compiled.

    The installer compiles other packages; a checkout is compiled when it is first imported, unless
    the environment forbids it.
    """
    arguments, forbids = [sys.executable, "-c", code], "PYTHONDONTWRITEBYTECODE"
    allowed = {name: value for name, value in os.environ.items() if name != forbids}
    return lambda: subprocess.run(arguments, env=allowed, check=True).returncode  # noqa: S603 - our own code


def hknrx(library: str) -> Callable[[Question], int]:
    """Return hknrx/Numbers as a function: fewest operations, or -1."""

    class Tiles(ctypes.Structure):
        _fields_ = (("count", ctypes.c_uint32), ("values", ctypes.POINTER(ctypes.c_uint32)))

    numbers = ctypes.CDLL(str(Path(library).resolve()))
    handle = ctypes.c_void_p()
    numbers.NumbersInitialize(25_000, 15_000, ctypes.byref(handle))
    values = (ctypes.c_uint32 * 6)()
    tiles = Tiles(6, values)
    operations = (ctypes.c_uint8 * 6)()
    result = ctypes.c_uint32()

    def solve(question: Question) -> int:
        board, target = question
        values[:] = board
        operations[:] = [0] * 6
        numbers.NumbersSolve(
            handle, target, ctypes.byref(tiles), None, operations, ctypes.byref(result)
        )
        if result.value != target:
            return -1
        return next((at for at in range(6) if operations[at] == 0), 6)

    return solve


def stream_of_search(folder: str, count: int) -> Callable[[Question], bool]:
    """Return the Python search of Stream of Search as a function: whether there is an answer."""
    sys.modules.setdefault("tiktoken", types.ModuleType("tiktoken"))  # imported, not used here
    if folder not in sys.path:
        sys.path.append(folder)
    game = import_module("countdown").CountDown(100, count)
    return lambda question: game.search(question[1], list(question[0])) is not None
