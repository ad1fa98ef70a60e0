"""TokenPPO learns what little there is to learn, in seconds, whatever the kind of advantage."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import gymnasium as gym
import pytest
import torch
from transformers import LlamaConfig

from countdown_agents.token_ppo.advantages import AdvantageKind
from countdown_agents.token_ppo.callbacks import StopAfterBatches
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_gym.envs.spaces import AnyText

pytestmark = [
    pytest.mark.agents,
    # what is learnt completely leaves nothing to try and nothing to predict
    pytest.mark.filterwarnings("ignore::countdown_agents.token_ppo.diagnostics.TrainingWarning"),
]


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


@pytest.fixture(autouse=True, scope="module")
def _environments() -> Iterator[None]:
    for name, repeat in {"Bandit-v0": False, "Identity-v0": True}.items():
        gym.register(name, lambda repeat=repeat, **_: Game(repeat=repeat))
    yield
    del gym.registry["Bandit-v0"], gym.registry["Identity-v0"]


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
