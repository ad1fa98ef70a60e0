"""What is paid for what, and how mixtures are made."""

from __future__ import annotations

import pickle

import pytest

from countdown_gym.checking import judge
from countdown_gym.errors import InvalidParameterError
from countdown_gym.parsing import CutCompletion
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.rewards import COMPONENTS, MIXTURES, Mixture, make_reward
from countdown_gym.rewards.brevity import Brevity

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


SUBSET = Puzzle((3, 4, 25, 30), 32, Rules(use_all=False))


def score(component: str, text: str, puzzle: Puzzle = SUBSET) -> float:
    return COMPONENTS[component].score(judge(puzzle, f"<answer>{text}</answer>"))


@pytest.mark.parametrize(
    ("text", "legal", "closeness", "show_points"),
    [
        ("(30 - 25 + 3) * 4", 1.0, 1.0, 1.0),
        ("30 + 4 - 3", 1.0, 0.5, 0.7),  # one away, where the nearest number is two away
        ("30", 1.0, 0.0, 0.7),
        ("30 + 25 / 3 - 4", 1.0, 0.0, 0.7),  # 34 1/3
        ("30 - 4", 1.0, 0.0, 0.5),
        ("25 - 4", 1.0, 0.0, 0.0),
        ("30 + 4 - 3 = 32", 1.0, 0.0, 0.0),  # a false claim has no place on the way
        ("(30 - 25 + 3) * 4 = 33", 1.0, 0.0, 0.0),
        ("30 + 2", 0.0, 0.0, 0.0),
        ("30 / (25 - 25)", 0.0, 0.0, 0.0),
        ("thirty-two", 0.0, 0.0, 0.0),
    ],
)
def test_what_a_legal_answer_is_worth(
    text: str, legal: float, closeness: float, show_points: float
) -> None:
    assert score("legal", text) == legal
    assert score("closeness", text) == closeness
    assert score("show_points", text) == show_points


def test_a_miss_too_small_for_a_float_is_not_close_in_full() -> None:
    hair = "1 / " + " / ".join(["1000000000"] * 6)
    puzzle = Puzzle((1, 3, 4, *[10**9] * 6), 7)
    assert 0.99 < score("closeness", f"3 + 4 + {hair}", puzzle) < 1.0
    on_the_board = Puzzle((1, 7, *[10**9] * 6), 7)
    assert score("closeness", f"7 + {hair}", on_the_board) == 0.0


@pytest.mark.parametrize(
    ("text", "share"),
    [("4 * 8", 1.0), ("32 * 8 / 8", 0.0), ("8 * 4 + 3 - 3", 0.5), ("8 * (4 + 3 - 3)", 0.5)],
)
def test_efficiency_is_the_share_of_numbers_that_were_needed(text: str, share: float) -> None:
    assert score("efficiency", text, Puzzle((3, 3, 4, 8), 32, Rules(use_all=False))) == share


def test_where_all_must_be_used_or_the_oracle_cannot_know_every_right_answer_is_efficient() -> None:
    assert score("efficiency", "(30 - 25 + 3) * 4", ARTICLE) == 1.0
    many = Puzzle((1,) * 20, 2, Rules(use_all=False))
    assert score("efficiency", "1 + 1 * 1", many) == 1.0


@pytest.mark.parametrize(
    ("chars", "paid"), [(0, 1.0), (1024, 1.0), (2560, 0.5), (4096, 0.0), (9999, 0.0)]
)
def test_brevity_falls_with_the_length_of_a_right_completion(chars: int, paid: float) -> None:
    for answer, right in ((RIGHT, 1.0), (WRONG, 0.0)):
        completion = answer.rjust(chars)
        assert COMPONENTS["brevity"].score(judge(ARTICLE, completion)) == paid * right


def test_the_lengths_that_brevity_pays_must_be_in_order() -> None:
    with pytest.raises(InvalidParameterError, match="below min_chars_unpaid, got 9 and 9"):
        Brevity(max_chars_paid_in_full=9, min_chars_unpaid=9)


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


SHOWN = "30 - 25 = 5, 5 + 3 = 8"
MISSES = "<answer>(30 - 25 + 3) + 4</answer>"


def progress(text: str, puzzle: Puzzle = Puzzle((25, 30, 3, 4), 32)) -> float:  # noqa: B008 - frozen
    return COMPONENTS["progress"].score(judge(puzzle, text))


def test_progress_is_the_share_of_needed_operations_that_shown_steps_of_the_answer_save() -> None:
    assert progress(f"{SHOWN} {MISSES}") == 2 / 4
    assert progress(f"30 - 25 = 5 {MISSES}") == 1 / 4
    assert progress(f"3 + 5 = 8, 30 - 25 = 5 {MISSES}") == 2 / 4  # turned round, in any order
    assert progress(MISSES) == 0
    assert progress("<answer>(30 - 25 + 3) * 4</answer>") == 1


@pytest.mark.parametrize(
    "text",
    [
        f"5 + 3 = 8 {MISSES}",  # the step before it is not shown
        f"30 - 25 = 6, 6 + 3 = 9 {MISSES}",  # not true
        "30 - 25 = 5, 5 + 3 = 8",  # no answer
        f"30 - 25 = 5, 5 + 3 = 8 {MISSES.replace('4', '5')}",  # an answer that breaks a rule
        "30 + 25 = 55, 55 + 3 = 58 <answer>30 + 25 + 3 + 4</answer>",  # lost with the first step
        f"4 * 3 = 12, 25 + 4 = 29, 30 / 3 = 10 {MISSES}",  # not the answer's
    ],
)
def test_steps_that_do_not_lead_the_answer_on_earn_no_progress(text: str) -> None:
    assert progress(text) == 0


def test_repeating_steps_and_listing_more_of_them_earns_no_progress() -> None:
    listed = ", ".join(
        f"{a} {sign} {b} = {value}"
        for a in (3, 4, 25, 30)
        for b in (3, 4, 25, 30)
        for sign, value in (("+", a + b), ("-", a - b), ("*", a * b))
    )
    assert progress(f"{SHOWN} {MISSES}") == progress(f"{SHOWN} {listed} {SHOWN * 9} {MISSES}")


def test_a_step_after_which_as_much_is_left_to_do_is_no_progress() -> None:
    puzzle = Puzzle((2, 7, 1, 5), 14, Rules(use_all=False))
    assert progress("7 * 1 = 7 <answer>7 * 1</answer>", puzzle) == 0
    assert progress("5 + 1 = 6 <answer>5 + 1</answer>", puzzle) == 0
    assert progress("<answer>2 * 7</answer>", puzzle) == 1


def test_progress_ends_with_the_step_that_throws_the_target_away() -> None:
    lost = "30 - 25 = 5, 5 - 3 = 2, 2 + 4 = 6 <answer>30 - 25 - 3 + 4</answer>"
    assert progress(lost) == 1 / 4
