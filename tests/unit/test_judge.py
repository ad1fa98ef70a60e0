"""A judge is asked four questions, read strictly, and resumed; no reply makes it fail or guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from countdown_agents.agent import FunctionPolicy
from countdown_agents.conversation import Conversation
from countdown_agents.judge import Judge, JudgeReply, counts_of, judged, question, read_count
from countdown_agents.line_file import LineFile
from countdown_gym.behaviors.instruments import Analyzer, Instrument, Passage
from countdown_gym.behaviors.regions import MAX_CHARS
from countdown_gym.errors import InvalidParameterError
from countdown_gym.faults import Fault
from countdown_gym.parsing import CutCompletion, Unreadable
from countdown_gym.puzzles import Puzzle
from countdown_gym.traces.habits import Habit

pytestmark = pytest.mark.agents

ARTICLE = Puzzle((25, 30, 3, 4), 32)
PASSAGES = [
    Passage(ARTICLE, "30 + 3 = 33, one too many. Let me try 30 - 25 = 5 instead."),
    Passage(ARTICLE, "30 - 25 = 5, 5 + 3 = 8, 8 * 4 = 32"),
    Passage(Puzzle((1, 2), 3), ""),
]
STUDY = re.compile(r"<count>(\d+)</count>")
"""How the study's own programs read a reply: the first match counts, and none is 0 or nothing."""


def says(reply: str) -> FunctionPolicy:
    return FunctionPolicy(lambda _asked: reply)


@pytest.mark.parametrize(
    ("reply", "count"),
    [
        ("<count>3</count>", 3),
        ("<count>0</count>", 0),
        ("Places: …\n\n<count>12</count>\n", 12),
        ("<count>007</count>", 7),
        ("One place. <count>1</count> No, there are two. <count>2</count>", 2),
        ("<count>2</count> I end with <count>", 2),
        ("<count><count>4</count>", 4),
        ("<count>4</count></count>", 4),
        ("<think><count>9</count></think><count>1</count>", 1),
    ],
)
def test_the_last_complete_count_is_read(reply: str, count: int) -> None:
    assert read_count(reply) == count


@pytest.mark.parametrize(
    ("reply", "count"),
    [
        ("<count> 3 </count>", 3),
        ("<count>\n3\n</count>", 3),
        ("<count>\t14\u00a0</count>", 14),
        ("<Count>3</Count>", 3),
        ("<COUNT>3</count>", 3),
        ("<count>**3**</count>", 3),
        ("İ is longer in lower case. <Count> 3 </Count>", 3),
        ("In tags: <count>0</count> as a draft; at the end <count>5</count>", 5),
    ],
)
def test_what_the_study_s_parser_drops_is_read(reply: str, count: int) -> None:
    found = STUDY.search(reply)
    assert found is None or int(found[1]) != count
    assert read_count(reply) == count


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ("", Fault.NO_ANSWER),
        ("3", Fault.NO_ANSWER),
        ("count: 3", Fault.NO_ANSWER),
        ("<count>3", Fault.NO_ANSWER),
        ("3</count>", Fault.NO_ANSWER),
        ("</count>3<count>", Fault.NO_ANSWER),
        ("<count>3</count></think>", Fault.NO_ANSWER),
        ("<count></count>", Fault.UNREADABLE),
        ("<count>N</count>", Fault.UNREADABLE),
        ("<count>…</count>", Fault.UNREADABLE),
        ("<count>two</count>", Fault.UNREADABLE),
        ("<count>-1</count>", Fault.UNREADABLE),
        ("<count>1.5</count>", Fault.UNREADABLE),
        ("<count>2-3</count>", Fault.UNREADABLE),
        ("<count>2 or 3</count>", Fault.UNREADABLE),
        ("<count>3 instances</count>", Fault.UNREADABLE),
        ("<count>٣</count>", Fault.UNREADABLE),
        ("<count>²</count>", Fault.UNREADABLE),
        ("<count>" + "9" * 5_000 + "</count>", Fault.UNREADABLE),
        ("<count>2</count> on reflection <count>none</count>", Fault.UNREADABLE),
        (CutCompletion("<count>3</count> and"), Fault.TRUNCATED),
    ],
)
def test_whatever_gives_no_count_is_unreadable_and_never_zero(reply: str, fault: Fault) -> None:
    found = read_count(reply)
    assert isinstance(found, Unreadable)
    assert found.fault is fault
    assert len(found.detail) < 80
    assert Judge(says(reply)).counts(PASSAGES) == [dict.fromkeys(Habit)] * 3


@pytest.mark.parametrize("habit", Habit)
def test_a_judge_that_repeats_its_question_has_said_nothing(habit: Habit) -> None:
    assert isinstance(read_count(question(PASSAGES[0], habit)), Unreadable)


def test_a_judge_sees_as_much_of_a_text_as_the_rules_do() -> None:
    text = "é" * (MAX_CHARS - 1) + "AB"
    asked = question(Passage(ARTICLE, text), Habit.VERIFICATION)
    assert "A\n</text>" in asked
    assert question(Passage(ARTICLE, "{x} %s"), Habit.VERIFICATION).count("{x} %s") == 1


def test_both_instruments_have_one_interface() -> None:
    instruments: list[Instrument] = [Analyzer(), Judge(says("<count>1</count>"))]
    by_rules, by_judge = (instrument.counts(PASSAGES) for instrument in instruments)
    assert by_judge == [dict.fromkeys(Habit, 1)] * 3
    assert [counts[Habit.BACKTRACKING] for counts in by_rules] == [1, 0, 0]


