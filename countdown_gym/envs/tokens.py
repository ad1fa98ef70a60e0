"""One token per turn: any text environment, seen by an agent that writes token by token."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from countdown_gym.envs.turns import PlainTurns, Turns
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.grammar.answer_form import MODES
from countdown_gym.grammar.masks import Place, grammar
from countdown_gym.parsing import CONVENTIONS, CutCompletion
from countdown_gym.puzzles import Puzzle
from countdown_gym.symbols import Tokenizer

Observation = NDArray[np.int64]


class Seen(NamedTuple):
    """An observation of `TokenLevel`, taken apart."""

    tokens: Observation  # (T,) all tokens so far, padding left out
    written: NDArray[np.bool_]  # (T,) True on those that the agent wrote
    budget: int  # how many tokens the agent may still write in this turn


class TokenMoment(NamedTuple):
    """A moment of an episode, for tree search: `get_state` takes it, `set_state` returns to it."""

    tokens: tuple[int, ...]
    """All tokens so far."""
    written: tuple[bool, ...]
    """Which of them the agent wrote."""
    completion: tuple[int, ...]
    """Those that it wrote in this turn."""
    turn_budget: int
    """How many this turn may have; 0 where none is open."""
    puzzle: object
    """What `reset` told of the puzzle."""
    within: object
    """The moment of the environment that reads the completion."""


def seen(observation: Observation) -> Seen:
    """Return what an observation of `TokenLevel` says.

    Example:
        >>> seen(np.array([3, 20, 15, 5, 0, 0, 0, 1, 0, 2]))
        Seen(tokens=array([20, 15,  5]), written=array([False, False,  True]), budget=2)
    """
    room, length = len(observation) // 2 - 1, int(observation[0])
    written = observation[1 + room : 1 + room + length] == 1
    return Seen(observation[1 : 1 + length], written, int(observation[-1]))


# Any: Gymnasium gives the wrapped environment the types of the wrapper
class TokenLevel(gym.Wrapper[Any, Any, str, str], gym.utils.RecordConstructorArgs):
    """A text environment whose action is one token and whose observation is all tokens so far.

    An episode puts a prompt and takes tokens until the end-of-text token or until the budget is
    spent; then the decoded completion goes to the wrapped environment, whose reward, end and
    information are passed on. Until then the reward is 0 and the information empty. If the episode
    goes on, as a dialogue does, the tokens of what the environment says follow those that were
    written, and a new turn begins with a new budget.

    The sampled ids are the truth: nothing is tokenised again, and the decoded text is only ever
    read.

    Action space: `Discrete(V)`, a token id. Observation space: an integer `Box` of shape
    `(2 + 2 · max_tokens,)`, which `seen` takes apart: how many tokens there are; the tokens, then
    padding; for each place 1 if the agent wrote what stands there, else 0; and how many tokens the
    agent may still write in this turn.

    A completion whose budget is spent before its end is handed on as a `CutCompletion`; an episode
    of one turn still *terminates*, for the budget is a rule of the game and no interruption. A
    dialogue that leaves no room for another token *truncates*.

    Args:
        env: An environment with text for observation and action.
        tokenizer: Text to ids and back.
        max_prompt_tokens: Room for the prompt; a longer prompt is an error.
        max_completion_tokens: The budget of a completion, its end-of-text token included.
        max_tokens: Room for a whole episode; None takes what a single turn needs.
        turns: How what the environment says becomes tokens; None encodes it as it is.
        masks: What `action_masks` allows: `completion`, free text and then a legal answer, or
            `answer`, a legal answer alone.

    Raises:
        InvalidParameterError: If a number of tokens is below 1, `max_tokens` is below
            `max_prompt_tokens` and 1, the environment's spaces are not texts, or the tokenizer is
            none of `Tokenizer`.
        UnknownNameError: If there is no such mode of masks.
    """

    def __init__(
        self,
        env: gym.Env[str, str],
        tokenizer: Tokenizer,
        max_prompt_tokens: int,
        max_completion_tokens: int,
        max_tokens: int | None = None,
        turns: Turns | None = None,
        masks: str = "completion",
    ) -> None:
        if masks not in MODES:
            raise UnknownNameError("mode of masks", masks, MODES)
        _require(env, max_prompt_tokens, max_completion_tokens, max_tokens)
        if not isinstance(tokenizer, Tokenizer):
            raise InvalidParameterError(
                "tokenizer must have what `countdown_gym.symbols.Tokenizer` names, got a "
                f"{type(tokenizer).__name__}; for one of transformers there is "
                "`countdown_agents.language_model.tokenizer.HubTokenizer(tokenizer)`"
            )
        gym.utils.RecordConstructorArgs.__init__(
            self,
            _disable_deepcopy=True,  # a tokenizer of a language model is large
            tokenizer=tokenizer,
            max_prompt_tokens=max_prompt_tokens,
            max_completion_tokens=max_completion_tokens,
            max_tokens=max_tokens,
            turns=turns,
            masks=masks,
        )
        super().__init__(env)
        self.tokenizer = tokenizer
        self.turns = PlainTurns(tokenizer) if turns is None else turns
        self.masks = masks
        self.max_prompt_tokens = max_prompt_tokens
        self.max_completion_tokens = max_completion_tokens
        self.max_tokens = max_tokens or max_prompt_tokens + max_completion_tokens
        self.action_space = gym.spaces.Discrete(tokenizer.vocabulary_size)
        room, last_id = self.max_tokens, tokenizer.vocabulary_size - 1
        self.observation_space = gym.spaces.Box(
            0,
            np.array([room, *[last_id] * room, *[1] * room, max_completion_tokens]),
            dtype=np.int64,
        )
        self._tokens: list[int] = []
        self._written: list[bool] = []
        self._completion: list[int] = []
        self._budget = 0  # of this turn, from its beginning; 0 where no turn is open
        self._puzzle: object = None
        self._place: tuple[int, Place | None] | None = None  # after so many tokens of this turn

    @property
    def completion(self) -> tuple[int, ...]:
        """The ids that were written in this turn, or in the last one if none is open."""
        return tuple(self._completion)

    @property
    def budget(self) -> int:
        """How many tokens may still be written in this turn, the end of text included."""
        return max(0, self._budget - len(self._completion))

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Put the tokens of a prompt.

        Raises:
            InvalidParameterError: If the prompt has more than `max_prompt_tokens` tokens.
        """
        self._budget = 0
        text, info = self.env.reset(seed=seed, options=None if options is None else dict(options))
        prompt = self.turns.opening(text)
        if len(prompt) > self.max_prompt_tokens:
            raise InvalidParameterError(
                f"max_prompt_tokens must be at least {len(prompt)} for this prompt, got "
                f"{self.max_prompt_tokens}"
            )
        self._tokens, self._written, self._puzzle = [], [], info.get("puzzle")
        self._open_turn(prompt)
        return self._observation(), info

    def step(
        self, action: int | np.integer[Any]
    ) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Write one token.

        Raises:
            InvalidParameterError: If there is no such token.
            gymnasium.error.ResetNeeded: If no episode is under way.
        """
        if not self.budget:
            raise gym.error.ResetNeeded("call reset() before step(): there is no open puzzle")
        token = int(action)
        if not 0 <= token < self.tokenizer.vocabulary_size:
            raise InvalidParameterError(
                f"an action is a token id below {self.tokenizer.vocabulary_size}, got {action}"
            )
        self._write(token)
        ended = token == self.tokenizer.eos_id
        if not ended and self.budget:
            return self._observation(), 0.0, False, False, {}
        text = self.tokenizer.decode(self._completion)
        said, reward, terminated, truncated, info = self.env.step(
            text if ended else CutCompletion(text)
        )
        self._budget = 0
        if not terminated and not truncated:
            reply = self.turns.reply(said, ended=ended)
            truncated = len(self._tokens) + len(reply) >= self.max_tokens
            if not truncated:
                self._open_turn(reply)
        return self._observation(), float(reward), terminated, truncated, info

    def complete(
        self, tokens: Sequence[int]
    ) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Write a whole completion at once and return what its last `step` would return.

        Args:
            tokens: At least one id; the last is the end of text, or they fill the budget.

        Raises:
            InvalidParameterError: If the tokens end before the turn does, or after it.
        """
        budget = self.budget
        ended = bool(tokens) and tokens[-1] == self.tokenizer.eos_id
        early = self.tokenizer.eos_id in tokens[:-1]
        if not tokens or len(tokens) > budget or early or (not ended and len(tokens) < budget):
            raise InvalidParameterError(
                f"a completion ends with token {self.tokenizer.eos_id} and nowhere before, or "
                f"fills its budget of {budget} tokens; got {len(tokens)} tokens"
            )
        for token in tokens[:-1]:
            self._write(int(token))
        return self.step(tokens[-1])

    def get_state(self) -> TokenMoment:
        """Return the present moment.

        Raises:
            InvalidParameterError: If the wrapped environment has no `get_state`.
            gymnasium.error.ResetNeeded: If there was no `reset` yet.
        """
        within = self._within("get_state")()
        written, completion = tuple(self._written), tuple(self._completion)
        tokens = tuple(self._tokens)
        return TokenMoment(tokens, written, completion, self._budget, self._puzzle, within)

    def set_state(self, moment: TokenMoment) -> tuple[Observation, dict[str, Any]]:
        """Return to a moment, and to what `reset` of the wrapped environment tells there.

        Raises:
            InvalidParameterError: If the wrapped environment has no `set_state`.
        """
        _, info = self._within("set_state")(moment.within)
        self._tokens, self._written = list(moment.tokens), list(moment.written)
        self._completion, self._budget = list(moment.completion), moment.turn_budget
        self._puzzle, self._place = moment.puzzle, None
        return self._observation(), info

    def action_masks(self) -> NDArray[np.bool_]:  # (V,)
        """Return which tokens may come next so that the completion can still become legal.

        A token is allowed exactly if some completion within the budget goes on with it, has its
        answer where the environment's convention wants it, in plain form, and uses the right
        numbers and operators: see `countdown_gym.grammar`. Nothing is allowed if no turn is open,
        if the budget is too small for any answer, or after a token that was not allowed.

        Raises:
            InvalidParameterError: If the environment tells no `puzzle`, or there are no masks for
                its convention or its rules.
        """
        if not self.budget:
            return np.zeros(self.tokenizer.vocabulary_size, np.bool_)
        if not isinstance(self._puzzle, Puzzle):
            raise InvalidParameterError(
                f"masks need a Puzzle in info['puzzle'] after reset, got {self._puzzle!r}"
            )
        named = self.env.has_wrapper_attr("convention")
        convention = self.env.get_wrapper_attr("convention") if named else "answer_tag"
        if convention not in CONVENTIONS:
            raise InvalidParameterError(
                f"masks are for completions that hold an answer, and this environment reads an "
                f"{convention}; action_masks() of the environment beneath says what is allowed"
            )
        legal = grammar(self._puzzle, self.tokenizer, self.masks, convention)
        done, place = self._place or (0, legal.start)
        for token in self._completion[done:]:
            place = legal.advance(place, token)
        self._place = len(self._completion), place
        return legal.mask(place, self.budget)

    def _within(self, name: str) -> Callable[..., Any]:
        """Return a method of the wrapped environment that not every environment has."""
        if not self.env.has_wrapper_attr(name):
            raise InvalidParameterError(
                f"moments are kept of environments with {name}(), and {self.env.unwrapped} has none"
            )
        method: Callable[..., Any] = self.env.get_wrapper_attr(name)
        return method

    def _open_turn(self, said: Sequence[int]) -> None:
        """Begin a turn after what the environment said; there is room for a token more."""
        self._tokens += said
        self._written += [False] * len(said)
        self._completion, self._place = [], None
        self._budget = min(self.max_completion_tokens, self.max_tokens - len(self._tokens))

    def _write(self, token: int) -> None:
        self._tokens.append(token)
        self._written.append(True)
        self._completion.append(token)

    def _observation(self) -> Observation:
        room, length = self.max_tokens, len(self._tokens)
        observation = np.zeros(2 + 2 * room, np.int64)
        observation[0] = length
        observation[1 : 1 + length] = self._tokens
        observation[1 + length : 1 + room] = self.tokenizer.pad_id
        observation[1 + room : 1 + room + length] = self._written
        observation[-1] = self.budget
        return observation


def _require(
    env: gym.Env[str, str],
    max_prompt_tokens: int,
    max_completion_tokens: int,
    max_tokens: int | None,
) -> None:
    """Refuse numbers of tokens in which nothing can be said, and environments without text."""
    if min(max_prompt_tokens, max_completion_tokens) < 1:
        raise InvalidParameterError(
            "max_prompt_tokens and max_completion_tokens must be at least 1, got "
            f"{max_prompt_tokens} and {max_completion_tokens}"
        )
    if max_tokens is not None and max_tokens <= max_prompt_tokens:
        raise InvalidParameterError(
            f"max_tokens must be more than max_prompt_tokens = {max_prompt_tokens}, got "
            f"{max_tokens}"
        )
    for space in (env.observation_space, env.action_space):
        if not isinstance(space, gym.spaces.Text):
            raise InvalidParameterError(
                f"an environment for tokens has texts for observation and action, got {space}"
            )
