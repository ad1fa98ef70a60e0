"""A text environment, one token at a time."""

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import countdown_gym  # noqa: F401 - makes the environment ids known
from countdown_gym.envs.spaces import AnyText
from countdown_gym.envs.tokens import TokenLevel, seen
from countdown_gym.envs.wrappers.step_texts import StepTexts
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.formulas import Extra
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.symbols import SymbolTokenizer

TOKENIZER = SymbolTokenizer()
PUZZLE = {"puzzle": {"numbers": [25, 30, 3, 4], "target": 32}}
RIGHT = "</think> <answer> ( 30 - 25 + 3 ) * 4 </answer>"


def token_env(budget: int = 20, masks: str = "completion", **kwargs: Any) -> TokenLevel:  # noqa: ANN401 - the environment's own
    env = gym.make("Countdown-v0", prompt_style="terse", **kwargs)
    return TokenLevel(env, TOKENIZER, 9, budget, masks=masks)


def written(text: str) -> list[int]:
    return [*TOKENIZER.encode(text), TOKENIZER.eos_id]


def test_the_observation_counts_and_holds_the_tokens_so_far() -> None:
    env = token_env()
    observation, _ = env.reset(options=PUZZLE)
    prompt = TOKENIZER.encode("25 30 3 4 make 32 <think>")
    assert observation[0] == len(prompt)
    assert observation[1 : 1 + len(prompt)].tolist() == prompt
    assert seen(observation).budget == 20
    observation, reward, terminated, truncated, info = env.step(TOKENIZER.encode("30")[0])
    assert observation[0] == len(prompt) + 1
    tokens, by_agent, budget = seen(observation)
    assert tokens.tolist() == [*prompt, TOKENIZER.encode("30")[0]]
    assert by_agent.tolist() == [False] * len(prompt) + [True]
    assert budget == 19
    assert (reward, terminated, truncated, info) == (0.0, False, False, {})
    assert observation in env.observation_space


def test_the_end_of_text_hands_the_completion_to_the_referee() -> None:
    env = token_env()
    env.reset(options=PUZZLE)
    *tokens, end = written(RIGHT)
    for token in tokens:
        assert not env.step(token)[2]
    observation, reward, terminated, truncated, info = env.step(end)
    assert (reward, terminated, truncated, info["solved"]) == (1.0, True, False, True)
    assert observation in env.observation_space


def test_a_whole_completion_is_worth_what_its_tokens_are() -> None:
    one_by_one, at_once = token_env(), token_env()
    one_by_one.reset(options=PUZZLE)
    at_once.reset(options=PUZZLE)
    results = [one_by_one.step(token) for token in written(RIGHT)]
    observation, *rest = at_once.complete(written(RIGHT))
    np.testing.assert_array_equal(results[-1][0], observation)
    assert list(results[-1][1:]) == rest


def test_a_right_answer_without_an_end_is_cut_and_not_paid() -> None:
    tokens = TOKENIZER.encode(RIGHT)
    env = token_env(budget=len(tokens))
    env.reset(options=PUZZLE)
    _, reward, terminated, truncated, info = env.complete(tokens)
    assert (reward, terminated, truncated, info["fault"]) == (0.0, True, False, "truncated")


def test_an_end_on_the_last_token_of_the_budget_is_an_end() -> None:
    tokens = written(RIGHT)
    env = token_env(budget=len(tokens))
    env.reset(options=PUZZLE)
    assert env.complete(tokens)[1] == 1.0


@pytest.mark.parametrize(
    "tokens",
    [[], [50], [2, 50], [50] * 20 + [2]],
    ids=["none", "ends early", "goes on after the end", "beyond the budget"],
)
def test_what_is_not_a_whole_completion_is_refused(tokens: list[int]) -> None:
    env = token_env(budget=20)
    env.reset(options=PUZZLE)
    with pytest.raises(InvalidParameterError, match="a completion ends with token 2"):
        env.complete(tokens)


def test_a_prompt_that_does_not_fit_is_refused_with_its_length() -> None:
    env = TokenLevel(gym.make("Countdown-v0", prompt_style="terse"), TOKENIZER, 3, 5)
    with pytest.raises(InvalidParameterError, match="must be at least 7 for this prompt, got 3"):
        env.reset(options=PUZZLE)


def test_a_budget_below_one_token_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="must be at least 1, got 5 and 0"):
        TokenLevel(gym.make("Countdown-v0"), TOKENIZER, 5, 0)


@pytest.mark.parametrize("room", [9, 5, 0])
def test_an_episode_without_room_for_a_completion_is_refused(room: int) -> None:
    env = gym.make("Countdown-v0")
    with pytest.raises(InvalidParameterError, match="more than max_prompt_tokens = 9, got"):
        TokenLevel(env, TOKENIZER, 9, 20, max_tokens=room)


