"""TokenPPO learns what little there is to learn, in seconds, whatever the kind of advantage."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, SupportsFloat, get_args

import gymnasium as gym
import pytest
import torch
from transformers import LlamaConfig

from countdown_agents.token_ppo.advantages import AdvantageKind
from countdown_agents.token_ppo.callbacks import BatchCallback, StopAfterBatches
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_gym.envs.spaces import AnyText
from countdown_gym.envs.text import CountdownEnv
from countdown_gym.symbols import SymbolTokenizer

pytestmark = [
    pytest.mark.agents,
    # what is learnt completely leaves nothing to try and nothing to predict
    pytest.mark.filterwarnings("ignore::countdown_agents.token_ppo.diagnostics.TrainingWarning"),
]


TOKENIZER = SymbolTokenizer()


class TwoSymbols:
    """A vocabulary of padding, end, `a` and `b`."""

    pad_id, eos_id, vocabulary_size = 0, 1, 4

    def encode(self, text: str) -> list[int]:
        return [{"a": 2, "b": 3}[symbol] for symbol in text]

    def decode(self, ids: Sequence[int]) -> str:
        return "".join({2: "a", 3: "b"}.get(i, "") for i in ids)


class Game(gym.Env[str, str]):
    """Shows a symbol; pays for writing the one that is right."""

    def __init__(self, *, repeat: bool) -> None:
        self.observation_space = self.action_space = AnyText(8)
        self.repeat = repeat
        self.shown = "a"

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self.shown = (options or {}).get("puzzle") or "ab"[self.np_random.integers(2)]
        return self.shown, {"puzzle": self.shown}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        solved = action == (self.shown if self.repeat else "b")
        fault = "" if solved else "wrong_value"
        info = {"solved": solved, "fault": fault, "reward_components": {"right": float(solved)}}
        return "", float(solved), True, False, {"puzzle": self.shown, **info}


class SayYes(gym.Wrapper[str, str, str, str]):
    """Pays for a completion that is `yes`, whatever is asked: a bandit of 121 arms."""

    def step(self, action: str) -> tuple[str, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, _, terminated, truncated, info = self.env.step(action)
        return observation, float(action.startswith("yes")), terminated, truncated, info


class SayTheTarget(gym.Wrapper[str, str, str, str]):
    """Pays for a completion that repeats the target."""

    def step(self, action: str) -> tuple[str, SupportsFloat, bool, bool, dict[str, Any]]:
        observation, _, terminated, truncated, info = self.env.step(action)
        right = action == str(info["puzzle"].target)
        return observation, float(right), terminated, truncated, info


@pytest.fixture(autouse=True, scope="module")
def _environments() -> Iterator[None]:
    for name, repeat in {"Bandit-v0": False, "Identity-v0": True}.items():
        gym.register(name, lambda repeat=repeat, **_: Game(repeat=repeat))
    ids = {"SayYes-v0": SayYes, "SayTheTarget-v0": SayTheTarget}
    for env_id, wrapper in ids.items():
        gym.register(env_id, lambda wrapper=wrapper, **kwargs: wrapper(CountdownEnv(**kwargs)))
    yield
    for env_id in ("Bandit-v0", "Identity-v0", *ids):
        del gym.registry[env_id]


@pytest.mark.slow
@pytest.mark.parametrize("game", ["Bandit-v0", "Identity-v0"])
@pytest.mark.parametrize("kind", get_args(AdvantageKind))
def test_every_kind_of_advantage_learns(kind: AdvantageKind, game: str) -> None:
    env = make_token_env(
        game, TwoSymbols(), completions=64, max_prompt_tokens=1, max_completion_tokens=1
    )
    torch.manual_seed(0)
    shape = LlamaConfig(
        vocab_size=4,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
    )
    model = TokenPPO(
        CausalLMPolicy,
        env,
        TokenPPOConfig(
            advantage=kind,
            learning_rate=5e-3,
            value_learning_rate=1e-2,
            entropy_coefficient=0.05,  # the first right answer must not crowd out the other
            kl_coefficient=0.0,
        ),
        policy_kwargs={"language_model": shape.to_dict()},
        device="cpu",
    )
    rates: list[float] = []
    for batch in range(80):
        model.learn(10**9, callback=StopAfterBatches(batch + 1), reset_num_timesteps=False)
        rates.append(model.measures["solve_rate"])
    assert rates[0] < 0.5
    assert rates[-1] > 0.95


def mean_reward_after(env_id: str, targets: int, batches: int) -> float:
    parameters = {"min_numbers": 2, "max_numbers": 2, "largest": 9, "min_target": 1}
    env = make_token_env(
        env_id,
        TOKENIZER,
        completions=128,
        max_prompt_tokens=8,
        max_completion_tokens=1,
        env_kwargs={
            "family": "n_numbers",
            "family_parameters": {**parameters, "max_target": targets},
            "prompt_style": "terse",
        },
    )
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=TOKENIZER.vocabulary_size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        eos_token_id=TOKENIZER.eos_id,
    )
    settings = TokenPPOConfig(
        learning_rate=3e-3,
        value_learning_rate=1e-2,
        kl_coefficient=0.0,
        entropy_coefficient=0.05,  # one of few right answers must not crowd out the others
    )
    model = TokenPPO(
        CausalLMPolicy,
        env,
        settings,
        policy_kwargs={"language_model": config.to_dict()},
        device="cpu",
    )
    rewards: list[float] = []

    def note(model: TokenPPO) -> bool:
        if model.batches:
            rewards.append(model.logger.name_to_value["rollout/reward"])
        return model.batches < batches

    model.learn(10**9, callback=BatchCallback(note), log_interval=10**9)
    assert rewards[0] < 0.3
    return rewards[-1]


def test_a_bandit_is_learnt() -> None:
    assert mean_reward_after("SayYes-v0", targets=9, batches=40) > 0.9


@pytest.mark.slow
def test_the_prompt_is_learnt_from() -> None:
    assert mean_reward_after("SayTheTarget-v0", targets=4, batches=120) > 0.9
