"""Prompt style, chat history, reward mixture, curriculum and transcript: what each promises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

from countdown_gym.curriculum import search_cost_levels
from countdown_gym.envs.tokens import TokenLevel
from countdown_gym.envs.wrappers import (
    ChatHistory,
    Curriculum,
    PromptStyle,
    RewardMixture,
    Transcript,
    read_transcripts,
)
from countdown_gym.envs.wrappers.chat_history import MIN_CHARS, without_thoughts
from countdown_gym.errors import InvalidParameterError, MissingResourceError, UnknownNameError
from countdown_gym.prompts import prompt
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.oracle import Oracle
from countdown_gym.symbols import SymbolTokenizer

TWO = {"puzzle": Puzzle((2, 3), 6)}
RIGHT, WRONG = "<answer>2 * 3</answer>", "<think>Add.</think> <answer>2 + 3</answer>"


# --- prompt style ----------------------------------------------------------------------------


def test_another_style_puts_the_same_puzzle() -> None:
    plain = gym.make("Countdown-v0")
    other = PromptStyle(gym.make("Countdown-v0"), "terse")
    _, info = plain.reset(seed=3)
    assert other.reset(seed=3)[0] == prompt(info["puzzle"], "terse")
    game = TokenLevel(other, SymbolTokenizer(), 16, 16)  # and stands below others
    assert game.reset(seed=3)[0][0] == len(prompt(info["puzzle"], "terse").split())


def test_only_texts_have_a_style_and_only_known_ones() -> None:
    with pytest.raises(InvalidParameterError, match="only a text"):
        PromptStyle(gym.make("CountdownSteps-v0"), "terse")
    with pytest.raises(UnknownNameError, match="did you mean 'terse'"):
        PromptStyle(gym.make("Countdown-v0"), "terze")


# --- reward mixture --------------------------------------------------------------------------


@pytest.mark.parametrize("env_id", ["Countdown-v0", "CountdownDialogue-v0"])
def test_another_mixture_pays(env_id: str) -> None:
    env = RewardMixture(gym.make(env_id), {"correct": 2.0, "readable": 1.0})
    env.reset(options=TWO)
    _, reward, *_, info = env.step(RIGHT)
    assert reward == 3.0
    assert info["reward_components"] == {"correct": 1.0, "readable": 1.0}


def test_tokens_are_paid_by_another_mixture_too() -> None:
    env = RewardMixture(gym.make("CountdownTokens-v0"), {"correct": 1, "readable": 0.25})
    env.reset(seed=0, options={"puzzle": {"numbers": [2, 3], "target": 6}})
    tokenizer = SymbolTokenizer()
    tokens = tokenizer.encode("</think> <answer> 2 + 3 </answer> <eos>")
    told = [env.step(token) for token in tokens]
    assert told[-1][1:3] == (0.25, True)


def test_steps_have_no_mixture() -> None:
    with pytest.raises(InvalidParameterError, match="must pay by a mixture"):
        RewardMixture(gym.make("CountdownSteps-v0"), "strict")


# --- chat history ----------------------------------------------------------------------------


def dialogue(**arguments: Any) -> ChatHistory:  # noqa: ANN401 - those of the wrapper
    return ChatHistory(gym.make("CountdownDialogue-v0"), **arguments)


@pytest.mark.parametrize(
    ("thoughts", "kept"), [("keep", WRONG), ("strip", "<answer>2 + 3</answer>")]
)
def test_a_conversation_is_shown_whole(thoughts: str, kept: str) -> None:
    env = dialogue(thoughts=thoughts)
    asked, info = env.reset(options=TWO)
    assert info["messages"] == [{"role": "user", "content": asked}]
    seen, _, _, _, info = env.step(WRONG)
    reply = "That is 5, not 6. Attempts left: 4."
    assert seen == f"{asked}\n\n{kept}\n\n{reply}"
    assert [message["content"] for message in info["messages"]] == [asked, kept, reply]
    assert [message["role"] for message in info["messages"]] == ["user", "assistant", "user"]
    seen, reward, terminated, _, info = env.step(RIGHT)
    assert (reward, terminated) == (1.0, True)
    assert seen.endswith(f"{reply}\n\n{RIGHT}")
    assert env.reset(options=TWO)[0] == asked  # nothing is left of the last conversation


def test_the_referee_reads_what_was_written_and_not_what_is_shown() -> None:
    env = dialogue(thoughts="strip")
    env.reset(options=TWO)
    hidden = "<answer>2 * 3</answer><think>never closed"
    assert env.step(hidden)[4]["solved"]


def test_a_long_conversation_loses_its_oldest_completions() -> None:
    env = dialogue(max_chars=MIN_CHARS)
    asked, info = env.reset(options=TWO)
    seen = asked
    for attempt in range(1, 5):
        seen, *_, info = env.step(f"attempt {attempt} " + "a" * 20_000)
        assert len(seen) <= MIN_CHARS
        assert seen.startswith(asked)
        assert f"attempt {attempt} " in seen
    assert len(info["messages"]) == 5
    assert "attempt 2 " not in seen


def test_thoughts_are_stripped_however_they_are_marked() -> None:
    assert without_thoughts("<think>a</think> b <think>c</think> d") == "d"
    assert without_thoughts("thoughts begun in the prompt</think> b") == "b"
    assert without_thoughts("b <think>cut") == "b"
    assert without_thoughts("<answer>1</answer>") == "<answer>1</answer>"


def test_a_chat_history_wants_texts_a_policy_and_room() -> None:
    with pytest.raises(InvalidParameterError, match="only texts"):
        ChatHistory(gym.make("CountdownSteps-v0"))
    with pytest.raises(UnknownNameError, match="did you mean 'strip'"):
        dialogue(thoughts="stripped")
    with pytest.raises(InvalidParameterError, match=f"at least {MIN_CHARS}"):
        dialogue(max_chars=1_000)


# --- curriculum ------------------------------------------------------------------------------

LEVELS = [{"max_numbers": 3}, {"min_numbers": 4}, {"min_numbers": 5, "max_numbers": 5}]


def climbing(**arguments: Any) -> Curriculum:  # noqa: ANN401 - those of the wrapper
    return Curriculum(gym.make("Countdown-v0"), LEVELS, **arguments)


def answer_to(puzzle: Puzzle) -> str:
    return f"<answer>{Oracle(puzzle.rules).solve(puzzle.numbers, puzzle.target)}</answer>"


def test_success_leads_up_and_failure_down() -> None:
    env = climbing(step=1.0)
    _, info = env.reset(seed=0)
    sizes = []
    for _ in range(5):
        sizes.append((info["level"], len(info["puzzle"].numbers)))
        env.step(answer_to(info["puzzle"]))
        _, info = env.reset()
    assert sizes == [(0, 3), (1, 4), (1, 4), (2, 5), (2, 5)]
    for _ in range(10):
        env.step("nothing")
        _, info = env.reset()
    assert (info["level"], env.difficulty) == (0, 0.0)


@pytest.mark.parametrize("target", [0.25, 0.5, 0.8])
def test_the_difficulty_settles_where_the_solve_rate_is_the_target(target: float) -> None:
    levels = [{"max_target": 100 - level} for level in range(41)]
    env = Curriculum(gym.make("Countdown-v0"), levels, target, step=0.5)
    rng, solved = env.unwrapped.np_random, []
    for episode in range(1_500):
        _, info = env.reset(seed=episode)
        wins = rng.random() < 1 - env.difficulty / 40  # whoever plays is worse at harder levels
        solved.append(wins)
        env.step(answer_to(info["puzzle"]) if wins else "nothing")
    assert abs(sum(solved[500:]) / 1_000 - target) < 0.04
    assert abs(env.difficulty / 40 - (1 - target)) < 0.2


def test_the_same_seed_and_outcomes_give_the_same_puzzles_and_a_state_goes_on() -> None:
    def played(env: Curriculum, outcomes: str) -> list[Puzzle]:
        puzzles = []
        for outcome in outcomes:
            _, info = env.reset()
            puzzles.append(info["puzzle"])
            env.step(answer_to(puzzles[-1]) if outcome == "+" else "nothing")
        return puzzles

    one, two = climbing(step=0.7), climbing(step=0.7)
    for env in (one, two):
        env.reset(seed=9)
    assert played(one, "++-++") == played(two, "++-++")
    saved = json.loads(json.dumps(one.state_dict()))
    third = climbing(step=0.7)
    third.load_state_dict(saved)
    third.unwrapped.np_random = two.unwrapped.np_random
    assert played(third, "+-+") == played(one, "+-+")


def test_what_says_nothing_moves_nothing() -> None:
    env = climbing(step=1.0, start=1.0)
    env.reset(seed=0)
    env.reset()  # broken off
    env.step("nothing")
    assert env.difficulty == 0.5
    env.reset(options=TWO)  # somebody else's puzzle
    env.step(RIGHT)
    assert env.difficulty == 0.5


def test_a_curriculum_climbs_by_search_cost() -> None:
    env = Curriculum(gym.make("CountdownSteps-v0"), search_cost_levels(0, 5, 9), start=1.0)
    _, info = env.reset(seed=0)
    assert 5 <= info["puzzle"].grade.search_cost <= 9
    with pytest.raises(InvalidParameterError, match="two or more and rise"):
        search_cost_levels(4, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"levels": []}, "at least one level"),
        ({"levels": [{"numbers": 3}]}, "unknown parameter of ThreeToFour"),
        ({"levels": [{"min_numbers": 9}]}, "min_numbers"),
        (
            {"levels": LEVELS, "target_solve_rate": 1.0},
            "target_solve_rate must lie between",
        ),
        ({"levels": LEVELS, "step": 0.0}, "step must be above 0"),
        ({"levels": LEVELS, "start": 3.0}, "from 0 to 2, the last level, got 3.0"),
    ],
)
def test_a_curriculum_that_leads_nowhere_is_refused(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises((InvalidParameterError, UnknownNameError), match=message):
        Curriculum(gym.make("Countdown-v0"), **arguments)
    with pytest.raises(InvalidParameterError, match="holds the difficulty"):
        climbing().load_state_dict({})


# --- transcript ------------------------------------------------------------------------------


def test_an_episode_becomes_a_line_that_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    env = Transcript(gym.make("CountdownDialogue-v0"), str(path))
    asked, _ = env.reset(seed=7, options=TWO)
    env.step(WRONG)
    assert not path.exists()  # not yet whole
    env.step(RIGHT + "\ud800")
    env.reset()  # broken off: no line
    env.reset(options=TWO)
    env.step(RIGHT)
    one, two = read_transcripts(path)
    assert (one["id"], one["seed"], one["observation"]) == ("CountdownDialogue-v0", 7, asked)
    assert one["info"]["puzzle"] == TWO["puzzle"].to_dict()
    assert [turn["action"] for turn in one["turns"]] == [WRONG, RIGHT + "\ud800"]
    assert [turn["reward"] for turn in one["turns"]] == [0.0, 1.0]
    assert one["turns"][0]["info"]["fault"] == "wrong_value"
    assert (one["return"], one["terminated"], one["truncated"]) == (1.0, True, False)
    assert (two["seed"], len(two["turns"])) == (None, 1)


def test_arrays_and_numbers_of_numpy_are_written(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    env = Transcript(gym.make("CountdownSteps-v0", max_turns=3), str(path))
    env.action_space.seed(0)
    first, _ = env.reset(seed=0)
    while not any(env.step(env.action_space.sample())[2:4]):
        pass
    (episode,) = read_transcripts(path)
    assert episode["observation"] == first.tolist()
    assert all(type(turn["action"]) is int for turn in episode["turns"])


def test_a_broken_last_line_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    path.write_text('{"id": "whole"}\n{"id": "bro', encoding="utf-8")
    assert [episode["id"] for episode in read_transcripts(path)] == ["whole"]
    env = Transcript(gym.make("Countdown-v0"), str(path))
    env.reset(options=TWO)
    env.step(RIGHT)
    assert [episode["id"] for episode in read_transcripts(path)] == ["whole", "Countdown-v0"]


PROGRAM = """
import sys
import gymnasium as gym, countdown_gym
from countdown_gym.envs.wrappers import Transcript
env = Transcript(gym.make("Countdown-v0"), sys.argv[1])
for seed in range(40):
    env.reset(seed=seed)
    env.step("x" * 20_000)
"""


def test_several_processes_write_whole_lines_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], env=os.environ)
        for _ in range(3)
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    seeds = [episode["seed"] for episode in read_transcripts(path)]
    assert sorted(seeds) == sorted([*range(40)] * 3)


def test_a_transcript_wants_a_folder_and_a_file(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="folder that exists"):
        Transcript(gym.make("Countdown-v0"), str(tmp_path / "no" / "file.jsonl"))
    with pytest.raises(MissingResourceError, match="must be a file"):
        list(read_transcripts(tmp_path / "none.jsonl"))
