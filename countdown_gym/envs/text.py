"""One puzzle, one completion, one reward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import gymnasium as gym

from countdown_gym.checking import Judgement, judge
from countdown_gym.envs.display import METADATA, Display
from countdown_gym.envs.pictures import Frame, answer_scene
from countdown_gym.envs.source import PuzzleSource
from countdown_gym.envs.spaces import AnyText
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.parsing import CONVENTIONS, MAX_COMPLETION_CHARS, Unreadable
from countdown_gym.prompts import prompt, require_style
from countdown_gym.puzzles import Puzzle
from countdown_gym.rewards import Reward, make_reward

MAX_PROMPT_CHARS = 8_192
"""The longest prompt of any style, with room to spare."""


class Asked(NamedTuple):
    """A moment of an episode, for tree search: `get_state` takes it, `set_state` returns to it."""

    puzzle: Puzzle
    judgement: Judgement | None
    """What was found in the completion; None while the puzzle is open."""


class CountdownEnv(gym.Env[str, str]):
    """Countdown for language models: one prompt, one completion.

    ## Description
    The environment puts an arithmetic puzzle: reach the target from the numbers on the board. The
    policy writes a completion that gives an expression between `<answer>` and `</answer>`. An
    exact referee reads it, checks it, and the episode is over.

    ## Action Space
    Any text of at most 32,768 characters (`AnyText`). Of a longer one the end is read. A
    `CutCompletion` is a text that was cut by its token budget; it is judged as such.

    ## Observation Space
    The prompt, as text (`AnyText`). After the step it is empty.

    ## Starting State
    A puzzle of the family, drawn from the split with the environment's generator.
    `reset(options={"puzzle": …})` sets one instead: a `Puzzle`, or a mapping with `numbers`,
    `target` and perhaps `rules` (by default the family's). `get_state()` returns the present
    moment, `set_state` returns to one; neither touches the generator.

    ## Rewards
    Whatever the mixture pays: `strict` (the default) pays 1 for a right answer and 0 for any other
    text.

    ## Episode End
    The episode terminates with the first step. It never truncates.

    ## Information
    `reset` and `step` give
    - `puzzle`: the `Puzzle`; its `to_dict()` is JSON.

    `step` adds
    - `solved`: whether the answer is exactly right;
    - `fault`: why not, a value of `Fault`; empty if solved;
    - `detail`: the same in plain words;
    - `answer`: the expression that was read; empty if none was;
    - `value`: its exact value, such as `"7/2"`; empty if there is none;
    - `reward_components`: what each component of the mixture said, before weighting.

    ## Arguments
    - `family`: how puzzles are drawn, a name in `known_families()`;
    - `family_parameters`: fields of the family, such as `{"max_numbers": 3}`;
    - `split`: `train`, `validation` or `test`;
    - `prompt_style`: a name in `STYLES`;
    - `reward`: a name in `MIXTURES`, or weights by component;
    - `convention`: where the answer stands, a name in `CONVENTIONS`;
    - `render_mode`: `ansi`, `human`, `rgb_array` or None; pictures need the extra `render`.

    ## References
    Gandhi et al. 2025, *Cognitive Behaviors that Enable Self-Improving Reasoners*, arXiv
    2503.01307.

    ## Version History
    - v0: the first.
    """

    metadata: dict[str, Any] = METADATA

    def __init__(
        self,
        family: str = "three_to_four",
        family_parameters: Mapping[str, Any] | None = None,
        split: str = "train",
        prompt_style: str = "plain",
        reward: str | Mapping[str, float] = "strict",
        convention: str = "answer_tag",
        render_mode: str | None = None,
    ) -> None:
        self.source = PuzzleSource.of(family, family_parameters, split)
        require_style(prompt_style)
        if convention not in CONVENTIONS:
            raise UnknownNameError("answer convention", convention, CONVENTIONS)
        self.prompt_style = prompt_style
        self.reward = make_reward(reward)
        self.convention = convention
        self.render_mode = render_mode
        self._display = Display(render_mode)
        self.observation_space = AnyText(MAX_PROMPT_CHARS)
        self.action_space = AnyText(MAX_COMPLETION_CHARS)
        self._puzzle: Puzzle | None = None
        self._judgement: Judgement | None = None

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Put a puzzle, drawn or given as `options["puzzle"]`.

        Raises:
            InvalidParameterError: If the given puzzle is none.
            UnknownNameError: If there is an option of another name.
        """
        super().reset(seed=seed)
        self._puzzle = self.source.puzzle(self.np_random, options)
        self._judgement = None
        self._show_live()
        return prompt(self._puzzle, self.prompt_style), {"puzzle": self._puzzle}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Judge a completion, pay it, and end the episode.

        Raises:
            InvalidParameterError: If the action is not a text.
            gymnasium.error.ResetNeeded: If there is no puzzle, or it was answered already.
        """
        if self._puzzle is None or self._judgement is not None:
            raise gym.error.ResetNeeded("call reset() before step(): there is no open puzzle")
        self._judgement = self.judge(self._puzzle, action)
        reward = self.reward.pay(self._judgement)
        self._show_live()
        return "", reward.total, True, False, information(self._judgement, reward)

    @property
    def judgement(self) -> Judgement | None:
        """What was found in the completion; None while the puzzle is open."""
        return self._judgement

    def get_state(self) -> Asked:
        """Return the present moment.

        Raises:
            gymnasium.error.ResetNeeded: If there was no `reset` yet.
        """
        if self._puzzle is None:
            raise gym.error.ResetNeeded("call reset() before get_state(): there is no puzzle yet")
        return Asked(self._puzzle, self._judgement)

    def set_state(self, moment: Asked) -> tuple[str, dict[str, Any]]:
        """Return to a moment, of this environment or of another, and to what `reset` tells there.

        The observation is empty if the puzzle was answered.
        """
        self._puzzle, self._judgement = moment
        self._show_live()
        open_prompt = prompt(self._puzzle, self.prompt_style) if self._judgement is None else ""
        return open_prompt, {"puzzle": self._puzzle}

    def judge(self, puzzle: Puzzle, completion: str) -> Judgement:
        """Return what the referee finds in a completion, under this environment's convention.

        Raises:
            InvalidParameterError: If the completion is not a text.
        """
        if not isinstance(completion, str):
            raise InvalidParameterError(f"an action is a text, got {type(completion).__name__}")
        return judge(puzzle, completion, convention=self.convention)

    def render(self) -> str | Frame | None:
        """Show the board, and the verdict once there is one."""
        return None if self._puzzle is None else self.show(self._puzzle, self._judgement)

    def show(self, puzzle: Puzzle, judgement: Judgement | None) -> str | Frame | None:
        """Show a puzzle and what was answered, in the way of this environment's render mode."""
        return self._display.show(
            lambda: shown(puzzle, judgement), lambda: answer_scene(puzzle, judgement)
        )

    def close(self) -> None:
        """Close the window, if one is open."""
        self._display.close()

    def _show_live(self) -> None:
        if self._display.is_live:
            self.render()


def shown(puzzle: Puzzle, judgement: Judgement | None) -> str:
    """Return the board, and what was answered once something was, for the terminal."""
    board = "  ".join(f"[{number}]" for number in puzzle.numbers)
    lines = [f"{board}  →  {puzzle.target}"]
    if judgement is not None:
        verdict, answer = judgement.verdict, judgement.answer
        if not isinstance(answer, Unreadable):
            lines.append(answer.text)
        lines.append("solved" if verdict.solved else f"{verdict.fault}: {verdict.detail}")
    return "\n".join(lines)


class Told(NamedTuple):
    """What `step` reports of a judged completion; see *Information* of `CountdownEnv`."""

    puzzle: Puzzle
    solved: bool
    fault: str
    detail: str
    answer: str
    value: str


def told(judgement: Judgement) -> Told:
    """Return what is reported of a judged completion, whatever it is paid."""
    puzzle, _, answer, (fault, value, detail) = judgement
    return Told(
        puzzle,
        fault is None,
        "" if fault is None else str(fault),
        detail,
        "" if isinstance(answer, Unreadable) else answer.text,
        "" if value is None else str(value),
    )


def information(judgement: Judgement, reward: Reward) -> dict[str, Any]:
    """Return what `step` reports of a judged completion and its pay."""
    said = told(judgement)._asdict()
    said["reward_components"] = dict(reward.components)
    return said
