"""Traces: every event follows, habits are shown or left out as asked, and nothing else changes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countdown_gym.checking import check
from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Number
from countdown_gym.families import NNumbers, Television, ThreeToFour, make_family
from countdown_gym.families.family import Family
from countdown_gym.parsing import read_answer
from countdown_gym.puzzles import Puzzle, Rules
from countdown_gym.traces.conditions import CONDITIONS, Thought, tell
from countdown_gym.traces.events import Answer, GiveUp, StateResult, Trace, TryOperation, slips
from countdown_gym.traces.habits import Habit
from countdown_gym.traces.narration import Ending, narrate
from countdown_gym.traces.priming import PrimingRecipe, priming_set, searches
from countdown_gym.traces.search import Search, Teacher
from countdown_gym.traces.wording import WORDINGS

SMALL = NNumbers(
    min_numbers=3,
    max_numbers=3,
    smallest=1,
    largest=20,
    min_target=1,
    max_target=30,
    intermediates="naturals",
    largest_intermediate=99,
)
FAMILIES: dict[str, Family] = {
    "small": SMALL,
    "three_to_four": ThreeToFour(),
    "television": Television(),
    "make_ten": make_family("make_ten"),
}
TEACHER = Teacher(2, 6, solve_rate=0.6, returns=0.5, pull=0.5)


def some_searches(family: str, count: int = 12, teacher: Teacher = TEACHER) -> Iterator[Search]:
    return searches(PrimingRecipe(FAMILIES[family], teacher=teacher, num_traces=count, seed=5))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("ending", Ending)
def test_every_event_follows_and_only_a_believed_slip_claims_a_falsehood(
    family: str, ending: Ending
) -> None:
    for search in some_searches(family):
        for habits in ({*Habit}, {Habit.BACKTRACKING}, set[Habit]()):
            trace = narrate(search, habits, ending)
            false = slips(trace)
            if ending is Ending.BELIEVED_SLIP:
                last = max(
                    place for place, e in enumerate(trace.events) if isinstance(e, StateResult)
                )
                assert false == (last,)
            else:
                assert false == ()


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_are_what_the_ending_says(family: str) -> None:
    for search in some_searches(family):
        for ending in Ending:
            trace = narrate(search, set(Habit), ending)
            verdict = check(search.puzzle, read_answer(f"<answer>{trace.answer}</answer>"))
            assert verdict.solved == trace.solved == (ending is Ending.AS_FOUND and search.found)
            assert verdict.solved or verdict.fault == "wrong_value"


@given(st.sets(st.sampled_from(Habit)), st.integers(0, 11))
def test_a_trace_shows_the_habits_that_were_asked_for_and_no_other(
    habits: set[Habit], place: int
) -> None:
    search = list(some_searches("small"))[place]
    trace = narrate(search, habits)
    counts = trace.habits
    assert all(count == 0 for habit, count in counts.items() if habit not in habits)
    lines = len(search.lines) if Habit.BACKTRACKING in habits else 1
    if Habit.BACKTRACKING in habits:
        assert counts[Habit.BACKTRACKING] == lines - 1
    if Habit.VERIFICATION in habits:
        assert counts[Habit.VERIFICATION] == lines


def test_leaving_a_habit_out_changes_nothing_else() -> None:
    def operations(trace: Trace) -> list[object]:
        return [e for e in trace.events if isinstance(e, TryOperation | StateResult | GiveUp)]

    for search in some_searches("three_to_four"):
        whole = narrate(search, set(Habit))
        for habit in set(Habit) - {Habit.BACKTRACKING}:
            less = narrate(search, set(Habit) - {habit})
            assert operations(less) == operations(whole)
            assert less.answer == whole.answer


@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
def test_teachers_succeed_as_often_as_they_are_told_to(rate: float) -> None:
    teacher = Teacher(1, 5, solve_rate=rate)
    found = [search.found for search in some_searches("small", 300, teacher)]
    assert abs(np.mean(found) - rate) < 0.09
    if rate in (0.0, 1.0):
        assert np.mean(found) == rate


def test_searches_keep_to_their_limits_and_repeat_no_line() -> None:
    for search in some_searches("small", 100):
        chains = [line.chain for line in search.lines]
        assert 1 <= len(set(chains)) == len(chains) <= 6
        assert search.spare not in chains
        assert not any(chain.solves(search.puzzle) for chain in chains[:-1])
        for before, line in zip(search.lines, search.lines[1:], strict=False):
            assert line.chain.steps[: line.kept] == before.chain.steps[: line.kept]
            assert line.kept < len(line.chain.steps)


def test_some_lines_return_to_the_middle_of_the_one_before() -> None:
    kept = [line.kept for search in some_searches("three_to_four", 30) for line in search.lines]
    assert 0.1 < np.mean([steps > 0 for steps in kept]) < 0.6


def test_lines_pulled_to_the_target_end_nearer_to_it() -> None:
    def miss(pull: float) -> float:
        teacher = Teacher(4, 4, solve_rate=0.0, pull=pull)
        found = some_searches("small", 100, teacher)
        return float(
            np.mean([abs(ln.chain.result - s.puzzle.target) for s in found for ln in s.lines])
        )

    assert miss(2.0) < 0.7 * miss(0.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fewest_attempts": 0}, "attempts must range"),
        ({"fewest_attempts": 4, "most_attempts": 3}, "attempts must range"),
        ({"solve_rate": 1.1}, "solve_rate must be from 0 to 1"),
        ({"returns": -0.1}, "returns must be from 0 to 1"),
        ({"pull": -1.0}, "pull must not be negative"),
    ],
)
def test_impossible_teachers_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        Teacher(**settings)  # type: ignore[arg-type]  # wrong on purpose


def test_a_wrong_end_needs_a_line_that_misses() -> None:
    puzzle = Puzzle((2, 2), 4, Rules(operators=frozenset("+*")))  # type: ignore[arg-type]  # Rules converts
    search = Teacher().search(puzzle, np.random.default_rng(0))
    assert search.spare is None
    with pytest.raises(InvalidParameterError, match="a wrong ending needs a line that misses"):
        narrate(search, set(Habit), Ending.GAVE_UP)


def test_a_replay_refuses_what_does_not_follow() -> None:
    search = next(some_searches("small"))
    trace = narrate(search, set(Habit))
    for place, event in enumerate(trace.events):
        if isinstance(event, TryOperation):
            broken = (*trace.events[:place], *trace.events[place + 1 :])
            with pytest.raises(InvalidParameterError, match=r"must (be of|follow)"):
                slips(Trace(trace.puzzle, broken))
    with pytest.raises(InvalidParameterError, match="must follow"):
        slips(Trace(trace.puzzle, (Answer(Number(99)),)))
    with pytest.raises(InvalidParameterError, match="must end with its only answer"):
        Trace(trace.puzzle, trace.events[:-1])


@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_referee_reads_every_completion_as_its_trace_says(condition: str, wording: str) -> None:
    rng = np.random.default_rng(1)
    for search in some_searches("small", 8):
        told = tell(search, CONDITIONS[condition], WORDINGS[wording](), rng)
        prompt = WORDINGS[wording]().prompt(search.puzzle)
        verdict = check(search.puzzle, read_answer(told.completion))
        assert verdict.solved == told.solved
        assert verdict.solved or verdict.fault == "wrong_value"
        assert (prompt + told.completion).count("<think>") >= 1
        assert told.completion.count("</think>") == 1


def test_fillers_are_as_long_as_the_search_they_stand_for() -> None:
    told, _ = priming_set(recipe(), "all_habits")
    filled, _ = priming_set(recipe(), "filler")
    for one, other in zip(told, filled, strict=True):
        assert len(one.completion.split()) == len(other.completion.split())
        assert not re.search(r"\d", other.completion.partition("</think>")[0])


def recipe(count: int = 40, wording: str = "terse") -> PrimingRecipe:
    return PrimingRecipe(SMALL, WORDINGS[wording](), num_traces=count, seed=2)


def test_conditions_differ_in_what_is_told_and_not_in_what_was_done() -> None:
    sets = {name: priming_set(recipe(), name) for name in CONDITIONS}
    assert len({certificate.puzzle_hash for _, certificate in sets.values()}) == 1
    for name, (examples, certificate) in sets.items():
        condition = CONDITIONS[name]
        assert certificate.outside_training == 0
        assert certificate.traces == len(examples) == 40
        for habit in Habit:
            shown = certificate.habits[habit.value]
            told = condition.thought is Thought.TOLD
            assert (shown > 0) == (told and habit in condition.habits)
        if condition.ending is not Ending.AS_FOUND:
            assert certificate.solved_share == 0
        else:
            assert certificate.solved_share == sets["all_habits"][1].solved_share > 0


def test_equal_recipes_make_equal_sets_and_other_seeds_others() -> None:
    one, again = (priming_set(recipe(5, "english"), "all_habits")[0] for _ in range(2))
    assert one == again
    other = PrimingRecipe(SMALL, WORDINGS["english"](), num_traces=5, seed=3)
    assert priming_set(other, "all_habits")[0] != one


def test_english_is_varied() -> None:
    examples, _ = priming_set(recipe(60, "english"), "backtracking_verification")
    turns = [
        line.split(" ")[0:3]
        for example in examples
        for line in example.completion.partition("</think>")[0].splitlines()[1:]
    ]
    assert len({tuple(turn) for turn in turns}) > 10
