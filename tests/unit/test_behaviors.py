"""The instrument finds what the definitions say counts, and nothing of what they say does not."""

from __future__ import annotations

import re
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest

from countdown_gym.behaviors import analyze
from countdown_gym.puzzles import Puzzle
from countdown_gym.solver.process_labels import StepLabel
from countdown_gym.traces.habits import Habit

PUZZLE = Puzzle((25, 30, 3, 4), 32)
DEFINITIONS = Path(__file__).parents[2] / "docs" / "behaviors.md"
HEADINGS = {
    "Verification": Habit.VERIFICATION,
    "Backtracking": Habit.BACKTRACKING,
    "Subgoal setting": Habit.SUBGOAL_SETTING,
    "Backward chaining": Habit.BACKWARD_CHAINING,
}
# A fragment of a table stands in a text: with a value to hold, or a line to give up.
BEFORE = {Habit.VERIFICATION: "25 + 4 = 29. ", Habit.BACKTRACKING: "25 + 4 = 29, 29 - 3 = 26. "}
_BOLD = re.compile(r"\*\*(.+?)\*\*")


def rows() -> list[tuple[Habit, str, str]]:
    """Return the habit, what counts and what does not of each row; none without the documents."""
    found: list[tuple[Habit, str, str]] = []
    habit = None
    if not DEFINITIONS.exists():
        return found
    for line in DEFINITIONS.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            habit = HEADINGS.get(line[3:])
        elif habit and line.startswith("| ") and not line.startswith("| counts"):
            counts, does_not = line.strip("| ").split(" | ")
            found.append((habit, counts, does_not))
    return found


def spans(text: str, habit: Habit) -> list[str]:
    return [text[start:end] for start, end in analyze(PUZZLE, text).spans[habit]]


def fragment(cell: str) -> str:
    """Return a cell without the remark in brackets at its end."""
    return re.sub(r" \([^()]*\)$", "", cell).replace("✗ / ", "✗\n")


ROWS = rows()
MISSED = (
    "I need 8. 5 + 4 = 9",  # the 5 was never computed, so the later attempts take a value not there
)
"""Rows that the instrument does not get right, and why."""


def cells(column: int) -> list[object]:
    """Return the cells of a column as parameters."""
    return [
        pytest.param(
            row[0],
            row[column],
            marks=pytest.mark.xfail(strict=True, reason="a known miss")
            if any(each in row[column].replace("**", "") for each in MISSED)
            else (),
        )
        for row in ROWS
    ]


@pytest.mark.checkout
def test_the_definitions_have_rows() -> None:
    assert {habit for habit, _, _ in ROWS} == set(Habit)
    assert len(ROWS) >= 20


@pytest.mark.checkout
@pytest.mark.parametrize(("habit", "cell"), cells(1))
def test_what_counts_is_found_where_it_is_bold(habit: Habit, cell: str) -> None:
    marked = fragment(cell)
    before = BEFORE.get(habit, "") if "=" not in marked.split("**")[0] else ""
    before += "28 + 4 " if marked.startswith("=") else ""
    text = before + marked.replace("**", "")
    bold, plain, cuts = [], 0, _BOLD.finditer(marked)
    for nth, cut in enumerate(cuts):
        plain = len(before) + cut.start() - 4 * nth
        bold.append((plain, plain + len(cut[1])))
    found = [each for each in analyze(PUZZLE, text).spans[habit] if each.end > len(before)]
    assert len(found) == len(bold), (text, spans(text, habit))
    for span, (start, end) in zip(found, bold, strict=True):
        assert max(span.start, start) < min(span.end, end), (text, spans(text, habit))


@pytest.mark.checkout
@pytest.mark.parametrize(("habit", "cell"), cells(2))
def test_what_does_not_count_is_not_found(habit: Habit, cell: str) -> None:
    assert spans(fragment(cell), habit) == []


def test_the_search_is_a_graph_of_attempts() -> None:
    text = "30 - 25 = 5, 5 * 4 = 20, 20 + 3 = 23, too low. Going back: 5 + 3 = 8. 8 * 4 = 32 yes"
    first, second = analyze(PUZZLE, text).attempts
    assert first.kept == ()
    assert [str(shown.step) for shown in first.steps] == [
        "30 - 25 = 5",
        "5 * 4 = 20",
        "20 + 3 = 23",
    ]
    assert [str(step) for step in second.kept] == ["30 - 25 = 5"]
    assert sorted(second.starts_from) == [Fraction(3), Fraction(4), Fraction(5)]
    assert [str(shown.step) for shown in second.steps] == ["5 + 3 = 8", "8 * 4 = 32"]


