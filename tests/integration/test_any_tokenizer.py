"""Any text environment with any tokenizer of transformers, made here, saved and loaded."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env as check_for_stable_baselines3
from tokenizers import Tokenizer as RustTokenizer
from tokenizers import decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, PreTrainedTokenizerFast

import countdown_gym  # noqa: F401 - makes the environment ids known
from countdown_agents.language_model.tokenizer import HubTokenizer, load_tokenizer
from countdown_agents.language_model.turns import ChatTurns, TextTurns, turns_of
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_gym.envs.tokens import TokenLevel, seen
from countdown_gym.errors import InvalidParameterError

pytestmark = pytest.mark.agents

TEXTS = [
    "Write an expression that equals 32, using the numbers 25, 30, 3, 4.",
    "Think first, then give the expression alone between <answer> and </answer>.",
    "That is 17, not 32. Attempts left: 2.",
    "(30 - 25 + 3) * 4 = 32",
]
CHAT = (
    "{% for m in messages %}<|begin|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|begin|>assistant\n{% endif %}"
)
# an answer that keeps the order, too
PUZZLE = {"puzzle": {"numbers": [30, 25, 3, 4], "target": 32}}
RIGHT, WRONG = "<answer>(30 - 25 + 3) * 4</answer>", "<answer>30 - 25 + 3 * 4</answer>"


def byte_level(**kwargs: Any) -> PreTrainedTokenizerFast:  # noqa: ANN401 - the tokenizer's own
    """Return a small tokenizer of the kind of GPT-2 and Qwen."""
    tokenizer = RustTokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|begin|>", "<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", **kwargs)


def sentence_piece() -> PreTrainedTokenizerFast:
    """Return a small tokenizer of the kind of Llama 2: a mark for spaces, bytes, a beginning."""
    tokenizer = RustTokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    marks = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=marks, show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )


MADE = {
    "byte level": byte_level,
    "byte level, chat": lambda: byte_level(chat_template=CHAT),
    "sentence piece": sentence_piece,
}
IDS = ("Countdown-v0", "CountdownTV-v0", "Game24-v0", "MakeTen-v0", "CountdownDialogue-v0")


@pytest.fixture(params=MADE)
def tokenizer(request: pytest.FixtureRequest, tmp_path: Path) -> HubTokenizer:
    HubTokenizer(MADE[request.param]()).save(tmp_path)
    return load_tokenizer(tmp_path)


def token_env(tokenizer: HubTokenizer, env_id: str, **kwargs: Any) -> TokenLevel:  # noqa: ANN401
    env = gym.make(env_id, disable_env_checker=True, **kwargs)
    return TokenLevel(env, tokenizer, 600, 80, max_tokens=1_000, turns=turns_of(tokenizer))


def completion(tokenizer: HubTokenizer, text: str) -> list[int]:
    return [*tokenizer.encode(text), tokenizer.eos_id]


@pytest.mark.parametrize("env_id", IDS)
def test_a_right_answer_is_paid_in_every_text_environment(
    env_id: str, tokenizer: HubTokenizer
) -> None:
    env = token_env(tokenizer, env_id)
    env.reset(options=PUZZLE)
    _, reward, terminated, _, info = env.complete(completion(tokenizer, RIGHT))
    assert (reward, terminated, info["answer"]) == (1.0, True, "(30 - 25 + 3) * 4")


@pytest.mark.parametrize("env_id", IDS)
def test_the_environment_checker_finds_nothing(env_id: str, tokenizer: HubTokenizer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # it says of every wrapper that it is one
        warnings.filterwarnings("ignore", message=".*different from the unwrapped version")
        check_env(token_env(tokenizer, env_id))


def test_the_checker_of_stable_baselines3_finds_nothing(tokenizer: HubTokenizer) -> None:
    check_for_stable_baselines3(token_env(tokenizer, "Countdown-v0"))


def test_bytes_that_make_a_sign_together_are_read_as_that_sign(tokenizer: HubTokenizer) -> None:
    env = token_env(tokenizer, "Countdown-v0")
    env.reset(options=PUZZLE)
    tokens = completion(tokenizer, RIGHT.replace("*", "\N{MULTIPLICATION SIGN}"))
    assert len(tokens) > len(completion(tokenizer, RIGHT))
    assert env.complete(tokens)[1] == 1.0


def test_a_dialogue_reads_as_one_text(tokenizer: HubTokenizer) -> None:
    env = token_env(tokenizer, "CountdownDialogue-v0")
    observation, _ = env.reset(options=PUZZLE)
    observation, *_ = env.complete(completion(tokenizer, WRONG))
    observation, *_ = env.complete(completion(tokenizer, RIGHT))
    tokens, by_agent, _ = seen(observation)
    assert tokens[by_agent].tolist() == [
        token for text in (WRONG, RIGHT) for token in completion(tokenizer, text)
    ]
    read = " ".join(tokenizer.decode(tokens.tolist()).split())
    said = "That is 17, not 32. Attempts left: 4."
    if tokenizer.has_template:
        # the end of a completion is a token of the agent's, and decoding leaves it out
        assert f"{WRONG} <|begin|>user {said} <|begin|>assistant {RIGHT}" in read
        assert read.startswith("<|begin|>user Write")
    else:
        assert f"{WRONG} {said} {RIGHT}" in read


def test_a_cut_message_is_ended_before_the_next_is_begun(tmp_path: Path) -> None:
    HubTokenizer(byte_level(chat_template=CHAT)).save(tmp_path)
    tokenizer = load_tokenizer(tmp_path)
    turns = turns_of(tokenizer)
    assert isinstance(turns, ChatTurns)
    after_end, after_cut = turns.reply("no", ended=True), turns.reply("no", ended=False)
    assert after_cut == [tokenizer.eos_id, *after_end]
    assert tokenizer.encode(tokenizer.eos_token) == [tokenizer.eos_id]


def test_a_text_begins_as_the_tokenizer_begins_texts_and_does_not_end() -> None:
    tokenizer = HubTokenizer(sentence_piece())
    turns = turns_of(tokenizer)
    assert isinstance(turns, TextTurns)
    beginning, *rest = turns.opening("32")
    assert (beginning, rest) == (1, tokenizer.encode("32"))
    assert tokenizer.eos_id not in rest


def test_the_end_of_a_completion_may_be_another_token_than_that_of_texts() -> None:
    tokenizer = byte_level()
    assert HubTokenizer(tokenizer, "<|begin|>").eos_id == 0
    with pytest.raises(InvalidParameterError, match="got '<eos>'"):
        HubTokenizer(tokenizer, "<eos>")


def test_a_vocabulary_with_holes_has_room_for_its_largest_id() -> None:
    tokenizer = byte_level()
    largest = max(tokenizer.get_vocab().values())
    assert HubTokenizer(tokenizer).vocabulary_size == largest + 1 == len(tokenizer)
    words = RustTokenizer(models.WordLevel({"<unk>": 0, "<eos>": 1, "3": 7}, unk_token="<unk>"))
    holed = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<eos>")
    assert len(holed) == 3
    assert HubTokenizer(holed).vocabulary_size == 8


def test_stock_ppo_runs_on_it(tokenizer: HubTokenizer) -> None:
    env = make_token_env(
        "CountdownDialogue-v0",
        tokenizer,
        completions=2,
        max_completion_tokens=6,
        max_tokens=400,
        turns=turns_of(tokenizer),
    )
    shape = LlamaConfig(
        vocab_size=tokenizer.vocabulary_size,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        eos_token_id=tokenizer.eos_id,
    )
    kwargs = {"language_model": shape.to_dict()}
    ppo = PPO(CausalLMPolicy, env, n_steps=16, batch_size=16, n_epochs=1, policy_kwargs=kwargs)
    ppo.learn(32)
    assert ppo.num_timesteps == 32


def test_room_for_prompts_is_measured_where_nobody_says(tokenizer: HubTokenizer) -> None:
    turns = turns_of(tokenizer)
    envs = make_token_env(
        "Countdown-v0", tokenizer, completions=1, max_completion_tokens=4, turns=turns
    )
    (room,) = envs.get_attr("max_prompt_tokens")
    text = gym.make("Countdown-v0")
    lengths = [len(turns.opening(text.reset(seed=seed)[0])) for seed in range(50)]
    assert max(lengths) <= room <= 2 * max(lengths)
