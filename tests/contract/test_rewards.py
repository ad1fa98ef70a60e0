"""What every component and every mixture in the registry promises."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countdown_gym.checking import judge
from countdown_gym.expressions import Expression
from countdown_gym.parsing import CutCompletion
from countdown_gym.puzzles import Puzzle
from countdown_gym.rewards import COMPONENTS, MIXTURES, make_reward
from countdown_gym.testing import answered_puzzles, completions, puzzles, rules


@pytest.mark.parametrize("name", sorted(COMPONENTS))
@given(puzzle=puzzles(rules=rules()), completion=completions(), cut=st.booleans())
def test_a_component_pays_the_same_every_time_and_within_its_range(
    name: str, puzzle: Puzzle, completion: str, cut: bool
) -> None:
    component = COMPONENTS[name]
    judgement = judge(puzzle, CutCompletion(completion) if cut else completion)
    score = component.score(judgement)
    assert type(score) is float
    assert math.isfinite(score)
    assert component.low <= score <= component.high
    assert component.score(judgement) == score


@pytest.mark.parametrize("name", sorted(COMPONENTS))
def test_a_component_is_frozen_and_says_what_it_pays(name: str) -> None:
    component = COMPONENTS[name]
    assert hasattr(component, "__dataclass_fields__")
    assert type(component).__doc__
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        setattr(component, "low", -1.0)  # noqa: B010 - mypy knows that this is forbidden


@pytest.mark.parametrize("name", sorted(MIXTURES))
@given(puzzle=puzzles(rules=rules()), completion=completions())
def test_a_mixture_pays_within_its_range_and_says_for_what(
    name: str, puzzle: Puzzle, completion: str
) -> None:
    mixture = make_reward(name)
    reward = mixture.pay(judge(puzzle, completion))
    assert type(reward.total) is float
    assert math.isfinite(reward.total)
    assert mixture.low <= reward.total <= mixture.high
    assert reward.components.keys() == mixture.weights.keys()


@pytest.mark.parametrize("name", sorted(MIXTURES))
def test_many_judgements_are_paid_what_each_is_paid_alone(name: str) -> None:
    mixture, puzzle = make_reward(name), Puzzle((25, 30, 3, 4), 32)
    written = ("(30 - 25 + 3) * 4", "30 - 25 + 3 * 4", "25 + 4 + 3", "7", "no")
    judgements = [judge(puzzle, f"<answer>{text}</answer>") for text in written]
    paid = [mixture.pay(judgement) for judgement in judgements]
    totals, components = mixture.pay_each(judgements)
    assert totals == [reward.total for reward in paid]
    for component, scores in components.items():
        assert scores == [reward.components[component] for reward in paid]
    assert mixture.pay_each([]) == ([], {component: [] for component in components})


@pytest.mark.parametrize("name", sorted(MIXTURES))
@given(answered=answered_puzzles(), completion=completions())
def test_nothing_is_paid_more_than_a_right_answer(
    name: str, answered: tuple[Puzzle, Expression], completion: str
) -> None:
    puzzle, answer = answered
    right = make_reward(name).pay(judge(puzzle, f"<answer>{answer}</answer>")).total
    assert right == make_reward(name).high
    assert make_reward(name).pay(judge(puzzle, completion)).total <= right


@given(
    weights=st.dictionaries(
        st.sampled_from(sorted(COMPONENTS)), st.floats(-1e300, 1e300), min_size=1
    ),
    puzzle=puzzles(),
    completion=completions(),
)
def test_any_weights_pay_within_the_range_that_they_promise(
    weights: dict[str, float], puzzle: Puzzle, completion: str
) -> None:
    mixture = make_reward(weights)
    assert mixture.low <= mixture.pay(judge(puzzle, completion)).total <= mixture.high
