"""One operation per turn on the numbers that remain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from countdown_gym.checking import check
from countdown_gym.envs.display import METADATA, Display
from countdown_gym.envs.pictures import Frame, steps_scene
from countdown_gym.envs.source import PuzzleSource
from countdown_gym.envs.step_actions import StepActions
from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Expression, Step
from countdown_gym.parsing import Answer
from countdown_gym.puzzles import MAX_MAGNITUDE, MAX_NUMBERS, Puzzle
from countdown_gym.solver.moves import Move, legal_moves, play, step_of
from countdown_gym.solver.state import State

Observation = NDArray[np.float64]
Action = int | np.integer[Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A moment of an episode, for tree search: `get_state` takes it, `set_state` returns to it."""

    puzzle: Puzzle
    positions: tuple[State, ...]
    """The states on the way, the first with the whole board, the last the present one."""
    turns: int
    """How many turns were taken."""
    ended: bool
    """Whether the episode is over."""

    @property
    def present(self) -> State:
        """The state that the next operation acts on."""
        return self.positions[-1]

    @property
    def answer(self) -> Expression | None:
        """The expression that solves the puzzle, if one has been made."""
        present, rules = self.present, self.puzzle.rules
        if rules.use_all and len(present.values) > 1:
            return None
        for value, expression in zip(present.values, present.expressions, strict=True):
            if value == self.puzzle.target and check(self.puzzle, Answer.of(expression)).solved:
                return expression
        return None