class Seeded:
    """Converses; says its seed, and remembers how it was asked."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.asked: list[str] = []

    def converse(self, conversations: Sequence[Conversation], seeds: Sequence[int]) -> list[str]:
        self.batches.append(list(seeds))
        self.asked += [conversation[-1].content for conversation in conversations]
        return [f"<count>{seed % 1000}</count>" for seed in seeds]


class Streaming(Seeded):
    def converse_each(
        self, conversations: Sequence[Conversation], seeds: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        said = self.converse(conversations, seeds)
        yield from reversed(list(enumerate(said)))


def test_each_question_has_a_seed_of_its_own_place() -> None:
    few, many, other = Seeded(), Seeded(), Seeded()
    Judge(few, seed=5, batch_size=100).counts(PASSAGES[:2])
    Judge(many, seed=5, batch_size=3).counts(PASSAGES)
    Judge(other, seed=6, batch_size=3).counts(PASSAGES)
    seeds = [seed for batch in many.batches for seed in batch]
    assert few.batches == [seeds[:8]]
    assert [len(batch) for batch in many.batches] == [3, 3, 3, 3]
    assert len(set(seeds)) == 12
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert not set(seeds) & {seed for batch in other.batches for seed in batch}


def test_the_order_in_which_replies_come_changes_nothing() -> None:
    streaming = Streaming()
    assert Judge(streaming).counts(PASSAGES) == Judge(Seeded()).counts(PASSAGES)
    assert len(streaming.batches) == 1, "a policy that streams is given all questions at once"
    assert Judge(streaming).counts([]) == []


@pytest.mark.parametrize("replies", [[], ["<count>1</count>"] * 2, [1] * 12])
def test_a_policy_that_breaks_its_promise_is_refused(replies: list[str]) -> None:
    class Broken:
        def respond(self, prompts: Sequence[str]) -> list[str]:
            assert prompts
            return replies

    with pytest.raises(InvalidParameterError, match=r"each puzzle once|must be a text"):
        Judge(Broken()).counts(PASSAGES)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Judge(Seeded(), seed=-1), "seed must not be negative, got -1"),
        (lambda: Judge(Seeded(), batch_size=0), "batch_size must be at least 1, got 0"),
    ],
)
def test_settings_that_ask_nothing_are_refused(make: Callable[[], Judge], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        make()


def kept(path: Path) -> LineFile[JudgeReply]:
    return LineFile(path, {"seed": 0}, JudgeReply)


def test_a_broken_off_run_asks_only_what_is_missing(tmp_path: Path) -> None:
    path, whole = tmp_path / "replies.jsonl", Seeded()
    with kept(path) as file:
        every = list(judged(Judge(whole), PASSAGES, file))
    lines = path.read_text("ascii").splitlines(keepends=True)
    assert len(lines) == len(every) == 12
    path.write_text("".join(lines[:7]) + lines[7][:40], encoding="ascii")
    rest = Seeded()
    with kept(path) as file:
        again = list(judged(Judge(rest), PASSAGES, file))
    assert again == every
    assert rest.asked == whole.asked[7:]
    assert path.read_text("ascii").splitlines(keepends=True) == lines
    silent = Seeded()
    with kept(path) as file:
        fewer = list(judged(Judge(silent), PASSAGES[:1], file))
    assert (fewer, silent.asked) == (every[:4], [])


def test_replies_about_other_texts_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    with kept(path) as file:
        list(judged(Judge(Seeded()), PASSAGES, file))
    with kept(path) as file, pytest.raises(InvalidParameterError, match="about another text"):
        list(judged(Judge(Seeded()), PASSAGES[::-1], file))


@pytest.mark.parametrize("text", ["<count>1</count>", CutCompletion("<count>1"), "é\n\ud800\x00"])
def test_a_reply_is_written_without_loss(text: str) -> None:
    reply = JudgeReply(3, Habit.SUBGOAL_SETTING, "0" * 16, text)
    back = JudgeReply.from_json(reply.to_json())
    assert back == reply
    assert type(back.reply) is type(text)
    assert back.count == reply.count


NEGATIVE = '{"index": -1, "habit": "verification", "asked": "", "reply": "", "cut": false}'


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"index": 0, "habit": "v"}', NEGATIVE])
def test_a_line_of_something_else_is_refused(line: str) -> None:
    with pytest.raises(InvalidParameterError, match="a judge's reply is a line that to_json wrote"):
        JudgeReply.from_json(line)


def test_a_reply_that_is_missing_is_no_zero() -> None:
    reply = JudgeReply(1, Habit.VERIFICATION, "", "<count>0</count>")
    none, one = counts_of([reply], 2)
    assert none == dict.fromkeys(Habit)
    assert one == dict.fromkeys(Habit) | {Habit.VERIFICATION: 0}


def test_a_small_language_model_is_asked_and_its_noise_reported(
    tmp_path: Path, save_tiny_model: Callable[..., Path]
) -> None:
    from countdown_agents.language_model.pretrained import load_pretrained

    policy = load_pretrained(save_tiny_model(tmp_path / "tiny")).policy(max_new_tokens=8)
    judge = Judge(policy, batch_size=2)
    replies = list(judge.replies(PASSAGES[:1]))
    assert [reply.habit for reply in replies] == list(Habit)
    assert judge.counts(PASSAGES[:1]) == [dict.fromkeys(Habit)]
    assert [reply.reply for reply in judge.replies(PASSAGES[:1])] == [r.reply for r in replies]
