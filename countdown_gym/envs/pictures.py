"""What an episode looks like: a scene, in words, and the picture of it.

An environment says what is to be seen as a `Scene`; `draw` makes the picture, always of the same
size and the same to the last pixel for the same scene. This module knows the game's nouns (tiles,
target, attempts, verdicts) and no environment.

Pictures need Pillow, extra `render`, imported when the first is drawn. The letters are those of the
typeface that Pillow brings along; it lacks the signs of arithmetic, so these are drawn as lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countdown_gym.checking import Judgement, Verdict
from countdown_gym.expressions import Expression, Operation, Step, value
from countdown_gym.parsing import Unreadable
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.state import State

Frame = NDArray[np.uint8]  # (HEIGHT, WIDTH, 3)

WIDTH, HEIGHT = 960, 540
"""The size of every picture, in pixels."""
MAX_ROWS = 6
"""How many attempts or operations are shown; of more the latest."""
MAX_TEXT_CHARS = 600
"""How much of one text is shown, at most."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that may be used."""

    number: str
    made_of: str = ""
    """How it was made, if it does not come from the board."""


@dataclass(frozen=True, slots=True)
class Row:
    """One attempt or one operation."""

    text: str
    result: str = ""
    """What it comes to."""
    fault: str = ""
    """Why it comes to nothing."""
    right: bool | None = None
    """Whether it was right; None if nothing is said of that."""
    words: bool = False
    """Whether the text is words and not arithmetic."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be seen at one moment of an episode."""

    tiles: tuple[Tile, ...]
    target: str
    rows: tuple[Row, ...] = ()
    status: str = ""
    """One sentence on where things stand."""
    right: bool | None = None
    """Whether the puzzle was solved; None while that is open."""
    listed: bool = False
    """Whether rows are numbered even if there is but one."""


# --- scenes ----------------------------------------------------------------------------------


def answer_scene(puzzle: Puzzle, judgement: Judgement | None) -> Scene:
    """Return the board, and the answer with its verdict once there is one."""
    if judgement is None:
        return Scene(_board(puzzle), str(puzzle.target), (), "no answer yet")
    rows, verdict = (_attempt(judgement),), judgement.verdict
    return Scene(_board(puzzle), str(puzzle.target), rows, said(verdict), verdict.solved)


def dialogue_scene(puzzle: Puzzle, judgements: Sequence[Judgement], attempts_left: int) -> Scene:
    """Return the board and every attempt, with its verdict."""
    rows = tuple(_attempt(judgement) for judgement in judgements)
    if not judgements:
        return Scene(_board(puzzle), str(puzzle.target), (), _left("attempt", attempts_left))
    verdict = judgements[-1].verdict
    status = said(verdict)
    if not verdict.solved:
        status = f"{status}  ·  {_left('attempt', attempts_left)}"
    right = verdict.solved if verdict.solved or not attempts_left else None
    return Scene(_board(puzzle), str(puzzle.target), rows, status, right, listed=True)


def written_scene(puzzle: Puzzle, text: str, judgement: Judgement | None) -> Scene:
    """Return the board and what is written so far, with the verdict once there is one."""
    scene = answer_scene(puzzle, judgement)
    if judgement is None and text:
        return Scene(scene.tiles, scene.target, (Row(excerpt(text), words=True),), "writing")
    return scene


def steps_scene(
    puzzle: Puzzle, positions: Sequence[State], turns_left: int, right: bool | None
) -> Scene:
    """Return what remains on the board and the operations that led there."""
    present = positions[-1]
    tiles = tuple(
        Tile(str(number), "" if str(number) == str(made) else str(made))
        for number, made in zip(present.values, present.expressions, strict=True)
    )
    rows = tuple(
        Row(str(step).rpartition(" = ")[0], str(step.result)) for step in _steps(positions)
    )
    if right:
        status = "solved"
    elif right is None:
        status = _left("turn", turns_left)
    else:
        status = "not solved"
    return Scene(tiles, str(puzzle.target), rows, status, right, listed=True)


def said(verdict: Verdict) -> str:
    """Return a verdict in a few words."""
    if verdict.fault is None:
        return "solved"
    return f"{_named(verdict)}: {verdict.detail}"


