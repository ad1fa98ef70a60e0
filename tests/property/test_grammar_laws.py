"""Masks allow exactly what can still become legal: an independent brute force agrees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countdown_gym.checking import judge
from countdown_gym.faults import Fault
from countdown_gym.grammar.answer_form import TAGS
from countdown_gym.grammar.masks import TokenGrammar, grammar
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.symbols import SYMBOLS, SymbolTokenizer
from countdown_gym.testing import expressions

EOS = 0
OF_RESULTS = {None, Fault.WRONG_VALUE, Fault.DIVIDES_BY_ZERO, Fault.FORBIDDEN_INTERMEDIATE}
"""What a verdict may be on an answer with right numbers and operators, well-formed."""


class Pieces:
    """A tokenizer of any texts; the first id is the end of text."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = ("", *texts)
        self.pad_id = self.eos_id = EOS
        self.vocabulary_size = len(self.texts)

    def encode(self, text: str) -> list[int]:
        del text
        return [1]

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(self.texts[i] for i in ids)


def legal(text: str, puzzle: Puzzle, mode: str, convention: str) -> bool:
    """Whether a whole text is a legal completion: in plain form, and the referee says so."""
    opening, closing = (re.escape(tag) for tag in TAGS[convention])
    before = r"(?:(?!" + opening + r").)*" if mode == "completion" else r"[ \t\n\r\f\v]*"
    form = f"{before}{opening}" + r"[-+*/()0-9 \t\n\r\f\v]*" + closing
    plain = re.fullmatch(form, text, re.DOTALL) is not None
    verdict = judge(puzzle, text, convention=convention, confirm=False).verdict
    return plain and verdict.fault in OF_RESULTS


def completions(
    tokenizer: Pieces, budget: int, puzzle: Puzzle, mode: str, convention: str
) -> Iterator[tuple[int, ...]]:
    """Yield every legal completion within the budget, by trying all there are."""
    for length in range(budget):
        for ids in product(range(1, tokenizer.vocabulary_size), repeat=length):
            if legal(tokenizer.decode(ids), puzzle, mode, convention):
                yield (*ids, EOS)


def assert_exact(
    tokenizer: Pieces, budget: int, puzzle: Puzzle, mode: str, convention: str
) -> None:
    """Compare the mask with brute force after every sequence of tokens within the budget."""
    expected: dict[tuple[int, ...], set[int]] = {}
    for completion in completions(tokenizer, budget, puzzle, mode, convention):
        for place, token in enumerate(completion):
            expected.setdefault(completion[:place], set()).add(token)
    made = grammar(puzzle, tokenizer, mode, convention)
    waiting = [(tuple[int, ...](), made.start)]
    while waiting:
        prefix, at = waiting.pop()
        allowed = set(np.flatnonzero(made.mask(at, budget - len(prefix))).tolist())
        written = tokenizer.decode(prefix)
        assert allowed == expected.get(prefix, set()), (written, budget - len(prefix))
        if len(prefix) + 1 < budget:
            for token in range(1, tokenizer.vocabulary_size):
                after = made.advance(at, token)
                if after is not None:
                    waiting.append(((*prefix, token), after))
                else:
                    assert token not in allowed


INSIDE = ["0", "1", "2", "12", "21", "01", " ", "  ", "\n", "+", "-", "*", "/", "(", ")"]
MIXED = ["((", "))", " (", ") *", "1+", "+2", "1 2", "1 +", "(1", "2)", ")(", "=", "x", "\u00d7"]
OPENERS = [
    ["<answer>"],
    ["<", "answer>"],
    ["x<ans", "wer>", "<answer>1"],
    ["<answer> (", "<<answer"],
]
CLOSERS = [["</answer>"], ["</", "answer>"], ["2</answer>", "1</", "answer>"], [") </answer>", "<"]]
BOXES = [["\\boxed{", "}"], ["\\box", "ed{", "{", "1}"], [" \\boxed{2", "\\boxed{(", "}"]]

boards = st.lists(st.sampled_from([0, 1, 2, 12, 21, 1]), min_size=1, max_size=3)
all_rules = st.builds(
    Rules,
    operators=st.sampled_from(["+-*/", "+", "-/"]),
    use_all=st.booleans(),
    keep_order=st.booleans(),
)
puzzles = st.builds(Puzzle, boards.map(tuple), st.just(3), all_rules)


def pieces(pool: Sequence[str], most: int) -> st.SearchStrategy[Pieces]:
    return st.lists(st.sampled_from(pool), min_size=1, max_size=most, unique=True).map(Pieces)


