"""What small models read: chains are legal and complete, documents and traces tell the truth."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

from countdown_gym.checking import check
from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Number, Operation, Operator, value
from countdown_gym.families import NNumbers
from countdown_gym.parsing import read_answer
from countdown_gym.puzzles import Intermediates, Puzzle, Rules
from countdown_gym.solver.oracle import Oracle
from countdown_gym.symbols import UNKNOWN, SymbolTokenizer
from countdown_gym.traces.base_documents import (
    MIXES,
    MOST_CHAINS,
    MOST_COMPARED,
    DocumentKind,
    draw_document,
)
from countdown_gym.traces.chains import bracketed, legal_chains
from countdown_gym.traces.search import Teacher

RULES = Rules(intermediates=Intermediates.NATURALS, largest_intermediate=99)
PUZZLE = Puzzle((17, 12, 2), 3, RULES)
FAMILY = NNumbers(
    min_numbers=3,
    max_numbers=3,
    smallest=1,
    largest=20,
    min_target=0,
    max_target=99,
    intermediates="naturals",
    largest_intermediate=99,
    max_solutions=3,
)


def some_puzzles(count: int) -> Iterator[Puzzle]:
    rng = np.random.default_rng(11)
    return (FAMILY.draw(rng) for _ in range(count))


def test_a_chain_is_written_as_steps_and_as_an_expression() -> None:
    texts = {chain.working: chain.answer for chain in legal_chains(PUZZLE)}
    assert texts["17 - 12 = 5 , 5 * 2 = 10"] == "( 17 - 12 ) * 2"
    assert texts["17 - 2 = 15 , 15 - 12 = 3"] == "( 17 - 2 ) - 12"
    assert texts["12 - 2 = 10 , 17 - 10 = 7"] == "17 - ( 12 - 2 )"
    assert texts["12 / 2 = 6 , 17 - 6 = 11"] == "17 - ( 12 / 2 )"


def test_chains_reach_every_value_that_the_oracle_reaches() -> None:
    for puzzle in some_puzzles(20):
        reached = {chain.result for chain in legal_chains(puzzle)}
        assert reached == Oracle(RULES).reachable(puzzle.numbers)


def test_chains_are_legal_and_distinct_on_larger_boards_too() -> None:
    chains = legal_chains(Puzzle((7, 3, 3, 5), 1, RULES))
    assert len({chain.working for chain in chains}) == len(chains) > 100
    for chain in chains:
        assert value(chain.expression) == chain.result == chain.steps[-1].result
        assert len(chain.steps) == 3
        assert all(RULES.admit(step.result) and step.left >= step.right for step in chain.steps)


def test_brackets_show_every_inner_operation() -> None:
    total = Operation(Operator.ADD, Number(1), Number(2))
    assert bracketed(Operation(Operator.ADD, total, total)) == "( 1 + 2 ) + ( 1 + 2 )"
    assert bracketed(Number(7)) == "7"


@pytest.mark.parametrize(
    "puzzle",
    [
        Puzzle((5,), 5, RULES),
        Puzzle((5, 6), 5, Rules(use_all=False)),
        Puzzle((5, 6), 5, Rules(keep_order=True)),
    ],
)
def test_boards_for_which_no_chain_is_written_are_refused(puzzle: Puzzle) -> None:
    with pytest.raises(InvalidParameterError, match="chains are written for"):
        legal_chains(puzzle)


def test_a_board_on_which_nothing_is_legal_is_refused() -> None:
    crowded = Puzzle((90, 90), 5, Rules(frozenset("+"), largest_intermediate=99))  # type: ignore[arg-type]  # Rules converts
    with pytest.raises(InvalidParameterError, match="no chain is legal"):
        draw_document(crowded, np.random.default_rng(0))
    with pytest.raises(InvalidParameterError, match="no chain is legal"):
        Teacher().search(crowded, np.random.default_rng(0))


@pytest.mark.parametrize("kind", DocumentKind)
def test_documents_speak_the_vocabulary_and_begin_with_the_prompt(kind: DocumentKind) -> None:
    rng, tokenizer = np.random.default_rng(2), SymbolTokenizer()
    for puzzle in some_puzzles(10):
        document = draw_document(puzzle, rng, {kind: 1.0})
        assert document.kind is kind
        assert (
            document.prompt == f"{' '.join(map(str, puzzle.numbers))} make {puzzle.target} <think>"
        )
        assert UNKNOWN not in tokenizer.decode(tokenizer.encode(document.completion)).split()


def test_lists_of_chains_repeat_none_before_all_have_been_shown() -> None:
    rng = np.random.default_rng(3)
    lengths = set()
    for puzzle in some_puzzles(60):
        legal = {chain.working for chain in legal_chains(puzzle)}
        shown = draw_document(puzzle, rng, {DocumentKind.CHAINS: 1.0}).completion.split(" . ")
        assert set(shown) <= legal
        assert len(set(shown)) == min(len(shown), len(legal))
        lengths.add(len(shown))
    assert min(lengths) <= 3
    assert max(lengths) >= MOST_CHAINS - 2


def test_comparisons_are_true_and_both_verdicts_and_forms_are_common() -> None:
    rng = np.random.default_rng(4)
    verdicts: list[str] = []
    stepped = 0
    for puzzle in some_puzzles(50):
        text = draw_document(puzzle, rng, {DocumentKind.COMPARISONS: 1.0}).completion
        entries = re.findall(r"([^a-z]+) (yes|no)(?: |$)", text)
        assert " ".join(f"{shown} {verdict}" for shown, verdict in entries) == text
        assert 2 <= len(entries) <= MOST_COMPARED
        last_steps = {str(chain.steps[-1]) for chain in legal_chains(puzzle)}
        for shown, verdict in entries:
            assert verdict == ("yes" if int(shown.split()[-1]) == puzzle.target else "no")
            assert shown.isdecimal() or shown in last_steps
            stepped += not shown.isdecimal()
            verdicts.append(verdict)
    assert 0.25 < verdicts.count("yes") / len(verdicts) < 0.5
    assert 0.25 < stepped / len(verdicts) < 0.5


def test_answers_in_documents_are_legal_expressions() -> None:
    rng = np.random.default_rng(5)
    for kind in (DocumentKind.ANSWER, DocumentKind.ANSWERED_CHAIN):
        for puzzle in some_puzzles(20):
            document = draw_document(puzzle, rng, {kind: 1.0})
            verdict = check(puzzle, read_answer(document.completion))
            assert verdict.solved or verdict.fault == "wrong_value"


def test_no_habit_poor_document_shows_a_checked_chain_or_a_second_attempt() -> None:
    rng = np.random.default_rng(6)
    for puzzle in some_puzzles(50):
        words = set(draw_document(puzzle, rng).completion.split())
        assert "back" not in words
        assert not ({"yes", "no"} & words and "," in words)


def test_mixes_are_distributions_and_differ_by_whole_searches_only() -> None:
    poor, rich = MIXES["habit_poor"], MIXES["habit_rich"]
    assert set(rich) == set(DocumentKind) == {*poor, DocumentKind.SEARCH}
    assert all(sum(mix.values()) == pytest.approx(1.0) for mix in MIXES.values())


def test_habit_rich_documents_hold_searches_that_tell_the_truth() -> None:
    rng, words = np.random.default_rng(6), set[str]()
    for puzzle in some_puzzles(50):
        text = draw_document(puzzle, rng, {DocumentKind.SEARCH: 1.0}).completion
        lines = text.partition(" </think>")[0].split(" back ")
        assert all(line.split()[-1] == "no" for line in lines[:-1])
        solved = check(puzzle, read_answer(text)).solved
        assert (lines[-1].split()[-1] == "yes") == solved
        words |= set(text.split())
    assert {"yes", "no", "back", "make", "goal"} <= words
