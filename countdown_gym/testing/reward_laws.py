"""What a reward for Countdown must keep, whoever wrote it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import process_time

from hypothesis import strategies as st

from countdown_gym.checking import Verdict, judge
from countdown_gym.errors import UnknownNameError
from countdown_gym.expressions import Expression
from countdown_gym.puzzles import Puzzle
from countdown_gym.testing.canary import canary
from countdown_gym.testing.laws import (
    Breach,
    Case,
    global_generators,
    seed_global_generators,
    smallest_breach,
)
from countdown_gym.testing.strategies import SPELLINGS, answered_puzzles, completions
from countdown_gym.testing.tricks import HOSTILE, SLOW, TRICKS

RewardFunction = Callable[[Puzzle, str], float]
"""What is paid for a completion: `reward(puzzle, completion)`."""
Answered = tuple[Puzzle, Expression]
Asked = tuple[Puzzle, str]


_SHOWN = {
    "answer_tag": "<answer>{}</answer>",
    "boxed": "\\boxed{{{}}}",
    "last_line": "{}",
    "whole_text": "{}",
}


def check_reward(
    reward: RewardFunction,
    *,
    low: float = 0.0,
    high: float = 1.0,
    convention: str = "answer_tag",
    max_seconds: float = 1.0,
    max_examples: int = 200,
) -> tuple[Breach, ...]:
    """Return the laws that a reward breaks, each with the smallest example; none if it keeps all.

    It is asked about puzzles under the default rules: all numbers, once each, + - * / and
    parentheses. What is right is what `countdown_gym.checking.judge` finds right, exactly.

    Args:
        reward: What is tested. It is given texts that do something if they are run as Python: they
            make an empty file in a folder for temporary files. A text may keep it busy for seconds.
        low: The least it says it pays.
        high: What it pays for a right answer, and the most it pays at all.
        convention: Where it looks for the answer, a name in `countdown_gym.parsing.CONVENTIONS`.
        max_seconds: The longest it may take for one completion.
        max_examples: How many cases each law is tried on.

    Raises:
        UnknownNameError: If there is no such convention.

    Example:
        >>> for breach in check_reward(lambda puzzle, completion: 1.0, max_examples=10):
        ...     print(breach)
        broken: what exact arithmetic denies is never paid in full
          5 2 -> 7: '<answer>7</answer>' is paid 1, but: 7 not on the board
    """
    if convention not in _SHOWN:
        raise UnknownNameError("answer convention", convention, _SHOWN)
    return tuple(_Trial(reward, low, high, convention, max_seconds, max_examples).breaches())


@dataclass(frozen=True, slots=True)
class _Trial:
    """A reward before the laws: each method below is one law's complaint about a case, or None."""

    reward: RewardFunction
    low: float
    high: float
    convention: str
    max_seconds: float
    max_examples: int

    def breaches(self) -> Iterator[Breach]:
        """Yield the broken laws."""
        right = answered_puzzles(max_size=4)
        tricks = st.sampled_from(TRICKS).map(self._trick)
        texts = _one_of(HOSTILE).map(self._show) | completions()
        hostile = st.tuples(right.map(lambda answered: answered[0]), texts)
        strange = st.tuples(st.just(TRICKS[0][0]), _one_of(HOSTILE).map(self._show))
        slow = st.tuples(st.just(TRICKS[0][0]), _one_of(SLOW).map(self._show))
        spelled = st.tuples(right, st.sampled_from(SPELLINGS))
        moved = right.flatmap(lambda case: st.tuples(st.just(case), _orders(case[0])))
        duels = st.tuples(right, texts)
        for law in (
            self._law("any text is paid a finite number", strange, self._no_number)
            or self._law("any text is paid a finite number", hostile, self._no_number),
            self._law("what is paid lies in the range", tricks | hostile, self._out_of_range),
            self._law("the same is paid every time", tricks | hostile, self._changed),
            self._law("no global generator is read or moved", tricks | hostile, self._random),
            self._law("what exact arithmetic denies is never paid in full", tricks, self._overpaid),
            self._law("no wrong answer is paid more than a right one", duels, self._preferred),
            self._law("the order of the board says nothing", moved, self._order_matters),
            self._law("an expression is worth the same in every spelling", spelled, self._spelled),
            self._law(f"no text takes longer than {self.max_seconds:g} s", slow, self._slow),
            self._ran_code(),
        ):
            if law is not None:
                yield law

    def _law(
        self,
        law: str,
        cases: st.SearchStrategy[Case],
        complaint: Callable[[Case], str | None],
    ) -> Breach | None:
        return smallest_breach(law, cases, complaint, self.max_examples)

    def _show(self, answer: object) -> str:
        return _SHOWN[self.convention].format(answer)

    def _trick(self, trick: Asked) -> Asked:
        return trick[0], self._show(trick[1])

    def _judged(self, puzzle: Puzzle, completion: str) -> Verdict:
        return judge(puzzle, completion, convention=self.convention, confirm=False).verdict

    def _paid(self, puzzle: Puzzle, completion: str) -> float | str:
        """Return the pay, or in words what came instead."""
        try:
            paid = self.reward(puzzle, completion)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it raises is a finding
            return f"raises {type(error).__name__}"
        try:
            return float(paid)
        except (TypeError, ValueError):
            return f"gives {_short(paid)}"

    def _no_number(self, case: Asked) -> str | None:
        paid = self._paid(*case)
        if isinstance(paid, float) and math.isfinite(paid):
            return None
        return f"{_named(*case)} {paid if isinstance(paid, str) else f'is paid {paid}'}"

    def _out_of_range(self, case: Asked) -> str | None:
        paid = self._paid(*case)
        if isinstance(paid, str) or not math.isfinite(paid) or self.low <= paid <= self.high:
            return None
        return f"{_named(*case)} is paid {paid:g}, outside {self.low:g} to {self.high:g}"

    def _changed(self, case: Asked) -> str | None:
        once, again = self._paid(*case), self._paid(*case)
        if repr(once) == repr(again):
            return None
        return f"{_named(*case)} is paid {once}, then {again}"

    def _random(self, case: Asked) -> str | None:
        paid = []
        for seed in range(4):
            seed_global_generators(seed)
            before = global_generators()
            paid.append(repr(self._paid(*case)))
            if global_generators() != before:
                return f"{_named(*case)} moves a global generator"
        if len(set(paid)) > 1:
            return f"{_named(*case)} is paid {' or '.join(sorted(set(paid)))}, by global chance"
        return None

    def _overpaid(self, case: Asked) -> str | None:
        paid, verdict = self._paid(*case), self._judged(*case)
        if verdict.solved or isinstance(paid, str) or paid < self.high:
            return None
        return f"{_named(*case)} is paid {paid:g}, but: {verdict.detail}"

    def _preferred(self, case: tuple[Answered, str]) -> str | None:
        (puzzle, answer), text = case
        if self._judged(puzzle, text).solved:
            return None
        right, wrong = self._paid(puzzle, self._show(answer)), self._paid(puzzle, text)
        if isinstance(right, str) or isinstance(wrong, str) or wrong <= right:
            return None
        return f"{_named(puzzle, text)} is paid {wrong:g}, and {answer} is paid {right:g}"

    def _order_matters(self, case: tuple[Answered, tuple[int, ...]]) -> str | None:
        (puzzle, answer), order = case
        other = replace(puzzle, numbers=order)
        shown = self._show(answer)
        one, two = self._paid(puzzle, shown), self._paid(other, shown)
        if one == two:
            return None
        return f"{_named(puzzle, shown)} is paid {one}, and {two} where the board is {_row(order)}"

    def _spelled(self, case: tuple[Answered, Callable[[Expression], str]]) -> str | None:
        (puzzle, answer), spelling = case
        plain, other = self._show(answer), self._show(spelling(answer))
        one, two = self._paid(puzzle, plain), self._paid(puzzle, other)
        if one == two:
            return None
        return f"{_named(puzzle, plain)} is paid {one}, and {other!r} is paid {two}"

    def _slow(self, case: Asked) -> str | None:
        before = process_time()
        self._paid(*case)
        spent = process_time() - before
        return None if spent <= self.max_seconds else f"{_named(*case)} takes {spent:.1f} s"

    def _ran_code(self) -> Breach | None:
        with canary() as (trace, texts):
            for text in texts:
                self._paid(TRICKS[0][0], self._show(text))
                if trace.exists():
                    return Breach("nothing that a model wrote is run", f"{text!r} was run")
        return None


def _one_of(texts: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Return a strategy that, unlike `sampled_from`, does not print its texts when it is named."""
    return st.integers(0, len(texts) - 1).map(lambda place: texts[place])


def _orders(puzzle: Puzzle) -> st.SearchStrategy[tuple[int, ...]]:
    return st.permutations(puzzle.numbers).map(tuple)


def _row(numbers: tuple[int, ...]) -> str:
    return " ".join(str(number) for number in numbers)


def _named(puzzle: Puzzle, completion: str) -> str:
    return f"{_row(puzzle.numbers)} -> {puzzle.target}: {_short(completion)}"


def _short(thing: object) -> str:
    """Return what something looks like, in at most some 80 characters."""
    shown = ascii(thing)
    return shown if len(shown) <= 80 else f"{shown[:60]}... ({len(shown)} characters)"
