"""Documents stream, are scored or refused for a reason, and are selected in pairs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import islice, repeat
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countdown_gym.curation import documents as documents_module
from countdown_gym.curation.documents import (
    Document,
    corpus_files,
    document_of,
    documents_of,
    hub_rows,
    read_corpus,
)
from countdown_gym.curation.sample import SampleKind, sample_corpus, sample_document
from countdown_gym.curation.scoring import Limits, Refusal, Scored, count_words, score
from countdown_gym.curation.selecting import Side, Thresholds, select
from countdown_gym.curation.statistics import Statistics
from countdown_gym.curation.writing import length_distance, write_sets
from countdown_gym.datasets import read_rows, write_rows
from countdown_gym.errors import (
    ExhaustedError,
    InvalidParameterError,
    MissingResourceError,
    UnknownNameError,
)
from countdown_gym.traces.habits import Habit

SAMPLE = tuple(sample_corpus(300, seed=5))
SCORED = tuple(score(document_of(document.text) for document in SAMPLE))


def made(name: str, tokens: int, count: int) -> Scored:
    """Return a scored document of so many tokens that verifies so often."""
    habits = dict.fromkeys(Habit, 0) | {Habit.VERIFICATION: count}
    return Scored(Document(name, name), tokens, 9, habits, None)


# -- documents ---------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_a_folder_of_files_is_one_corpus_in_order(tmp_path: Path, ending: str) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    (tmp_path / "inner").mkdir()
    for number, name in enumerate(("b", "a", "inner/c")):
        write_rows([{"page": f"text {number}"}], tmp_path / f"{name}{ending}")
    (tmp_path / "notes.md").write_text("no part of the corpus")
    found = documents_of(read_corpus(corpus_files([tmp_path])), field="page")
    assert [document.text for document in found] == ["text 1", "text 0", "text 2"]


def test_a_corpus_without_end_is_read_as_far_as_it_is_asked_for() -> None:
    found = score(documents_of(repeat({"text": "one, 1, 2 and 3 " * 9})), batch_size=2)
    assert len(list(islice(found, 5))) == 5


def test_the_same_text_is_the_same_document() -> None:
    assert document_of("a") == document_of("a") != document_of("b")
    assert document_of("lone \ud800").id


def test_what_is_no_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="is neither"):
        corpus_files([tmp_path / "nowhere"])
    with pytest.raises(MissingResourceError, match=r"end with \.jsonl or \.parquet"):
        corpus_files([tmp_path])
    with pytest.raises(InvalidParameterError, match="the field 'text', got page in row 1"):
        list(documents_of([{"page": "a"}]))
    (tmp_path / "a.csv").write_text("text")
    with pytest.raises(UnknownNameError, match="ending of a file of rows"):
        list(read_corpus(corpus_files([tmp_path / "a.csv"])))


def test_a_dataset_of_the_hub_is_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def load_dataset(name: str, part: str | None, **options: object) -> Iterator[dict[str, str]]:
        asked.update(options, name=name, part=part)
        return iter([{"text": "a"}])

    library = ModuleType("datasets")
    library.load_dataset = load_dataset  # type: ignore[attr-defined]  # a module made here
    monkeypatch.setitem(sys.modules, "datasets", library)
    monkeypatch.setattr(documents_module, "find_spec", lambda _name: True)
    assert [document.text for document in documents_of(hub_rows("owner/name"))] == ["a"]
    assert asked == {"name": "owner/name", "part": None, "split": "train", "streaming": True}


def test_without_its_library_a_dataset_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents_module, "find_spec", lambda _name: None)
    with pytest.raises(MissingResourceError, match=r"pip install 'countdown-gym\[datasets\]'"):
        hub_rows("owner/name")


# -- scoring -----------------------------------------------------------------------------------

FINE = "1 + 2 = 3, so 3. " * 2
LOOSE = Limits(fewest_tokens=5)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (" \n", Refusal.EMPTY),
        ("1 2 3", Refusal.TOO_SHORT),
        ("1 2 3 " * 9, Refusal.TOO_LONG),
        ("no numbers in these words at all", Refusal.FEW_NUMBERS),
        (FINE, None),
    ],
)
def test_documents_are_refused_for_a_reason(text: str, refusal: Refusal | None) -> None:
    (scored,) = score([document_of(text)], Limits(fewest_tokens=5, most_tokens=26))
    assert scored.refused is refusal
    assert scored.document.text == text


def test_rows_come_back_as_they_were_written() -> None:
    for scored in SCORED:
        assert Scored.from_row(scored.to_row()) == scored
    with pytest.raises(InvalidParameterError, match="`countdown-gym curate score` wrote"):
        Scored.from_row({"text": "a"})


def test_a_scorer_that_comes_to_no_count_refuses_the_document() -> None:
    def undecided(texts: Sequence[str]) -> list[dict[Habit, int | None]]:
        return [dict.fromkeys(Habit, None if "9" in text else 1) for text in texts]

    found = list(score([document_of(FINE), document_of(FINE + "9")], LOOSE, undecided))
    assert [each.refused for each in found] == [None, Refusal.NO_COUNT]
    assert found[0].habits == dict.fromkeys(Habit, 1)
    with pytest.raises(InvalidParameterError, match="got 0 counts of 1"):
        list(score([document_of(FINE)], LOOSE, lambda _: []))


def test_the_size_of_batches_changes_nothing() -> None:
    texts = [document_of(document.text) for document in SAMPLE[:50]]
    assert list(score(texts, batch_size=1)) == list(score(texts, batch_size=7))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"fewest_tokens": 0}, "fewest_tokens must be from 1 to most_tokens, got 0 and 8192"),
        ({"most_tokens": 3}, "got 20 and 3"),
        ({"fewest_numbers": -1}, "fewest_numbers must not be negative"),
    ],
)
def test_impossible_limits_are_refused(limits: dict[str, int], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        Limits(**limits)


# -- the sample --------------------------------------------------------------------------------


def test_a_document_of_the_sample_depends_on_seed_and_index_alone() -> None:
    assert list(sample_corpus(300, seed=5)) == list(SAMPLE)
    assert sample_document(7, seed=5) == SAMPLE[7]
    assert {document.kind for document in SAMPLE} == set(SampleKind)
    assert sample_document(7, seed=6) != SAMPLE[7]
    with pytest.raises(InvalidParameterError, match="must not be negative"):
        list(sample_corpus(-1))


def test_the_instrument_finds_what_was_written_into_the_sample() -> None:
    for document, scored in zip(SAMPLE, SCORED, strict=True):
        if scored.refused is None:
            assert scored.habits == document.habits, document.text
    refused = {each.refused for each in SCORED}
    assert refused == {None, Refusal.EMPTY, Refusal.TOO_SHORT, Refusal.FEW_NUMBERS}


# -- statistics --------------------------------------------------------------------------------


def test_statistics_count_what_passes() -> None:
    refused = made("c", 50, 0)._replace(refused=Refusal.TOO_LONG)
    found = Statistics.of([made("a", 300, 3), made("b", 100, 0), refused]).to_dict()
    assert (found["documents"], found["tokens"]) == (2, 400)
    assert found["habits"]["verification"] == {"count": 3, "per_1000_tokens": 7.5, "documents": 1}
    assert found["length_quantiles"]["0"] == found["length_quantiles"]["50"] == 100
    assert found["length_quantiles"]["100"] == 300
    assert found["refused"] == {"too_long": 1}


def test_lengths_are_apart_as_far_as_their_shares() -> None:
    short, mixed = (
        Statistics.of([made("", tokens, 0) for tokens in lengths])
        for lengths in ((10, 20, 30, 40), (10, 20, 300, 400))
    )
    assert length_distance(short, short) == 0
    assert length_distance(short, mixed) == 0.5
    assert length_distance(short, Statistics()) == 1


# -- selection ---------------------------------------------------------------------------------

CORPORA = st.lists(
    st.tuples(st.integers(20, 400), st.sampled_from((0, 0, 1, 3, 8))), min_size=2, max_size=60
).map(lambda drawn: [made(f"{i:03}", *each) for i, each in enumerate(drawn)])


@given(CORPORA, st.integers(0, 2**32 - 1), st.none() | st.integers(100, 3000))
def test_sets_are_matched_apart_and_within_bounds(
    corpus: list[Scored], seed: int, budget: int | None
) -> None:
    thresholds = Thresholds(tolerance=0.2, tokens=budget)
    try:
        selection = select(corpus, thresholds)
    except ExhaustedError:
        return
    by_id = {each.document.id: each for each in corpus}
    sets = {
        side: [by_id[i] for i, chosen in selection.sides.items() if chosen is side] for side in Side
    }
    rich, poor = sets[Side.RICH], sets[Side.POOR]
    assert len(rich) == len(poor) > 0
    assert all(each.habits[Habit.VERIFICATION] >= 2 for each in rich)
    assert all(each.habits[Habit.VERIFICATION] == 0 for each in poor)
    lengths = {side: sum(each.tokens for each in chosen) for side, chosen in sets.items()}
    assert lengths == selection.tokens
    assert budget is None or max(lengths.values()) <= budget
    # Partners are chosen so as to pay back what the sets differ by.
    assert abs(lengths[Side.RICH] - lengths[Side.POOR]) <= 0.2 * sum(e.tokens for e in rich)
    assert len(selection.sides) + sum(selection.left_out.values()) - selection.left_out[
        "unpaired_poor"
    ] <= len(corpus)
    order = sorted(corpus, key=lambda each: hash((seed, each.document.id)))
    assert select(order, thresholds).sides == selection.sides


def test_every_document_is_accounted_for() -> None:
    copies = [*SCORED, *SCORED[:10]]
    selection = select(copies)
    assert len(selection.sides) + sum(selection.left_out.values()) == len(copies)
    assert selection.left_out["duplicate"] > 0


def test_the_densest_go_first_and_partners_balance() -> None:
    rich = [made(f"r{i}", 100, 10 + i) for i in range(3)]
    poor = [made("p0", 104, 0), made("p1", 98, 0), made("p2", 101, 0), made("p3", 300, 0)]
    selection = select([*rich, *poor], Thresholds(tokens=210))
    # The first partner is nearest in length; the second is short by what the first is long.
    assert selection.sides == {
        "r2": Side.RICH,
        "p2": Side.POOR,
        "r1": Side.RICH,
        "p1": Side.POOR,
    }
    assert selection.left_out["beyond_budget"] == 1


def test_only_chosen_habits_count() -> None:
    corpus = [made("a", 100, 3), made("b", 100, 0)]
    with pytest.raises(ExhaustedError, match="0 documents are rich and 2 poor"):
        select(corpus, Thresholds(habits=(Habit.BACKTRACKING,)))


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_the_sets_are_written_with_their_report(tmp_path: Path, ending: str) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    selection = select(SCORED)
    report = write_sets(lambda: SCORED, selection, Thresholds(), tmp_path / "sets", ending)
    rows = {
        side: [Scored.from_row(row) for row in read_rows(tmp_path / "sets" / f"{side}{ending}")]
        for side in Side
    }
    ids = {side: {each.document.id for each in found} for side, found in rows.items()}
    assert ids[Side.RICH].isdisjoint(ids[Side.POOR])
    assert report["in_both"] == 0
    assert report["token_difference"] < 0.01
    assert report["length_distance"] < 0.2
    for side, found in rows.items():
        shown = report["sets"][side.value]
        assert shown == Statistics.of(found).to_dict()
        assert shown["tokens"] == sum(count_words(each.document.text) for each in found)
    assert report["sets"]["habit_poor"]["habits"]["verification"]["count"] == 0
    assert report["thresholds"]["habits"] == [habit.value for habit in Habit]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"habits": ()}, "at least one habit"),
        ({"rich_count": 0}, "rich_count must be at least 1"),
        ({"poor_per_1000": 2.0}, "from 0 to below rich_per_1000, got 2.0 and 2.0"),
        ({"tolerance": 1.0}, "tolerance must be from 0 to 1"),
        ({"tokens": 0}, "tokens must be at least 1"),
    ],
)
def test_impossible_thresholds_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        Thresholds(**wrong)