@settings(max_examples=100)
@given(pieces(INSIDE + MIXED, 5), st.integers(1, 6), puzzles)
def test_a_whole_text_may_go_on_exactly_as_brute_force_finds(
    inside: Pieces, budget: int, puzzle: Puzzle
) -> None:
    texts = dict.fromkeys([str(puzzle.numbers[0]), *inside.texts[1:]])
    assert_exact(Pieces(list(texts)), budget, puzzle, "answer", "whole_text")


@settings(max_examples=60)
@given(
    st.sampled_from(OPENERS),
    st.sampled_from(CLOSERS),
    pieces(INSIDE + MIXED, 3),
    puzzles,
    st.sampled_from(["answer", "completion"]),
)
def test_a_tagged_answer_may_go_on_exactly_as_brute_force_finds(
    opener: list[str], closer: list[str], inside: Pieces, puzzle: Puzzle, mode: str
) -> None:
    texts = dict.fromkeys([*opener, *closer, str(puzzle.numbers[0]), *inside.texts[1:]])
    assert_exact(Pieces(list(texts)), 5, puzzle, mode, "answer_tag")


@settings(max_examples=30)
@given(
    st.sampled_from(BOXES),
    pieces(INSIDE + MIXED, 3),
    puzzles,
    st.sampled_from(["answer", "completion"]),
)
def test_a_boxed_answer_may_go_on_exactly_as_brute_force_finds(
    box: list[str], inside: Pieces, puzzle: Puzzle, mode: str
) -> None:
    texts = dict.fromkeys([*box, str(puzzle.numbers[0]), *inside.texts[1:]])
    assert_exact(Pieces(list(texts)), 5, puzzle, mode, "boxed")


FULL = ["<answer>", "</answer>", "1", "2", "+", "(", ")"]


@pytest.mark.parametrize("use_all", [True, False])
@pytest.mark.parametrize("mode", ["answer", "completion"])
@pytest.mark.parametrize("budget", [4, 5, 6])
def test_the_budget_leaves_only_what_still_fits(budget: int, mode: str, use_all: bool) -> None:
    puzzle = Puzzle((1, 2), 3, Rules(use_all=use_all))
    assert_exact(Pieces(FULL), budget, puzzle, mode, "answer_tag")


def test_the_longest_and_the_deepest_answer_bind_as_the_reader_binds() -> None:
    wide = Pieces([" " * 170, "1", "(" * 16, ")" * 16, "(", ")"])
    for rules in (Rules(), Rules(use_all=False)):
        assert_exact(wide, 6, Puzzle((1,), 1, rules), "answer", "whole_text")


def walk(made: TokenGrammar, budget: int, rng: np.random.Generator) -> list[int]:
    """Return a completion of random allowed tokens."""
    at, written = made.start, list[int]()
    while True:
        allowed = np.flatnonzero(made.mask(at, budget - len(written)))
        written.append(int(rng.choice(allowed)))
        if written[-1] == made.vocabulary.eos_id:
            return written
        after = made.advance(at, written[-1])
        assert after is not None
        at = after


TOKENIZER = SymbolTokenizer()
real_boards = st.lists(st.integers(0, 99), min_size=1, max_size=6).map(tuple)


@given(
    real_boards, all_rules, st.sampled_from(["answer", "completion"]), st.integers(0, 40), st.data()
)
def test_whoever_keeps_to_the_masks_is_legal_within_the_budget(
    board: tuple[int, ...], rules: Rules, mode: str, spare: int, data: st.DataObject
) -> None:
    puzzle = Puzzle(board, 3, rules)
    made = grammar(puzzle, TOKENIZER, mode)
    budget = (2 * len(board) + 2 if rules.use_all else 4) + spare
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    ids = walk(made, budget, rng)
    assert len(ids) <= budget
    assert judge(puzzle, TOKENIZER.decode(ids)).verdict.fault in OF_RESULTS
    assert not made.mask(made.start, budget - spare - 1).any()  # one token too few for anything


@given(board=real_boards, spare=st.integers(0, 3), use_all=st.booleans(), data=st.data())
def test_every_legal_answer_is_allowed_token_by_token(
    board: tuple[int, ...], spare: int, use_all: bool, data: st.DataObject
) -> None:
    expression = data.draw(expressions(numbers=board))
    puzzle = Puzzle(board, 3, Rules(use_all=use_all))
    made = grammar(puzzle, TOKENIZER)
    spaced = str(expression).replace("(", "( ").replace(")", " )")
    ids = TOKENIZER.encode(f"no </think> <answer> {spaced} </answer> <eos>")
    at = made.start
    for place, token in enumerate(ids):
        assert made.mask(at, len(ids) + spare - place)[token], SYMBOLS[token]
        after = made.advance(at, token)
        at = at if after is None else after
