"""Hypothesis strategies: boards, rules, puzzles, expressions, and what a model might write.

Everything that is drawn shrinks to something short; nothing here asks the oracle.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction

from hypothesis import assume, reject
from hypothesis import strategies as st

from countdown_gym.checking import check
from countdown_gym.expressions import Expression, Number, Operation, Operator, value
from countdown_gym.parsing import Answer
from countdown_gym.puzzles import MAX_MAGNITUDE, Intermediates, Puzzle, Rules


def boards(
    min_size: int = 1, max_size: int = 6, largest: int = 100
) -> st.SearchStrategy[tuple[int, ...]]:
    """Return a strategy for numbers from 0 to `largest` on a board, repetitions included."""
    return st.lists(st.integers(0, largest), min_size=min_size, max_size=max_size).map(tuple)


def rules() -> st.SearchStrategy[Rules]:
    """Return a strategy for rules of every kind, strange ones included."""
    return st.builds(
        Rules,
        operators=st.frozensets(st.sampled_from(Operator), min_size=1),
        use_all=st.booleans(),
        keep_order=st.booleans(),
        intermediates=st.sampled_from(Intermediates),
        largest_intermediate=st.none() | st.integers(1, 200),
    )


def puzzles(
    boards: st.SearchStrategy[tuple[int, ...]] | None = None,
    rules: st.SearchStrategy[Rules] | None = None,
) -> st.SearchStrategy[Puzzle]:
    """Return a strategy for puzzles, most of which have no solution.

    Args:
        boards: Where the numbers come from.
        rules: Where the rules come from; by default the rules are the default ones.
    """
    return st.builds(
        Puzzle,
        numbers=_any_board() if boards is None else boards,
        target=st.integers(-10, 200),
        rules=st.just(Rules()) if rules is None else rules,
    )


@st.composite
def expressions(
    draw: st.DrawFn,
    numbers: Sequence[int] | None = None,
    operators: Collection[Operator] = tuple(Operator),
) -> Expression:
    """Return a strategy for expressions; some divide by zero.

    Args:
        draw: Given by hypothesis.
        numbers: What stands from left to right; by default any board.
        operators: What joins them.
    """
    parts: list[Expression] = [
        Number(number) for number in (draw(_any_board()) if numbers is None else numbers)
    ]
    while len(parts) > 1:
        left = draw(st.integers(0, len(parts) - 2))
        operator = draw(st.sampled_from(tuple(operators)))
        parts[left : left + 2] = [Operation(operator, parts[left], parts[left + 1])]
    return parts[0]


@st.composite
def legal_expressions(draw: st.DrawFn, puzzle: Puzzle) -> Expression:
    """Return a strategy for expressions that keep every rule of a puzzle, whatever they come to.

    Extras (powers, roots and so on) are not used. Where the rules leave nothing, nothing is drawn.

    Args:
        draw: Given by hypothesis.
        puzzle: Whose rules are kept.
    """
    rules, places = puzzle.rules, range(len(puzzle.numbers))
    used = draw(
        st.permutations(places)
        if rules.use_all
        else st.lists(st.sampled_from(places), min_size=1, unique=True)
    )
    parts: list[Expression] = [
        Number(puzzle.numbers[place]) for place in (sorted(used) if rules.keep_order else used)
    ]
    while len(parts) > 1:
        left = draw(st.integers(0, len(parts) - 2))
        joined = [
            Operation(operator, parts[left], parts[left + 1])
            for operator in Operator
            if operator in rules.operators
        ]
        fitting = [whole for whole in joined if _admitted(puzzle, whole)]
        assume(fitting)
        parts[left : left + 2] = [draw(st.sampled_from(fitting))]
    return parts[0]


@st.composite
def illegal_expressions(draw: st.DrawFn, puzzle: Puzzle) -> Expression:
    """Return a strategy for expressions that break a rule of a puzzle, whatever they come to.

    A number that is not on the board or is used too often; where the rules forbid them, numbers
    left out or out of order, operators and results; now and then a division by zero.

    Args:
        draw: Given by hypothesis.
        puzzle: Whose rules are broken.
    """
    rules, board = puzzle.rules, puzzle.numbers
    numbers: st.SearchStrategy[Sequence[int]] = _boards_beside(board).flatmap(st.permutations)
    if rules != Rules(use_all=rules.use_all):  # the right numbers can be misused too
        numbers |= st.just(board) | st.permutations(board)
    expression = draw(numbers.flatmap(expressions))
    assume(not check(puzzle, Answer.of(expression), confirm=False).legal)
    return expression


@st.composite
def answered_puzzles(draw: st.DrawFn, max_size: int = 5) -> tuple[Puzzle, Expression]:
    """Return a strategy for puzzles under the default rules, each with a right answer."""
    numbers, answer, worth = draw(_valued(max_size))
    return Puzzle(numbers, _target(worth)), answer


@st.composite
def near_misses(draw: st.DrawFn, max_size: int = 5) -> tuple[Puzzle, Expression]:
    """Return a strategy for puzzles under the default rules, each with what is nearly an answer.

    Either everything is legal and the value less than two away from the target, or the value is the
    target and the numbers are those of the board but for one: exchanged, too many or too few.
    """
    numbers, answer, worth = draw(_valued(max_size))
    if draw(st.booleans()):
        return Puzzle(draw(_boards_beside(numbers)), _target(worth)), answer
    whole = Fraction(worth // 1)
    beside = [target for target in (whole + 1, whole, whole - 1) if target != worth]
    return Puzzle(numbers, _target(draw(st.sampled_from(beside)))), answer


def completions(puzzle: Puzzle | None = None) -> st.SearchStrategy[str]:
    """Return a strategy for what a model might write.

    Well-formed answers, well-formed ones with a few characters changed, symbols of the grammar
    in no order, runs of one symbol, and any text, lone surrogates included.

    Args:
        puzzle: Whose numbers well-formed answers use; by default any numbers.
    """
    numbers = _any_board() if puzzle is None else st.permutations(puzzle.numbers).map(tuple)
    written = numbers.flatmap(expressions).map(str)
    claims = st.sampled_from(["", " = 24", "=-1"])
    tagged = st.builds(
        "{}<answer>{}{}</answer>{}".format,
        st.sampled_from(["", "<think>", "<think>1 + 1</think>", "<answer>"]),
        written,
        claims,
        st.sampled_from(["", "\n", "</answer>", "<|endoftext|>"]),
    )
    symbols = st.lists(st.sampled_from(_SYMBOLS), max_size=30).map("".join)
    runs = st.builds(
        "{0}{1}{2}{3}".format,
        st.sampled_from(["", "<answer>", "\\boxed{"]),
        st.builds(str.__mul__, st.sampled_from(_SYMBOLS), st.integers(0, 600)),
        symbols,
        st.sampled_from(["", "</answer>", "}"]),
    )
    anything = st.text(st.characters())
    return st.one_of(tagged, _smudged(tagged), symbols, runs, anything)


_SYMBOLS = (
    *("<think>", "</think>", "<answer>", "</answer>", "\\boxed{", "{", "}", "$", "`", "```"),
    *("(", ")", "+", "-", "*", "/", "×", "÷", "−", "=", "\\frac", "\\times", "**", "//", "!"),  # noqa: RUF001 - the signs models write
    *("0", "1", "25", "007", "1.5", "1e2", "²", "٣", "３", " ", "\n", "\u200b", "\ud800"),  # noqa: RUF001 - digits that are not ASCII
)


def _any_board() -> st.SearchStrategy[tuple[int, ...]]:
    return boards()


def _boards_beside(board: tuple[int, ...]) -> st.SearchStrategy[tuple[int, ...]]:
    """Return a strategy for boards with one number exchanged, one more or one less."""
    places = st.integers(0, len(board) - 1)
    number = st.sampled_from(board) | st.integers(0, 100)
    shorter = places.map(lambda place: board[:place] + board[place + 1 :])
    longer = number.map(lambda other: (*board, other))
    exchanged = st.builds(
        lambda place, other: (*board[:place], other, *board[place + 1 :]), places, number
    )
    beside = (longer, exchanged, shorter) if len(board) > 1 else (longer, exchanged)
    return st.one_of(beside).filter(lambda other: sorted(other) != sorted(board))


@st.composite
def _valued(draw: st.DrawFn, max_size: int) -> tuple[tuple[int, ...], Expression, Fraction]:
    """Return a strategy for boards, each with an expression of all its numbers and the value."""
    numbers = draw(boards(max_size=max_size, largest=30))
    expression = draw(st.permutations(numbers).flatmap(expressions))
    worth = _value(expression)
    if worth is None:
        reject()
    return numbers, expression, worth


def _target(worth: Fraction) -> int:
    """Return a value as a target, or give the case up if it is none."""
    assume(worth.denominator == 1 and abs(worth) <= MAX_MAGNITUDE)
    return int(worth)


def _admitted(puzzle: Puzzle, expression: Expression) -> bool:
    """Whether an expression has a value that may be a result."""
    worth = _value(expression)
    return worth is not None and puzzle.rules.admit(worth)


def _value(expression: Expression) -> Fraction | None:
    """Return the exact value, None where something divides by zero."""
    try:
        return value(expression)
    except ZeroDivisionError:
        return None


@st.composite
def _smudged(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """Return a strategy for texts with up to three places cut out or overwritten."""
    text = draw(texts)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(start + 3, len(text))))
        text = text[:start] + draw(st.just("") | st.sampled_from(_SYMBOLS)) + text[end:]
    return text


def _bracketed(expression: Expression) -> str:
    if isinstance(expression, Number):
        return str(expression)
    return f"({_bracketed(expression.left)}{expression.operator}{_bracketed(expression.right)})"


def _in_lines(expression: Expression) -> str:
    return f"\n{expression}\n"


def _with_signs(expression: Expression) -> str:
    return str(expression).translate(str.maketrans("*/-", "×÷−"))  # noqa: RUF001 - as above


SPELLINGS: tuple[Callable[[Expression], str], ...] = (str, _bracketed, _in_lines, _with_signs)
"""Ways to write the same expression: plain, in brackets, on a line of its own, as in a textbook."""
