"""Masks with tokenizers of transformers, and who learns with them."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from sb3_contrib import MaskablePPO

from countdown_agents.language_model.tokenizer import HubTokenizer
from countdown_gym.checking import judge
from countdown_gym.envs.tokens import TokenLevel
from countdown_gym.faults import Fault
from countdown_gym.puzzles import Puzzle, Rules
from tests.integration.test_any_tokenizer import byte_level, sentence_piece

pytestmark = pytest.mark.agents

BOARDS = ((30, 25, 3, 4), (7,), (100, 10, 1), (5, 5, 5))


@pytest.mark.parametrize("make", [byte_level, sentence_piece])
@pytest.mark.parametrize("mode", ["answer", "completion"])
@pytest.mark.parametrize("use_all", [True, False])
def test_random_tokens_within_the_masks_make_legal_answers(
    make: type, mode: str, use_all: bool
) -> None:
    tokenizer = HubTokenizer(make())
    env = TokenLevel(gym.make("Countdown-v0"), tokenizer, 400, 60, masks=mode)
    rng = np.random.default_rng(0)
    for board in BOARDS:
        puzzle = Puzzle(board, 32, Rules(use_all=use_all))
        env.reset(options={"puzzle": puzzle})
        ended, told = False, dict[str, Any]()
        while not ended:
            _, _, ended, _, told = env.step(rng.choice(np.flatnonzero(env.action_masks())))
        assert told["fault"] in {"", Fault.WRONG_VALUE, Fault.DIVIDES_BY_ZERO}
        assert env.completion[-1] == tokenizer.eos_id


@pytest.mark.parametrize("make", [byte_level, sentence_piece])
def test_what_the_tokenizer_makes_of_a_right_answer_is_allowed(make: type) -> None:
    tokenizer = HubTokenizer(make())
    text = "So <think>\u00e9 8 * 4</think>\n<answer>(30 - 25 + 3)\n * 4 </answer>"
    puzzle = Puzzle(BOARDS[0], 32)
    assert judge(puzzle, text).verdict.solved
    tokens = [*tokenizer.encode(text), tokenizer.eos_id]
    env = TokenLevel(gym.make("Countdown-v0"), tokenizer, 400, len(tokens))
    env.reset(options={"puzzle": puzzle})
    paid = []
    for token in tokens:
        assert env.action_masks()[token]
        paid.append(env.step(token)[1])
    assert paid == [0.0] * (len(tokens) - 1) + [1.0]


def test_maskable_ppo_writes_legal_answers_from_the_first_token_on() -> None:
    env = gym.make(
        "CountdownTokens-v0",
        family="n_numbers",
        family_parameters={"min_numbers": 2, "max_numbers": 2, "largest": 9, "min_target": 1},
        max_completion_tokens=8,
        masks="answer",
        reward={"legal": 1.0},
    )
    ppo = MaskablePPO("MlpPolicy", env, n_steps=64, batch_size=64, n_epochs=1, seed=0)
    ppo.learn(128)
    assert ppo.ep_info_buffer
    assert {episode["r"] for episode in ppo.ep_info_buffer} == {1.0}
