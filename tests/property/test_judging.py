"""Laws of judging: what the oracle proposes is solved, and the order of the board says nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from countdown_gym.checking import check, judge
from countdown_gym.expressions import Expression, numbers_used
from countdown_gym.faults import Fault
from countdown_gym.parsing import Answer
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.solver.oracle import Oracle
from countdown_gym.testing import (
    answered_puzzles,
    boards,
    completions,
    expressions,
    puzzles,
    rules,
)


@given(answered_puzzles())
def test_a_right_answer_is_solved_however_it_is_framed(
    answered: tuple[Puzzle, Expression],
) -> None:
    puzzle, answer = answered
    assert judge(puzzle, f"<think>1 + 1</think><answer>{answer}</answer>").verdict.solved
    assert judge(
        puzzle, f"\\boxed{{{answer} = {puzzle.target}}}", convention="boxed"
    ).verdict.solved
    assert judge(puzzle, f"So:\n{answer}\n", convention="last_line").verdict.solved
    assert judge(puzzle, str(answer), convention="whole_text").verdict.solved


@given(answered_puzzles(), st.integers(-3, 3).filter(bool))
def test_the_same_answer_is_wrong_for_another_target(
    answered: tuple[Puzzle, Expression], miss: int
) -> None:
    puzzle, answer = answered
    verdict = check(replace(puzzle, target=puzzle.target + miss), Answer.of(answer))
    assert verdict.fault is Fault.WRONG_VALUE
    assert verdict.value == puzzle.target


@given(answered_puzzles(), st.integers(0, 100))
def test_a_right_answer_is_refused_once_the_board_differs(
    answered: tuple[Puzzle, Expression], extra: int
) -> None:
    puzzle, answer = answered
    more = replace(puzzle, numbers=(*puzzle.numbers, extra))
    assert check(more, Answer.of(answer)).fault is Fault.UNUSED_NUMBER
    if len(puzzle.numbers) > 1:
        fewer = replace(puzzle, numbers=puzzle.numbers[1:])
        expected = {Fault.FOREIGN_NUMBER, Fault.REUSED_NUMBER}
        assert check(fewer, Answer.of(answer)).fault in expected


@settings(max_examples=200)
@given(boards(max_size=4, largest=12), rules(), st.data())
def test_whatever_the_oracle_proposes_is_solved(
    board: tuple[int, ...], rules: Rules, data: st.DataObject
) -> None:
    oracle = Oracle(rules)
    targets = sorted(v for v in oracle.reachable(board, -50, 200) if v.denominator == 1)
    assume(targets)
    puzzle = Puzzle(board, int(data.draw(st.sampled_from(targets))), rules)
    answer = oracle.solve(puzzle.numbers, puzzle.target)
    assert answer is not None
    assert judge(puzzle, f"<answer>{answer}</answer>").verdict.solved


@settings(max_examples=200)
@given(boards(max_size=4, largest=6), rules(), st.data())
def test_whatever_is_solved_is_something_that_the_oracle_knows(
    board: tuple[int, ...], rules: Rules, data: st.DataObject
) -> None:
    used = data.draw(st.permutations(board))
    if not rules.use_all:
        used = used[: data.draw(st.integers(1, len(board)))]
    answer = data.draw(expressions(used))
    puzzle = Puzzle(board, 0, rules)
    value = check(puzzle, Answer.of(answer)).value
    if value is not None:  # a legal answer; solved, if its value is what is asked
        assert Oracle(rules).solvable(board, value)


@settings(max_examples=200)
@given(puzzles(boards(max_size=4), rules()), st.data())
def test_the_order_of_the_board_says_nothing_unless_it_is_kept(
    puzzle: Puzzle, data: st.DataObject
) -> None:
    puzzle = replace(puzzle, rules=replace(puzzle.rules, keep_order=False))
    other = replace(puzzle, numbers=tuple(data.draw(st.permutations(puzzle.numbers))))
    completion = data.draw(completions(puzzle))
    assert judge(other, completion).verdict == judge(puzzle, completion).verdict


@settings(max_examples=200)
@given(puzzles(boards(max_size=4), rules()), st.data())
def test_confirming_changes_no_verdict(puzzle: Puzzle, data: st.DataObject) -> None:
    completion = data.draw(completions(puzzle))
    verdicts = [judge(puzzle, completion, confirm=confirm).verdict for confirm in (True, False)]
    assert verdicts[0] == verdicts[1]


@settings(max_examples=200)
@given(answered_puzzles(), rules())
def test_an_answer_legal_under_strict_rules_is_legal_under_loose_ones(
    answered: tuple[Puzzle, Expression], rules: Rules
) -> None:
    puzzle, answer = answered
    strict = check(replace(puzzle, rules=rules), Answer.of(answer))
    if strict.solved:
        assert check(puzzle, Answer.of(answer)).solved
    else:  # right under the loosest rules: only a rule can be what refuses it
        assert strict.fault in {
            Fault.FORBIDDEN_OPERATOR,
            Fault.WRONG_ORDER,
            Fault.FORBIDDEN_INTERMEDIATE,
        }
        assert sorted(numbers_used(answer)) == sorted(puzzle.numbers)
