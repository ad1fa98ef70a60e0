"""A mistake of the programmer's is answered in one line that names the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import countdown_gym  # noqa: F401 - registers the environments
from countdown_gym.checking import judge
from countdown_gym.envs.text import CountdownEnv
from countdown_gym.errors import (
    CountdownGymError,
    ExhaustedError,
    InvalidParameterError,
    MissingResourceError,
    UnknownNameError,
)
from countdown_gym.families import NNumbers, make_family
from countdown_gym.prompts import prompt
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.rewards import make_reward
from countdown_gym.splits import draw, generator, puzzle_at, puzzles

PUZZLE = Puzzle((1, 2), 3)


def read(**fields: Any) -> Puzzle:  # noqa: ANN401 - any JSON may come
    return Puzzle.from_dict({"numbers": [1, 2], "target": 3} | fields)


def rules(**fields: Any) -> Rules:  # noqa: ANN401 - any JSON may come
    return Rules.from_dict(fields)


def reset(options: dict[str, Any]) -> None:
    gym.make("Countdown-v0").reset(options=options)


def open_puzzle() -> gym.Env[Any, Any]:
    env = gym.make("Countdown-v0").unwrapped
    env.reset(options={"puzzle": PUZZLE})
    return env


# Each mistake with a passage that its message must have.
MISTAKES: list[tuple[Callable[[], object], str]] = [
    # names
    (
        lambda: make_family("tree_to_four"),
        "unknown family 'tree_to_four', did you mean 'three_to_f",
    ),
    (
        lambda: make_family("zzz"),
        "unknown family 'zzz' (known: four_fours, make_ten, n_numbers, television",
    ),
    (lambda: make_family(3), "unknown family 3 (known: "),  # type: ignore[arg-type]
    (lambda: make_family("twenty_four", {"max_number": 4}), "did you mean 'max_numbers'?"),
    (lambda: prompt(PUZZLE, "plane"), "unknown prompt style 'plane', did you mean 'plain'?"),
    (lambda: make_reward("strickt"), "unknown reward 'strickt', did you mean 'strict'?"),
    (lambda: make_reward({"corect": 1}), "did you mean 'correct'?"),
    (lambda: judge(PUZZLE, "3", convention="box"), "did you mean 'boxed'? (known: answer_tag, "),
    (lambda: puzzles(NNumbers(), "tset", 0, 1), "unknown split 'tset', did you mean 'test'?"),
    (lambda: gym.make("Countdown-v0", family="three_to_for"), "did you mean 'three_to_four'?"),
    (lambda: gym.make("Countdown-v0", split="valid"), "did you mean 'validation'?"),
    (lambda: gym.make("Countdown-v0", prompt_style="ters"), "did you mean 'terse'?"),
    (lambda: gym.make("Countdown-v0", reward="tinyzer"), "did you mean 'tinyzero'?"),
    (lambda: gym.make("Countdown-v0", convention="tag"), "unknown answer convention 'tag' (known"),
    (lambda: CountdownEnv(render_mode="ascii"), "unknown render mode 'ascii'"),
    (lambda: reset({"puzle": {}}), "unknown reset option 'puzle', did you mean 'puzzle'?"),
    # counts and seeds
    (lambda: puzzles(NNumbers(), "train", 0, -3), "count must not be negative, got -3"),
    (lambda: puzzles(NNumbers(), "train", -1, 3), "must not be negative, got -1 and 0"),
    (lambda: puzzle_at(NNumbers(), "train", 0, -1), "must not be negative, got 0 and -1"),
    (lambda: generator(-5, "train", 0), "seed and index must not be negative, got -5 and 0"),
    # families
    (lambda: NNumbers(min_numbers=5), "min_numbers must not exceed max_numbers, got 5 and 4"),
    (lambda: NNumbers(smallest=100), "smallest must not exceed largest, got 100 and 99"),
    (lambda: NNumbers(max_target=9), "min_target must not exceed max_target, got 10 and 9"),
    (lambda: NNumbers(min_numbers=0), "min_numbers must be at least 1, got 0"),
    (lambda: NNumbers(max_numbers=9), "max_numbers must be at most 8, which the oracle can certi"),
    (
        lambda: NNumbers(max_numbers=7, max_solutions=3),
        "max_numbers must be at most 6, which the oracle can certi",
    ),
    (lambda: NNumbers(smallest=-1), "smallest must not be negative, got -1"),
    (lambda: NNumbers(largest=2 * 10**9), "numbers and target must be at most 1,000,000,000"),
    (lambda: NNumbers(max_solutions=0), "max_solutions must be at least 1, got 0"),
    (lambda: NNumbers(operators=""), "operators must name at least one of + - * /, got none"),
    (lambda: NNumbers(operators="+^"), "unknown operator '^'"),
    (lambda: NNumbers(intermediates="reals"), "unknown kind of intermediates 'reals', did you"),
    (lambda: make_family("n_numbers", {"max_numbers": "4"}), "max_numbers must be a whole number"),
    (lambda: make_family("n_numbers", {"largest": 9.0}), "largest must be a whole number, got 9.0"),
    (
        lambda: make_family("n_numbers", {"use_all": "no"}),
        "use_all must be true or false, got 'no'",
    ),
    (lambda: make_family(NNumbers(), {"largest": 9}), "parameters go with the name of a family"),
    # rules
    (lambda: rules(operators="+x"), "unknown operator 'x' (known: "),
    (lambda: rules(operators=5), "operators must be some of + - * /, got 5"),
    (lambda: rules(operators=[]), "operators must name at least one of + - * /, got none"),
    (lambda: rules(intermediates="integer"), "did you mean 'integers'?"),
    (lambda: rules(largest_intermediate=0), "largest_intermediate must be at least 1 and whole"),
    (lambda: rules(largest_intermediate="9"), "largest_intermediate must be at least 1 and whole"),
    (lambda: rules(largest_intermediate=2.5), "largest_intermediate must be at least 1 and whole"),
    (lambda: rules(keep_order=1), "keep_order must be true or false, got 1"),
    (lambda: rules(useall=True), "unknown field of Rules 'useall', did you mean 'use_all'?"),
    # puzzles
    (lambda: read(numbers=[]), "a puzzle has 1 to 32 numbers, got 0"),
    (lambda: read(numbers=[1] * 33), "a puzzle has 1 to 32 numbers, got 33"),
    (lambda: read(numbers="12"), "numbers must be a list of whole numbers, got '12'"),
    (lambda: read(numbers=12), "numbers must be a list of whole numbers, got 12"),
    (lambda: read(numbers=[1, True]), "numbers and target must be whole numbers, got True"),
    (lambda: read(numbers=[1.0]), "numbers and target must be whole numbers, got 1.0"),
    (lambda: read(numbers=[[1]]), "numbers and target must be whole numbers, got [1]"),
    (lambda: read(numbers=[np.int64(1)]), "numbers and target must be whole numbers, got np.int64"),
    (lambda: read(numbers=[-1]), "numbers must not be negative, got -1"),
    (lambda: read(target=None), "numbers and target must be whole numbers, got None"),
    (lambda: read(target="3"), "numbers and target must be whole numbers, got '3'"),
    (lambda: read(target=10**9 + 1), "must be at most 1,000,000,000, got 1,000,000,001"),
    (lambda: read(rules=5), "rules must be a mapping of their fields, got 5"),
    (lambda: read(rules="use_all"), "rules must be a mapping of their fields, got 'use_all'"),
    (lambda: read(goal=5), "unknown field of Puzzle 'goal'"),
    (lambda: read(numbers=None), "numbers must be a list of whole numbers, got None"),
    (lambda: Puzzle.from_dict({1: 2}), "unknown field of Puzzle 1"),  # type: ignore[dict-item]
    (lambda: Puzzle.from_dict({"target": 3}), "a puzzle needs numbers and target, got no numbers"),
    (lambda: Puzzle.from_dict({"numbers": [3]}), "a puzzle needs numbers and target, got no targ"),
    (lambda: reset({"puzzle": [1, 2, 3]}), "must be a Puzzle or a mapping with numbers and target"),
    (lambda: reset({"puzzle": {"numbers": [1, 2]}}), "a puzzle needs numbers and target, got no t"),
    # rewards
    (lambda: make_reward({}), "a mixture needs at least one component, got none"),
    (lambda: make_reward(None), "a reward is a name (strict, tinyzero, "),  # type: ignore[arg-type]
    (lambda: make_reward(["correct"]), "a reward is a name (strict, tinyzero, television, close"),  # type: ignore[arg-type]
    (lambda: make_reward({"correct": "1"}), "weights must be finite numbers, got '1'"),  # type: ignore[dict-item]
    (lambda: make_reward({"correct": float("nan")}), "weights must be finite numbers, got nan"),
    (
        lambda: make_reward({"correct": 1e308, "readable": 1e308}),
        "the sum of the weights must be f",
    ),
    # actions
    (lambda: open_puzzle().step(5), "an action is a text, got int"),
]


@pytest.mark.parametrize(("mistake", "message"), MISTAKES, ids=[m[:50] for _, m in MISTAKES])
def test_a_mistake_is_answered_in_one_line_with_the_remedy(
    mistake: Callable[[], object], message: str
) -> None:
    with pytest.raises(CountdownGymError, match=re.escape(message)) as caught:
        mistake()
    assert "\n" not in str(caught.value)


def test_a_family_without_puzzles_gives_up_and_says_what_to_widen() -> None:
    out_of_reach = NNumbers(min_numbers=1, max_numbers=1, min_target=100, max_target=100)
    with pytest.raises(ExhaustedError, match="widen the range of the target or of the numbers"):
        draw(out_of_reach, "train", np.random.default_rng(0))


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (InvalidParameterError, ValueError),
        (UnknownNameError, ValueError),
        (MissingResourceError, FileNotFoundError),
        (ExhaustedError, RuntimeError),
    ],
)
def test_every_error_of_ours_is_also_the_builtin_one_that_a_caller_expects(
    kind: type[Exception], builtin: type[Exception]
) -> None:
    assert issubclass(kind, CountdownGymError)
    assert issubclass(kind, builtin)


def test_a_missing_resource_says_its_message_without_an_error_number() -> None:
    assert str(MissingResourceError("no model folder at 'x'")) == "no model folder at 'x'"
