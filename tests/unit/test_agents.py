"""What makes an agent, and what the two that need no training answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from countdown_agents import (
    Agent,
    FunctionPolicy,
    OracleAgent,
    Policy,
    PolicyAgent,
    RandomAgent,
    as_agent,
    make_agent,
)
from countdown_agents.random_agent import random_expression
from countdown_gym.checking import check, judge
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.expressions import Operation, Operator, numbers_used, operators_used
from countdown_gym.faults import Fault
from countdown_gym.parsing import Answer
from countdown_gym.prompts import prompt
from countdown_gym.puzzles import MAX_NUMBERS, Intermediates, Puzzle, Rules

pytestmark = pytest.mark.agents

ARTICLE = Puzzle((25, 30, 3, 4), 32)


class Parrot:
    """A policy that repeats its prompt."""

    def respond(self, prompts: Sequence[str]) -> list[str]:
        return list(prompts)


def shout(text: str) -> str:
    return text.upper()


def test_a_function_plays_in_the_style_it_is_given() -> None:
    agent = as_agent(shout, "terse")
    assert agent.answer([ARTICLE]) == [prompt(ARTICLE, "terse").upper()]


def test_a_policy_is_asked_all_prompts_at_once_and_in_order() -> None:
    other = Puzzle((1, 2), 3)
    assert as_agent(Parrot()).answer([ARTICLE, other]) == [prompt(ARTICLE), prompt(other)]


def test_an_agent_stays_itself() -> None:
    agent = OracleAgent()
    assert as_agent(agent) is agent


def test_the_parts_keep_their_protocols() -> None:
    assert isinstance(FunctionPolicy(shout), Policy)
    assert isinstance(PolicyAgent(Parrot()), Agent)
    assert isinstance(RandomAgent(), Agent)


def test_what_plays_no_puzzles_is_refused_with_the_three_kinds_that_do() -> None:
    with pytest.raises(
        InvalidParameterError, match="a function from prompt to completion, got int"
    ):
        as_agent(3)  # type: ignore[arg-type]


def test_a_class_in_place_of_its_object_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match=r"call it: RandomAgent\(…\)"):
        as_agent(RandomAgent)  # type: ignore[arg-type]


def test_an_unknown_style_is_refused_before_any_puzzle() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'terse'"):
        as_agent(shout, "terce")


def test_a_function_is_found_by_its_place() -> None:
    agent = make_agent("string:capwords", "terse")
    assert agent.answer([ARTICLE]) == ["25 30 3 4 Make 32 <think>"]


def test_a_class_is_found_by_its_place_and_called() -> None:
    agent = make_agent("countdown_agents.random_agent:RandomAgent")
    assert agent == RandomAgent()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("randon", "unknown agent 'randon', did you mean 'random'"),
        ("", "unknown agent ''"),
        (":f", "unknown agent ':f'"),
        ("string:", "unknown agent 'string:'"),
        (".string:f", "unknown agent '.string:f'"),
        ("string:capword", "did you mean 'capwords'"),
        ("string.deeper:f", "no module 'string.deeper'"),
        ("string:digits", "got str"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(name: str, message: str) -> None:
    with pytest.raises((InvalidParameterError, UnknownNameError), match=re.escape(message)):
        make_agent(name)


def test_what_a_found_module_lacks_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_more.py").write_text("import no_such_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        make_agent("needs_more:f")


def test_the_random_agent_answers_by_puzzle_and_not_by_batch() -> None:
    others = [Puzzle((n, n + 1, n + 2), 10) for n in range(1, 9)]
    together = RandomAgent(7).answer(others)
    assert [RandomAgent(7).answer([puzzle])[0] for puzzle in reversed(others)] == together[::-1]
    assert RandomAgent(8).answer(others) != together


def test_a_random_expression_has_every_order_shape_and_operator_equally_often() -> None:
    rng = np.random.default_rng(0)
    puzzle = Puzzle((1, 2, 3), 0)
    drawn = [random_expression(puzzle, rng) for _ in range(6_000)]
    orders = Counter(numbers_used(expression) for expression in drawn)
    assert len(orders) == 6
    assert all(850 <= count <= 1_150 for count in orders.values())
    operations = [expression for expression in drawn if isinstance(expression, Operation)]
    left_leaning = sum(isinstance(operation.left, Operation) for operation in operations)
    assert 2_800 <= left_leaning <= 3_200
    roots = Counter(operation.operator for operation in operations)
    assert set(roots) == set(Operator)
    assert all(1_350 <= count <= 1_650 for count in roots.values())


def test_the_random_agent_keeps_every_rule_that_it_can() -> None:
    rules = Rules(
        operators=frozenset({Operator.SUBTRACT, Operator.DIVIDE}),
        use_all=False,
        keep_order=True,
        intermediates=Intermediates.NATURALS,
    )
    board = (9, 3, 3, 0)
    for seed in range(100):
        (completion,) = RandomAgent(seed).answer([Puzzle(board, 99, rules)])
        judgement = judge(Puzzle(board, 99, rules), completion)
        assert judgement.verdict.fault is Fault.WRONG_VALUE
        assert isinstance(judgement.answer, Answer)
        assert operators_used(judgement.answer.expression) <= rules.operators


def test_the_random_agent_hands_in_something_where_every_result_is_forbidden() -> None:
    puzzle = Puzzle((1, 2), 3, Rules(frozenset({Operator.ADD}), largest_intermediate=1))
    (completion,) = RandomAgent().answer([puzzle])
    assert judge(puzzle, completion).verdict.fault is Fault.FORBIDDEN_INTERMEDIATE


def test_the_random_agent_answers_the_largest_board() -> None:
    puzzle = Puzzle(tuple(range(1, MAX_NUMBERS + 1)), 100)
    (completion,) = RandomAgent().answer([puzzle])
    assert judge(puzzle, completion).verdict.fault in {None, Fault.WRONG_VALUE}


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="seed must not be negative, got -1"):
        RandomAgent(-1)


def test_the_oracle_comes_as_close_as_can_be_where_there_is_no_solution() -> None:
    puzzle = Puzzle((1, 1), 9)
    (completion,) = OracleAgent().answer([puzzle])
    judgement = judge(puzzle, completion)
    assert judgement.verdict.value == 2
    assert not check(puzzle, judgement.answer).solved


def test_the_oracle_leaves_the_answer_empty_where_no_expression_is_allowed() -> None:
    puzzle = Puzzle((5, 7), 3, Rules(frozenset({Operator.ADD}), largest_intermediate=1))
    assert OracleAgent().answer([puzzle]) == ["<answer></answer>"]
