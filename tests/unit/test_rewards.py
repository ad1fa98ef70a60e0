"""What is paid for what, and how mixtures are made."""

from __future__ import annotations

import pickle

import pytest

from countdown_gym.checking import judge
from countdown_gym.parsing import CutCompletion
from countdown_gym.puzzles import Puzzle
from countdown_gym.rewards import COMPONENTS, MIXTURES, Mixture, make_reward

ARTICLE = Puzzle((25, 30, 3, 4), 32)
RIGHT = "<answer>(30 - 25 + 3) * 4</answer>"
WRONG = "<answer>30 - 25 + 3 * 4</answer>"


@pytest.mark.parametrize(
    ("completion", "strict", "tinyzero"),
    [
        (RIGHT, 1.0, 1.0),
        (WRONG, 0.0, 0.1),
        ("<answer>30 + 30</answer>", 0.0, 0.1),
        ("<answer>(30 - 25 + 3) * 4 = 33</answer>", 0.0, 0.1),
        ("<answer></answer>", 0.0, 0.0),
        ("<answer>thirty</answer>", 0.0, 0.0),
        ("(30 - 25 + 3) * 4", 0.0, 0.0),
        ("", 0.0, 0.0),
        (CutCompletion(RIGHT), 0.0, 0.0),
        (CutCompletion(WRONG), 0.0, 0.0),
    ],
)
def test_the_named_mixtures_pay(completion: str, strict: float, tinyzero: float) -> None:
    judgement = judge(ARTICLE, completion)
    assert make_reward("strict").pay(judgement).total == strict
    assert make_reward("tinyzero").pay(judgement).total == tinyzero


def test_a_reward_says_what_each_component_said_before_weighting() -> None:
    reward = make_reward("tinyzero").pay(judge(ARTICLE, WRONG))
    assert reward.components == {"correct": 0.0, "readable": 1.0}


def test_a_reward_travels_between_processes() -> None:
    reward = make_reward("tinyzero").pay(judge(ARTICLE, RIGHT))
    assert pickle.loads(pickle.dumps(reward)) == reward  # noqa: S301 - our own bytes


def test_weights_may_be_given_directly_and_may_punish() -> None:
    mixture = make_reward({"correct": 2, "readable": -0.5})
    assert (mixture.low, mixture.high) == (-0.5, 2.0)
    assert mixture.pay(judge(ARTICLE, RIGHT)).total == 1.5
    assert mixture.pay(judge(ARTICLE, WRONG)).total == -0.5
    assert mixture.pay(judge(ARTICLE, "")).total == 0.0


def test_only_the_components_that_have_a_weight_are_asked() -> None:
    assert make_reward("strict").pay(judge(ARTICLE, RIGHT)).components.keys() == {"correct"}


def test_a_mixture_is_taken_as_it_is() -> None:
    mixture = Mixture({"correct": 3.0})
    assert make_reward(mixture) is mixture


def test_the_mixture_keeps_its_weights_when_the_caller_changes_theirs() -> None:
    weights = {"correct": 1.0}
    mixture = make_reward(weights)
    weights["correct"] = 9.0
    assert mixture.high == 1.0


def test_nobody_can_register_a_mixture_or_component_at_run_time() -> None:
    with pytest.raises(TypeError):
        MIXTURES["mine"] = Mixture({"correct": 1.0})  # type: ignore[index]
    with pytest.raises(TypeError):
        COMPONENTS["mine"] = COMPONENTS["correct"]  # type: ignore[index]
