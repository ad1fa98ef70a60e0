"""Several attempts: what is said between them, and what is paid."""

from __future__ import annotations

import gymnasium as gym
import pytest

from countdown_gym.checking import judge
from countdown_gym.envs.dialogue import MAX_DETAIL_CHARS, CountdownDialogueEnv, feedback
from countdown_gym.errors import InvalidParameterError
from countdown_gym.puzzles import Puzzle

ARTICLE = Puzzle((25, 30, 3, 4), 32)
RIGHT = "<answer>(30 - 25 + 3) * 4</answer>"
WRONG = "<answer>30 - 25 + 3 * 4</answer>"


def opened(**arguments: object) -> CountdownDialogueEnv:
    env = CountdownDialogueEnv(**arguments)  # type: ignore[arg-type]
    env.reset(options={"puzzle": ARTICLE})
    return env


def test_a_wrong_attempt_is_told_its_value_and_a_right_one_ends() -> None:
    env = opened()
    assert env.step(WRONG)[:4] == ("That is 17, not 32. Attempts left: 4.", 0.0, False, False)
    assert env.step("hm")[0].startswith("That does not count: no complete <answer>")
    assert env.step(RIGHT)[:4] == ("", 1.0, True, False)
    with pytest.raises(gym.error.ResetNeeded):
        env.step(RIGHT)


def test_running_out_of_attempts_truncates() -> None:
    env = opened(max_attempts=2)
    assert env.step(WRONG)[1:4] == (0.0, False, False)
    assert env.step(WRONG)[1:4] == (0.0, False, True)
    assert opened(max_attempts=2).step(RIGHT)[1:4] == (1.0, True, False)


def test_only_the_attempt_that_ends_the_episode_is_paid() -> None:
    env = opened(max_attempts=3, reward="tinyzero")
    assert [env.step(WRONG)[1] for _ in range(3)] == [0.0, 0.0, 0.1]


def test_what_is_said_stays_short_whatever_was_written() -> None:
    answer = "+".join(str(999_999_900 + i) for i in range(30))
    said = feedback(judge(ARTICLE, f"<answer>{answer}</answer>"), 1)
    assert len(said) <= MAX_DETAIL_CHARS + 60
    assert "…" in said


def test_one_attempt_is_another_environment() -> None:
    with pytest.raises(InvalidParameterError, match="max_attempts must be at least 2, got 1"):
        CountdownDialogueEnv(max_attempts=1)
