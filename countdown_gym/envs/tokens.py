"""One token per turn: any text environment, seen by an agent that writes token by token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from countdown_gym.errors import InvalidParameterError
from countdown_gym.parsing import CutCompletion
from countdown_gym.symbols import Tokenizer

Observation = NDArray[np.int64]


# Any: Gymnasium gives the wrapped environment the types of the wrapper
class TokenLevel(gym.Wrapper[Any, Any, str, str], gym.utils.RecordConstructorArgs):
    """A text environment whose action is one token and whose observation is all tokens so far.

    An episode puts a prompt and takes tokens until the end-of-text token or until the budget is
    spent; then the decoded completion goes to the wrapped environment, whose reward, end and
    information are passed on. Until then the reward is 0 and the information empty. The sampled
    ids are the truth: nothing is tokenised again, and the decoded text is only ever read.

    Action space: `Discrete(V)`, a token id. Observation space: an integer `Box` of shape
    `(1 + max_prompt_tokens + max_completion_tokens,)`: how many tokens there are, then the tokens,
    then padding.

    A completion whose budget is spent before its end is handed on as a `CutCompletion`; the
    episode still *terminates*, for the budget is a rule of the game and no interruption.

    Args:
        env: An environment of one-turn episodes with text for observation and action.
        tokenizer: Text to ids and back.
        max_prompt_tokens: Room for the prompt; a longer prompt is an error.
        max_completion_tokens: The budget of a completion, its end-of-text token included.

    Raises:
        InvalidParameterError: If a number of tokens is below 1.
    """

    def __init__(
        self,
        env: gym.Env[str, str],
        tokenizer: Tokenizer,
        max_prompt_tokens: int,
        max_completion_tokens: int,
    ) -> None:
        if min(max_prompt_tokens, max_completion_tokens) < 1:
            raise InvalidParameterError(
                "max_prompt_tokens and max_completion_tokens must be at least 1, got "
                f"{max_prompt_tokens} and {max_completion_tokens}"
            )
        gym.utils.RecordConstructorArgs.__init__(
            self,
            tokenizer=tokenizer,
            max_prompt_tokens=max_prompt_tokens,
            max_completion_tokens=max_completion_tokens,
        )
        super().__init__(env)
        self.tokenizer = tokenizer
        self.max_prompt_tokens = max_prompt_tokens
        self.max_completion_tokens = max_completion_tokens
        width = max_prompt_tokens + max_completion_tokens
        self.action_space = gym.spaces.Discrete(tokenizer.vocabulary_size)
        self.observation_space = gym.spaces.Box(
            0, max(tokenizer.vocabulary_size - 1, width), (1 + width,), np.int64
        )
        self._prompt: list[int] = []
        self._completion: list[int] = []

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Put the tokens of a prompt.

        Raises:
            InvalidParameterError: If the prompt has more than `max_prompt_tokens` tokens.
        """
        text, info = self.env.reset(seed=seed, options=None if options is None else dict(options))
        self._prompt, self._completion = self.tokenizer.encode(text), []
        if len(self._prompt) > self.max_prompt_tokens:
            raise InvalidParameterError(
                f"max_prompt_tokens must be at least {len(self._prompt)} for this prompt, got "
                f"{self.max_prompt_tokens}"
            )
        return self._observation(), info

    def step(
        self, action: int | np.integer[Any]
    ) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Write one token."""
        self._completion.append(int(action))
        ended = self._completion[-1] == self.tokenizer.eos_id
        if not ended and len(self._completion) < self.max_completion_tokens:
            return self._observation(), 0.0, False, False, {}
        text = self.tokenizer.decode(self._completion)
        _, reward, terminated, truncated, info = self.env.step(
            text if ended else CutCompletion(text)
        )
        return self._observation(), float(reward), terminated, truncated, info

    def complete(
        self, tokens: Sequence[int]
    ) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Write a whole completion at once and return what its last `step` would return.

        Args:
            tokens: At least one id; the last is the end of text, or they fill the budget.

        Raises:
            InvalidParameterError: If the tokens end before the episode does, or after it.
        """
        budget = self.max_completion_tokens - len(self._completion)
        ended = bool(tokens) and tokens[-1] == self.tokenizer.eos_id
        early = self.tokenizer.eos_id in tokens[:-1]
        if not tokens or len(tokens) > budget or early or (not ended and len(tokens) < budget):
            raise InvalidParameterError(
                f"a completion ends with token {self.tokenizer.eos_id} and nowhere before, or "
                f"fills its budget of {budget} tokens; got {len(tokens)} tokens"
            )
        self._completion.extend(int(token) for token in tokens[:-1])
        return self.step(tokens[-1])

    def _observation(self) -> Observation:
        tokens = self._prompt + self._completion
        observation = np.full(self.observation_space.shape or (), self.tokenizer.pad_id, np.int64)
        observation[0] = len(tokens)
        observation[1 : 1 + len(tokens)] = tokens
        return observation