def test_the_oracle_labels_every_step() -> None:
    text = "30 - 25 = 5, 5 * 4 = 20, 20 + 3 = 23, too low. Going back: 5 + 3 = 8. 8 * 4 = 32 yes"
    keeps, loses, lost = StepLabel.KEEPS, StepLabel.LOSES, StepLabel.LOST
    assert analyze(PUZZLE, text).labels == ((keeps, loses, lost), (keeps, keeps))


def test_false_arithmetic_is_a_habit_all_the_same_and_is_reported() -> None:
    found = analyze(PUZZLE, "25 + 4 = 28, 28 + 3 = 31, not 32")
    assert found.counts[Habit.VERIFICATION] == 1
    assert found.arithmetic_accuracy == 0.5
    assert [shown.right for shown in found.attempts[0].steps] == [False, True]


def test_a_number_that_is_not_on_the_board_is_illegal() -> None:
    found = analyze(PUZZLE, "25 + 3 = 28, 28 + 7 = 35")
    assert found.legal_share == 0.5


def test_the_answer_follows_from_the_search_or_does_not() -> None:
    search = "30 - 25 = 5, 5 + 3 = 8, 4 * 8 = 32."
    assert analyze(PUZZLE, f"{search} <answer>(30 - 25 + 3) * 4</answer>").answer_follows is True
    assert analyze(PUZZLE, f"{search} <answer>25 + 3 + 4</answer>").answer_follows is False
    assert analyze(PUZZLE, search).answer_follows is None


def test_prompt_and_answer_show_nothing() -> None:
    from countdown_gym.prompts import STYLES, prompt

    for style in STYLES:
        found = analyze(PUZZLE, prompt(PUZZLE, style) + "<answer>30 + 3 = 33, not 32</answer>")
        assert not any(found.counts.values()), style


@pytest.mark.parametrize(
    "text",
    [
        "30 + 3 = 33 no , back 25 + 4 = 29 no",
        "30 + 3 = 33, zu hoch. Versuchen wir etwas anderes: 25 + 4 = 29, zu wenig.",
        "30 + 3 = 33, demasiado. Probemos otra cosa: 25 + 4 = 29, no es 32.",
        "30 + 3 = 33, trop grand. Essayons autre chose : 25 + 4 = 29, trop petit.",
        "30 + 3 = 33,太大了。换一种方法,25 + 4 = 29,不等于32。",
        "30 + 3 = 33、大きすぎる。別の方法で、25 + 4 = 29、足りない。",
        "३० + ३ = ३३, यह ३२ से ज़्यादा है। फिर से: २५ + ४ = २९, यह ३२ से कम है।",
        r"\(30 + 3 = 33\) ✗ \(30 + 4 = 34\) ✗",
    ],
)
def test_languages_and_signs_are_read_alike(text: str) -> None:
    counts = analyze(PUZZLE, text).counts
    assert (counts[Habit.VERIFICATION], counts[Habit.BACKTRACKING]) == (2, 1)


@pytest.mark.checkout
@pytest.mark.parametrize("name", ["open", "fresh", "held_out", "unseen"])
def test_the_gold_passages_that_it_was_tuned_on_are_found(name: str) -> None:
    from benchmarks.behaviors.agreement import labels_of, score
    from benchmarks.behaviors.passages import FOLDER, Span, read
    from benchmarks.behaviors.passages import Habit as Mark

    passages = read(FOLDER / f"{name}.txt")
    named = dict(zip(Mark, HEADINGS.values(), strict=True))
    found = {}
    for each in passages:
        analysis = analyze(Puzzle(each.numbers, each.target), each.text)
        found[each.id] = {
            mark: [Span(*span) for span in analysis.spans[habit]] for mark, habit in named.items()
        }
    for mark in Mark:
        assert score(found, labels_of(passages), mark).f1 > (0.85 if name == "unseen" else 0.91)


def test_the_work_grows_with_the_length_of_a_text_and_no_faster() -> None:
    text = "30 - 25 = 5, I need 8 from 3 and 5. 5 * 4 = 20 no. Let me go back: 5 + 3 = 8, not 32.\n"
    short, long = (calls(text * times) for times in (40, 160))
    assert long < 4.2 * short


def test_a_page_of_empty_lines_is_passed_over_line_by_line() -> None:
    # eighteen times as long for four times the lines when each line looked to the last one
    assert seconds("\n" * 32_000) < 10 * seconds("\n" * 8_000)