def excerpt(text: str) -> str:
    """Return the end of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_TEXT_CHARS else f"…{line[-MAX_TEXT_CHARS:]}"


def _board(puzzle: Puzzle) -> tuple[Tile, ...]:
    return tuple(Tile(str(number)) for number in puzzle.numbers)


def _attempt(judgement: Judgement) -> Row:
    answer, verdict = judgement.answer, judgement.verdict
    if isinstance(answer, Unreadable):
        text = excerpt(judgement.completion) or "(nothing)"
        return Row(text, fault=_named(verdict), right=False, words=True)
    if verdict.value is None:
        return Row(answer.text, fault=_named(verdict), right=False)
    return Row(answer.text, str(verdict.value), right=verdict.solved)


def _named(verdict: Verdict) -> str:
    return "" if verdict.fault is None else verdict.fault.replace("_", " ")


def _left(noun: str, count: int) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'} left"


def _steps(positions: Sequence[State]) -> Iterator[Step]:
    """Yield the operation between each position and the next."""
    for before, after in pairwise(positions):
        known: list[Expression] = list(before.expressions)
        for expression in after.expressions:
            if expression in known:
                known.remove(expression)
            elif isinstance(expression, Operation):
                left, right = value(expression.left), value(expression.right)
                yield Step(expression.operator, left, right, value(expression))


# --- drawing ---------------------------------------------------------------------------------

_SCALE = 2  # drawn twice as large and reduced, so that lines are smooth
_MARGIN = 48
_PAPER, _INK, _FAINT, _LINE = "#fbfaf7", "#1f2933", "#7b8794", "#e4e2db"
_TILE, _TILE_INK, _TARGET = "#2f5d8a", "#ffffff", "#1f2933"
_RIGHT, _WRONG, _OPEN = "#1d8a5b", "#c2403a", "#8a94a0"
_TINTS = {True: "#e3f3ea", False: "#fbe9e7", None: "#efeeea"}
_COLOURS = {True: _RIGHT, False: _WRONG, None: _OPEN}
_SIGNS = "×÷−√"  # noqa: RUF001 - the signs that are drawn


def draw(scene: Scene) -> Frame:
    """Return the picture of a scene.

    Example:
        >>> draw(Scene((Tile("25"), Tile("3")), "75")).shape
        (540, 960, 3)
    """
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), _PAPER)
    canvas = _Canvas(ImageDraw.Draw(image))
    _draw_tiles(canvas, scene.tiles)
    _draw_target(canvas, scene.target)
    _draw_rows(canvas, scene.rows, listed=scene.listed)
    _draw_status(canvas, scene.status, scene.right)
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    return np.array(small, np.uint8)


def _draw_tiles(canvas: _Canvas, tiles: Sequence[Tile]) -> None:
    left, right, top = _MARGIN, WIDTH - _MARGIN - 200, 44
    columns = min(8, max(4, len(tiles)))
    rows = -(-len(tiles) // columns)
    gap = 12
    width = min(104.0, (right - left + gap) / columns - gap)
    height = min(84.0, (112 + gap) / rows - gap)
    made = rows == 1 and any(tile.made_of for tile in tiles)
    pitch = (right - left + gap) / columns if made else width + gap
    for place, tile in enumerate(tiles):
        x = left + (place % columns) * pitch
        y = top + (place // columns) * (height + gap)
        canvas.box(x, y, width, height, _TILE, radius=min(14.0, height / 4))
        number = canvas.fitted(tile.number, width - 12, min(44.0, height * 0.6), 9)
        canvas.centred(x + width / 2, y + height / 2, *number, _TILE_INK)
        if made and tile.made_of:
            note = canvas.fitted(arithmetic(tile.made_of), pitch - 10, 17, 11)
            canvas.beside(x + 2, y + height + 16, *note, _FAINT)


def _draw_target(canvas: _Canvas, target: str) -> None:
    x, y, width, height = WIDTH - _MARGIN - 168, 44, 168, 84
    canvas.box(x, y, width, height, _TARGET, radius=14)
    canvas.centred(x + width / 2, y + 17, "target", 15, "#b8c2cc")
    canvas.centred(x + width / 2, y + 52, *canvas.fitted(target, width - 20, 46, 9), _TILE_INK)
    canvas.line([(_MARGIN, 182), (WIDTH - _MARGIN, 182)], _LINE, 2)


def _draw_rows(canvas: _Canvas, rows: Sequence[Row], *, listed: bool) -> None:
    top, bottom = 196, 442
    if not rows:
        canvas.centred(WIDTH / 2, (top + bottom) / 2, "?", 110, _LINE)
        return
    if len(rows) == 1 and not listed:
        _draw_alone(canvas, rows[0], top, bottom)
        return
    shown = rows[-MAX_ROWS:]
    hidden = len(rows) - len(shown)
    height = (bottom - top) / MAX_ROWS
    for place, row in enumerate(shown):
        middle = top + (place + 0.5) * height
        colour = _COLOURS[row.right]
        canvas.centred(_MARGIN + 12, middle, str(hidden + place + 1), 16, _FAINT)
        if row.right is not None:
            canvas.mark(WIDTH - _MARGIN - 14, middle, 13, row.right)
        text = row.text if row.words else arithmetic(row.text)
        shade = _FAINT if row.words else _INK
        fitted = canvas.fitted(text, 560, 20 if row.words else 28, 14)
        canvas.beside(_MARGIN + 36, middle, *fitted, shade)
        result = arithmetic(f"= {row.result}") if row.result else row.fault
        fitted = canvas.fitted(result, 200, 28 if row.result else 20, 14)
        canvas.beside(_MARGIN + 36 + 576, middle, *fitted, _INK if row.right is None else colour)


def _draw_alone(canvas: _Canvas, row: Row, top: float, bottom: float) -> None:
    """Draw the only row as large as it fits."""
    text = row.text if row.words else arithmetic(row.text)
    width, room = WIDTH - 2 * _MARGIN, bottom - top - (64 if row.result else 0)
    lines, size = canvas.wrapped(text, width, room, 20 if row.words else 54)
    spacing = size * 1.32
    tall = len(lines) * spacing + (64 if row.result else 0)
    y = (top + bottom - tall) / 2 + spacing / 2
    for line in lines:
        canvas.centred(WIDTH / 2, y, line, size, _FAINT if row.words else _INK)
        y += spacing
    if row.result:
        fitted = canvas.fitted(arithmetic(f"= {row.result}"), width, 44, 14)
        canvas.centred(WIDTH / 2, y - spacing / 2 + 32, *fitted, _COLOURS[row.right])


def _draw_status(canvas: _Canvas, status: str, right: bool | None) -> None:
    x, y, width, height = _MARGIN, 456, WIDTH - 2 * _MARGIN, 56
    canvas.box(x, y, width, height, _TINTS[right], radius=14)
    middle = y + height / 2
    canvas.mark(x + 34, middle, 15, right)
    fitted = canvas.fitted(status, width - 90, 25, 16)
    canvas.beside(x + 66, middle, *fitted, _INK if right is None else _COLOURS[right])


def arithmetic(text: str) -> str:
    """Return an expression with the signs of print in place of those of a keyboard.

    Example:
        >>> arithmetic("8 / (1/3) + sqrt(4)")
        '8 ÷ (1/3) + √(4)'
    """
    for written, printed in ((" * ", " × "), (" / ", " ÷ "), ("-", "−"), ("sqrt(", "√(")):  # noqa: RUF001 - print
        text = text.replace(written, printed)
    return text


@lru_cache(maxsize=64)
def _font(size: int) -> Any:  # noqa: ANN401 - Pillow's
    from PIL import ImageFont

    return ImageFont.load_default(size)


class _Canvas:
    """Text and shapes in the coordinates of the picture, drawn `_SCALE` times as large."""

    def __init__(self, pen: Any) -> None:  # noqa: ANN401 - Pillow's
        self._pen = pen

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, *, radius: float
    ) -> None:
        """Fill a box with rounded corners."""
        corners = [v * _SCALE for v in (x, y, x + width, y + height)]
        self._pen.rounded_rectangle(corners, radius * _SCALE, fill=colour)

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float) -> None:
        """Draw a line through points."""
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._pen.line(scaled, fill=colour, width=max(1, round(width * _SCALE)), joint="curve")

    def dot(self, x: float, y: float, radius: float, colour: str) -> None:
        """Fill a circle."""
        corners = [v * _SCALE for v in (x - radius, y - radius, x + radius, y + radius)]
        self._pen.ellipse(corners, fill=colour)

    def mark(self, x: float, y: float, radius: float, right: bool | None) -> None:
        """Draw a tick, a cross, or a ring while it is open."""
        self.dot(x, y, radius, _COLOURS[right])
        reach, width = radius * 0.42, radius * 0.22
        if right is None:
            self.dot(x, y, radius * 0.62, _TINTS[None])
        elif right:
            corner = (x - reach * 0.25, y + reach * 0.8)
            ends = (x - reach * 1.1, y), (x + reach * 1.15, y - reach * 0.8)
            self.line([ends[0], corner, ends[1]], _PAPER, width)
        else:
            for rise in (reach, -reach):
                self.line([(x - reach, y - rise), (x + reach, y + rise)], _PAPER, width)

    def length(self, text: str, size: float) -> float:
        """Return how wide a text is."""
        font = _font(round(size * _SCALE))
        signs = sum(sign in _SIGNS for sign in text)
        rest = "".join(
            letter if letter.isprintable() else " " for letter in text if letter not in _SIGNS
        )
        return float(font.getlength(rest)) / _SCALE + signs * size * _SIGN_WIDTH

    def size_for(self, text: str, width: float, size: float) -> float:
        """Return the largest size, at most `size`, at which a text fits."""
        return max(6.0, min(size, size * width / max(1.0, self.length(text, size))))

    def fitted(self, text: str, width: float, size: float, least: float) -> tuple[str, float]:
        """Return a text and its size; it is cut where it does not fit at the least size."""
        longest = int(width / (_THINNEST * least))
        text = text if len(text) <= longest else f"{text[:longest]}…"
        size = max(least, self.size_for(text, width, size))
        if self.length(text, size) <= width + 1:
            return text, size
        while text and self.length(f"{text}…", size) > width:
            text = text[: -max(1, len(text) // 20)]
        return f"{text.rstrip()}…", size

    def wrapped(
        self, text: str, width: float, height: float, size: float
    ) -> tuple[list[str], float]:
        """Return lines and a size at which they fill the room; what is too long even so is cut."""
        while True:
            lines = list(self._lines(text, width, size))
            most = max(1, int(height / (size * 1.32)))
            if len(lines) <= most and (len(lines) <= 2 or size <= 30):
                return lines, size
            if size <= 16:
                last, _ = self.fitted(" ".join(lines[most - 1 :]), width, size, size)
                return [*lines[: most - 1], last], size
            size = max(16.0, size * 0.9)

    def _lines(self, text: str, width: float, size: float) -> Iterator[str]:
        line = ""
        for word in text.split(" "):
            rest = word
            while self.length(rest, size) > width:  # a word that no line holds
                if line:
                    yield line
                    line = ""
                fits = min(len(rest), int(width / (_THINNEST * size)))
                while self.length(rest[:fits], size) > width:
                    fits -= max(1, fits // 20)
                yield rest[:fits]
                rest = rest[fits:]
            longer = f"{line} {rest}" if line else rest
            if line and self.length(longer, size) > width:
                yield line
                longer = rest
            line = longer
        if line:
            yield line

    def centred(self, x: float, y: float, text: str, size: float, colour: str) -> None:
        """Write a text around a point."""
        self.beside(x - self.length(text, size) / 2, y, text, size, colour)

    def beside(self, x: float, y: float, text: str, size: float, colour: str) -> None:
        """Write a text to the right of a point, its letters centred on the point's height."""
        text = "".join(letter if letter.isprintable() else " " for letter in text)
        baseline = y + size * 0.355
        run = ""
        for letter in [*text, ""]:
            if letter and letter not in _SIGNS:
                run += letter
                continue
            if run:
                font = _font(round(size * _SCALE))
                at = (x * _SCALE, baseline * _SCALE)
                self._pen.text(at, run, fill=colour, font=font, anchor="ls")
                x += float(font.getlength(run)) / _SCALE
                run = ""
            if letter:
                _DRAWN[letter](self, x, baseline, size, colour)
                x += size * _SIGN_WIDTH


