"""The whole television game: the fewest operations for each of 13,243 boards and 899 targets.

The table ships with the package: blocks of boards, each compressed by itself, so that one answer
costs one block. `python -m countdown_gym.solver.television --build` writes it anew.
"""

from __future__ import annotations

import lzma
import struct
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from countdown_gym.errors import MissingResourceError
from countdown_gym.puzzles import Intermediates, Rules

RULES = Rules(use_all=False, intermediates=Intermediates.POSITIVE_INTEGERS)
"""Each tile at most once, every result a positive whole number."""
TILES = (1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 25, 50, 75, 100)
"""The tiles of which six are drawn."""
LOWEST_TARGET = 101
HIGHEST_TARGET = 999
BOARDS = 13_243
PATH = Path(__file__).with_name("television.bin")

_DRAWN = 6
_TARGETS = HIGHEST_TARGET - LOWEST_TARGET + 1
_BLOCK = 128  # boards: a block takes a millisecond to unpack
_BLOCKS = -(-BOARDS // _BLOCK)
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 0, "pb": 0}]
_DISTINCT = sorted(set(TILES))

Bytes = NDArray[np.uint8]


def rank(numbers: Iterable[int]) -> int | None:
    """Return the place of a board among all boards in lexicographic order, or None if it is none.

    Example:
        >>> rank((1, 2, 1, 3, 2, 3))
        0
        >>> rank((100, 75, 50, 25, 10, 10))
        13242
    """
    board = sorted(numbers)
    if len(board) != _DRAWN:
        return None
    place, start = 0, 0
    for position, number in enumerate(board):
        at = bisect_left(TILES, number, start)
        if at == len(TILES) or TILES[at] != number:
            return None
        place += _passed(start, at, _DRAWN - position - 1)
        start = at + 1
    return place


def look_up(numbers: tuple[object, ...], target: object) -> int | None:
    """Return the fewest operations that reach a target from a board, 0 if none do.

    Returns None where the table does not say: the numbers are no board, or the target is no target.

    Raises:
        MissingResourceError: If the table is not there.
    """
    if len(numbers) != _DRAWN or type(target) is not int:
        return None
    place = _place(numbers) if LOWEST_TARGET <= target <= HIGHEST_TARGET else None
    if place is None:
        return None
    block = _unpacked(place // _BLOCK)
    return block[place % _BLOCK * _TARGETS + target - LOWEST_TARGET]


def table() -> Bytes:  # (13243, 899)
    """Return the whole table: fewest operations by board and target, 0 where nothing reaches it.

    Raises:
        MissingResourceError: If the table is not there.
    """
    whole = b"".join(_unpacked(block) for block in range(_BLOCKS))
    return np.frombuffer(whole, np.uint8).reshape(BOARDS, _TARGETS)


def boards() -> list[tuple[int, ...]]:
    """Return every board, ascending in itself and among the others."""
    return _multisets(_DRAWN)


def build() -> Bytes:  # (13243, 899)
    """Work the whole table out anew; see `table`."""
    from countdown_gym.solver.kernels import coverage  # noqa: PLC0415 - numba takes long to import

    digits = np.cumprod([1] + [TILES.count(tile) + 1 for tile in _DISTINCT])
    weight = dict(zip(_DISTINCT, digits[:-1].tolist(), strict=True))
    rows = [part for size in range(1, _DRAWN + 1) for part in _multisets(size)]
    numbers = np.zeros((len(rows), _DRAWN), np.int64)
    weights = np.zeros_like(numbers)
    for at, part in enumerate(rows):
        numbers[at, : len(part)] = part
        weights[at, : len(part)] = [weight[tile] for tile in part]
    index = np.zeros(digits[-1], np.int64)
    index[weights.sum(axis=1)] = np.arange(len(rows))
    largest = np.cumprod([1, *sorted(TILES, reverse=True)[: _DRAWN - 1]])
    most = np.zeros(_DRAWN + 1, np.int64)
    most[1:] = HIGHEST_TARGET * largest[::-1]
    fewest = coverage.cover_sets(
        numbers,
        weights,
        (numbers > 0).sum(axis=1),
        index,
        len(rows) - BOARDS,
        most,
        LOWEST_TARGET,
        HIGHEST_TARGET,
    )
    return np.where(fewest == coverage.NONE, np.uint8(0), fewest)


def write(whole: Bytes, path: Path = PATH) -> None:
    """Write a table: the length of each packed block, then the blocks."""
    packed = [
        lzma.compress(whole[at : at + _BLOCK].tobytes(), lzma.FORMAT_RAW, filters=_FILTERS)
        for at in range(0, BOARDS, _BLOCK)
    ]
    lengths = struct.pack(f"<{_BLOCKS}I", *map(len, packed))
    path.write_bytes(lengths + b"".join(packed))


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the table and write it."""
    import argparse  # noqa: PLC0415 - a look-up in a new process should not wait for it

    parser = argparse.ArgumentParser(prog="python -m countdown_gym.solver.television")
    parser.add_argument("--build", action="store_true", required=True, help="write the table anew")
    parser.add_argument("--path", type=Path, default=PATH, help="where to write it")
    write(build(), parser.parse_args(arguments).path)


@lru_cache(maxsize=4096)
def _place(numbers: tuple[object, ...]) -> int | None:
    whole = tuple(number for number in numbers if isinstance(number, int))
    return rank(whole)


@lru_cache(maxsize=_BLOCKS)
def _unpacked(block: int) -> bytes:
    try:
        with PATH.open("rb") as file:
            lengths = struct.unpack(f"<{_BLOCKS}I", file.read(4 * _BLOCKS))
            file.seek(sum(lengths[:block]), 1)
            packed = file.read(lengths[block])
    except FileNotFoundError as error:
        raise MissingResourceError(
            f"{PATH} is missing; write it with python -m countdown_gym.solver.television --build"
        ) from error
    return lzma.decompress(packed, lzma.FORMAT_RAW, filters=_FILTERS)


@cache
def _passed(start: int, at: int, left: int) -> int:
    """Return how many draws go on with a tile from `start` on and before `at`, and `left` more."""
    tiles = set(TILES[start:at])
    return sum(_draws(bisect_left(TILES, tile, start) + 1, left) for tile in tiles)


@cache
def _draws(start: int, count: int) -> int:
    """Return how many different draws of `count` there are among the tiles from `start` on."""
    if count == 0:
        return 1
    return sum(
        _draws(at + 1, count - 1)
        for at in range(start, len(TILES))
        if at == start or TILES[at] != TILES[at - 1]
    )


def _multisets(size: int) -> list[tuple[int, ...]]:
    return sorted(set(combinations(TILES, size)))


if __name__ == "__main__":
    main()
