"""What every registered environment promises."""

from __future__ import annotations

import copy
import os
import pickle
import random  # noqa: TID251 - to see that nobody touches it
import re
import subprocess
import sys
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env

from countdown_gym.registration import ENVIRONMENTS, register_environments

HEADINGS = (
    "Description",
    "Action Space",
    "Observation Space",
    "Starting State",
    "Rewards",
    "Episode End",
    "Information",
    "Arguments",
    "References",
    "Version History",
)

pytestmark = pytest.mark.parametrize("env_id", sorted(ENVIRONMENTS))


def section(env: gym.Env[Any, Any], heading: str) -> str:
    """Return one section of the docstring that is an environment's specification."""
    found = re.search(
        rf"## {heading}\n(.*?)(?=\n\s*## |\Z)", type(env.unwrapped).__doc__ or "", re.DOTALL
    )
    assert found, f"the docstring of {env} has no section {heading}"
    return found[1]


def listed(text: str) -> set[str]:
    """Return the names of a list whose lines begin with a name in backticks."""
    return set(re.findall(r"^\s*- `(\w+)`", text, re.MULTILINE))


def plain(told: Any) -> Any:  # noqa: ANN401 - whatever an environment says
    """Return the same with lists for arrays, so that it compares as a whole."""
    if isinstance(told, np.ndarray | np.generic):
        return told.tolist()
    if isinstance(told, list | tuple):
        return [plain(part) for part in told]
    if isinstance(told, dict):
        return {key: plain(part) for key, part in told.items()}
    return told


def actions(env: gym.Env[Any, Any]) -> list[Any]:
    """Return some actions, hand-written ones where they are texts."""
    sampled = [env.action_space.sample() for _ in range(3)]
    return ["", "<answer>1</answer>", *sampled] if isinstance(sampled[0], str) else sampled


def test_the_environment_checker_is_silent(env_id: str) -> None:
    env = gym.make(env_id, disable_env_checker=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)


def test_it_is_found_after_importing_the_package_or_by_module_and_id(env_id: str) -> None:
    assert env_id in gym.registry
    assert gym.make(f"countdown_gym:{env_id}").spec is not None
    register_environments()  # a second time changes nothing and warns of nothing
    assert gym.registry[env_id].kwargs == dict(ENVIRONMENTS[env_id][1])


def test_its_specification_survives_json(env_id: str) -> None:
    spec = gym.make(env_id).spec
    assert spec is not None
    again = EnvSpec.from_json(spec.to_json())
    assert again == spec
    one, two = gym.make(spec), gym.make(again)
    assert plain(one.reset(seed=5)) == plain(two.reset(seed=5))


def test_its_specification_has_every_heading(env_id: str) -> None:
    env = gym.make(env_id)
    headings = re.findall(r"^\s*## (.+)$", type(env.unwrapped).__doc__ or "", re.MULTILINE)
    assert headings == list(HEADINGS)
    assert f"- v{env_id.rpartition('-v')[2]}:" in section(env, "Version History")


def test_its_information_is_exactly_what_its_specification_lists(env_id: str) -> None:
    env = gym.make(env_id)
    rest, _, at_the_end = section(env, "Information").partition("The last `step` adds")
    at_reset, _, in_step = rest.partition("`step` adds")
    _, info = env.reset(seed=0)
    assert info.keys() == listed(at_reset)
    for action in actions(env):
        env.reset()
        ended = False
        while not ended:
            _, _, terminated, truncated, info = env.step(action)
            ended = terminated or truncated
            final = listed(at_the_end) if ended else set()
            assert info.keys() == listed(at_reset) | listed(in_step) | final


def test_its_arguments_are_exactly_what_its_specification_lists(env_id: str) -> None:
    env = gym.make(env_id)
    code = type(env.unwrapped).__init__.__code__
    assert set(code.co_varnames[1 : code.co_argcount]) == listed(section(env, "Arguments"))


def test_a_step_without_an_open_puzzle_is_refused(env_id: str) -> None:
    env = gym.make(env_id).unwrapped
    with pytest.raises(gym.error.ResetNeeded, match="reset"):
        env.step(env.action_space.sample())
    env.reset(seed=0)
    while not any(env.step(env.action_space.sample())[2:4]):
        pass
    with pytest.raises(gym.error.ResetNeeded, match="reset"):
        env.step(env.action_space.sample())


