"""One operation per turn: what is allowed, what it leads to, and how an episode ends."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countdown_gym.envs.step_actions import FORMS, StepActions
from countdown_gym.envs.steps import CountdownStepsEnv, Snapshot
from countdown_gym.errors import InvalidParameterError
from countdown_gym.puzzles import Intermediates, Puzzle, Rules
from countdown_gym.solver.moves import Move
from countdown_gym.solver.state import State
from countdown_gym.testing import puzzles, rules


def at(puzzle: Puzzle, **arguments: Any) -> CountdownStepsEnv:  # noqa: ANN401 - the environment's
    env = CountdownStepsEnv(max_numbers=max(2, len(puzzle.numbers)), **arguments)
    env.reset(seed=0, options={"puzzle": puzzle})
    return env


def do(env: CountdownStepsEnv, *written: str) -> tuple[Any, ...]:
    """Take actions by their names and return what the last step tells."""
    names = [env.actions.describe(action) for action in range(env.actions.count)]
    told: tuple[Any, ...] = ()
    for name in written:
        told = env.step(names.index(name))
    return told


@pytest.mark.parametrize("max_numbers", [2, 3, 6])
def test_every_operation_has_one_number(max_numbers: int) -> None:
    actions = StepActions(max_numbers)
    numbers = [
        actions.of(Move(operator, *((j, i) if swapped else (i, j)), Fraction(0)))
        for i in range(max_numbers)
        for j in range(i + 1, max_numbers)
        for operator, swapped in FORMS
    ]
    assert [*numbers, actions.undo] == list(range(actions.count))
    assert StepActions(max_numbers, allow_undo=False).count == actions.count - 1
    assert StepActions(max_numbers, allow_undo=False).undo is None


@given(puzzle=puzzles(rules=rules()))
def test_the_mask_allows_exactly_what_the_rules_do(puzzle: Puzzle) -> None:
    env = at(puzzle)
    count, expected = len(puzzle.numbers), set()
    for i in range(count):
        for j in range(i + 1, count):
            for operator, swapped in FORMS:
                a, b = (puzzle.numbers[k] for k in ((j, i) if swapped else (i, j)))
                neighbours = j == i + 1 or not puzzle.rules.use_all
                if operator not in puzzle.rules.operators or (operator == "/" and b == 0):
                    continue
                if puzzle.rules.keep_order and (swapped or not neighbours):
                    continue
                if puzzle.rules.admit(operator.apply(Fraction(a), Fraction(b))):
                    left, right = (j, i) if swapped else (i, j)
                    expected.add(env.actions.of(Move(operator, left, right, Fraction(0))))
    assert set(np.flatnonzero(env.action_masks())) == expected


@given(puzzle=puzzles(rules=rules()), seed=st.integers(0, 99))
def test_allowed_actions_change_the_board_and_forbidden_ones_do_not(
    puzzle: Puzzle, seed: int
) -> None:
    env, rng = at(puzzle), np.random.default_rng(seed)
    ended = False
    while not ended:
        before, masks = env.get_state(), env.action_masks()
        action = int(rng.integers(env.actions.count))
        _, reward, terminated, truncated, info = env.step(action)
        ended = terminated or truncated
        assert info["allowed"] == masks[action]
        changed = env.get_state().positions != before.positions
        assert changed == (info["allowed"] and before.answer is None)
        assert reward == info["solved"]


def test_the_target_with_nothing_left_over_solves() -> None:
    env = at(Puzzle((6, 4, 5), 10))
    _, reward, terminated, _, info = do(env, "#1 + #2")
    assert (reward, terminated, info["state"]) == (0.0, False, "10, 5 → 10")
    _, reward, terminated, _, info = do(env, "undo", "#2 * #3", "#2 / #1")
    assert (reward, terminated, info["operation"]) == (0.0, False, "20 / 6 = 10/3")
    env = at(Puzzle((25, 30, 3, 4), 32))
    told = do(env, "#2 - #1", "#1 + #2", "#1 * #2")
    assert told[1:4] == (1.0, True, False)
    assert told[4]["answer"] == "(30 - 25 + 3) * 4"


def test_where_numbers_may_be_left_out_the_target_anywhere_solves() -> None:
    puzzle = Puzzle((6, 4, 5), 10, Rules(use_all=False))
    assert do(at(puzzle), "#1 + #2")[1:3] == (1.0, True)


def test_a_board_that_solves_from_the_start_ends_with_any_action() -> None:
    env = at(Puzzle((7, 3), 7, Rules(use_all=False)))
    _, reward, terminated, _, info = do(env, "#1 + #2")
    assert (reward, terminated, info["answer"]) == (1.0, True, "7")


def test_without_undo_a_dead_end_terminates() -> None:
    puzzle = Puzzle((6, 4), 3)
    assert do(at(puzzle, undo=False), "#1 + #2")[1:4] == (0.0, True, False)
    assert do(at(puzzle), "#1 + #2")[1:4] == (0.0, False, False)
    stuck = at(Puzzle((0, 0), 3, Rules(intermediates=Intermediates.POSITIVE_INTEGERS)))
    assert not stuck.action_masks().any()
    assert stuck.step(0)[2:4] == (True, False)


def test_running_out_of_turns_truncates() -> None:
    env = at(Puzzle((6, 4), 3), max_turns=3)
    told = do(env, "#1 + #2", "undo", "#1 - #2")
    assert told[1:4] == (0.0, False, True)
    assert told[0][-1] == 0
    assert not env.action_masks().any()
    solved_last = at(Puzzle((6, 4), 2), max_turns=3)
    assert do(solved_last, "#1 + #2", "undo", "#1 - #2")[1:4] == (1.0, True, False)


def test_the_observation_is_exact_and_says_where_nothing_is() -> None:
    env = CountdownStepsEnv(max_numbers=3)
    env.reset(options={"puzzle": Puzzle((7, 4), 3)})
    assert do(env, "#1 / #2")[0].tolist() == [7, 0, 0, 4, 0, 0, 3, 15]


def test_a_moment_can_be_returned_to() -> None:
    env = at(Puzzle((6, 4, 5), 10))
    observation, *_ = do(env, "#1 + #2")
    moment = env.get_state()
    generator = env.np_random.bit_generator.state
    first = do(env, "#1 - #2")
    again, info = env.set_state(moment)
    assert again.tolist() == observation.tolist()
    assert info["state"] == "10, 5 → 10"
    second = do(env, "#1 - #2")
    assert (second[0].tolist(), second[1:]) == (first[0].tolist(), first[1:])
    assert env.np_random.bit_generator.state == generator


def test_what_does_not_fit_is_refused() -> None:
    env = CountdownStepsEnv(max_numbers=3)
    with pytest.raises(gym.error.ResetNeeded):
        env.get_state()
    with pytest.raises(InvalidParameterError, match="max_numbers must be at least 4"):
        env.reset(options={"puzzle": Puzzle((1, 2, 3, 4), 10)})
    big = Puzzle((1, 2, 3, 4), 10)
    with pytest.raises(InvalidParameterError, match="max_numbers must be at least 4"):
        env.set_state(Snapshot(big, (State.read(big.numbers),), 0, ended=False))
    env.reset(seed=0, options={"puzzle": Puzzle((1, 2, 3), 6)})
    with pytest.raises(InvalidParameterError, match="below 19, got 19"):
        env.step(19)
    refused: list[dict[str, Any]] = [{"max_numbers": 1}, {"max_numbers": 33}, {"max_turns": 1}]
    with pytest.raises(InvalidParameterError, match="four_fours asks for more"):
        CountdownStepsEnv(family="four_fours")
    for arguments in refused:
        with pytest.raises(InvalidParameterError, match=next(iter(arguments))):
            CountdownStepsEnv(**arguments)
