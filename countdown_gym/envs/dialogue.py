"""Several attempts at one puzzle, each answered by what was wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import gymnasium as gym

from countdown_gym.checking import Judgement, judge
from countdown_gym.envs.display import METADATA, Display
from countdown_gym.envs.pictures import Frame, dialogue_scene
from countdown_gym.envs.source import PuzzleSource
from countdown_gym.envs.spaces import AnyText
from countdown_gym.envs.text import MAX_PROMPT_CHARS, information, shown
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.faults import Fault
from countdown_gym.parsing import CONVENTIONS, MAX_COMPLETION_CHARS
from countdown_gym.prompts import prompt, require_style
from countdown_gym.puzzles import Puzzle
from countdown_gym.rewards import make_reward

MAX_DETAIL_CHARS = 200
"""How much of the referee's reason is told; an answer can make it long."""


class Exchange(NamedTuple):
    """A moment of a dialogue, for tree search: `get_state` takes it, `set_state` returns to it."""

    puzzle: Puzzle
    judgements: tuple[Judgement, ...]
    """What was found in each attempt."""
    attempts_left: int
    """How many may follow; 0 where the dialogue is over."""


class CountdownDialogueEnv(gym.Env[str, str]):
    """Countdown with several attempts: the referee says what was wrong, and the policy goes on.

    ## Description
    The environment puts an arithmetic puzzle and takes completions as `Countdown-v0` does. A wrong
    answer is answered by its fault, by the value it reached, and by how many attempts are left.

    ## Action Space
    Any text of at most 32,768 characters (`AnyText`). Of a longer one the end is read. A
    `CutCompletion` is a text that was cut by its token budget; it is judged as such.

    ## Observation Space
    Text (`AnyText`): the prompt, then what is said of each attempt. It holds the latest message
    only; whoever plays keeps the conversation. After the last step it is empty.

    ## Starting State
    A puzzle of the family, drawn from the split with the environment's generator.
    `reset(options={"puzzle": …})` sets one instead: a `Puzzle`, or a mapping with `numbers`,
    `target` and perhaps `rules` (by default the family's). `get_state()` returns the present
    moment, `set_state` returns to one; neither touches the generator.

    ## Rewards
    The attempt that ends the episode is paid what the mixture pays for it; the ones before are paid
    nothing, so that nobody earns by failing well several times. `strict` (the default) pays 1 for
    a right answer and 0 for any other text.

    ## Episode End
    The episode terminates with a right answer. It truncates after `max_attempts` attempts.

    ## Information
    `reset` and `step` give
    - `puzzle`: the `Puzzle`; its `to_dict()` is JSON;
    - `attempts_left`: how many attempts there are still.

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
    - `max_attempts`: how many, at least 2; for one there is `Countdown-v0`;
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
        max_attempts: int = 5,
        render_mode: str | None = None,
    ) -> None:
        self.source = PuzzleSource.of(family, family_parameters, split)
        require_style(prompt_style)
        if convention not in CONVENTIONS:
            raise UnknownNameError("answer convention", convention, CONVENTIONS)
        if max_attempts < 2:
            raise InvalidParameterError(f"max_attempts must be at least 2, got {max_attempts}")
        self.prompt_style = prompt_style
        self.reward = make_reward(reward)
        self.convention = convention
        self.max_attempts = max_attempts
        self.render_mode = render_mode
        self._display = Display(render_mode)
        self.observation_space = AnyText(MAX_PROMPT_CHARS)
        self.action_space = AnyText(MAX_COMPLETION_CHARS)
        self._puzzle: Puzzle | None = None
        self._judgements: list[Judgement] = []
        self._attempts_left = 0

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
        self._judgements = []
        self._attempts_left = self.max_attempts
        self._show_live()
        info = {"puzzle": self._puzzle, "attempts_left": self._attempts_left}
        return prompt(self._puzzle, self.prompt_style), info

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Judge an attempt and answer it.

        Raises:
            InvalidParameterError: If the action is not a text.
            gymnasium.error.ResetNeeded: If there is no puzzle, or its attempts are over.
        """
        if not isinstance(action, str):
            raise InvalidParameterError(f"an action is a text, got {type(action).__name__}")
        if self._puzzle is None or not self._attempts_left:
            raise gym.error.ResetNeeded("call reset() before step(): there is no open puzzle")
        judgement = judge(self._puzzle, action, convention=self.convention)
        self._judgements.append(judgement)
        solved = judgement.verdict.solved
        self._attempts_left = 0 if solved else self._attempts_left - 1
        self._show_live()
        reward = self.reward.pay(judgement)
        info = information(judgement, reward) | {"attempts_left": self._attempts_left}
        if self._attempts_left:
            return feedback(judgement, self._attempts_left), 0.0, False, False, info
        return "", reward.total, solved, not solved, info

    def get_state(self) -> Exchange:
        """Return the present moment.

        Raises:
            gymnasium.error.ResetNeeded: If there was no `reset` yet.
        """
        if self._puzzle is None:
            raise gym.error.ResetNeeded("call reset() before get_state(): there is no puzzle yet")
        return Exchange(self._puzzle, tuple(self._judgements), self._attempts_left)

    def set_state(self, moment: Exchange) -> tuple[str, dict[str, Any]]:
        """Return to a moment, of this environment or of another, and to what was said last.

        The observation is empty if the dialogue was over, and the information that of `reset`.
        """
        self._puzzle, self._attempts_left = moment.puzzle, moment.attempts_left
        self._judgements = list(moment.judgements)
        self._show_live()
        info = {"puzzle": self._puzzle, "attempts_left": self._attempts_left}
        if not self._attempts_left:
            return "", info
        if self._judgements:
            return feedback(self._judgements[-1], self._attempts_left), info
        return prompt(self._puzzle, self.prompt_style), info

    def render(self) -> str | Frame | None:
        """Show the board and the attempts with their verdicts; as text the latest only."""
        if self._puzzle is None:
            return None
        puzzle, judgements = self._puzzle, self._judgements
        return self._display.show(
            lambda: shown(puzzle, judgements[-1] if judgements else None),
            lambda: dialogue_scene(puzzle, judgements, self._attempts_left),
        )

    def close(self) -> None:
        """Close the window, if one is open."""
        self._display.close()

    def _show_live(self) -> None:
        if self._display.is_live:
            self.render()


def feedback(judgement: Judgement, attempts_left: int) -> str:
    """Return what is said of a wrong attempt: what it reached or why it does not count.

    Example:
        >>> puzzle = Puzzle((25, 30, 3, 4), 32)
        >>> feedback(judge(puzzle, "<answer>30 - 25 + 3 * 4</answer>"), 3)
        'That is 17, not 32. Attempts left: 3.'
    """
    verdict = judgement.verdict
    detail = verdict.detail
    if len(detail) > MAX_DETAIL_CHARS:
        detail = f"{detail[:MAX_DETAIL_CHARS]}…"
    wrong = "That is" if verdict.fault is Fault.WRONG_VALUE else "That does not count:"
    return f"{wrong} {detail}. Attempts left: {attempts_left}."
