"""What a reward for Countdown must keep, whoever wrote it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import process_time

from hypothesis import strategies as st

from countdown_gym.checking import Verdict, judge
from countdown_gym.errors import UnknownNameError
from countdown_gym.expressions import Expression
from countdown_gym.puzzles import Puzzle
from countdown_gym.testing.canary import canary
from countdown_gym.testing.global_state import (
    global_generators,
    kept_process,
    seed_global_generators,
)
from countdown_gym.testing.laws import Breach, Case, smallest_breaches
from countdown_gym.testing.placing import PLACES, misplaced, shown
from countdown_gym.testing.strategies import (
    SPELLINGS,
    answered_puzzles,
    completions,
    illegal_expressions,
    legal_expressions,
    near_misses,
)
from countdown_gym.testing.tricks import HOSTILE, SLOW, TRICKS

RewardFunction = Callable[[Puzzle, str], float]
"""What is paid for a completion: `reward(puzzle, completion)`."""
Answered = tuple[Puzzle, Expression]
Asked = tuple[Puzzle, str]
Retold = tuple[Answered, tuple[int, ...], Callable[[Expression], str]]
"""The same puzzle with its board in another order, and the same answer in another spelling."""


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
    parentheses. What is right is what `countdown_gym.checking.judge` finds right, exactly. Right
    answers may be paid differently, as for their length, but each more than any wrong one.

    Args:
        reward: What is tested. It is given texts that do something if they are run as Python: they
            make an empty file in a folder for temporary files. A text may keep it busy for seconds.
        low: The least it says it pays.
        high: The most it says it pays, and what no wrong answer may earn.
        convention: Where it looks for the answer, a name in `countdown_gym.parsing.CONVENTIONS`.
        max_seconds: The longest it may take for one completion.
        max_examples: How many cases each law is tried on.

    Raises:
        UnknownNameError: If there is no such convention.

    Example:
        >>> for breach in check_reward(lambda puzzle, completion: 1.0, max_examples=10)[:2]:
        ...     print(breach)
        broken: what exact arithmetic denies is never paid in full
          5 2 -> 7: '<answer>7</answer>' is paid 1, but: 7 not on the board
        broken: an answer in the wrong place is never paid in full
          0 -> 0: '<think><answer>0</answer></think>' is paid 1, but: no complete <answer>…</answer>
    """
    if convention not in PLACES:
        raise UnknownNameError("answer convention", convention, PLACES)
    return _Trial(reward, low, high, convention, max_seconds, max_examples).breaches()


