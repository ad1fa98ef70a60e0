"""What is asked of whom: environments by id, seeds for each sample, dialogues, streams."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

from countdown_agents import ChatAgent, OracleAgent, RandomAgent, as_agent, make_agent
from countdown_agents.asking import Question
from countdown_agents.conversation import Conversation, Role
from countdown_agents.evaluation import Evaluation, Scoring, evaluate, examine
from countdown_agents.examination import Examination, environment_settings
from countdown_agents.language_model.pretrained import load_pretrained
from countdown_agents.random_agent import RandomAgent as Random
from countdown_agents.writing import Writing
from countdown_gym.errors import InvalidParameterError, MissingResourceError, UnknownNameError
from countdown_gym.families import make_family
from countdown_gym.faults import Fault
from countdown_gym.parsing import CutCompletion
from countdown_gym.prompts import prompt
from countdown_gym.puzzles import Puzzle
from countdown_gym.registration import ENVIRONMENTS

pytestmark = pytest.mark.agents

FAMILY = make_family("three_to_four")


class Converses:
    """Says in each conversation how long it is and which seed it has."""

    def __init__(self) -> None:
        self.heard: list[Conversation] = []

    def converse(self, conversations: Sequence[Conversation], seeds: Sequence[int]) -> list[str]:
        self.heard += conversations
        return [f"{len(c)} {seed}" for c, seed in zip(conversations, seeds, strict=True)]


class Streams(Converses):
    """Hands over what it says from the last conversation to the first."""

    def __init__(self, *, loses: int = 0) -> None:
        super().__init__()
        self.loses = loses

    def converse_each(
        self, conversations: Sequence[Conversation], seeds: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        said = self.converse(conversations, seeds)
        yield from list(enumerate(said))[::-1][self.loses :]


# --- questions -------------------------------------------------------------------------------


def test_every_sample_has_a_seed_of_its_own_whatever_else_is_asked() -> None:
    few, many = (Examination(FAMILY, n, samples=k).questions() for n, k in ((2, 2), (5, 7)))
    seeds = {(q.index, q.sample): q.luck() for q in many}
    assert all(seeds[q.index, q.sample] == q.luck() for q in few)
    assert len(set(seeds.values())) == 35
    assert all(0 <= seed < 2**31 for seed in seeds.values())
    question = Question(0, 0, Puzzle((1, 2), 3), seed=0)
    assert len({question.luck(attempt) for attempt in range(10)}) == 10


def test_samples_of_an_agent_that_draws_differ_and_come_again() -> None:
    evaluation = evaluate(RandomAgent(), num_puzzles=5, samples=8)
    assert evaluation == evaluate(RandomAgent(), num_puzzles=5, samples=8)
    for group in evaluation.by_puzzle:
        assert len({record.completion for record in group}) > 2
    assert evaluation != evaluate(RandomAgent(seed=1), num_puzzles=5, samples=8)


@pytest.mark.parametrize("size", [1, 3, 64])
def test_the_batch_size_changes_no_record(size: int) -> None:
    for player in (RandomAgent(), Converses(), Streams()):
        scoring = Scoring(batch_size=size)
        found = evaluate(player, num_puzzles=4, samples=3, scoring=scoring)
        assert found == evaluate(player, num_puzzles=4, samples=3)


@pytest.mark.parametrize("kind", ["llama", "qwen2", "gpt2"])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_batch_size_changes_no_record_of_a_language_model(
    kind: str, temperature: float, save_tiny_model: Callable[..., Path], tmp_path: Path
) -> None:
    loaded = load_pretrained(save_tiny_model(tmp_path, kind))

    def played(size: int) -> Evaluation:
        policy = loaded.policy(max_new_tokens=12, temperature=temperature, batch_size=size)
        scoring = Scoring(batch_size=size)
        agent = ChatAgent(policy, "terse")
        return evaluate(agent, num_puzzles=6, samples=2, scoring=scoring)

    together = played(64)
    assert played(1) == together
    assert played(5) == together
    assert len({record.completion for record in together.records}) > 3


def test_what_a_player_streams_is_kept_as_it_comes() -> None:
    seen: list[int] = []
    exam = Examination(FAMILY, num_puzzles=3)
    evaluation = examine(as_agent(Streams()), exam, on_record=lambda r: seen.append(r.index))
    assert seen == [2, 1, 0]
    assert [record.index for record in evaluation.records] == [0, 1, 2]


def test_a_player_that_streams_too_little_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="got 2 completions of 3 puzzles"):
        evaluate(Streams(loses=1), num_puzzles=3)


# --- dialogues -------------------------------------------------------------------------------


class Improves:
    """Answers wrongly, then hears what was wrong, then is cut, then solves."""

    def __init__(self) -> None:
        self.heard: list[Conversation] = []

    def converse(self, conversations: Sequence[Conversation], seeds: Sequence[int]) -> list[str]:
        self.heard += conversations
        return [self._say(c) for c, _ in zip(conversations, seeds, strict=True)]

    def _say(self, conversation: Conversation) -> str:
        match len(conversation):
            case 1:
                return "<answer>1</answer>"
            case 3:
                return CutCompletion("<answer>2 + 1</answer>")
            case _:
                return "<answer>2 + 1</answer>"


class OnePuzzle(Examination):
    """Asks 1 2 → 3."""

    __slots__ = ()

    def questions(self, answered: Collection[tuple[int, int]] = ()) -> Iterator[Question]:
        if (0, 0) not in answered:
            yield Question(0, 0, Puzzle((1, 2), 3), self.seed)


def test_a_player_hears_what_was_wrong_and_tries_again() -> None:
    player = Improves()
    (record,) = OnePuzzle(FAMILY, 1, scoring=Scoring(max_attempts=4)).run(as_agent(player))
    assert (record.solved, record.reward, record.completion) == (
        True,
        1.0,
        "<answer>2 + 1</answer>",
    )
    assert record.earlier == ("<answer>1</answer>", "<answer>2 + 1</answer>")
    last = player.heard[-1]
    assert [message.role for message in last] == [Role.USER, Role.ASSISTANT] * 2 + [Role.USER]
    assert "cut by the token budget. Attempts left: 2." in last[4].content
    assert Evaluation((record,)).mean_attempts == 3


def test_a_dialogue_says_what_the_environment_says() -> None:
    player = Improves()
    tuple(OnePuzzle(FAMILY, 1, scoring=Scoring(max_attempts=4)).run(as_agent(player)))
    env = gym.make("CountdownDialogue-v0", max_attempts=4)
    said, _ = env.reset(options={"puzzle": {"numbers": [1, 2], "target": 3}})
    reward = 0.0
    for conversation in player.heard:
        assert conversation[-1].content == said
        said, paid, *_ = env.step(player._say(conversation))
        reward += float(paid)
    assert (said, reward) == ("", 1.0)


def test_the_last_of_too_many_attempts_is_judged() -> None:
    scoring = Scoring("tinyzero", max_attempts=3)
    evaluation = evaluate(lambda _: "<answer>1</answer>", num_puzzles=3, scoring=scoring)
    assert evaluation.mean_attempts == 3
    assert evaluation.mean_reward == pytest.approx(0.1)
    assert set(evaluation.faults) <= set(Fault)


def test_players_that_do_not_converse_play_dialogues_too() -> None:
    heard: list[str] = []

    def function(text: str) -> str:
        heard.append(text)
        return "?"

    scoring = Scoring(max_attempts=2)
    evaluate(function, num_puzzles=1, scoring=scoring)
    first, second = heard
    assert second.startswith(f"{first}\n?\nThat does not count: ")
    tries = evaluate(RandomAgent(), num_puzzles=40, scoring=Scoring(max_attempts=5))
    assert tries.solve_rate > evaluate(RandomAgent(), num_puzzles=40).solve_rate
    assert evaluate(OracleAgent(), num_puzzles=3, scoring=scoring).mean_attempts == 1


# --- environments ----------------------------------------------------------------------------


@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_an_id_says_what_is_asked(env_id: str) -> None:
    asks = environment_settings(env_id)
    kwargs = ENVIRONMENTS[env_id][1]
    assert asks.family == kwargs["family"]
    assert dict(asks.parameters) == kwargs.get("family_parameters", {})
    assert (asks.max_attempts > 1) == ("Dialogue" in env_id)
    assert asks.style == ("terse" if "Tokens" in env_id else None)


def test_an_id_of_one_s_own_says_it_too() -> None:
    gym.register(
        "OnePlayersOwn-v0",
        entry_point="countdown_gym.envs.text:CountdownEnv",
        kwargs={
            "family": "n_numbers",
            "family_parameters": {"max_numbers": 3, "operators": "+-"},
            "prompt_style": "terse",
            "reward": "tinyzero",
            "convention": "boxed",
        },
    )
    asks = environment_settings("OnePlayersOwn-v0")
    assert (asks.style, asks.reward, asks.convention) == ("terse", "tinyzero", "boxed")
    assert asks.assignments == ["max_numbers=3", "operators=+-"]
    del gym.registry["OnePlayersOwn-v0"]


def test_what_is_no_environment_of_this_game_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'Countdown-v0'"):
        environment_settings("Countdwn-v0")
    with pytest.raises(InvalidParameterError, match="an environment of countdown_gym, and Cart"):
        environment_settings("CartPole-v1")


# --- players by name -------------------------------------------------------------------------


def test_a_model_is_named_by_its_folder(
    save_tiny_model: Callable[..., Path], tmp_path: Path
) -> None:
    writing = Writing(max_new_tokens=4, temperature=0.0)
    agent = make_agent(str(save_tiny_model(tmp_path)), None, writing)
    assert isinstance(agent, ChatAgent)
    assert agent.style == "tinyzero"
    puzzle = Puzzle((1, 2), 3)
    assert agent.open(puzzle)[0].content == prompt(puzzle, "tinyzero")
    assert agent.answer([puzzle, puzzle]) == agent.answer([puzzle]) * 2
    named = make_agent(str(tmp_path), "terse", writing)
    assert isinstance(named, ChatAgent)
    assert named.style == "terse"
    with pytest.raises(UnknownNameError, match="did you mean 'terse'"):
        make_agent(str(tmp_path), "trse", writing)
    with pytest.raises(MissingResourceError, match="a model is a folder"):
        make_agent("nobody/no-such-model")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_new_tokens": 0}, "max_new_tokens must be at least 1, got 0"),
        ({"temperature": -1.0}, "temperature must not be negative, got -1.0"),
        ({"temperature": float("nan")}, "temperature must not be negative, got nan"),
        ({"stop": ("",)}, "a stop string must not be empty"),
    ],
)
def test_a_model_is_not_asked_the_impossible(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        Writing(**settings)


def test_the_random_agent_with_a_seed_is_still_legal() -> None:
    puzzle = Puzzle((1, 2, 3), 6)
    answers = Random().answer_seeded([puzzle] * 3, [1, 2, 1])
    assert answers[0] == answers[2]
