"""The gold passages: their reader, and what the README says of them."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from countdown_gym.errors import InvalidParameterError

pytestmark = pytest.mark.checkout
FOLDER = Path(__file__).parents[2] / "benchmarks" / "behaviors"
PRESENT = [half for half in ("open", "held_out") if (FOLDER / "gold" / f"{half}.txt").exists()]
"""The held-out half joins when the instrument is finished."""
KEPT = ["unseen", "final"]
"""Written when the instrument had been, and kept from it until they were scored once."""
HEADER = "=== id: a-1 | style: chat | numbers: 25 30 3 4 | target: 32"
in_every_half = pytest.mark.parametrize("half", PRESENT)
in_every_set = pytest.mark.parametrize("name", [*PRESENT, "fresh", *KEPT])
read_twice = pytest.mark.parametrize("name", [*PRESENT, *KEPT])


def write(folder: Path, text: str) -> Path:
    path = folder / "some.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_marks_become_offsets_into_the_bare_text(tmp_path: Path) -> None:
    from benchmarks.behaviors.passages import Habit, Span, read

    body = "\n30 + 4 = 34 ⟦v too high⟧\n⟦b Back: ⟦c 32 / 4 = 8⟧⟧, ⟦s need 8⟧\n\n"
    (passage,) = read(write(tmp_path, f"{HEADER}\n{body}"))
    assert passage.text == "30 + 4 = 34 too high\nBack: 32 / 4 = 8, need 8"
    assert (passage.id, passage.style, passage.target) == ("a-1", "chat", 32)
    assert passage.numbers == (25, 30, 3, 4)
    assert passage.spans == {
        Habit.VERIFICATION: (Span(12, 20),),
        Habit.BACKTRACKING: (Span(21, 37),),
        Habit.SUBGOAL: (Span(39, 45),),
        Habit.CHAINING: (Span(27, 37),),
    }


def test_spans_of_two_habits_may_overlap_without_nesting(tmp_path: Path) -> None:
    from benchmarks.behaviors.passages import Habit, marked, read

    path = write(tmp_path, f"{HEADER}\n⟦v too ⟦b low,⟦/v⟧ again⟧ and on")
    (passage,) = read(path)
    found = {
        habit: [passage.text[span.start : span.end] for span in spans]
        for habit, spans in passage.spans.items()
    }
    assert found[Habit.VERIFICATION] == ["too low,"]
    assert found[Habit.BACKTRACKING] == ["low, again"]
    assert read(write(tmp_path, marked(passage))) == (passage,)


@pytest.mark.parametrize(
    ("text", "line", "rule"),
    [
        ("some text", 1, "a file must begin with a header, got 'some text'"),
        ("=== id: a-1 | style: chat\nx", 1, "a header must read"),
        (f"{HEADER.replace('chat', 'poem')}\nx", 1, "a style must be one of .*, got 'poem'"),
        (f"{HEADER}\nx\n\n{HEADER}\ny", 4, "an id must be given once, got 'a-1' again"),
        (f"{HEADER}\n\n", 3, "a passage must hold some text, got none"),
        (f"{HEADER}\n\nx\n⟦x y⟧", 4, "a mark must open with ⟦v, ⟦b, ⟦s or ⟦c and a space"),
        (f"{HEADER}\nx\n⟦vy⟧", 3, "a mark must open with"),
        (f"{HEADER}\nx\n\ny⟧", 4, "a mark must be open before it is closed"),
        (f"{HEADER}\n⟦v x⟦/b⟧⟧", 2, "a mark must be open before it is closed"),
        (f"{HEADER}\nx\n⟦b y\nz", 3, "a mark must be closed, got an open ⟦b"),
        (f"{HEADER}\n⟦v x ⟦v y⟧⟧", 2, "spans of one habit must not overlap"),
        (f"{HEADER}\nx ⟦s  ⟧", 2, "a span must hold some text, got an empty ⟦s"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, rule: str
) -> None:
    from benchmarks.behaviors.passages import read

    with pytest.raises(InvalidParameterError, match=rf"some\.txt:{line}: {rule}"):
        read(write(tmp_path, text))


def test_spans_are_paired_one_to_one_where_they_overlap() -> None:
    from benchmarks.behaviors.agreement import Score, matches
    from benchmarks.behaviors.passages import Span

    gold = [Span(0, 10), Span(10, 20), Span(30, 40)]
    assert matches(gold, gold) == 3
    assert matches([Span(5, 15)], gold) == 1  # touches two, counts for one
    assert matches([Span(2, 4), Span(6, 8)], gold) == 1  # two in one
    assert matches([Span(20, 30)], gold) == 0  # touching is not overlapping
    assert matches([Span(5, 12), Span(13, 35)], gold) == 2
    assert Score(matched=2, found=3, gold=5).f1 == pytest.approx(2 * 0.4 * (2 / 3) / (0.4 + 2 / 3))


@read_twice
def test_a_set_holds_every_style_and_enough_of_every_habit(name: str) -> None:
    from benchmarks.behaviors.passages import FOLDER, STYLES, Habit, read

    passages = read(FOLDER / f"{name}.txt")
    styles = Counter(each.style for each in passages)
    assert len(passages) >= 40
    assert min(styles[style] for style in STYLES) >= 4
    assert all(sum(len(each.spans[habit]) for each in passages) >= 30 for habit in Habit)
    assert sum(not any(each.spans.values()) for each in passages) >= 8
    assert all(3 <= len(each.numbers) <= 6 for each in passages)


@in_every_set
def test_no_mark_is_left_and_spans_start_and_end_on_text(name: str) -> None:
    from benchmarks.behaviors.passages import FOLDER, read

    for passage in read(FOLDER / f"{name}.txt"):
        assert not set("⟦⟧") & set(passage.text), passage.id
        for spans in passage.spans.values():
            assert all(left.end <= right.start for left, right in pairwise(spans)), passage.id
            for span in spans:
                held = passage.text[span.start : span.end]
                assert held == held.strip(), (passage.id, held)


@in_every_set
def test_what_is_written_can_be_read_back(name: str, tmp_path: Path) -> None:
    from benchmarks.behaviors.passages import FOLDER, marked, read

    passages = read(FOLDER / f"{name}.txt")
    assert read(write(tmp_path, "\n".join(map(marked, passages)))) == passages


@in_every_set
def test_final_answers_and_repeated_prompts_hold_no_span(name: str) -> None:
    from benchmarks.behaviors.passages import FOLDER, read

    for passage in read(FOLDER / f"{name}.txt"):
        answer = passage.text.find("<answer>")
        ends = [span.end for spans in passage.spans.values() for span in spans]
        assert answer < 0 or max(ends, default=0) <= answer, passage.id


def test_the_sets_share_no_id_and_the_halves_are_balanced() -> None:
    from benchmarks.behaviors.passages import FOLDER, STYLES, read

    halves = [read(FOLDER / f"{half}.txt") for half in PRESENT]
    others = (read(FOLDER / f"{name}.txt") for name in ("fresh", *KEPT))
    ids = [each.id for half in (*halves, *others) for each in half]
    assert len(ids) == len(set(ids))
    shares = [[sum(each.style == style for each in half) for style in STYLES] for half in halves]
    assert all(share == shares[0] for share in shares)


@pytest.mark.parametrize("name", [*PRESENT[1:], *KEPT])
def test_what_was_kept_from_the_instrument_is_what_was_promised(name: str) -> None:
    content = (FOLDER / "gold" / f"{name}.txt").read_bytes()
    assert f"`{sha256(content).hexdigest()}`" in (FOLDER / "README.md").read_text("utf-8")


@read_twice
def test_the_readme_shows_what_a_set_holds_and_how_two_readings_agreed(name: str) -> None:
    from benchmarks.behaviors.agreement import agreement_table, content_table, read_labels
    from benchmarks.behaviors.passages import FOLDER as GOLD
    from benchmarks.behaviors.passages import read

    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    first, second = (read_labels(GOLD / f"{name}.{nth}.tsv") for nth in ("first", "second"))
    assert content_table(read(GOLD / f"{name}.txt")) in readme
    assert agreement_table(first, second) in readme


@read_twice
def test_both_readings_are_of_the_passages_that_are_there(name: str) -> None:
    from benchmarks.behaviors.agreement import labels_of, read_labels, score
    from benchmarks.behaviors.passages import FOLDER, Habit, read

    passages = {each.id: each for each in read(FOLDER / f"{name}.txt")}
    for nth in ("first", "second"):
        labels = read_labels(FOLDER / f"{name}.{nth}.tsv")
        assert set(labels) <= set(passages)
        for key, found in labels.items():
            ends = [span.end for spans in found.values() for span in spans]
            assert max(ends) <= len(passages[key].text)
        assert all(score(labels, labels_of(passages.values()), habit).f1 > 0.9 for habit in Habit)


@in_every_half
def test_passages_become_rows_with_the_counts_of_their_labels(half: str) -> None:
    from benchmarks.behaviors.passages import read
    from benchmarks.behaviors.rows import rows
    from countdown_gym.errors import UnknownNameError
    from countdown_gym.puzzles import Puzzle

    letters = {"verification": "v", "backtracking": "b"}
    letters |= {"subgoal_setting": "s", "backward_chaining": "c"}
    for row, passage in zip(rows(half), read(FOLDER / "gold" / f"{half}.txt"), strict=True):
        assert row["completion"] == passage.text
        assert Puzzle.from_dict(row["puzzle"]).numbers == passage.numbers
        marked = {str(habit): len(spans) for habit, spans in passage.spans.items()}
        assert {letters[habit]: count for habit, count in row["habits"].items()} == marked
    with pytest.raises(UnknownNameError, match="did you mean 'open'"):
        next(rows("opn"))


def test_the_readme_shows_what_the_fresh_set_holds() -> None:
    from benchmarks.behaviors.agreement import content_table
    from benchmarks.behaviors.passages import FOLDER as GOLD
    from benchmarks.behaviors.passages import read

    passages = read(GOLD / "fresh.txt")
    assert len(passages) == 82
    assert content_table(passages) in (FOLDER / "README.md").read_text(encoding="utf-8")
