"""Both directions: a model that acts is an agent, and an agent is a Gymnasium policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

import countdown_gym  # noqa: F401 - makes the environment ids known
from countdown_agents import ChatAgent, OracleAgent, RandomAgent, as_agent
from countdown_agents.conversation import Conversation
from countdown_agents.environment_agent import EnvironmentAgent
from countdown_agents.evaluation import Scoring, evaluate
from countdown_agents.gymnasium_policy import GymnasiumPolicy
from countdown_agents.language_model.policy import LanguageModelPolicy
from countdown_agents.language_model.pretrained import load_pretrained
from countdown_agents.models import BASE_MODEL
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy, FromFolder
from countdown_agents.toy import TOY_FAMILY
from countdown_gym.checking import judge
from countdown_gym.envs.tokens import TokenLevel
from countdown_gym.errors import InvalidParameterError
from countdown_gym.faults import Fault
from countdown_gym.parsing import CutCompletion
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.splits import puzzles
from countdown_gym.symbols import SYMBOLS, SymbolTokenizer
from countdown_gym.testing import check_agent

pytestmark = pytest.mark.agents

TELEVISION = Rules(use_all=False)


class Scripted:
    """Takes the given actions, over and over from the first of each episode."""

    def __init__(self, *actions: int) -> None:
        self.actions = actions
        self.seen: list[Any] = []
        self.turn = 0

    def predict(
        self,
        observation: Any,  # noqa: ANN401
        state: Any = None,  # noqa: ANN401
        episode_start: Any = None,  # noqa: ANN401
        deterministic: bool = False,
    ) -> tuple[Any, Any]:
        self.seen.append((observation, state, bool(episode_start[0]), deterministic))
        turn = 0 if episode_start[0] else state
        return np.array(self.actions[turn]), turn + 1


class FirstAllowed(Scripted):
    """Takes the first action that is allowed, as a masked model may."""

    def predict(
        self,
        observation: Any,  # noqa: ANN401
        state: Any = None,  # noqa: ANN401
        episode_start: Any = None,  # noqa: ANN401
        deterministic: bool = False,
        action_masks: Any = None,  # noqa: ANN401
    ) -> tuple[Any, Any]:
        self.seen.append((observation, state, episode_start, deterministic))
        return np.flatnonzero(action_masks)[0], None


# --- a model that acts is an agent -----------------------------------------------------------


def test_operations_become_a_completion_that_tells_them() -> None:
    agent = EnvironmentAgent(FirstAllowed(), gym.make("CountdownSteps-v0"))
    (completion,) = agent.answer([Puzzle((1, 2, 3), 6)])
    assert completion == "<think>\n1 + 2 = 3\n3 + 3 = 6\n</think>\n<answer>1 + 2 + 3</answer>"
    assert judge(Puzzle((1, 2, 3), 6), completion).verdict.solved


def test_without_a_solution_the_nearest_legal_entry_is_the_answer() -> None:
    def fault(puzzle: Puzzle, *actions: int) -> tuple[str, Fault | None]:
        env = gym.make("CountdownSteps-v0", max_turns=len(actions))
        (completion,) = EnvironmentAgent(Scripted(*actions), env).answer([puzzle])
        answer = completion.partition("<answer>")[2].removesuffix("</answer>")
        return answer, judge(puzzle, completion).verdict.fault

    add, multiply = 0, 3  # the first pair of places
    assert fault(Puzzle((1, 2, 40), 41, TELEVISION), add, add) == ("1 + 2 + 40", Fault.WRONG_VALUE)
    assert fault(Puzzle((1, 2, 40, 5), 41, TELEVISION), multiply, 36) == ("40", Fault.WRONG_VALUE)
    assert fault(Puzzle((1, 2, 40, 5), 41), add, 36)[1] is Fault.UNUSED_NUMBER


def test_state_and_beginnings_are_told_and_observations_prepared() -> None:
    model, env = Scripted(36, 0, 0), gym.make("CountdownSteps-v0")
    agent = EnvironmentAgent(model, env, observe=lambda seen: seen * 0, deterministic=False)
    agent.answer([Puzzle((1, 2, 3), 6)] * 2)
    assert [(state, begins) for _, state, begins, _ in model.seen] == [
        (None, True),
        (1, False),
        (2, False),
    ] * 2
    assert not any(observation.any() for observation, *_ in model.seen)
    assert not any(deterministic for *_, deterministic in model.seen)


def ids(text: str) -> list[int]:
    return [SYMBOLS.index(symbol) for symbol in text.split()]


@pytest.mark.parametrize("wrapped", [False, True])
def test_what_is_written_token_by_token_is_the_completion(wrapped: bool) -> None:
    if wrapped:
        text = gym.make("Countdown-v0", prompt_style="terse")
        env: gym.Env[Any, Any] = TokenLevel(text, SymbolTokenizer(), 16, 8)
    else:
        env = gym.make("CountdownTokens-v0", max_completion_tokens=8)
    puzzle = Puzzle((1, 2, 3), 6)
    right = EnvironmentAgent(Scripted(*ids("<answer> 1 + 2 + 3 </answer> <eos>")), env)
    (completion,) = right.answer([puzzle])
    assert judge(puzzle, completion).verdict.solved
    cut = EnvironmentAgent(Scripted(*ids("<answer> 1 + 2 + 3 </answer> ) )")), env)
    (completion,) = cut.answer([puzzle])
    assert isinstance(completion, CutCompletion)
    assert judge(puzzle, completion).verdict.fault is Fault.TRUNCATED


def test_a_puzzle_that_there_is_no_room_for_gets_no_answer() -> None:
    large = Puzzle((1, 2, 3, 4, 5, 6), 21)
    assert EnvironmentAgent(FirstAllowed(), gym.make("CountdownSteps-v0")).answer([large]) == [""]
    tokens = EnvironmentAgent(Scripted(0), gym.make("CountdownTokens-v0"))
    assert tokens.answer([Puzzle((101, 2), 103)]) == [""]


def test_other_environments_are_refused() -> None:
    for env_id in ("Countdown-v0", "CartPole-v1"):
        with pytest.raises(InvalidParameterError, match="a model plays CountdownSteps-v0"):
            EnvironmentAgent(Scripted(0), gym.make(env_id))


def test_a_model_of_stable_baselines3_keeps_an_agent_s_promises() -> None:
    for env in (
        gym.make("CountdownSteps-v0"),
        gym.make("CountdownTokens-v0", max_completion_tokens=4),
    ):
        agent = EnvironmentAgent(PPO("MlpPolicy", env, seed=0, device="cpu"), env)
        assert check_agent(agent, max_examples=3) == ()
        asked = list(puzzles(TOY_FAMILY, "test", 0, 3))
        assert agent.answer(asked) == agent.answer(asked)


def test_a_model_sees_observations_as_it_was_trained_to() -> None:
    env = gym.make("CountdownSteps-v0")
    normalised = VecNormalize(DummyVecEnv([lambda: TimeLimit(env, 16)]))
    normalised.reset()
    model = PPO("MlpPolicy", normalised, device="cpu")
    agent = EnvironmentAgent(model, env, observe=normalised.normalize_obs)
    assert check_agent(agent, max_examples=3) == ()


def test_a_language_model_says_token_by_token_what_it_says_at_once() -> None:
    tokenizer = SymbolTokenizer()
    envs = make_token_env(
        "Countdown-v0",
        tokenizer,
        completions=1,
        max_prompt_tokens=16,
        max_completion_tokens=40,
        env_kwargs={"prompt_style": "terse"},
    )
    model = PPO(
        CausalLMPolicy,
        envs,
        n_steps=2,
        batch_size=2,
        policy_kwargs={"language_model": FromFolder(str(BASE_MODEL))},
        device="cpu",
    )
    env = TokenLevel(gym.make("Countdown-v0", prompt_style="terse"), tokenizer, 16, 40)
    asked = list(puzzles(TOY_FAMILY, "test", 0, 4))
    at_once = LanguageModelPolicy(
        load_pretrained(BASE_MODEL).model, tokenizer, max_new_tokens=40, temperature=0.0
    )
    said = ChatAgent(at_once, "terse").answer(asked)
    assert EnvironmentAgent(model, env).answer(asked) == said
    assert all(len(text) > 20 for text in said)


# --- an agent is a Gymnasium policy ----------------------------------------------------------


def played(env_id: str, player: Any, episodes: int = 3, **kwargs: Any) -> list[float]:  # noqa: ANN401
    env, policy = gym.make(env_id, **kwargs), GymnasiumPolicy(player)
    rewards = []
    for episode in range(episodes):
        observation, info = env.reset(seed=episode)
        ended, total = False, 0.0
        while not ended:
            observation, reward, terminated, truncated, info = env.step(policy(observation, info))
            ended, total = terminated or truncated, total + float(reward)
        rewards.append(total)
    return rewards


@pytest.mark.parametrize("env_id", ["Countdown-v0", "Game24-v0", "CountdownDialogue-v0"])
def test_the_oracle_plays_text_environments(env_id: str) -> None:
    assert played(env_id, OracleAgent()) == [1.0] * 3


def test_a_function_needs_no_information() -> None:
    assert GymnasiumPolicy(str.upper)("1 2 make 3") == "1 2 MAKE 3"


def test_an_agent_that_sees_puzzles_needs_it() -> None:
    for info, got in ((None, "got none"), ({"b": 1, "a": 2}, r"got \['a', 'b'\]")):
        with pytest.raises(InvalidParameterError, match=got):
            GymnasiumPolicy(OracleAgent())("1 2 make 3", info)
    with pytest.raises(InvalidParameterError, match="seed must not be negative, got -1"):
        GymnasiumPolicy(OracleAgent(), -1)


class Notes:
    """Notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[Conversation] = []

    def converse(self, conversations: Sequence[Conversation], seeds: Sequence[int]) -> list[str]:
        self.heard += conversations
        return [f"<answer>{seed % 90}</answer>" for seed in seeds]


