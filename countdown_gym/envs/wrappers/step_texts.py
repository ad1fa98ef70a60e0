"""The steps environment in words: one operation per turn, written as a line of working."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import gymnasium as gym
import numpy as np

from countdown_gym.envs.spaces import AnyText
from countdown_gym.envs.steps import Action, CountdownStepsEnv, Observation, Snapshot, steps_under
from countdown_gym.envs.text import MAX_PROMPT_CHARS
from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Operator, Step
from countdown_gym.parsing import MAX_COMPLETION_CHARS, SPELLINGS, CutCompletion
from countdown_gym.prompts import limits

UNDO = "undo"
"""The word that takes the latest operation back."""
MAX_LINE_CHARS = 256
"""The longest line that is read; a line of working has a few dozen."""

_VALUE = r"([0-9]{1,40}|\( *-?[0-9]{1,40}(?: */ *[0-9]{1,40})? *\))"
_SIGN = "([-+*/\u00d7\u00b7\u22c5\u2217\u00f7\u2212\u2215])"
_RESULT = r"(-?[0-9]{1,40}(?:/[0-9]{1,40})?)"
_LINE = re.compile(rf" *{_VALUE} *{_SIGN} *{_VALUE} *(?:= *{_RESULT} *)?")


# Any: Gymnasium gives the wrapped environment the types of the wrapper
class StepTexts(gym.Wrapper[Any, Any, Observation, Action], gym.utils.RecordConstructorArgs):
    """`CountdownSteps-v0` for agents that read and write: texts for observation and action.

    An action is a text whose last line that is not blank is an operation on two values of the
    board, as `info["operation"]` writes it: `30 - 25`, `8 / (1/3)`, `(-2) * 3`; or `undo`. What
    stands in the lines before is not looked at. A trailing `= 5` must be true. Any other text is a
    forbidden action: it changes nothing and costs its turn. So does a `CutCompletion`.

    The first observation is an instruction; a later one says what the turn did, what the board
    holds now, and how many turns are left. After the last step it is empty. Rewards, ends and
    information are those of the steps environment, and `TokenLevel` makes it a game of tokens.

    Args:
        env: `CountdownSteps-v0`, wrapped or not.

    Raises:
        InvalidParameterError: If it is another environment.
    """

    convention = "operation"
    """Where the answer stands: no convention of `CONVENTIONS`, for a turn answers nothing yet."""

    def __init__(self, env: gym.Env[Observation, Action]) -> None:
        self._steps = steps_under(env, "StepTexts")
        gym.utils.RecordConstructorArgs.__init__(self)
        super().__init__(env)
        self.observation_space = AnyText(MAX_PROMPT_CHARS)
        self.action_space = AnyText(MAX_COMPLETION_CHARS)

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Put a puzzle in words."""
        _, info = self.env.reset(seed=seed, options=None if options is None else dict(options))
        return instruction(self._steps), info

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Do what a text says.

        Raises:
            InvalidParameterError: If the action is not a text.
            gymnasium.error.ResetNeeded: If no episode is under way.
        """
        chosen = self.read(action)
        if chosen is None:  # wrappers in between should see a forbidden action, if there is one
            chosen = next(iter(np.flatnonzero(~self._steps.action_masks()).tolist()), None)
        told = self._steps.pass_turn() if chosen is None else self.env.step(chosen)
        reward, terminated, truncated, info = float(told[1]), *told[2:]
        if terminated or truncated:
            return "", reward, terminated, truncated, info
        done = info["operation"] or ("Taken back" if info["allowed"] else "That is not allowed")
        moment = self._steps.get_state()
        said = f"{done}. {_board(moment)} Turns left: {self._steps.max_turns - moment.turns}."
        return said, reward, terminated, truncated, info

    def read(self, text: str) -> int | None:
        """Return the action that a text names; None if it names none that is allowed now.

        Raises:
            InvalidParameterError: If it is not a text.
        """
        if not isinstance(text, str):
            raise InvalidParameterError(f"an action is a text, got {type(text).__name__}")
        line = text[-MAX_COMPLETION_CHARS:].rstrip().rpartition("\n")[2].strip()
        if isinstance(text, CutCompletion) or len(line) > MAX_LINE_CHARS:
            return None
        undo = self._steps.actions.undo
        if line == UNDO and undo is not None:
            return undo if self._steps.action_masks()[undo] else None
        written = _operation(line)
        keeps_order = self._steps.get_state().puzzle.rules.keep_order
        for action, step in self._steps.operations().items():
            if written in _spellings(step, keeps_order=keeps_order):
                return action
        return None


def instruction(env: CountdownStepsEnv) -> str:
    """Return what an agent is told at the beginning of an episode.

    Example:
        >>> env = CountdownStepsEnv(max_turns=6)
        >>> _ = env.reset(options={"puzzle": {"numbers": [25, 30, 3], "target": 8}})
        >>> instruction(env).partition(" Write one")[0]
        'Reach 8. Each operation joins two numbers, and the result takes the place of both. Every \
number must be used. The operations + - * / are allowed.'
    """
    moment = env.get_state()
    rules = moment.puzzle.rules
    allowed = [operator.value for operator in Operator if operator in rules.operators]
    values = [_value(value) for value in moment.present.values]
    example = f"{values[0]} {allowed[0]} {values[-1] if len(values) < 2 else values[1]}"
    undo = f"; write {UNDO} there to take the latest back" if env.actions.undo is not None else ""
    sentences = [
        f"Reach {moment.puzzle.target}.",
        "Each operation joins two numbers, and the result takes the place of both.",
        "Every number must be used." if rules.use_all else "Not every number must be used.",
        f"The operations {' '.join(allowed)} are allowed.",
        *limits(moment.puzzle.rules),
        f"Write one operation per turn, such as {example}, alone on your last line{undo}.",
        _board(moment),
        f"Turns left: {env.max_turns - moment.turns}.",
    ]
    return " ".join(sentences)


def _board(moment: Snapshot) -> str:
    values = ", ".join(_value(value) for value in moment.present.values)
    return f"Numbers: {values}. Target: {moment.puzzle.target}."


def _value(value: Fraction) -> str:
    """Return a value as it stands in a line of working."""
    return str(value) if value >= 0 and value.denominator == 1 else f"({value})"


Written = tuple[str, Fraction, Fraction, Fraction | None]


def _operation(line: str) -> Written | None:
    """Return the operation that a line is: its sign, its operands, and the result it claims."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    left, sign, right, result = found.groups()
    try:
        claimed = None if result is None else Fraction(result)
        return SPELLINGS.get(sign, sign), _read_value(left), _read_value(right), claimed
    except ZeroDivisionError:
        return None


def _read_value(text: str) -> Fraction:
    return Fraction(text.strip("()").replace(" ", ""))


def _spellings(step: Step, *, keeps_order: bool) -> set[Written]:
    """Return all that a line may say to mean a step."""
    orders = [(step.left, step.right)]
    if step.operator.commutes and not keeps_order:
        orders.append((step.right, step.left))
    return {
        (step.operator.value, left, right, claimed)
        for left, right in orders
        for claimed in (None, step.result)
    }
