"""What every agent in `AGENTS` promises."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from countdown_agents import AGENTS, Agent
from countdown_gym.checking import judge
from countdown_gym.families import make_family
from countdown_gym.faults import Fault
from countdown_gym.puzzles import Intermediates, Puzzle, Rules
from countdown_gym.splits import puzzles

pytestmark = pytest.mark.agents

DRAWN = [
    *puzzles(make_family("three_to_four"), "train", 0, 30),
    *puzzles(make_family("twenty_four"), "train", 0, 10),
    *puzzles(
        make_family("n_numbers", {"use_all": False, "intermediates": "positive_integers"}),
        "train",
        0,
        10,
    ),
    *puzzles(make_family("n_numbers", {"keep_order": True, "largest": 9}), "train", 0, 10),
]
ODD = [
    Puzzle((7,), 7),
    Puzzle((0, 0), 1),  # no expression is worth 1
    Puzzle((0, 0), -5, Rules(use_all=False, intermediates=Intermediates.POSITIVE_INTEGERS)),
    Puzzle((1, 1, 1, 1), 10**9),
]
LEGAL = {None, Fault.WRONG_VALUE, Fault.DIVIDES_BY_ZERO, Fault.FORBIDDEN_INTERMEDIATE}


@pytest.fixture(params=AGENTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def agent(name: str) -> Agent:
    return AGENTS[name]()


def faults(agent: Agent, asked: Sequence[Puzzle]) -> list[Fault | None]:
    completions = agent.answer(asked)
    return [judge(p, c).verdict.fault for p, c in zip(asked, completions, strict=True)]


def test_is_an_agent(agent: Agent) -> None:
    assert isinstance(agent, Agent)


def test_gives_one_completion_for_each_puzzle(agent: Agent) -> None:
    for asked in (DRAWN, ODD, DRAWN[:1], []):
        completions = agent.answer(asked)
        assert len(completions) == len(asked)
        assert all(type(completion) is str for completion in completions)


def test_answers_the_same_again(name: str, agent: Agent) -> None:
    assert agent.answer(DRAWN) == AGENTS[name]().answer(DRAWN)


def test_answers_legally_whatever_the_rules(agent: Agent) -> None:
    assert set(faults(agent, [*DRAWN, *ODD])) <= LEGAL


def test_the_oracle_solves_every_certified_puzzle() -> None:
    assert set(faults(AGENTS["oracle"](), DRAWN)) == {None}


def test_the_random_agent_solves_few() -> None:
    solved = faults(AGENTS["random"](), DRAWN).count(None)
    assert solved <= len(DRAWN) // 4


@pytest.mark.parametrize("name", [name for name in AGENTS if name.startswith("depth_first")])
def test_a_search_that_misses_nothing_solves_four_numbers_on_its_default_budget(name: str) -> None:
    asked = [puzzle for puzzle in DRAWN if len(puzzle.numbers) <= 4]
    assert set(faults(AGENTS[name](), asked)) == {None}