def test_what_is_no_token_is_refused() -> None:
    env = token_env()
    env.reset(options=PUZZLE)
    for action in (-1, 121):
        with pytest.raises(InvalidParameterError, match=f"a token id below 121, got {action}"):
            env.step(action)


def test_an_environment_without_texts_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="has texts for observation and action"):
        TokenLevel(gym.make("CountdownSteps-v0"), TOKENIZER, 9, 20)


def test_nothing_is_written_before_a_prompt_or_after_the_end() -> None:
    env = token_env()
    with pytest.raises(gym.error.ResetNeeded):
        env.step(5)
    env.reset(options=PUZZLE)
    env.complete(written(RIGHT))
    with pytest.raises(gym.error.ResetNeeded):
        env.step(5)


def dialogue_env(**kwargs: Any) -> TokenLevel:  # noqa: ANN401 - the wrapper's own
    env = gym.make("CountdownDialogue-v0", prompt_style="terse", max_attempts=3)
    return TokenLevel(env, TOKENIZER, max_prompt_tokens=9, max_completion_tokens=20, **kwargs)


WRONG = "</think> <answer> 30 - 25 + 3 * 4 </answer>"  # 17
SAID = TOKENIZER.encode("That is 17, not 32. Attempts left: 2.")


def test_a_dialogue_goes_on_after_what_is_said_of_an_attempt() -> None:
    env = dialogue_env(max_tokens=200)
    opening, _ = env.reset(options=PUZZLE)
    prompt = seen(opening).tokens.tolist()
    observation, reward, terminated, truncated, info = env.complete(written(WRONG))
    assert (reward, terminated, truncated, info["value"]) == (0.0, False, False, "17")
    tokens, by_agent, budget = seen(observation)
    assert tokens.tolist() == [*prompt, *written(WRONG), *SAID]
    assert tokens[by_agent].tolist() == written(WRONG)
    assert (budget, env.completion) == (20, ())
    assert observation in env.observation_space
    observation, reward, terminated, *_ = env.complete(written(RIGHT))
    tokens, by_agent, budget = seen(observation)
    assert (reward, terminated, budget) == (1.0, True, 0)
    assert tokens[by_agent].tolist() == [*written(WRONG), *written(RIGHT)]


def test_an_attempt_that_is_cut_is_told_so_and_costs_its_turn() -> None:
    env = dialogue_env(max_tokens=200)
    env.reset(options=PUZZLE)
    observation, _, terminated, _, info = env.complete([50] * 20)
    assert (info["fault"], info["attempts_left"], terminated) == ("truncated", 2, False)
    assert seen(observation).budget == 20


def test_a_dialogue_without_room_for_another_token_truncates() -> None:
    attempt, prompt = written(WRONG), TOKENIZER.encode("25 30 3 4 make 32 <think>")
    spent = len(prompt) + len(attempt) + len(SAID)
    for room, cut in ((spent, True), (spent + 1, False)):
        env = dialogue_env(max_tokens=room)
        env.reset(options=PUZZLE)
        observation, _, terminated, truncated, _ = env.complete(attempt)
        assert (terminated, truncated) == (False, cut)
        assert seen(observation).budget == (0 if cut else 1)
        assert observation in env.observation_space


