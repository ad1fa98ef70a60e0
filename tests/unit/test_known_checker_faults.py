"""What published Countdown checkers pay or refuse wrongly, judged rightly here.

TinyZero filters characters and then evaluates with a tolerance; reasoning-gym hands the text to
`sympy.parse_expr`; the stream-of-search checker compares integers with texts; TextArena pays for
the distance.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from countdown_gym.checking import judge
from countdown_gym.faults import Fault
from countdown_gym.parsing import CONVENTIONS
from countdown_gym.puzzles import Puzzle
from countdown_gym.rewards import MIXTURES, make_reward

# board, target, text: what somebody pays in full
PAID_ELSEWHERE = [
    # TinyZero: a character class, then Python's eval, then a tolerance of 1e-5
    ((2, 3, 1), 9, "2**3+1", Fault.UNREADABLE),
    ((7, 2, 3), 9, "7//2*3", Fault.UNREADABLE),
    ((1, 5, 6), 9, "1.5*6", Fault.UNREADABLE),
    ((5, 1, 100, 99, 98), 5, "5+1/(100*99*98)", Fault.WRONG_VALUE),
    ((9, 9, 9, 9), 1, "9**9**9**9", Fault.UNREADABLE),  # never returns
    ((9, 9, 9, 9), 1, "9^9^9^9", Fault.UNREADABLE),
    # reasoning-gym: sympy.parse_expr with a relative tolerance of 1e-5
    ((5, 3), 123, "5!+3", Fault.UNREADABLE),
    ((100, 5, 3), 150, "sqrt(100)*5*3", Fault.UNREADABLE),
    ((7, 3, 1), 2, "7//3*1", Fault.UNREADABLE),
    ((7, 3, 1), 2, "7%3+1", Fault.UNREADABLE),
    ((44, 3, 1, 2), 147, "44+3+1e2", Fault.UNREADABLE),
    ((999, 1, 110), 999, "999+1/110", Fault.WRONG_VALUE),
    # reasoning-gym's newer cascade: the bare target, or one beside it
    ((25, 30, 3, 4), 32, "32", Fault.FOREIGN_NUMBER),
    ((25, 30, 3, 4), 32, "33", Fault.FOREIGN_NUMBER),
    ((25, 30, 3, 4), 32, "32 = 32", Fault.FOREIGN_NUMBER),
    # stream-of-search: a number used twice
    ((25, 30, 3, 4), 32, "4 * (4 + 4)", Fault.REUSED_NUMBER),
    # stream-of-search: a path that leaves numbers unused
    ((25, 30, 3, 32), 32, "32", Fault.UNUSED_NUMBER),
    # TextArena: doing nothing
    ((25, 30, 3, 4), 32, "", Fault.NO_ANSWER),
    ((25, 30, 3, 4), 32, "30", Fault.UNUSED_NUMBER),
]


@pytest.mark.parametrize(("board", "target", "text", "fault"), PAID_ELSEWHERE)
def test_what_others_pay_is_refused(
    board: tuple[int, ...], target: int, text: str, fault: Fault
) -> None:
    judgement = judge(Puzzle(board, target), f"<answer>{text}</answer>")
    assert judgement.verdict.fault is fault
    assert make_reward("strict").pay(judgement).total == 0.0


REFUSED_ELSEWHERE = [
    # TinyZero
    "<answer>(30 - 25 + 3) * 4\n</answer>",
    "<answer>\n(30 - 25 + 3) * 4</answer>",
    "<answer>\n(30 - 25\n + 3)\n * 4\n</answer>",
    # reasoning-gym
    "<answer>(30 - 25 + 3) × 4</answer>",  # noqa: RUF001 - the sign that models write
    "<answer>(30 − 25 + 3) × 4</answer>",  # noqa: RUF001
    "<answer>(30 - 25 + 3) * 4 = 32</answer>",
    "<answer>(30 - 25 + 03) * 04</answer>",
]


@pytest.mark.parametrize("completion", REFUSED_ELSEWHERE)
def test_what_others_refuse_is_paid(completion: str) -> None:
    judgement = judge(Puzzle((25, 30, 3, 4), 32), completion)
    assert judgement.verdict.solved
    assert make_reward("strict").pay(judgement).total == 1.0
    assert make_reward("tinyzero").pay(judgement).total == 1.0


@pytest.mark.parametrize("reward", sorted(MIXTURES))
@pytest.mark.parametrize("completion", ["<answer></answer>", "<answer> </answer>", "", "32"])
def test_no_mixture_pays_for_an_empty_form(reward: str, completion: str) -> None:
    judgement = judge(Puzzle((25, 30, 3, 4), 32), completion)
    assert make_reward(reward).pay(judgement).total == 0.0


def test_text_that_is_python_is_never_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    puzzle = Puzzle((25, 30, 3, 4), 32)
    for code in (
        f"__import__('pathlib').Path('{trace}').touch()",
        f"open('{trace}', 'w')",
        f"(lambda: open('{trace}', 'w'))()",
        f"[].__class__.__base__.__subclasses__() or open('{trace}', 'w')",
        f'sympify(\'open("{trace}", "w")\')',
        f"Symbol('x', f=open('{trace}', 'w'))",
    ):
        for convention in CONVENTIONS:
            text = {"boxed": f"\\boxed{{{code}}}", "answer_tag": f"<answer>{code}</answer>"}
            judgement = judge(puzzle, text.get(convention, code), convention=convention)
            assert judgement.verdict.fault is Fault.UNREADABLE
    assert not trace.exists()


@pytest.mark.parametrize(
    ("tower", "fault"),
    [
        ("9**9**9**9", Fault.UNREADABLE),
        ("9" * 500, Fault.FOREIGN_NUMBER),
        ("9*" * 31 + "9", Fault.REUSED_NUMBER),
        ("9*" * 200 + "9", Fault.TOO_LONG),
        ("9*" * 2_000_000 + "9", Fault.NO_ANSWER),  # only the end is looked at
        ("(" * 500, Fault.TOO_DEEP),
    ],
)
def test_no_answer_keeps_the_referee_busy(tower: str, fault: Fault) -> None:
    judgement = judge(Puzzle((9, 9, 9, 9), 1), f"<answer>{tower}</answer>")
    assert judgement.verdict.fault is fault