def seconds(text: str) -> float:
    """Return the least processor time of five analyses."""
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        analyze(PUZZLE, text)
        best = min(best, time.process_time() - started)
    return best


def calls(text: str) -> int:
    """Return how many functions an analysis calls."""
    count = 0

    def event(_frame: object, what: str, _argument: object) -> None:
        nonlocal count
        count += what in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(event)
    try:
        analyze(PUZZLE, text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    ("text", "habit", "found"),
    [
        ("25 + 3 = 28 > 32? No: 28 != 32, go on", Habit.VERIFICATION, 1),
        ("25 + 3 = 28 (we want 32)", Habit.VERIFICATION, 1),
        ("25 + 3 = 28, four under.", Habit.VERIFICATION, 1),
        ("25 + 3 = 28 ≠\n30 + 4 = 34 ≠", Habit.VERIFICATION, 2),
        ("25 + 3 = 28. Let me make sure that this is right.", Habit.VERIFICATION, 0),
        ("T=32; 25+4=29 <T", Habit.VERIFICATION, 1),
        ("My first milestone is 28.", Habit.SUBGOAL_SETTING, 1),
        ("1. Build 28.\n2. Add 4.", Habit.SUBGOAL_SETTING, 1),
        ("25 + 3 = 28. 4 to go", Habit.SUBGOAL_SETTING, 1),
        ("7 must come from 3 and 4", Habit.SUBGOAL_SETTING, 1),
        ("Subgoal 1: make 8 from 25, 30 and 3.", Habit.SUBGOAL_SETTING, 1),
        ("32 can be written as 28 + 4", Habit.BACKWARD_CHAINING, 1),
        ("32 is 30 and 2", Habit.BACKWARD_CHAINING, 1),
        ("If the final move is + 4, everything else must yield 28", Habit.BACKWARD_CHAINING, 1),
        ("25 * 4 = 100 → 100 - 32 = 68", Habit.BACKWARD_CHAINING, 1),
        ("I'll plan this in stages: 30 - 25 = 5", Habit.BACKTRACKING, 0),
        ("30 - 25 = 5; 4 * 3 = 12; so 5 * 4 * 3 = 60", Habit.BACKTRACKING, 0),
        ("Step 1: I'd like to bring 30 down to a single digit.", Habit.SUBGOAL_SETTING, 1),
        ("An 8 is what I need.", Habit.SUBGOAL_SETTING, 1),
        ("32 is what I need.", Habit.SUBGOAL_SETTING, 0),
        ("We need 25, 30 and 3 to make 8.", Habit.SUBGOAL_SETTING, 1),
        ("It requires 2 steps.", Habit.SUBGOAL_SETTING, 0),
        ("25 + 4 = 29. 29? No.", Habit.VERIFICATION, 1),
        ("25 + 4 = 29 x / 30 + 3 = 33 x / 30 + 4 = 34", Habit.VERIFICATION, 2),
        ("x = 25 + 3\nx = x + 4", Habit.BACKTRACKING, 0),
        ("25 + 4 = 29. That comes up short.", Habit.VERIFICATION, 1),
    ],
)
def test_wording_of_others_is_read(text: str, habit: Habit, found: int) -> None:
    assert len(spans(text, habit)) == found


@pytest.mark.parametrize(
    ("text", "habit", "found"),
    [
        # told with a verb before both operands
        ("Subtracting 25 from 32 gives 7.", Habit.BACKWARD_CHAINING, 1),
        ("Dividing the target by 4, we get 8.", Habit.BACKWARD_CHAINING, 1),
        ("Subtracting 25 from 30 gives 5.", Habit.BACKWARD_CHAINING, 0),
        ("We add 25 and 4 to get 29. That is too low.", Habit.VERIFICATION, 1),
        ("We add 25 and 4 to get 29. Then we add 3 to 25 to get 28.", Habit.BACKTRACKING, 1),
        ("We add 25 and 4 to get 29. Then subtract 3 to get 26.", Habit.BACKTRACKING, 0),
        # a value that is named with the number that it takes
        ("25 + 4 = 29, and the 3 brings us down to 26. Not quite there.", Habit.VERIFICATION, 1),
        ("25 + 4 = 29, and the 3 brings us down to 26.", Habit.SUBGOAL_SETTING, 0),
    ],
)
def test_operations_told_in_words_are_carried_out(text: str, habit: Habit, found: int) -> None:
    assert len(spans(text, habit)) == found