def test_a_dialogue_is_followed_and_a_new_one_begins_afresh() -> None:
    player = Notes()
    played("CountdownDialogue-v0", player, episodes=2, max_attempts=3)
    assert [len(conversation) for conversation in player.heard] == [1, 3, 5] * 2
    assert "Attempts left: 1." in player.heard[2][-1].content
    in_evaluation = Notes()
    evaluate(in_evaluation, num_puzzles=1, scoring=Scoring(max_attempts=3))
    roles = [[message.role for message in said] for said in in_evaluation.heard]
    assert [[message.role for message in said] for said in player.heard[:3]] == roles


def test_one_that_continues_texts_hears_it_all_as_one_text() -> None:
    heard: list[str] = []

    def function(text: str) -> str:
        heard.append(text)
        return "?"

    played("CountdownDialogue-v0", function, episodes=1, max_attempts=2)
    assert heard[1].startswith(f"{heard[0]}\n?\nThat does not count")


def test_a_player_that_draws_does_not_repeat_itself() -> None:
    policy, info = GymnasiumPolicy(RandomAgent()), {"puzzle": Puzzle((1, 2, 3, 4), 24)}
    said = [policy("", info) for _ in range(20)]
    assert len(set(said)) > 10
    again, other = GymnasiumPolicy(RandomAgent()), GymnasiumPolicy(RandomAgent(), seed=1)
    assert [again("", info) for _ in range(20)] == said
    assert [other("", info) for _ in range(20)] != said


def test_policies_of_every_kind_keep_an_agent_s_promises(
    save_tiny_model: Callable[..., Path], tmp_path: Path
) -> None:
    policy = load_pretrained(save_tiny_model(tmp_path)).policy(max_new_tokens=4)
    for agent in (ChatAgent(policy, "terse"), as_agent(Notes()), as_agent(str.upper)):
        assert check_agent(agent, max_examples=5) == ()
