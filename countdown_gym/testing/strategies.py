"""Hypothesis strategies: boards, rules, puzzles, expressions, and what a model might write.

Everything that is drawn shrinks to something short; nothing here asks the oracle.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from hypothesis import assume
from hypothesis import strategies as st

from countdown_gym.expressions import Expression, Number, Operation, Operator, value
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
def answered_puzzles(draw: st.DrawFn, max_size: int = 5) -> tuple[Puzzle, Expression]:
    """Return a strategy for puzzles under the default rules, each with a right answer."""
    numbers = draw(boards(max_size=max_size, largest=30))
    answer = draw(st.permutations(numbers).flatmap(expressions))
    try:
        target = value(answer)
    except ZeroDivisionError:
        target = None
    assume(target is not None and target.denominator == 1 and abs(target) <= MAX_MAGNITUDE)
    return Puzzle(numbers, int(target or 0)), answer


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