@pytest.mark.parametrize(
    ("text", "habit", "found"),
    [
        # an operation on a number that is not there is a step back once that number is wanted
        ("8 * 4 = 32, so I need 8 from 25, 30 and 3.", Habit.BACKWARD_CHAINING, 1),
        ("30 + 2 = 32. How to get 2 from 25, 3 and 4?", Habit.BACKWARD_CHAINING, 1),
        ("8 * 4 = 32.", Habit.BACKWARD_CHAINING, 0),
        ("30 - 25 = 5, 5 + 3 = 8, 8 * 4 = 32, as needed.", Habit.BACKWARD_CHAINING, 0),
        ("25 + ? = 32, so ? = 7.", Habit.BACKWARD_CHAINING, 1),
        ("25 + ? = 32", Habit.BACKWARD_CHAINING, 0),
        ("The factors of 32 are 1, 2, 4, 8, 16 and 32.", Habit.BACKWARD_CHAINING, 1),
        # what the others have to make is an aim where a step back has shown it, else that step
        ("32 / 4 = 8, so 25, 30 and 3 would have to make 8.", Habit.SUBGOAL_SETTING, 1),
        ("32 / 4 = 8, so 25, 30 and 3 would have to make 8.", Habit.BACKWARD_CHAINING, 1),
        ("Then 25, 30 and 3 would have to make 8.", Habit.SUBGOAL_SETTING, 0),
        ("Then 25, 30 and 3 would have to make 8.", Habit.BACKWARD_CHAINING, 1),
        # a value is an aim unless the operands beside it make it
        ("Maybe I can make 8.", Habit.SUBGOAL_SETTING, 1),
        ("Can 30 and 3 produce 8?", Habit.SUBGOAL_SETTING, 1),
        ("We get 28 from 25 and 3.", Habit.SUBGOAL_SETTING, 0),
        ("25 + 3 = 28 and we have 4 left over to account for.", Habit.SUBGOAL_SETTING, 1),
        ("25 + 3 = 28. We have 30 and 4 to go on with.", Habit.SUBGOAL_SETTING, 0),
        ("25 and 3 make 28.", Habit.SUBGOAL_SETTING, 0),
        # a number that only counts the aims, and one that is only used
        ("Milestone 1: get an 8. Working on milestone 1.", Habit.SUBGOAL_SETTING, 1),
        ("I need to subtract 25 from 30.", Habit.SUBGOAL_SETTING, 0),
        ("I need to remove 6 with 3 and 4.", Habit.SUBGOAL_SETTING, 1),
        ("If 30 and 3 can somehow give me an 8, I am done.", Habit.SUBGOAL_SETTING, 1),
        ("The first three would need to total 28.", Habit.BACKWARD_CHAINING, 1),
        ("The first three would need to total 28.", Habit.SUBGOAL_SETTING, 0),
        # what is wanted is worked out in the same breath
        ("30 - 4 = 26. Now I need 32 - 26 = 6 more.", Habit.SUBGOAL_SETTING, 1),
        ("30 - 4 = 26. Now I need 32 - 26 = 6 more.", Habit.BACKWARD_CHAINING, 1),
    ],
)
def test_aims_and_steps_back_are_told_apart_by_what_is_there(
    text: str, habit: Habit, found: int
) -> None:
    assert len(spans(text, habit)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("25 * 4 = 100 (d=68)", 1),
        ("25 * 4 = 100 (+68)", 1),
        ("25 + 4 = 29. That's 3 over", 1),
        ("25 + 4 = 29 (3 30)", 0),
        ("25 + 4 = 29. That leaves 30 and 3 to use.", 0),
        # a false yes is a verdict, where nothing is left to go on with
        ("25 + 4 + 30 - 3 = 56. That works!", 1),
        ("25 + 4 = 29. Works.", 0),
        # a column of distances, and a cross behind the value named again
        ("| 25 + 4 | 29 | -3 |\n| 30 + 3 | 33 | +1 |", 2),
        ("| 25 + 4 | 29 | +7 |", 0),
        ("25 + 4 = 29 => leaf 29 x\n", 1),
        # a value that no computation shows
        ("add 4 | {29} | compare: 29 < 32", 1),
        ("32 > 29", 0),
        ("25 + 4 = 29 too lo / 30 + 4 = 34, too hi by 2", 2),
        ("25 + 4 = 29. Just short.", 1),
        ("25 + 3 + 4 = 32. Does it hit the target? Yes", 1),
        # held against what is wanted, said or implied by a step back
        ("32 / 4 = 8, 30 - 25 = 5, no", 0),
        ("I need 8 from 25, 30 and 3. 30 - 25 = 5.\n\n25 + 4 = 29, no", 1),
        ("25 + 4 = 29. So 3 from 30 and 3, no.", 0),
        ("25 + 4 = 29, 30 * ... no", 0),
        # the numbers that are used or left are no distances, nor is an aim what a value is held to
        ("25 + 3 = 28 (left: 4)", 0),
        ("25 + 4 = 29 (using 3)", 0),
        ("30 * 4 = 120.\nTo get 32, we take something away.", 0),
        # a verdict on the rules
        ("25 + 3 + 4 = 32, which is not valid: the 30 has no place.", 0),
        ("25 + 25 = 50 (this uses a number more than once)", 0),
        ("25 + 4 = 29, not the number we are looking for.", 1),
        ("25 + 4 = 29, 30 + 3 = 33. None of these work.", 1),
        ("25 * 30 = 750, still quite large.", 1),
        ("25 * 3 = 75, a long way from 32.", 1),
        ("25 + 3 + 4 = 32 (this could work)", 1),
        ("25 * 30 = 1,750 (not 32)", 1),
    ],
)
def test_verdicts_are_read_by_the_values_that_they_compare(text: str, found: int) -> None:
    assert len(spans(text, Habit.VERIFICATION)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # a value that missed and is not taken any more
        ("25 + 3 = 28, too low. 30 + 4 = 34", 1),
        ("25 + 3 = 28, too low. 30 + 4 = 34, 34 - 28 = 6", 0),
        ("25 + 3 = 28, I need 4 more. 30 + 4 = 34", 0),
        ("25 + 3 = 28 (we want 32)\n25 + 3 - 4 = 24", 1),
        # the operation just done, written into the whole
        ("30 - 25 = 5, 5 + 3 = 8. Now (30 - 25 + 3) * 4 = 32", 0),
        ("25 + 3 = 28, no. 30 - 25 = 5 instead, too low", 1),
        # one expression, line by line, and with commas in its numbers
        ("Let me see: 25 * 30 * 4 - 3\n= 3,000 - 3\n= 2,997", 0),
        # a step that is said again and then taken up, or told to be short of something
        ("30 * 4 = 120, way over.\n30 * 4 = 120, 120 - 25 = 95", 0),
        ("30 - 3 = 27, close. 30 - 3 = 27 and 5 are needed.", 0),
        ("25 + 3 = 28. I need 4 more to reach 32. 30 - 4 = 26", 0),
        ("25 * 3 = 75, too big.\n30 * 4 = 120, too big.\n25 * 3 - 30 * 4\n= 75 - 120", 2),
        # a plan that is checked, and what cannot be done
        ("30 - 4 = 26, which is close. Let me verify: 30 + 4 - 25 / 3 = 32", 0),
        ("25 + 4 = 29, too low. We can't use any other combination.", 0),
        # an answer that is announced in place of one that failed, and gives way to another
        ("25 + 4 = 29, no. A valid expression is 25 * 3 - 4, or so. 30 + 3 = 33.", 2),
    ],
)
def test_turns_are_read_by_what_is_taken_up_again(text: str, found: int) -> None:
    assert len(spans(text, Habit.BACKTRACKING)) == found


