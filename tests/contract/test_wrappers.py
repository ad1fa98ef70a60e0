"""What every wrapper promises."""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env

from countdown_gym import make_vec
from countdown_gym.envs.wrappers import WRAPPERS

CASES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "prompt_style": ("Countdown-v0", {"style": "terse"}),
    "chat_history": ("CountdownDialogue-v0", {"thoughts": "strip", "max_chars": 65_536}),
    "reward_mixture": ("Countdown-v0", {"reward": {"correct": 0.9, "legal": 0.1}}),
    "oracle_shaping": ("CountdownSteps-v0", {"potential": "nearness", "gamma": 0.5}),
    "action_results": ("CountdownSteps-v0", {}),
    "step_texts": ("CountdownSteps-v0", {}),
    "curriculum": ("Countdown-v0", {"levels": [{"max_numbers": 3}, {"min_numbers": 4}]}),
    "transcript": ("CountdownTokens-v0", {"path": "transcript.jsonl"}),
}
"""For each wrapper an environment and arguments."""

pytestmark = pytest.mark.parametrize("name", sorted(WRAPPERS))


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def wrapped(name: str) -> gym.Env[Any, Any]:
    env_id, arguments = CASES[name]
    return WRAPPERS[name](gym.make(env_id), **arguments)


def test_its_arguments_are_json_and_recorded(name: str) -> None:
    spec = wrapped(name).spec
    assert spec is not None
    assert [wrapper.name for wrapper in spec.additional_wrappers] == [WRAPPERS[name].__name__]
    recorded = spec.additional_wrappers[0].kwargs
    assert recorded is not None
    assert CASES[name][1].items() <= recorded.items()
    parameters = list(inspect.signature(WRAPPERS[name]).parameters)[1:]
    assert list(recorded) == parameters
    assert json.loads(json.dumps(recorded)) == recorded


def test_a_specification_with_it_survives_json(name: str) -> None:
    env = wrapped(name)
    spec = env.spec
    assert spec is not None
    again = EnvSpec.from_json(spec.to_json())
    made = gym.make(again)
    assert type(made) is WRAPPERS[name]
    assert made.spec == spec
    one, two = env.reset(seed=5), made.reset(seed=5)
    assert str(one) == str(two)


def test_the_environment_checker_is_silent(name: str) -> None:
    env = wrapped(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # said of any wrapper, whatever it does
        warnings.filterwarnings("ignore", message=".*different from the unwrapped version")
        check_env(env, skip_render_check=True)


def test_what_it_says_lies_in_its_spaces(name: str) -> None:
    env = wrapped(name)
    env.action_space.seed(3)
    observation, _ = env.reset(seed=3)
    assert observation in env.observation_space
    ended = False
    while not ended:
        observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        assert observation in env.observation_space
        assert type(reward) is float
        ended = terminated or truncated


def test_it_vectorises(name: str) -> None:
    env_id, arguments = CASES[name]
    envs = make_vec(
        env_id,
        num_envs=2,
        vectorization_mode="sync",
        wrappers=[lambda env: WRAPPERS[name](env, **arguments)],
    )
    envs.action_space.seed(1)
    together, _ = envs.reset(seed=[10, 11])  # type: ignore[arg-type]  # lists are allowed
    for seed, observation in zip((10, 11), together, strict=True):
        alone, _ = wrapped(name).reset(seed=seed)
        assert str(observation) == str(alone)
    envs.step(envs.action_space.sample())
    envs.close()


def test_its_docstring_tells_its_arguments(name: str) -> None:
    text = inspect.getdoc(WRAPPERS[name]) or ""
    for parameter in list(inspect.signature(WRAPPERS[name]).parameters)[1:]:
        assert f"\n    {parameter}: " in text


def test_a_wrapper_is_refused_where_it_makes_no_sense(name: str) -> None:
    if name == "transcript":  # of anything
        return

    class Plain(gym.Env[int, int]):
        observation_space = gym.spaces.Discrete(2)  # type: ignore[assignment]  # of its own integers
        action_space = gym.spaces.Discrete(2)  # type: ignore[assignment]

    with pytest.raises(ValueError, match=r"got|must"):
        WRAPPERS[name](Plain(), **CASES[name][1])
