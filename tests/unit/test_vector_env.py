"""Many puzzles at once: what Gymnasium's own vectorisation says of them, only quicker."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import RecordEpisodeStatistics

import countdown_gym
from countdown_gym.envs.vector import CountdownVectorEnv
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.parsing import CutCompletion
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.oracle import Oracle
from countdown_gym.splits import Split, split_of

TEXTS = ["Countdown-v0", "CountdownTV-v0", "Game24-v0", "MakeTen-v0"]
ARGUMENTS: dict[str, Any] = {"reward": "tinyzero", "render_mode": "ansi"}


def both(env_id: str, mode: str, num_envs: int = 5) -> list[gym.vector.VectorEnv[Any, Any, Any]]:
    return [
        countdown_gym.make_vec(env_id, num_envs, way, mode, **ARGUMENTS)
        for way in ("vector_entry_point", "sync")
    ]


def completions(infos: dict[str, Any], turn: int) -> tuple[str, ...]:
    """Return right, wrong and unreadable completions in turn."""
    written = []
    for i, puzzle in enumerate(infos["puzzle"]):
        right = Oracle(puzzle.rules).solve(puzzle.numbers, puzzle.target)
        texts = (f"<answer>{right}</answer>", "<answer>1 + 1</answer>", "no")
        written.append(texts[(i + turn) % 3])
    return tuple(written)


@pytest.mark.parametrize("env_id", TEXTS)
@pytest.mark.parametrize("mode", ["SameStep", "NextStep"])
def test_it_tells_what_the_synchronous_one_tells(env_id: str, mode: str) -> None:
    native, sync = both(env_id, mode)
    for seed in (3, [7, 8, None, 10, 11], None):
        told = [envs.reset(seed=seed) for envs in (native, sync)]  # type: ignore[arg-type]  # lists are allowed
        assert data_equivalence(told[0], told[1])
        for turn in range(4):
            actions = completions(told[0][-1], turn)
            steps = [envs.step(actions) for envs in (native, sync)]
            assert data_equivalence(steps[0], steps[1])
            assert native.render() == sync.render()
            told = steps  # type: ignore[assignment]  # the last is the information in both


SETTINGS: list[dict[str, Any]] = [
    {"split": "validation", "reward": {"closeness": 0.3, "brevity": 0.1, "correct": 2}},
    {"family_parameters": {"max_numbers": 3, "solvable": False}, "reward": "close"},
    {"family_parameters": {"min_numbers": 2, "largest": 9, "solvable": None}},
    {"family_parameters": {"largest": 20, "max_solutions": 9}, "prompt_style": "terse"},
    {"family": "television", "reward": "television", "prompt_style": "tinyzero"},
    {"family": "four_fours", "convention": "last_line", "split": "test"},
]
WRITTEN = [
    "<answer>4 + 4 * 4 - 4 / 4</answer>",
    "44/4\n7 - 4 / 4",
    CutCompletion("no"),
    "",
    "9 + 9",
]


@pytest.mark.parametrize("mode", ["SameStep", "NextStep", "Disabled"])
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_whatever_is_set_and_whoever_is_reset_the_two_tell_the_same(
    setting: dict[str, Any], mode: str
) -> None:
    native, sync = (
        countdown_gym.make_vec("Countdown-v0", 5, way, mode, **setting)
        for way in ("vector_entry_point", "sync")
    )
    chance = np.random.default_rng(5)
    assert data_equivalence(native.reset(seed=9), sync.reset(seed=9))
    for turn in range(8):
        actions = tuple(WRITTEN[i] for i in chance.integers(len(WRITTEN), size=5))
        assert data_equivalence(native.step(actions), sync.step(actions))
        mask = chance.random(5) < 0.5
        if mode == "Disabled":
            mask |= turn % 2 == 0
        for chosen in (mask, ~mask) if mode == "Disabled" else (mask,):
            if chosen.any():
                seeds = [int(n) if n < 3 else None for n in chance.integers(6, size=5)]
                told = [
                    envs.reset(seed=seeds, options={"reset_mask": chosen})  # type: ignore[arg-type]  # lists are allowed
                    for envs in (native, sync)
                ]
                assert data_equivalence(told[0], told[1])


def test_without_autoreset_the_mask_says_who_is_reset() -> None:
    native, sync = both("Countdown-v0", "Disabled")
    mask = np.array([True, False, True, True, False])
    infos = [envs.reset(seed=1)[1] for envs in (native, sync)]
    steps = [envs.step(completions(infos[0], 0)) for envs in (native, sync)]
    assert data_equivalence(steps[0], steps[1])
    with pytest.raises(gym.error.ResetNeeded):
        native.step(("",) * 5)
    options = {"reset_mask": mask}
    one = native.reset(options=options)
    assert options == {"reset_mask": mask}
    assert data_equivalence(one, sync.reset(options=dict(options)))
    with pytest.raises(gym.error.ResetNeeded):
        native.step(("",) * 5)
    native.reset(options={"reset_mask": ~mask})
    native.step(("",) * 5)


@pytest.mark.parametrize("mode", ["SameStep", "NextStep"])
def test_episode_statistics_are_those_of_the_synchronous_one(mode: str) -> None:
    recorded = []
    for envs in both("Countdown-v0", mode):
        wrapped = RecordEpisodeStatistics(envs)
        _, infos = wrapped.reset(seed=5)
        for turn in range(3):
            *_, infos = wrapped.step(completions(infos, turn))
        recorded.append((list(wrapped.return_queue), list(wrapped.length_queue)))
    assert recorded[0] == recorded[1]
    assert set(recorded[0][1]) == {1}
    assert 1.0 in recorded[0][0]


def drawn(env_id: str, seeds: list[int], mode: str, turns: int) -> list[list[Puzzle]]:
    """Return the puzzles that each environment puts, one after another."""
    envs = countdown_gym.make_vec(env_id, len(seeds), autoreset_mode=mode)
    _, infos = envs.reset(seed=seeds)  # type: ignore[arg-type]  # lists are allowed
    put = [list(infos["puzzle"])]
    for _ in range(turns if mode == "SameStep" else 2 * turns):
        _, _, ended, _, infos = envs.step(("no",) * len(seeds))
        if ended.all() == (mode == "SameStep"):
            put.append(list(infos["puzzle"]))
    return [list(column) for column in zip(*put, strict=True)]


@pytest.mark.parametrize("env_id", TEXTS)
def test_the_puzzles_of_an_environment_follow_from_its_own_seed_alone(env_id: str) -> None:
    together = drawn(env_id, [3, 4, 3, 2**70], "SameStep", turns=4)
    assert together[0] == together[2]
    for seed, column in zip((3, 4, 3, 2**70), together, strict=True):
        assert drawn(env_id, [seed], "SameStep", turns=4) == [column]
        assert drawn(env_id, [seed], "NextStep", turns=4) == [column]
        assert all(split_of(puzzle) is Split.TRAIN for puzzle in column)
    assert len({*together[0], *together[1], *together[3]}) == 15


def test_a_mask_moves_only_the_streams_of_its_own() -> None:
    envs = countdown_gym.make_vec("Countdown-v0", 3, autoreset_mode="Disabled")
    expected = drawn("Countdown-v0", [0, 1, 2], "SameStep", turns=2)
    _, infos = envs.reset(seed=0)
    assert list(infos["puzzle"]) == [column[0] for column in expected]
    for places, turn in (([0, 2], 1), ([0], 2), ([1], 1), ([2], 2)):
        mask = np.isin(np.arange(3), places)
        _, infos = envs.reset(options={"reset_mask": mask})
        assert [infos["puzzle"][i] for i in places] == [expected[i][turn] for i in places]
        assert infos["_puzzle"].tolist() == mask.tolist()


def test_a_seed_in_a_list_begins_one_stream_anew_and_none_goes_on() -> None:
    expected = drawn("Countdown-v0", [5, 6], "SameStep", turns=1)
    envs = countdown_gym.make_vec("Countdown-v0", 2)
    envs.reset(seed=[5, 6])  # type: ignore[arg-type]  # lists are allowed
    _, infos = envs.reset(seed=[None, 6])  # type: ignore[arg-type]  # as above
    assert list(infos["puzzle"]) == [expected[0][1], expected[1][0]]


def test_streams_go_on_however_often_they_are_looked_up_and_whatever_is_put_between() -> None:
    native, sync = both("Countdown-v0", "SameStep", num_envs=3)
    asked: list[dict[str, Any]] = [{"seed": 1}, {}, {"options": {"puzzle": Puzzle((1, 2, 3), 6)}}]
    for reset in (*asked, {"seed": [None, 9, None]}):
        told = [envs.reset(**reset) for envs in (native, sync)]
        assert data_equivalence(told[0], told[1])
        for _ in range(12):
            steps = [envs.step(("no",) * 3) for envs in (native, sync)]
            assert data_equivalence(steps[0], steps[1])


def test_without_a_seed_the_puzzles_are_different_each_time() -> None:
    firsts = [countdown_gym.make_vec("Countdown-v0", 4).reset()[0] for _ in range(3)]
    assert len({text for texts in firsts for text in texts}) > 9


def test_statistics_survive_a_mask() -> None:
    wrapped = RecordEpisodeStatistics(both("Countdown-v0", "Disabled", num_envs=2)[0])
    _, infos = wrapped.reset(seed=5)
    wrapped.step(completions(infos, 0))
    wrapped.reset(options={"reset_mask": np.array([True, False])})
    assert wrapped.episode_returns.tolist()[0] == 0.0
    assert wrapped.episode_lengths.tolist() == [0, 1]


def test_a_given_puzzle_stands_everywhere() -> None:
    envs = countdown_gym.make_vec("Countdown-v0", 2)
    prompts, _ = envs.reset(options={"puzzle": {"numbers": [25, 30, 3, 4], "target": 32}})
    assert prompts[0] == prompts[1]
    right = "<answer>(30 - 25 + 3) * 4</answer>"
    _, rewards, terminated, truncated, infos = envs.step((right, "no"))
    assert rewards.tolist() == [1.0, 0.0]
    assert terminated.all()
    assert not truncated.any()
    assert infos["final_info"]["solved"].tolist() == [True, False]


def test_what_is_told_lies_in_the_spaces_and_the_specification_is_json() -> None:
    envs = countdown_gym.make_vec("Countdown-v0", 3)
    observations, _ = envs.reset(seed=0)
    assert observations in envs.observation_space
    envs.step(envs.action_space.sample())
    assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert envs.spec is not None
    assert envs.spec.to_json()


def test_what_makes_no_batch_is_refused() -> None:
    envs = countdown_gym.make_vec("Countdown-v0", 2)
    with pytest.raises(gym.error.ResetNeeded):
        envs.step(("", ""))
    envs.reset(seed=0)
    for actions in (("",), "ab", ("", 1)):
        with pytest.raises(InvalidParameterError):
            envs.step(actions)
    with pytest.raises(InvalidParameterError, match="2 seeds"):
        envs.reset(seed=[1])  # type: ignore[arg-type]  # lists are allowed
    for mask in ([True, False], np.array([True]), np.array([False, False]), np.array([1, 0])):
        with pytest.raises(InvalidParameterError, match="reset_mask must be a boolean array"):
            envs.reset(options={"reset_mask": mask})
    with pytest.raises(InvalidParameterError, match="num_envs"):
        countdown_gym.make_vec("Countdown-v0", 0)


def test_texts_do_not_pass_through_shared_memory() -> None:
    envs = countdown_gym.make_vec("Countdown-v0", 2, "async")
    prompts, _ = envs.reset(seed=0)
    envs.close()
    assert all(prompt.startswith("Write an expression") for prompt in prompts)
    with pytest.raises(InvalidParameterError, match="shared_memory must be false"):
        countdown_gym.make_vec("Countdown-v0", 2, "async", vector_kwargs={"shared_memory": True})


def test_environments_without_a_native_one_are_vectorised_synchronously() -> None:
    envs = countdown_gym.make_vec("CountdownSteps-v0", 2)
    assert isinstance(envs.unwrapped, gym.vector.SyncVectorEnv)
    assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP


@pytest.mark.parametrize("way", [gym.VectorizeMode.ASYNC, "async"])
def test_texts_never_pass_through_shared_memory(way: gym.VectorizeMode | str) -> None:
    envs = countdown_gym.make_vec("Countdown-v0", 2, way)
    prompts, _ = envs.reset(seed=1)
    envs.close()
    assert prompts == countdown_gym.make_vec("Countdown-v0", 2).reset(seed=1)[0]


@pytest.mark.parametrize(
    "env_id", ["countdown_gym:Countdown-v0", gym.spec("Countdown-v0")], ids=["module", "spec"]
)
def test_environments_are_found_as_gymnasium_finds_them(env_id: str | EnvSpec) -> None:
    envs = countdown_gym.make_vec(env_id, 2, gym.VectorizeMode.VECTOR_ENTRY_POINT)
    assert isinstance(envs.unwrapped, CountdownVectorEnv)
    with pytest.raises(UnknownNameError, match="vectorization mode"):
        countdown_gym.make_vec(env_id, 2, "vector_entry")


@pytest.mark.parametrize(
    "asked",
    [{"wrappers": [gym.wrappers.RecordEpisodeStatistics]}, {"vector_kwargs": {"copy": True}}],
)
def test_what_only_single_environments_can_do_is_done_by_those(asked: dict[str, Any]) -> None:
    envs = countdown_gym.make_vec("Countdown-v0", 2, **asked)
    assert isinstance(envs.unwrapped, gym.vector.SyncVectorEnv)


def test_statistics_go_on_where_only_some_environments_are_reset() -> None:
    """Gymnasium's vector environments take `reset_mask` out of the caller's options."""
    envs = RecordEpisodeStatistics(
        countdown_gym.make_vec("CountdownDialogue-v0", 2, autoreset_mode="Disabled", max_attempts=4)
    )
    board = {"puzzle": {"numbers": [25, 30, 3, 4], "target": 32}}
    envs.reset(seed=1, options=dict(board))
    envs.step(["<answer>(30 - 25 + 3) * 4</answer>", ""])
    envs.reset(options={"reset_mask": np.array([True, False]), **board})
    told = [envs.step(["", ""])[4] for _ in range(3)]
    assert told[-1]["episode"]["l"][1] == 4


def test_a_seed_may_be_of_numpy() -> None:
    envs = countdown_gym.make_vec("Countdown-v0", 2)
    seed: Any = np.int64(3)
    assert envs.reset(seed=seed)[0] == envs.reset(seed=3)[0]