def test_the_words_that_head_a_line_belong_to_its_turn() -> None:
    text = "25 + 3 = 28, too low. Other sums, then. 30 + 4 = 34"
    assert spans(text, Habit.BACKTRACKING) == ["Other sums, then. 30 + 4 = 34"]


def test_a_line_that_returns_begins_with_the_step_that_it_says_again() -> None:
    text = "25 + 3 = 28\n28 - 4 = 24\nno\n25 + 3 = 28\n30 - 28 = 2\n"
    assert spans(text, Habit.BACKTRACKING) == ["25 + 3 = 28"]
    assert analyze(PUZZLE, text).spans[Habit.BACKTRACKING][0].start == text.rindex("25")
    again = text.replace("no\n", "no, try\n")
    assert spans(again, Habit.BACKTRACKING) == ["try\n25 + 3 = 28"]


def test_the_numbers_that_are_left_are_not_made() -> None:
    text = "13 - 7 = 6 (left: 1 4 6)\n6 - 4 = 2 (left: 1 2)\n1 * 2 = 2 (left: 2)"
    assert not analyze(Puzzle((1, 4, 7, 13), 24), text).spans[Habit.BACKTRACKING]


def test_commas_part_thousands_behind_a_sign_and_a_space() -> None:
    found = analyze(PUZZLE, "25 * 30 * 4 = 3,000\n3*25=75,100-75=25")
    assert [moment.value for moment in found.moments] == [3_000, 75, 25]
