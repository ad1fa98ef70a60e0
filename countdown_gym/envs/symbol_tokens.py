"""One symbol per turn, without any wrapper: the token game that is made by its id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from countdown_gym.envs.display import METADATA, Display
from countdown_gym.envs.pictures import Frame, written_scene
from countdown_gym.envs.source import PuzzleSource
from countdown_gym.envs.text import CountdownEnv, shown
from countdown_gym.envs.tokens import Observation, TokenLevel, TokenMoment, seen
from countdown_gym.errors import InvalidParameterError
from countdown_gym.rewards import Mixture
from countdown_gym.symbols import SymbolTokenizer

_SYMBOLS = SymbolTokenizer()  # one for all, so that what is known of its texts is shared


class CountdownTokensEnv(gym.Env[Observation, np.int64]):
    """Countdown one symbol at a time, in a vocabulary of 121 symbols.

    ## Description
    The game of `Countdown-v0` for agents that write token by token: the numbers 0 to 99, the signs,
    the tags and a few words are one symbol each (`SymbolTokenizer`). For a tokenizer of a language
    model put the wrapper `TokenLevel` around a text environment; this one is the same game with
    JSON for arguments.

    ## Action Space
    `Discrete(121)`: the id of the next symbol, its place in `SYMBOLS`. `<eos>` ends the completion.
    `action_masks()` says which symbols may come next, exactly: those with which some completion
    within the budget goes on that uses the right numbers and operators in its answer, whatever it
    comes to. With `masks="completion"` free text stands before the answer; with `masks="answer"`
    the answer stands alone.

    ## Observation Space
    An integer `Box` of shape `(2 + 2 * room,)`, where the room is that for prompt and completion:
    how many tokens there are; the tokens of prompt and completion, then padding; for each place 1
    if the agent wrote what stands there, else 0; how many tokens may still be written. `seen` of
    `countdown_gym.envs.tokens` takes it apart.

    ## Starting State
    A puzzle of the family, drawn from the split with the environment's generator, as a prompt.
    `reset(options={"puzzle": …})` sets one instead: a `Puzzle`, or a mapping with `numbers`,
    `target` and perhaps `rules` (by default the family's). A prompt that needs symbols which the
    vocabulary lacks, such as a number above 99, is refused. `get_state()` returns the present
    moment, `set_state` returns to one; neither touches the generator.

    ## Rewards
    0 until the completion ends, then what the mixture pays for it: `strict` (the default) pays 1
    for a right answer and 0 for any other text.

    ## Episode End
    The episode terminates with `<eos>` or when `max_completion_tokens` are written; a completion
    that is cut so is never right. It never truncates: the budget is a rule of the game.

    ## Information
    `reset` and `step` give
    - `puzzle`: the `Puzzle`; its `to_dict()` is JSON.

    `step` adds
    - `solved`: whether the completion has ended and its answer is exactly right.

    The last `step` adds
    - `completion`: what was written, as text;
    - `fault`: why it is not solved, a value of `Fault`; empty if solved;
    - `detail`: the same in plain words;
    - `answer`: the expression that was read; empty if none was;
    - `value`: its exact value, such as `"7/2"`; empty if there is none;
    - `reward_components`: what each component of the mixture said, before weighting.

    ## Arguments
    - `family`: how puzzles are drawn, a name in `known_families()`;
    - `family_parameters`: fields of the family, such as `{"max_numbers": 3}`;
    - `split`: `train`, `validation` or `test`;
    - `prompt_style`: a name in `STYLES` whose words are symbols;
    - `reward`: a name in `MIXTURES`, or weights by component;
    - `max_prompt_tokens`: room for the prompt; a longer one is refused;
    - `max_completion_tokens`: the budget, `<eos>` included;
    - `masks`: what `action_masks()` allows, `completion` or `answer`;
    - `render_mode`: `ansi`, `human`, `rgb_array` or None; pictures need the extra `render`.

    ## References
    Ziegler et al. 2019, *Fine-Tuning Language Models from Human Preferences*, arXiv 1909.08593,
    for writing as a game of one token a turn.

    ## Version History
    - v0: the first.
    """

    metadata: dict[str, Any] = METADATA

    def __init__(  # noqa: PLR0913, PLR0917 - an argument for each option
        self,
        family: str = "three_to_four",
        family_parameters: Mapping[str, Any] | None = None,
        split: str = "train",
        prompt_style: str = "terse",
        reward: str | Mapping[str, float] = "strict",
        max_prompt_tokens: int = 16,
        max_completion_tokens: int = 64,
        masks: str = "completion",
        render_mode: str | None = None,
    ) -> None:
        self._text = CountdownEnv(family, family_parameters, split, prompt_style, reward)
        self._game = TokenLevel(
            self._text, _SYMBOLS, max_prompt_tokens, max_completion_tokens, masks=masks
        )
        self.render_mode = render_mode
        self._display = Display(render_mode)
        # a wrapper's spaces are typed as those of the environment that it wraps, too
        self.action_space = self._game.action_space  # type: ignore[assignment]
        self.observation_space = self._game.observation_space  # type: ignore[assignment]
        self._told: dict[str, Any] = {}
        self._written: list[int] = []
        self._open = False

    @property
    def source(self) -> PuzzleSource:
        """Where the puzzles come from."""
        return self._text.source

    @source.setter
    def source(self, source: PuzzleSource) -> None:
        self._text.source = source

    @property
    def reward(self) -> Mixture:
        """What is paid."""
        return self._text.reward

    @reward.setter
    def reward(self, reward: Mixture) -> None:
        self._text.reward = reward

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Put the tokens of a prompt.

        Raises:
            InvalidParameterError: If the prompt has too many tokens or foreign ones, or the given
                puzzle is none.
            UnknownNameError: If there is an option of another name.
        """
        super().reset(seed=seed)
        self._text.np_random = self.np_random
        observation, self._told = self._game.reset(options=options)
        tokenizer = self._game.tokenizer
        if "<unk>" in tokenizer.decode(seen(observation).tokens.tolist()).split():
            raise InvalidParameterError(
                "the prompt must be made of SYMBOLS: numbers up to 99 and a style such as 'terse', "
                f"got {self._told['puzzle']}"
            )
        self._written, self._open = [], True
        self._show_live()
        return observation, dict(self._told)

    def step(
        self, action: int | np.integer[Any]
    ) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Write one symbol.

        Raises:
            InvalidParameterError: If there is no such symbol.
            gymnasium.error.ResetNeeded: If there is no prompt, or its completion has ended.
        """
        if not self._open:
            raise gym.error.ResetNeeded("call reset() before step(): there is no open puzzle")
        if action not in self.action_space:
            raise InvalidParameterError(
                f"an action is a token id below {self._game.tokenizer.vocabulary_size}, got "
                f"{action!r}"
            )
        self._written.append(int(action))
        observation, reward, terminated, truncated, info = self._game.step(action)
        told = {**self._told, "solved": False, **info}
        if terminated:
            self._open = False
            told["completion"] = self._game.tokenizer.decode(self._written)
        self._show_live()
        return observation, reward, terminated, truncated, told

    def get_state(self) -> TokenMoment:
        """Return the present moment.

        Raises:
            gymnasium.error.ResetNeeded: If there was no `reset` yet.
        """
        return self._game.get_state()

    def set_state(self, moment: TokenMoment) -> tuple[Observation, dict[str, Any]]:
        """Return to a moment of this environment or another, and to what `reset` tells there."""
        observation, self._told = self._game.set_state(moment)
        self._written = list(moment.completion)
        self._open = bool(self._game.budget)
        self._show_live()
        return observation, dict(self._told)

    def action_masks(self) -> NDArray[np.bool_]:  # (121,)
        """Return which symbols may come next; none if no episode is under way."""
        return self._game.action_masks()

    def render(self) -> str | Frame | None:
        """Show the board, what is written, and the verdict once there is one."""
        if not self._told:
            return None
        puzzle, judgement = self._told["puzzle"], self._text.judgement
        written = self._game.tokenizer.decode(self._written)

        def text() -> str:
            board = shown(puzzle, judgement)
            return f"{board}\n{written}" if self._written else board

        return self._display.show(text, lambda: written_scene(puzzle, written, judgement))

    def close(self) -> None:
        """Close the window, if one is open."""
        self._display.close()

    def _show_live(self) -> None:
        if self._display.is_live:
            self.render()