_SIGN_WIDTH = 0.62  # of a drawn sign, in units of its size
_THINNEST = 0.2  # of a letter, likewise: a bound from below
Sign = Callable[[_Canvas, float, float, float, str], None]


def _times(canvas: _Canvas, x: float, baseline: float, size: float, colour: str) -> None:
    middle, height, reach = x + size * 0.31, baseline - size * 0.29, size * 0.17
    for rise in (reach, -reach):
        canvas.line(
            [(middle - reach, height - rise), (middle + reach, height + rise)], colour, size * 0.07
        )


def _minus(canvas: _Canvas, x: float, baseline: float, size: float, colour: str) -> None:
    height = baseline - size * 0.29
    canvas.line([(x + size * 0.1, height), (x + size * 0.52, height)], colour, size * 0.065)


def _divided(canvas: _Canvas, x: float, baseline: float, size: float, colour: str) -> None:
    _minus(canvas, x, baseline, size, colour)
    for side in (1, -1):
        height = baseline - size * (0.29 + 0.19 * side)
        canvas.dot(x + size * 0.31, height, size * 0.058, colour)


def _radical(canvas: _Canvas, x: float, baseline: float, size: float, colour: str) -> None:
    points = ((0.04, 0.32), (0.14, 0.38), (0.28, -0.02), (0.5, 0.8), (0.62, 0.8))
    corners = [(x + size * across, baseline - size * up) for across, up in points]
    canvas.line(corners, colour, size * 0.06)


_DRAWN: dict[str, Sign] = {"×": _times, "÷": _divided, "−": _minus, "√": _radical}  # noqa: RUF001 - print