@dataclass(frozen=True, slots=True)
class _Trial:
    """A reward before the laws: most methods are one law's complaint about a case, or None."""

    reward: RewardFunction
    low: float
    high: float
    convention: str
    max_seconds: float
    max_examples: int
    broken: dict[str, Breach] = field(default_factory=dict)

    def breaches(self) -> tuple[Breach, ...]:
        """Try every law and return what breaks it."""
        total = {"any text is paid a finite number": self._no_number}
        of_any_text = total | {
            "what is paid lies in the range": self._out_of_range,
            "the same is paid every time": self._changed,
            "no global generator is read or moved": self._random,
            "the environment and the working directory stay as they are": self._disturbed,
        }
        exact = {"what exact arithmetic denies is never paid in full": self._overpaid}
        elsewhere = {"an answer in the wrong place is never paid in full": self._overpaid}
        preferred = {"a right answer is paid more than any wrong one": self._preferred}
        of_the_same = {
            "the order of the board says nothing": self._order_matters,
            "an expression is worth the same in every spelling": self._spelled,
        }
        in_time = {f"no text takes longer than {self.max_seconds:g} s": self._slow}

        right = answered_puzzles(max_size=4)
        tricks = st.sampled_from(TRICKS).map(self._shown)
        some_puzzle = st.just(TRICKS[0][0])
        strange, slow = (_one_of(texts).map(self._show) for texts in (HOSTILE, SLOW))
        texts = strange | completions()
        self._try(total, st.tuples(some_puzzle, strange))
        self._try(
            of_any_text, tricks | right.map(self._shown) | st.tuples(right.map(_puzzle), texts)
        )
        self._try(exact, tricks)
        self._try(exact, (near_misses(max_size=4) | _illegal(right)).map(self._shown))
        self._try(elsewhere, right.flatmap(self._elsewhere))
        self._try(preferred, right.flatmap(self._duel) | st.tuples(right, texts))
        self._try(of_the_same, right.flatmap(_retold))
        self._try(in_time, st.tuples(some_puzzle, slow))
        self._try_code()
        return tuple(self.broken.values())

    def _try(
        self,
        laws: Mapping[str, Callable[[Case], str | None]],
        cases: st.SearchStrategy[Case],
    ) -> None:
        """Try laws on cases, but for those that are known to be broken."""
        left = {law: complaint for law, complaint in laws.items() if law not in self.broken}
        for breach in smallest_breaches(left, cases, self.max_examples):
            self.broken[breach.law] = breach

    def _show(self, answer: object) -> str:
        return shown(answer, self.convention)

    def _shown(self, answered: tuple[Puzzle, object]) -> Asked:
        return answered[0], self._show(answered[1])

    def _elsewhere(self, answered: Answered) -> st.SearchStrategy[Asked]:
        puzzle, answer = answered
        completions = legal_expressions(puzzle).flatmap(
            lambda other: misplaced(answer, other, self.convention)
        )
        return st.tuples(st.just(puzzle), completions)

    def _duel(self, answered: Answered) -> st.SearchStrategy[tuple[Answered, str]]:
        """Return a strategy for a right answer beside others, of which most are wrong."""
        puzzle, _ = answered
        others = illegal_expressions(puzzle) | legal_expressions(puzzle)
        return st.tuples(st.just(answered), others.map(self._show))

    def _judged(self, puzzle: Puzzle, completion: str) -> Verdict:
        return judge(puzzle, completion, convention=self.convention, confirm=False).verdict

    def _paid(self, puzzle: Puzzle, completion: str) -> float | str:
        """Return the pay, or in words what came instead."""
        with kept_process():
            return self._asked(puzzle, completion)

    def _asked(self, puzzle: Puzzle, completion: str) -> float | str:
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

    def _disturbed(self, case: Asked) -> str | None:
        with kept_process():
            self._asked(*case)  # what it imports the first time is free to make itself at home
        with kept_process() as changed:
            self._asked(*case)
            what = changed()
        return None if what is None else f"{_named(*case)} changes {what}"

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
        if isinstance(wrong, str) or (isinstance(right, float) and wrong < right):
            return None
        less = right if isinstance(right, str) else f"is paid {right:g}"
        return f"{_named(puzzle, text)} is paid {wrong:g}, and {answer} {less}"

    def _order_matters(self, case: Retold) -> str | None:
        (puzzle, answer), order, _ = case
        other = replace(puzzle, numbers=order)
        shown = self._show(answer)
        one, two = self._paid(puzzle, shown), self._paid(other, shown)
        if one == two:
            return None
        return f"{_named(puzzle, shown)} is paid {one}, and {two} where the board is {_row(order)}"

    def _spelled(self, case: Retold) -> str | None:
        (puzzle, answer), _, spelling = case
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

    def _try_code(self) -> None:
        law = "nothing that a model wrote is run"
        with canary() as (trace, texts):
            for text in texts:
                self._paid(TRICKS[0][0], self._show(text))
                if trace.exists():
                    self.broken[law] = Breach(law, f"{text!r} was run")
                    return


def _one_of(texts: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Return a strategy that, unlike `sampled_from`, does not print its texts when it is named."""
    return st.integers(0, len(texts) - 1).map(lambda place: texts[place])


def _puzzle(answered: Answered) -> Puzzle:
    return answered[0]


def _illegal(right: st.SearchStrategy[Answered]) -> st.SearchStrategy[Answered]:
    return right.map(_puzzle).flatmap(
        lambda puzzle: st.tuples(st.just(puzzle), illegal_expressions(puzzle))
    )


def _retold(answered: Answered) -> st.SearchStrategy[Retold]:
    orders = st.permutations(answered[0].numbers).map(tuple)
    return st.tuples(st.just(answered), orders, st.sampled_from(SPELLINGS))


def _row(numbers: tuple[int, ...]) -> str:
    return " ".join(str(number) for number in numbers)


def _named(puzzle: Puzzle, completion: str) -> str:
    return f"{_row(puzzle.numbers)} -> {puzzle.target}: {_short(completion)}"


def _short(thing: object) -> str:
    """Return what something looks like, in at most some 80 characters."""
    shown = ascii(thing)
    return shown if len(shown) <= 80 else f"{shown[:60]}... ({len(shown)} characters)"
