"""What players without skill write, on which puzzles, and what each mixture pays them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

import numpy as np

from countdown_gym.checking import judge
from countdown_gym.expressions import Expression, Number, Operation, Operator, steps
from countdown_gym.families import make_family
from countdown_gym.parsing import Unreadable, read_answer
from countdown_gym.prompts import plain
from countdown_gym.puzzles import Puzzle
from countdown_gym.rewards import MIXTURES
from countdown_gym.solver import television as show
from countdown_gym.solver.moves import legal_moves, step_of
from countdown_gym.solver.oracle import Oracle
from countdown_gym.splits import puzzles
from countdown_gym.symbols import SYMBOLS

Part = tuple[Expression, Fraction]
Player = Callable[[Puzzle, np.random.Generator], str]
PUZZLES = 2_000


@dataclass(frozen=True, slots=True)
class Pay:
    """What one player was paid for one puzzle by one mixture."""

    setting: str
    player: str
    mixture: str
    amount: float


def nothing(puzzle: Puzzle, rng: np.random.Generator) -> str:
    """Write nothing."""
    del puzzle, rng
    return ""


def echo(puzzle: Puzzle, rng: np.random.Generator) -> str:
    """Write the prompt once more."""
    del rng
    return plain(puzzle)


def example(puzzle: Puzzle, rng: np.random.Generator) -> str:
    """Copy the example out of TinyZero's prompt."""
    del puzzle, rng
    return "<answer> (1 + 2) / 3 </answer>"


def target(puzzle: Puzzle, rng: np.random.Generator) -> str:
    """Write the target as if it were an answer."""
    del rng
    return f"<answer>{puzzle.target}</answer>"


def nearest_number(puzzle: Puzzle, rng: np.random.Generator) -> str:
    """Write the number of the board that is nearest to the target."""
    del rng
    return f"<answer>{min(puzzle.numbers, key=lambda n: abs(n - puzzle.target))}</answer>"


def random_text(puzzle: Puzzle, rng: np.random.Generator) -> str:
    """Write up to nine symbols of the small vocabulary between the tags."""
    del puzzle
    symbols = rng.choice(SYMBOLS, rng.integers(1, 10))
    return f"<answer>{' '.join(symbols)}</answer>"


def random_legal(puzzle: Puzzle, rng: np.random.Generator) -> str:
    """Combine random values by random operations that the rules allow."""
    rules = puzzle.rules
    while True:
        parts: list[tuple[Expression, Fraction]] = [
            (Number(n), Fraction(n)) for n in puzzle.numbers
        ]
        end = 1 if rules.use_all else int(rng.integers(1, len(parts)))
        for _ in range(100):
            if len(parts) == end:
                return f"<answer>{parts[-1][0]}</answer>"
            i, j = rng.choice(len(parts), 2, replace=False)
            operator = tuple(Operator)[rng.integers(4)]
            (left, x), (right, y) = parts[i], parts[j]
            if operator is Operator.DIVIDE and y == 0:
                continue
            result = operator.apply(x, y)
            if rules.admit(result):
                rest = [part for k, part in enumerate(parts) if k not in (i, j)]
                parts = [*rest, (Operation(operator, left, right), result)]


def random_working(puzzle: Puzzle, rng: np.random.Generator) -> str:
    """Combine at random, and show every step, and every step that could come first."""
    answer = random_legal(puzzle, rng)
    read = read_answer(answer)
    taken = [] if isinstance(read, Unreadable) else steps(read.expression)
    board = [Fraction(number) for number in puzzle.numbers]
    moves = legal_moves(board, puzzle.rules)
    lines = [str(step_of(board, move)) for move in moves] + [str(step) for step in taken]
    return f"<think>{', '.join(lines)}</think>{answer}"


def oracle(puzzle: Puzzle, rng: np.random.Generator) -> str:
    """Write a shortest solution, or nothing where there is none."""
    del rng
    answer = Oracle(puzzle.rules).solve(puzzle.numbers, puzzle.target)
    return "" if answer is None else f"<answer>{answer}</answer>"


PLAYERS: Mapping[str, Player] = MappingProxyType(
    {
        "nothing": nothing,
        "echo of the prompt": echo,
        "the prompt's example": example,
        "the target": target,
        "nearest number": nearest_number,
        "random symbols": random_text,
        "random legal expression": random_legal,
        "the same, every step shown": random_working,
        "oracle": oracle,
    }
)


def language_models(count: int) -> list[Puzzle]:
    """Return solvable puzzles of three or four numbers, all of which must be used."""
    return list(puzzles(make_family("three_to_four"), "test", 0, count))


def television(count: int) -> list[Puzzle]:
    """Return television games, solvable or not."""
    rng = np.random.default_rng(0)
    return [
        Puzzle(
            tuple(int(tile) for tile in rng.choice(show.TILES, 6, replace=False)),
            int(rng.integers(101, 1000)),
            show.RULES,
        )
        for _ in range(count)
    ]


def sweep(parameters: Mapping[str, str]) -> Iterator[Pay]:  # noqa: ARG001 - there are none
    """Yield all that is measured."""
    return measure()


def measure(count: int = PUZZLES) -> Iterator[Pay]:
    """Yield what every player is paid for every puzzle by every mixture."""
    settings = {"three to four numbers": language_models, "television": television}
    for setting, draw in settings.items():
        drawn = draw(count)
        for player, write in PLAYERS.items():
            rng = np.random.default_rng(1)
            for puzzle in drawn:
                judgement = judge(puzzle, write(puzzle, rng), confirm=False)
                for mixture, reward in MIXTURES.items():
                    yield Pay(setting, player, mixture, reward.pay(judgement).total)
