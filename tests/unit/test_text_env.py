"""One puzzle, one completion, one reward."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import pytest
from hypothesis import given

import countdown_gym  # noqa: F401 - registers the environments
from countdown_gym.envs.spaces import AnyText
from countdown_gym.envs.text import CountdownEnv
from countdown_gym.faults import Fault
from countdown_gym.parsing import MAX_COMPLETION_CHARS, CutCompletion
from countdown_gym.puzzles import Intermediates, Puzzle, Rules
from countdown_gym.splits import Split, split_of
from countdown_gym.testing import completions

ARTICLE = {"numbers": [25, 30, 3, 4], "target": 32}
RIGHT = "<answer>(30 - 25 + 3) * 4</answer>"


def answered(completion: str, **arguments: Any) -> tuple[float, dict[str, Any]]:  # noqa: ANN401
    """Return the reward and the information for one completion of the article's puzzle."""
    env = gym.make("Countdown-v0", **arguments)
    env.reset(options={"puzzle": ARTICLE})
    _, reward, terminated, truncated, info = env.step(completion)
    assert terminated
    assert not truncated
    return float(reward), info


def test_the_articles_puzzle_is_set_and_its_answer_paid() -> None:
    env = gym.make("Countdown-v0")
    prompt, info = env.reset(options={"puzzle": ARTICLE})
    assert "equals 32, using the numbers 25, 30, 3, 4." in prompt
    assert info["puzzle"] == Puzzle((25, 30, 3, 4), 32)
    observation, reward, terminated, truncated, info = env.step(f"<think>hm</think>{RIGHT}")
    assert (observation, reward, terminated, truncated) == ("", 1.0, True, False)
    assert info == {
        "puzzle": Puzzle((25, 30, 3, 4), 32),
        "solved": True,
        "fault": "",
        "detail": "",
        "answer": "(30 - 25 + 3) * 4",
        "value": "32",
        "reward_components": {"correct": 1.0},
    }


REFUSED = {
    "<answer>30 - 25 + 3 * 4</answer>": Fault.WRONG_VALUE,
    "<answer>4 * (4 + 4)</answer>": Fault.REUSED_NUMBER,
    "<answer>30 + 4 - 3</answer>": Fault.UNUSED_NUMBER,
    "<answer>(30 - 25 + 3) * 4 = 33</answer>": Fault.FALSE_EQUATION,
    "": Fault.NO_ANSWER,
    f"<answer>{'(' * 1000}</answer>": Fault.TOO_LONG,
}


@pytest.mark.parametrize(("completion", "fault"), REFUSED.items(), ids=REFUSED.values())
def test_each_wrong_answer_is_refused_with_its_own_fault(completion: str, fault: Fault) -> None:
    reward, info = answered(completion)
    assert reward == 0.0
    assert (info["solved"], info["fault"]) == (False, fault.value)
    assert len(set(REFUSED.values())) == len(REFUSED)


def test_a_wrong_answer_is_reported_as_it_was_read() -> None:
    _, info = answered("<answer>30-25+3/4</answer>")
    assert (info["answer"], info["value"], info["detail"]) == (
        "30 - 25 + 3 / 4",
        "23/4",
        "23/4, not 32",
    )


def test_a_cut_completion_keeps_its_mark_on_the_way_into_a_vector_environment() -> None:
    assert answered(CutCompletion(RIGHT))[1]["fault"] == Fault.TRUNCATED
    for mode, arguments in (("sync", {}), ("async", {"shared_memory": False})):
        envs = gym.make_vec(
            "Countdown-v0", 2, vectorization_mode=mode, vector_kwargs=dict(arguments)
        )
        envs.reset(seed=0, options={"puzzle": ARTICLE})
        _, rewards, _, _, infos = envs.step((RIGHT, CutCompletion(RIGHT)))
        envs.close()
        assert rewards.tolist() == [1.0, 0.0]
        assert list(infos["fault"]) == ["", "truncated"]


def test_a_puzzle_may_be_set_as_such_and_keeps_its_own_rules() -> None:
    env = gym.make("Countdown-v0")
    puzzle = Puzzle((2, 3), 6, Rules(intermediates=Intermediates.NATURALS))
    assert env.reset(options={"puzzle": puzzle})[1]["puzzle"] is puzzle
    with_rules = {"numbers": [2, 3], "target": 6, "rules": {"intermediates": "naturals"}}
    assert env.reset(options={"puzzle": with_rules})[1]["puzzle"] == puzzle