class Stammering:
    """A tokenizer of characters that decodes two ids to each and encodes to the first alone."""

    pad_id, eos_id, vocabulary_size = 0, 1, 258

    def encode(self, text: str) -> list[int]:
        return [2 + 2 * (ord(character) % 128) for character in text]

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(chr((i - 2) // 2) for i in ids if i > 1)


def test_what_does_not_come_back_from_decoding_and_encoding_is_worth_the_same() -> None:
    tokenizer = Stammering()
    plain = [*tokenizer.encode("<answer>(30-25+3)*4</answer>"), tokenizer.eos_id]
    odd = [token + (i % 3 == 0 and token > 1) for i, token in enumerate(plain)]
    assert odd != plain
    assert tokenizer.encode(tokenizer.decode(odd)) != odd[:-1]
    outcomes = []
    for completion in (plain, odd):
        env = TokenLevel(gym.make("Countdown-v0"), tokenizer, 300, 40)
        env.reset(options=PUZZLE)
        observation, *outcome = env.complete(completion)
        tokens, by_agent, _ = seen(observation)
        assert tokens[by_agent].tolist() == completion
        outcomes.append(outcome)
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == 1.0


def test_masks_allow_what_can_still_become_legal_and_nothing_else() -> None:
    env = token_env(budget=12, masks="answer")
    env.reset(options=PUZZLE)
    allowed: list[int] = []
    for token in written("<answer> ( 30 - 25 + 3 ) * 4 </answer>"):
        mask = env.action_masks()
        assert mask[token]
        allowed.append(int(mask.sum()))
        env.step(token)
    # <answer>; ( or a number; a number, as one more ( would not fit; …; and at last the end
    assert allowed[:3] == [1, 5, 4]
    assert allowed[-2:] == [1, 1]
    assert not env.action_masks().any()


def test_after_a_token_that_is_not_allowed_none_is() -> None:
    env = token_env(masks="answer")
    assert not env.action_masks().any()
    env.reset(options=PUZZLE)
    assert env.action_masks().any()
    env.step(TOKENIZER.encode("yes")[0])
    assert not env.action_masks().any()
    env.reset(options=PUZZLE)
    assert env.action_masks().any()


def test_each_turn_of_a_dialogue_has_masks_of_its_own() -> None:
    env = dialogue_env(max_tokens=200, masks="completion")
    env.reset(options=PUZZLE)
    first = env.action_masks()
    env.complete(written(WRONG))
    np.testing.assert_array_equal(env.action_masks(), first)


def test_masks_follow_the_convention_of_the_environment() -> None:
    env = TokenLevel(
        gym.make("Countdown-v0", prompt_style="terse", convention="whole_text"),
        TOKENIZER,
        9,
        20,
        masks="answer",
    )
    env.reset(options=PUZZLE)
    allowed = np.flatnonzero(env.action_masks()).tolist()
    assert TOKENIZER.decode(allowed).split() == ["3", "4", "25", "30", "("]


def test_what_has_no_masks_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'answer'"):
        TokenLevel(gym.make("Countdown-v0"), TOKENIZER, 9, 20, masks="answers")
    last_line = gym.make("Countdown-v0", prompt_style="terse", convention="last_line")
    env = TokenLevel(last_line, TOKENIZER, 9, 20)
    env.reset(options=PUZZLE)
    with pytest.raises(InvalidParameterError, match="masks know the conventions answer_tag, boxed"):
        env.action_masks()
    whole_text = gym.make("Countdown-v0", prompt_style="terse", convention="whole_text")
    env = TokenLevel(whole_text, TOKENIZER, 9, 20)
    env.reset(options=PUZZLE)
    with pytest.raises(InvalidParameterError, match="free text needs a mark"):
        env.action_masks()
    env = token_env()
    rules = Rules(extras=frozenset({Extra.POWER}))
    env.reset(options={"puzzle": Puzzle((2, 3), 8, rules)})
    with pytest.raises(InvalidParameterError, match=r"masks know the operations \+ - \* / only"):
        env.action_masks()


class Untold(gym.Wrapper[str, str, str, str]):
    """An environment of somebody else's, which says nothing of its puzzle."""

    def reset(self, **kwargs: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - Gymnasium's
        return self.env.reset(**kwargs)[0], {}


def test_masks_of_an_unknown_puzzle_are_refused() -> None:
    env = TokenLevel(Untold(gym.make("Countdown-v0", prompt_style="terse")), TOKENIZER, 9, 20)
    env.reset(options=PUZZLE)
    with pytest.raises(InvalidParameterError, match="masks need a Puzzle in info"):
        env.action_masks()


def test_masks_are_refused_where_a_turn_is_no_answer() -> None:
    steps = StepTexts(gym.make("CountdownSteps-v0"))
    env = TokenLevel(steps, TOKENIZER, 100, 24, max_tokens=600, masks="answer")
    env.reset(seed=0)
    with pytest.raises(InvalidParameterError, match="this environment reads an operation"):
        env.action_masks()


def test_what_is_no_tokenizer_is_refused_by_name() -> None:
    with pytest.raises(InvalidParameterError, match="HubTokenizer"):
        TokenLevel(gym.make("Countdown-v0"), object(), 9, 9)  # type: ignore[arg-type]


def test_a_moment_within_a_dialogue_can_be_returned_to() -> None:
    env = dialogue_env(max_tokens=200)
    env.reset(seed=0)
    env.step(TOKENIZER.eos_id)
    env.step(7)
    moment = env.get_state()
    first = [env.step(token) for token in (8, TOKENIZER.eos_id)]
    observation, _ = env.set_state(moment)
    assert seen(observation).tokens.tolist() == list(moment.tokens)
    again = [env.step(token) for token in (8, TOKENIZER.eos_id)]
    for one, other in zip(first, again, strict=True):
        assert one[0].tolist() == other[0].tolist()
        assert one[1:] == other[1:]


def test_moments_need_an_environment_that_keeps_them() -> None:
    class Bare(gym.Env[str, str]):
        observation_space = action_space = AnyText(8)

        def reset(self, **_: object) -> tuple[str, dict[str, Any]]:
            return "", {}

    env = TokenLevel(Bare(), TOKENIZER, 9, 9)
    env.reset()
    with pytest.raises(InvalidParameterError, match=r"get_state\(\)"):
        env.get_state()