def play(env: gym.Env[Any, Any], seed: int, episodes: int = 3) -> list[Any]:
    """Return everything that an environment says in some episodes of random actions."""
    env.action_space.seed(seed)
    told: list[Any] = [env.reset(seed=seed)]
    for _ in range(episodes):
        while True:
            told.append(env.step(env.action_space.sample()))
            if told[-1][2] or told[-1][3]:
                break
        told.append(env.reset())
    return told


def story(env: gym.Env[Any, Any], seed: int) -> Any:  # noqa: ANN401 - as above
    """Return what `play` returns in a form that compares."""
    return plain(play(env, seed))


def test_the_same_seed_tells_the_same_story(env_id: str) -> None:
    assert story(gym.make(env_id), 7) == story(gym.make(env_id), 7)
    env = gym.make(env_id)
    assert story(env, 7) == story(env, 7)  # nothing is left over from before
    assert story(env, 8) != story(env, 7)


PROGRAM = """
import sys
import gymnasium as gym, countdown_gym
env = gym.make(sys.argv[1], render_mode="ansi")
env.action_space.seed(3)
for seed in (3, None, None):
    observation, info = env.reset(seed=seed)
    print(repr(observation), repr(info), env.render())
    done = False
    while not done:
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
        done = terminated or truncated
        print(repr((observation, reward, terminated, truncated, info)), env.render())
"""


def test_the_same_seed_gives_the_same_bytes_in_every_process(env_id: str) -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-X", "utf8", "-c", PROGRAM, env_id],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert b"target" in outputs.pop()


def test_no_global_generator_is_touched(env_id: str) -> None:
    def states() -> tuple[Any, str]:
        return random.getstate(), repr(np.random.get_state())  # noqa: NPY002 - as above

    before = states()
    play(gym.make(env_id), 7)
    assert states() == before


def test_what_it_says_lies_in_its_spaces(env_id: str) -> None:
    env = gym.make(env_id).unwrapped
    for told in play(env, 1):
        assert told[0] in env.observation_space
        if len(told) == 5:
            assert type(told[1]) is float
            assert type(told[2]) is type(told[3]) is bool


def test_a_copy_and_a_pickle_go_on_alike(env_id: str) -> None:
    env = gym.make(env_id)
    env.reset(seed=4)
    copies = [copy.deepcopy(env), pickle.loads(pickle.dumps(env))]  # noqa: S301 - our own bytes
    expected = [plain(env.reset()) for _ in range(3)]
    for other in copies:
        assert [plain(other.reset()) for _ in range(3)] == expected


def vector(env_id: str, mode: str, **kwargs: Any) -> gym.vector.VectorEnv[Any, Any, Any]:  # noqa: ANN401
    return gym.make_vec(
        env_id,
        num_envs=2,
        vectorization_mode=mode,
        vector_kwargs={"autoreset_mode": gym.vector.AutoresetMode.SAME_STEP, **kwargs},
    )


def test_it_vectorises_in_one_process_and_in_several(env_id: str) -> None:
    told = []
    # with shared memory Gymnasium writes "000…" for every text
    for envs in (vector(env_id, "sync"), vector(env_id, "async", shared_memory=False)):
        envs.action_space.seed(2)
        heard: list[Any] = [envs.reset(seed=[10, 11])[0]]  # type: ignore[arg-type]  # lists are allowed
        for _ in range(3):
            observations, rewards, ends, cuts, infos = envs.step(envs.action_space.sample())
            heard += [observations, rewards, ends, cuts]
            heard.append(list(infos["puzzle"]))
        envs.close()
        told.append(plain(heard))
    assert told[0] == told[1]
    singly = [plain(gym.make(env_id).reset(seed=seed)[0]) for seed in (10, 11)]
    assert told[0][0] == singly


def test_a_moment_can_be_returned_to(env_id: str) -> None:
    env = gym.make(env_id).unwrapped
    moves: Any = env
    env.action_space.seed(0)
    with pytest.raises(gym.error.ResetNeeded):
        moves.get_state()
    observation, info = env.reset(seed=1)
    for _ in range(3):
        moment = moves.get_state()
        generator = env.np_random.bit_generator.state
        action = env.action_space.sample()
        first = env.step(action)
        again, told = moves.set_state(moment)
        assert plain(again) == plain(observation)
        assert plain(told["puzzle"]) == plain(info["puzzle"])
        assert plain(env.step(action)) == plain(first)
        assert env.np_random.bit_generator.state == generator
        observation = first[0]
        if first[2] or first[3]:
            break