def test_a_set_puzzle_without_rules_takes_those_of_the_family() -> None:
    env = gym.make("Countdown-v0", family_parameters={"use_all": False})
    _, info = env.reset(options={"puzzle": ARTICLE})
    assert info["puzzle"].rules == Rules(use_all=False)


def test_setting_a_puzzle_does_not_move_the_generator() -> None:
    env = gym.make("Countdown-v0")
    env.reset(seed=1)
    expected = env.reset()[0]
    env.reset(seed=1)
    env.reset(options={"puzzle": ARTICLE})
    assert env.reset()[0] == expected


def test_a_refused_puzzle_leaves_the_open_one_open() -> None:
    env = CountdownEnv()
    env.reset(options={"puzzle": ARTICLE})
    with pytest.raises(ValueError, match="a puzzle has 1 to 32 numbers"):
        env.reset(options={"puzzle": {"numbers": [], "target": 3}})
    assert env.step(RIGHT)[1] == 1.0


@pytest.mark.parametrize("split", list(Split))
def test_puzzles_come_from_the_split_that_was_asked_for(split: Split) -> None:
    env = gym.make("Game24-v0", split=split.value)
    env.reset(seed=0)
    assert {split_of(env.reset()[1]["puzzle"]) for _ in range(5)} == {split}


def test_prompt_reward_and_convention_are_chosen_by_name() -> None:
    env = gym.make("Countdown-v0", prompt_style="terse", reward="tinyzero", convention="last_line")
    assert env.reset(options={"puzzle": ARTICLE})[0] == "25 30 3 4 make 32 <think>"
    assert env.step("so\n30 - 25 + 3 * 4")[1] == pytest.approx(0.1)
    assert answered(RIGHT, reward={"correct": 3, "readable": -1})[0] == 2.0


def test_the_board_is_drawn_as_text() -> None:
    env = CountdownEnv(render_mode="ansi")
    assert env.render() is None
    env.reset(options={"puzzle": ARTICLE})
    assert env.render() == "[25]  [30]  [3]  [4]  →  32"
    env.step("<answer>30 - 25 + 3 * 4</answer>")
    assert env.render() == ("[25]  [30]  [3]  [4]  →  32\n30 - 25 + 3 * 4\nwrong_value: 17, not 32")
    env.reset(options={"puzzle": ARTICLE})
    env.step(RIGHT)
    assert env.render() == "[25]  [30]  [3]  [4]  →  32\n(30 - 25 + 3) * 4\nsolved"
    assert CountdownEnv().render() is None


@given(completions())
def test_no_completion_makes_a_step_raise_or_is_paid_by_accident(completion: str) -> None:
    env = CountdownEnv(reward="tinyzero", render_mode="ansi")
    env.reset(options={"puzzle": ARTICLE})
    assert completion in env.action_space
    _, reward, terminated, _, info = env.step(completion)
    assert terminated
    assert reward == (0.1 if info["answer"] else 0.0)
    shown = env.render()
    assert isinstance(shown, str)
    assert shown.encode()


def test_the_text_space_holds_every_text_that_is_short_enough() -> None:
    space = AnyText(MAX_COMPLETION_CHARS)
    assert all(text in space for text in ("", " ", "×", "\ud800", "x" * MAX_COMPLETION_CHARS))  # noqa: RUF001
    assert "x" * (MAX_COMPLETION_CHARS + 1) not in space
    assert b"x" not in space
    assert 1 not in space


def test_text_spaces_are_equal_if_they_hold_the_same_texts() -> None:
    assert AnyText(5) == AnyText(5, seed=3) != AnyText(6)
    assert hash(AnyText(5)) == hash(AnyText(5))
    assert AnyText(5) != gym.spaces.Text(5)
    assert repr(AnyText(5)) == "AnyText(5)"


def test_samples_are_short_seeded_texts_of_the_space() -> None:
    space, same = AnyText(8, seed=1), AnyText(8, seed=1)
    samples = [space.sample() for _ in range(200)]
    assert samples == [same.sample() for _ in range(200)]
    assert {len(sample) for sample in samples} == set(range(9))
    assert max(len(AnyText(10_000, seed=n).sample()) for n in range(50)) <= AnyText.SAMPLE_CHARS
