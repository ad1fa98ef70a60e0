"""One operation per turn in words: what is read, what is said, and that it is the same game."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import countdown_gym  # noqa: F401 - makes the environment ids known
from countdown_gym.envs.steps import CountdownStepsEnv
from countdown_gym.envs.text import MAX_PROMPT_CHARS
from countdown_gym.envs.tokens import TokenLevel, seen
from countdown_gym.envs.wrappers.step_texts import StepTexts
from countdown_gym.errors import InvalidParameterError
from countdown_gym.parsing import CutCompletion
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.symbols import SymbolTokenizer
from countdown_gym.testing import puzzles, rules


def at(puzzle: Puzzle, max_turns: int = 16) -> StepTexts:
    env = StepTexts(CountdownStepsEnv(max_numbers=4, max_turns=max_turns))
    env.reset(seed=0, options={"puzzle": puzzle})
    return env


ARTICLE = Puzzle((25, 30, 3, 4), 32)


def test_a_puzzle_is_solved_line_by_line() -> None:
    env = at(ARTICLE)
    said, reward, terminated, _, info = env.step("First the difference.\n30 - 25 = 5")
    assert said == "30 - 25 = 5. Numbers: 5, 3, 4. Target: 32. Turns left: 15."
    assert (reward, terminated, info["operation"]) == (0.0, False, "30 - 25 = 5")
    assert env.step("3 + 5")[4]["state"] == "8, 4 → 32"
    said, reward, terminated, _, info = env.step("8 × 4\n")  # noqa: RUF001 - the sign models write
    assert (said, reward, terminated, info["answer"]) == ("", 1.0, True, "(30 - 25 + 3) * 4")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "30 - 25 = 6",
        "30 - 25 = 5 or so",
        "30 - 26",
        "30 - 30",
        "30 ^ 25",
        "30 - 25 + 3",
        "30",
        "undo",
        "30 - 25\nIs that right?",
        "3 / (0/0)",
        "3 - 4 = 1/0",
        f"{'9' * 300} + 3",
        f"{'(' * 40}3 + 4",
        CutCompletion("30 - 25"),
    ],
)
def test_what_is_no_allowed_operation_costs_its_turn(text: str) -> None:
    env = at(ARTICLE)
    said, reward, terminated, truncated, info = env.step(text)
    assert (reward, terminated, truncated, info["allowed"]) == (0.0, False, False, False)
    assert said == "That is not allowed. Numbers: 25, 30, 3, 4. Target: 32. Turns left: 15."


def test_fractions_and_negative_values_stand_in_parentheses() -> None:
    env = at(Puzzle((3, 3, 8, 8), 24))
    assert env.step("8 / 3")[0].startswith("8 / 3 = 8/3. Numbers: (8/3), 3, 8.")
    assert env.step("3 - (8/3)")[4]["operation"] == "3 - (8/3) = 1/3"
    assert env.step("8 / (1/3) = 24")[1:3] == (1.0, True)
    env = at(Puzzle((3, 5, 4), -8))
    env.step("3 - 5 = -2")
    assert env.step("( -2 ) * 4 = -8")[1] == 1.0


def test_what_was_done_can_be_taken_back() -> None:
    env = at(ARTICLE)
    env.step("30 - 25")
    said, _, _, _, info = env.step("No.\nundo")
    assert info["allowed"]
    assert said == "Taken back. Numbers: 25, 30, 3, 4. Target: 32. Turns left: 14."


def test_running_out_of_turns_truncates() -> None:
    env = at(ARTICLE, max_turns=2)
    env.step("?")
    assert env.step("?")[:4] == ("", 0.0, False, True)
    with pytest.raises(gym.error.ResetNeeded):
        env.step("?")


@given(puzzle=puzzles(rules=rules()), seed=st.integers(0, 99))
def test_every_operation_is_named_by_its_own_line_of_working(puzzle: Puzzle, seed: int) -> None:
    bare = CountdownStepsEnv(max_numbers=max(2, len(puzzle.numbers)))
    env = StepTexts(bare)
    said, _ = env.reset(seed=0, options={"puzzle": puzzle})
    assert len(said) <= MAX_PROMPT_CHARS
    rng, ended = np.random.default_rng(seed), False
    while not ended and bare.operations():
        for action, operation in bare.operations().items():
            read = env.read(str(operation))
            assert read is not None
            # of equal values any will do
            assert bare.operations()[read].result == operation.result, (action, read)
        line = str(rng.choice([str(operation) for operation in bare.operations().values()]))
        _, _, terminated, truncated, info = env.step(line)
        ended = terminated or truncated
        assert info["allowed"]


@given(text=st.text())
def test_any_text_is_an_action(text: str) -> None:
    at(ARTICLE).step(text)


def test_the_order_of_the_numbers_counts_where_it_must_be_kept() -> None:
    puzzle = Puzzle((3, 4, 5), 12, Rules(keep_order=True))
    assert not at(puzzle).step("4 + 3")[4]["allowed"]
    assert at(puzzle).step("3 + 4")[4]["allowed"]


def test_it_is_a_game_of_tokens_too() -> None:
    tokenizer = SymbolTokenizer()
    env = TokenLevel(at(ARTICLE), tokenizer, 100, 8, max_tokens=300)
    env.reset(seed=0, options={"puzzle": ARTICLE})
    observation, *_ = env.complete(tokenizer.encode("30 - 25 <eos>"))
    assert seen(observation).written.sum() == 4
    env.complete(tokenizer.encode("5 + 3 <eos>"))
    assert env.complete(tokenizer.encode("8 * 4 <eos>"))[1:3] == (1.0, True)


def test_other_environments_and_actions_are_refused() -> None:
    with pytest.raises(InvalidParameterError, match="StepTexts is for CountdownSteps-v0"):
        StepTexts(gym.make("Countdown-v0"))
    with pytest.raises(InvalidParameterError, match="an action is a text, got int"):
        at(ARTICLE).step(3)  # type: ignore[arg-type]  # that is the point