class CountdownStepsEnv(gym.Env[Observation, Action]):
    """Countdown one operation at a time.

    ## Description
    The board holds numbers. Each turn joins two of them by an operation, and the result takes the
    place of the earlier one. The aim is the target.

    ## Action Space
    `Discrete(6 · n(n - 1) / 2 + 1)` for boards of up to n = `max_numbers` numbers: `6 · pair +
    form`, the pairs of places i < j in lexicographic order, the forms i + j, i - j, j - i, i * j,
    i / j, j / i; the last action takes the latest operation back, unless `undo` is false.
    `action_masks()` says which actions the rules allow now, exactly; of i + j and j + i there is
    but one. A forbidden action changes nothing and costs its turn. In words, such as `30 - 25`,
    the same game is played through the wrapper `StepTexts`.

    ## Observation Space
    A `Box` of 2n + 2 floats: the numerator of each place, the denominator of each place, the
    target, and how many turns are left. Where there is no number, both are 0. Values are exact as
    far as a float of 64 bits is: up to 2**53, more than six numbers up to 100 can reach. The
    wrapper `ActionResults` adds what each action would come to.

    ## Starting State
    A puzzle of the family, drawn from the split with the environment's generator.
    `reset(options={"puzzle": …})` sets one instead: a `Puzzle`, or a mapping with `numbers`,
    `target` and perhaps `rules` (by default the family's). `get_state()` returns the present
    moment, `set_state` returns to one; neither touches the generator.

    ## Rewards
    1 for reaching the target, which the referee confirms, and 0 for every other turn.

    ## Episode End
    The episode terminates when the target is reached (and nothing else is left, where every number
    must be used), or when no action is allowed. It truncates after `max_turns` turns.

    ## Information
    `reset` and `step` give
    - `puzzle`: the `Puzzle`; its `to_dict()` is JSON;
    - `state`: the board and the target as text, such as `"28, 4 → 32"`.

    `step` adds
    - `solved`: whether the target is reached;
    - `allowed`: whether the action was allowed;
    - `operation`: what was done, such as `"30 - 2 = 28"`; empty for an undo or a forbidden action;
    - `answer`: the expression that solves the puzzle; empty before.

    ## Arguments
    - `family`: how puzzles are drawn, a name in `known_families()`;
    - `family_parameters`: fields of the family, such as `{"max_numbers": 3}`;
    - `split`: `train`, `validation` or `test`;
    - `max_numbers`: room for so many numbers; a puzzle with more is refused at `reset`;
    - `max_turns`: the turns of an episode;
    - `undo`: whether the last action takes an operation back;
    - `render_mode`: `ansi`, `human`, `rgb_array` or None; pictures need the extra `render`.

    ## References
    Colton 2014, *Countdown numbers game: solved, analysed, extended*, AISB 50.

    ## Version History
    - v0: the first.
    """

    metadata: dict[str, Any] = METADATA

    def __init__(
        self,
        family: str = "three_to_four",
        family_parameters: Mapping[str, Any] | None = None,
        split: str = "train",
        max_numbers: int = 4,
        max_turns: int = 16,
        undo: bool = True,
        render_mode: str | None = None,
    ) -> None:
        self.source = PuzzleSource.of(family, family_parameters, split)
        if self.source.family.rules.extras:
            raise InvalidParameterError(
                f"steps are of the four operations, but {family} asks for more than they reach"
            )
        if not 2 <= max_numbers <= MAX_NUMBERS:
            raise InvalidParameterError(
                f"max_numbers must be from 2 to {MAX_NUMBERS}, got {max_numbers}"
            )
        if max_turns < 2:
            raise InvalidParameterError(f"max_turns must be at least 2, got {max_turns}")
        self.max_numbers = max_numbers
        self.max_turns = max_turns
        self.render_mode = render_mode
        self._display = Display(render_mode)
        self.actions = StepActions(max_numbers, undo)
        self.action_space = gym.spaces.Discrete(self.actions.count)
        # with n numbers up to m no numerator or denominator exceeds (2m)**n
        bound = float((2 * MAX_MAGNITUDE) ** max_numbers)
        self.observation_space = gym.spaces.Box(
            np.array([*[-bound] * max_numbers, *[0.0] * max_numbers, -MAX_MAGNITUDE, 0.0]),
            np.array([*[bound] * (2 * max_numbers), MAX_MAGNITUDE, max_turns]),
            dtype=np.float64,
        )
        self._moment: Snapshot | None = None
        self._legal: dict[int, Move] = {}

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Put a puzzle, drawn or given as `options["puzzle"]`.

        Raises:
            InvalidParameterError: If the given puzzle is none, or has more than `max_numbers`.
            UnknownNameError: If there is an option of another name.
        """
        super().reset(seed=seed)
        puzzle = self.source.puzzle(self.np_random, options)
        told = self.set_state(Snapshot(puzzle, (State.read(puzzle.numbers),), 0, ended=False))
        self._show_live()
        return told

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Do one operation, or take the latest back.

        Where the board solves the puzzle from the start, the first action changes nothing.

        Raises:
            InvalidParameterError: If there is no such action.
            gymnasium.error.ResetNeeded: If no episode is under way.
        """
        before = self._open()
        chosen, positions = int(action), before.positions
        if not 0 <= chosen < self.actions.count:
            raise InvalidParameterError(
                f"an action is a whole number below {self.actions.count}, got {action}"
            )
        if not self.action_masks()[chosen]:
            return self.pass_turn()
        operation = ""
        if before.answer is None:
            if chosen == self.actions.undo:
                positions = positions[:-1]
            else:
                move = self._legal[chosen]
                positions = (*positions, play(before.present, move))
                operation = str(step_of(before.present.values, move))
        self._enter(Snapshot(before.puzzle, positions, before.turns + 1, ended=False))
        return self._outcome(allowed=True, operation=operation)

    def pass_turn(self) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Take a turn that changes nothing, as a forbidden action does.

        Raises:
            gymnasium.error.ResetNeeded: If no episode is under way.
        """
        before = self._open()
        self._enter(Snapshot(before.puzzle, before.positions, before.turns + 1, ended=False))
        return self._outcome(allowed=False, operation="")

    def operations(self) -> dict[int, Step]:
        """Return what each allowed operation does, as a line of working, by its action."""
        if self._moment is None:
            return {}
        values = self._moment.present.values
        return {action: step_of(values, move) for action, move in self._legal.items()}

    def action_masks(self) -> NDArray[np.bool_]:  # (number of actions,)
        """Return which actions the rules allow now; none if no episode is under way."""
        masks = np.zeros(self.actions.count, np.bool_)
        if self._moment is not None and not self._moment.ended:
            masks[list(self._legal)] = True
            if self.actions.undo is not None:
                masks[self.actions.undo] = len(self._moment.positions) > 1
        return masks

    def get_state(self) -> Snapshot:
        """Return the present moment.

        Raises:
            gymnasium.error.ResetNeeded: If there was no `reset` yet.
        """
        if self._moment is None:
            raise gym.error.ResetNeeded("call reset() before get_state(): there is no puzzle yet")
        return self._moment

    def set_state(self, moment: Snapshot) -> tuple[Observation, dict[str, Any]]:
        """Return to a moment, of this environment or of another, and to what `reset` tells there.

        Raises:
            InvalidParameterError: If the board has more than `max_numbers` numbers.
        """
        if len(moment.puzzle.numbers) > self.max_numbers:
            raise InvalidParameterError(
                f"max_numbers must be at least {len(moment.puzzle.numbers)} for this puzzle, got "
                f"{self.max_numbers}"
            )
        self._enter(moment)
        return self._observation(moment), _information(moment)

    def render(self) -> str | Frame | None:
        """Show the board, how its numbers were made, and the target."""
        moment = self._moment
        if moment is None:
            return None
        return self._display.show(
            lambda: _shown(moment),
            lambda: steps_scene(
                moment.puzzle,
                moment.positions,
                max(0, self.max_turns - moment.turns),
                moment.answer is not None if moment.ended else None,
            ),
        )

    def close(self) -> None:
        """Close the window, if one is open."""
        self._display.close()

    def _show_live(self) -> None:
        if self._display.is_live:
            self.render()

    def _open(self) -> Snapshot:
        if self._moment is None or self._moment.ended:
            raise gym.error.ResetNeeded("call reset() before step(): there is no open puzzle")
        return self._moment

    def _enter(self, moment: Snapshot) -> None:
        self._moment = moment
        moves = legal_moves(moment.present.values, moment.puzzle.rules)
        self._legal = {self.actions.of(move): move for move in moves}

    def _outcome(
        self, *, allowed: bool, operation: str
    ) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Return what a step tells of the moment it led to, which ends there if it must."""
        moment = self._open()
        answer = moment.answer
        terminated = answer is not None or not self.action_masks().any()
        truncated = not terminated and moment.turns >= self.max_turns
        if terminated or truncated:
            self._moment = Snapshot(moment.puzzle, moment.positions, moment.turns, ended=True)
        info = {
            **_information(moment),
            "solved": answer is not None,
            "allowed": allowed,
            "operation": operation,
            "answer": "" if answer is None else str(answer),
        }
        reward = 0.0 if answer is None else 1.0
        self._show_live()
        return self._observation(moment), reward, terminated, truncated, info

    def _observation(self, moment: Snapshot) -> Observation:
        board = np.zeros((2, self.max_numbers))
        for place, value in enumerate(moment.present.values):
            board[:, place] = value.numerator, value.denominator
        left = max(0, self.max_turns - moment.turns)
        return np.array([*board.ravel(), moment.puzzle.target, left], np.float64)


def steps_under(env: gym.Env[Any, Any], wrapper: str) -> CountdownStepsEnv:
    """Return the steps environment under others, for a wrapper that plays with no other.

    Raises:
        InvalidParameterError: If it is another environment; the wrapper is named.
    """
    if not isinstance(env.unwrapped, CountdownStepsEnv):
        raise InvalidParameterError(f"{wrapper} is for CountdownSteps-v0, got {env}")
    return env.unwrapped


def _shown(moment: Snapshot) -> str:
    entries = zip(moment.present.values, moment.present.expressions, strict=True)
    made = "  ".join(
        f"[{value}]" if str(value) == str(expression) else f"[{value} = {expression}]"
        for value, expression in entries
    )
    return f"{made}  →  {moment.puzzle.target}"


def _information(moment: Snapshot) -> dict[str, Any]:
    numbers = ", ".join(str(value) for value in moment.present.values)
    return {"puzzle": moment.puzzle, "state": f"{numbers} → {moment.puzzle.target}"}
