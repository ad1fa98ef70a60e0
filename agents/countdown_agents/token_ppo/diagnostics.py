"""Signs that a run is going wrong, in words, each with a remedy.

Everything is judged by what the log holds too; nothing here stops a run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from countdown_agents.token_ppo.config import TokenPPOConfig

_FIRST = 5  # batches that say what a run was like at the start
_LAST = 5  # batches that say what it is like now
_PATIENCE = 50  # batches that a critic is given
_TOLERANCE = {"float32": 1e-3, "bfloat16": 0.1}  # mean error of a ratio or a log-probability


class TrainingWarning(UserWarning):
    """A run is going wrong, as far as its measures tell."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a run has gone so far."""

    first: Sequence[Mapping[str, float]]
    """The measures of the first batches."""
    last: Sequence[Mapping[str, float]]
    """Those of the last, at most fifty."""

    @property
    def has_two_ends(self) -> bool:
        """Whether the first batches and the last do not overlap."""
        return len(self.first) == _FIRST and len(self.last) >= 2 * _LAST

    def at_first(self, name: str) -> float:
        """Return the mean of a measure over the first batches; not a number where it is unknown."""
        return _mean(self.first, name)

    def now(self, name: str) -> float:
        """Return the mean of a measure over the last batches; not a number where it is unknown."""
        return _mean(list(self.last)[-_LAST:], name)


class Watch:
    """Looks at each batch, and says each thing once.

    Args:
        config: The settings that remedies speak of.
    """

    def __init__(self, config: TokenPPOConfig) -> None:
        """Know nothing yet."""
        self._config = config
        self._first: list[dict[str, float]] = []
        self._last: deque[dict[str, float]] = deque(maxlen=_PATIENCE)
        self._said: set[str] = set()

    def note(self, measures: Mapping[str, float]) -> list[str]:
        """Take notice of a batch and of its update; return what there is to say."""
        row = dict(measures)
        if len(self._first) < _FIRST:
            self._first.append(row)
        self._last.append(row)
        course = Course(self._first, self._last)
        news = []
        for name, sign in SIGNS.items():
            if name not in self._said and (sentence := sign(course, self._config)):
                self._said.add(name)
                news.append(sentence)
        return news


def entropy_collapses(course: Course, config: TokenPPOConfig) -> str | None:
    """Say so if the policy has become nearly sure of every token without solving the puzzles."""
    before, now = course.at_first("entropy"), course.now("entropy")
    if not (course.has_two_ends and now < 0.1 * before and course.now("solve_rate") < 0.8):
        return None
    return (
        f"the entropy fell from {before:.3g} to {now:.3g} nats a token while "
        f"{course.now('solve_rate'):.0%} is solved: the policy has stopped trying anything; raise "
        f"entropy_coefficient ({config.entropy_coefficient}) or kl_coefficient "
        f"({config.kl_coefficient}), or lower learning_rate"
    )


def legality_collapses(course: Course, config: TokenPPOConfig) -> str | None:  # noqa: ARG001 - as all signs
    """Say so if far fewer answers are legal than at the start."""
    before, now = course.at_first("legal_share"), course.now("legal_share")
    if not (course.has_two_ends and before >= 0.1 and now < 0.5 * before):
        return None
    return (
        f"legal answers fell from {before:.0%} to {now:.0%}: the policy forgets how an answer is "
        "written; lower learning_rate, penalise divergence with kl_coefficient, or pay for form "
        "(the reward components readable and legal)"
    )


def length_runs_into_the_budget(course: Course, config: TokenPPOConfig) -> str | None:  # noqa: ARG001 - as all signs
    """Say so if completions have grown until most are cut."""
    before, now = course.at_first("truncated_share"), course.now("truncated_share")
    if not (course.has_two_ends and now > 0.5 and now > before + 0.2):
        return None
    return (
        f"{now:.0%} of the completions are cut by their budget, {before:.0%} were at the start; "
        f"they are {course.now('completion_tokens'):.0f} tokens long: raise max_completion_tokens, "
        "or pay for brevity (the reward component brevity)"
    )


def critic_explains_nothing(course: Course, config: TokenPPOConfig) -> str | None:
    """Say so if the critic is no better than a constant after fifty batches."""
    explained = [row.get("explained_variance", float("nan")) for row in course.last]
    known = [share for share in explained if not np.isnan(share)]
    if len(known) < _PATIENCE or np.mean(known) > 0.01:
        return None
    return (
        f"the critic explains {np.mean(known):.1%} of the variance of returns over the last "
        f"{_PATIENCE} batches: raise value_learning_rate ({config.value_learning_rate}), let it "
        "train a trunk (critic='shared' or 'separate'), or do without one (advantage='rloo')"
    )


def ratio_is_not_one(course: Course, config: TokenPPOConfig) -> str | None:
    """Say so if the first minibatch is not judged by the policy that wrote it."""
    error = course.last[-1].get("first_ratio_error", 0.0)
    if error <= _TOLERANCE[config.precision]:
        return None
    return (
        f"the probability ratio of the first minibatch is off 1 by {error:.2g} on average, though "
        "nothing was learnt in between: the forward passes of one model differ; make sure that "
        "nothing in it is random in evaluation mode, and use precision='float32'"
    )


def sampling_differs(course: Course, config: TokenPPOConfig) -> str | None:
    """Say so if the tokens were sampled from another distribution than is trained."""
    error = course.last[-1].get("sampling_error", 0.0)
    if error <= _TOLERANCE[config.precision]:
        return None
    return (
        f"the log-probabilities of sampling and of training differ by {error:.2g} nats a token: "
        "what is trained is not what wrote; make sure that the model has full attention and "
        "learns positions that start at 0, and use precision='float32'"
    )


SIGNS: Mapping[str, Callable[[Course, TokenPPOConfig], str | None]] = {
    "entropy": entropy_collapses,
    "legality": legality_collapses,
    "length": length_runs_into_the_budget,
    "critic": critic_explains_nothing,
    "ratio": ratio_is_not_one,
    "sampling": sampling_differs,
}
"""What is looked for after each batch."""


def _mean(rows: Sequence[Mapping[str, float]], name: str) -> float:
    return float(np.mean([row.get(name, float("nan")) for row in rows])) if rows else float("nan")
