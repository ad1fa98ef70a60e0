"""Powers, roots, factorials, joined digits, points and minus signs: read, written and judged."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest

from countdown_gym.checking import Verdict, check, judge
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.expressions import Number, Operation, Operator
from countdown_gym.faults import Fault
from countdown_gym.formula_parsing import FormulaAnswer, parse_formula, read_formula
from countdown_gym.formulas import Extra, as_formula
from countdown_gym.parsing import Answer, CutCompletion, Unreadable, parse_answer
from countdown_gym.puzzles import Puzzle, Rules

ALL = Rules(extras=frozenset(Extra))
FOURS = (4, 4, 4, 4)


def verdict_on(
    text: str, target: int = 0, numbers: tuple[int, ...] | None = None, rules: Rules = ALL
) -> Verdict:
    """Return the verdict on a formula, by default on the board of just its digits."""
    if numbers is None:
        numbers = tuple(int(digit) for digit in text.partition("=")[0] if digit.isdigit())
    return judge(Puzzle(numbers, target, rules), text, convention="whole_text").verdict


def written(text: str) -> str:
    answer = parse_formula(text)
    assert isinstance(answer, FormulaAnswer), answer
    return str(answer.expression)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("4**4", "4 ^ 4"),
        ("4 ^ (4 ^ 4)", "4 ^ 4 ^ 4"),  # the right one first
        ("(4 ^ 4) ^ 4", "(4 ^ 4) ^ 4"),
        ("-4 ^ 4", "-4 ^ 4"),
        ("(-4) ^ 4", "(-4) ^ 4"),
        ("4 ^ -4", "4 ^ -4"),
        ("4^{4+4}", "4 ^ (4 + 4)"),
        ("√4 + sqrt (4) + \\sqrt{4} + √(4)", "sqrt(4) + sqrt(4) + sqrt(4) + sqrt(4)"),
        ("√√4", "sqrt(sqrt(4))"),
        ("sqrt(4)!", "(sqrt(4))!"),
        ("(4!)!", "(4!)!"),
        ("(4 + 4)! - -4", "(4 + 4)! - -4"),
        ("\\frac{4!}{.4} \\times 44", "4! / .4 * 44"),
        ("4.4 − 4 ÷ -4", "4.4 - 4 / -4"),  # noqa: RUF001 - the signs models write
        ("-(4 * 4) * --4", "-(4 * 4) * --4"),
    ],
)
def test_a_formula_is_read_and_written_in_one_way(text: str, normal: str) -> None:
    assert written(text) == normal
    assert written(normal) == normal


@pytest.mark.parametrize(
    "text",
    [
        *("4!!", "√4!", "√4^4", "√(4)!", "√√4!", "4.", "4.4.4", ". 4", "4 .4", "1e2", "4_4"),
        *(
            "sqrt4",
            "sqrt 4",
            "sqrt",
            "cbrt(4)",
            "sqrtt(4)",
            "Sqrt(4)",
            "4 sqrt(4)",
            "!4",
            "4^",
            "^4",
        ),
        *("4 // 4", "4 % 4", "+4", "4 ^ + 4", "4²", "٤", "４", "gamma(4)", "abs(4)", "4,4", "4!4"),  # noqa: RUF001 - digits that are not ASCII
        *("{4}", "(4}", "√{4}", "__import__('os')", "factorial(4)", "4 ^ ^ 4", "4 * * 4", "= 4"),
    ],
)
def test_what_has_two_readings_or_none_is_not_read(text: str) -> None:
    answer = parse_formula(text)
    assert isinstance(answer, Unreadable)
    assert answer.fault is Fault.UNREADABLE


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("(" * 33 + "4" + ")" * 33, Fault.TOO_DEEP),
        ("-" * 400 + "4", Fault.TOO_DEEP),
        ("√" * 400 + "4", Fault.TOO_DEEP),
        ("sqrt(" * 50 + "4" + ")" * 50, Fault.TOO_DEEP),
        ("4 ^ " * 100 + "4", Fault.TOO_LONG),
        ("4 + " * 32 + "4", Fault.TOO_LONG),
        ("4" * 513, Fault.TOO_LONG),
        ("", Fault.NO_ANSWER),
        ("``", Fault.NO_ANSWER),
    ],
)
def test_long_and_deep_formulas_are_refused(text: str, fault: Fault) -> None:
    answer = parse_formula(text)
    assert isinstance(answer, Unreadable)
    assert answer.fault in {fault, Fault.TOO_DEEP}


def test_a_formula_is_found_where_any_answer_is() -> None:
    found = read_formula("<think>4</think><answer>$4!$</answer>")
    assert isinstance(found, FormulaAnswer)
    assert str(found.expression) == "4!"
    cut = read_formula(CutCompletion("<answer>4</answer>"))
    assert isinstance(cut, Unreadable)
    assert cut.fault is Fault.TRUNCATED
    with pytest.raises(UnknownNameError, match="convention"):
        read_formula("4", "no_such")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("44 / 44", 1),
        ("4 ^ 4 / 4 - 4 = 60", 60),
        ("sqrt(sqrt(sqrt(4 ^ (4!)))) + 4 + 4", 72),
        ("4! * 4 - 4 / .4", 86),
        ("4.4 * (4! - 4) - 4", 84),
        ("44 - 4 * -4", 60),
        ("sqrt(sqrt(4)) ^ 4 * 4 + 4", 20),  # not a fraction on the way
        ("sqrt(sqrt(4)) * sqrt(sqrt(4)) * 4 + 4", 12),
        ("(4 ^ (4 / sqrt(sqrt(4)) / sqrt(sqrt(4)))) + 4", None),
        ("sqrt(4! * 4! + 0 * 4 * 4)", None),
        ("(4 - 4) ^ 4 + 4", 4),
        ("(4 - 4)! + 4 + 4", 9),
        ("4 ^ (4 - 4) + sqrt(4)", None),
    ],
)
def test_a_right_formula_is_solved_and_confirmed(text: str, target: int | None) -> None:
    if target is None:
        assert not verdict_on(text).solved
    else:
        assert verdict_on(text, target).solved


def test_roots_of_roots_are_exact() -> None:
    nested = "sqrt(3 + 2 * sqrt(2)) - sqrt(2)"
    assert verdict_on(nested, 1).solved
    assert verdict_on(f"{nested} - 1 / 9 ^ 99", 1).fault is Fault.WRONG_VALUE
    # Ramanujan's cube roots: (2^(1/3) - 1)^(1/3) = (1 - 2^(1/3) + 4^(1/3)) / 9^(1/3)
    left = "(2 ^ (1/3) - 1) ^ (1/3)"
    right = "(1 - 2 ^ (1/3) + 4 ^ (1/3)) / 9 ^ (1/3)"
    assert verdict_on(f"{left} - {right}", 0).solved
    assert verdict_on(f"{left} - {right} + 1 / 9 ^ 99", 0).fault is Fault.WRONG_VALUE
    assert verdict_on(f"{left} + {right} + 3 ^ (1/3)", 0).fault is Fault.OUT_OF_BOUNDS  # 3^5 > 128


def test_a_value_that_is_no_fraction_is_legal_and_told_in_words() -> None:
    verdict = verdict_on("sqrt(4) ^ (4 / 4) * 4 ^ .4", 3)
    assert verdict.fault is Fault.WRONG_VALUE
    assert verdict.value is None
    assert verdict.legal
    assert verdict.detail == "about 3.48220, not 3"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("4 ^ 4 ^ 4 ^ 4", Fault.OUT_OF_BOUNDS),
        ("(((4!)!)!)!", Fault.OUT_OF_BOUNDS),
        ("((4!)!)!", Fault.OUT_OF_BOUNDS),
        ("(44!) ^ 44!", Fault.OUT_OF_BOUNDS),
        ("4 ^ -4 ^ 44", Fault.OUT_OF_BOUNDS),
        ("(4 / 4!) ^ ((4!)!)", Fault.OUT_OF_BOUNDS),
        ("4 ^ sqrt(4 - sqrt(4)) - 4", Fault.OUT_OF_BOUNDS),  # the exponent is no fraction
        ("4 ^ (4 / 444)", Fault.OUT_OF_BOUNDS),
        ("sqrt(" * 10 + "4 * 4 + 4 / 4" + ")" * 10, Fault.OUT_OF_BOUNDS),
        ("(4 + 4) / (4 - 4)", Fault.DIVIDES_BY_ZERO),
        ("(4 - 4) / (4 - 4)", Fault.DIVIDES_BY_ZERO),
        ("(4 - 4) ^ -4 * 4", Fault.DIVIDES_BY_ZERO),
        ("4 / (sqrt(4) - 4 / sqrt(4))", Fault.DIVIDES_BY_ZERO),
        ("(4 - 4) ^ (4 - 4)", Fault.UNDEFINED),
        ("sqrt(4 - 4 - 4) + 4", Fault.UNDEFINED),
        ("sqrt(4 - 4! + sqrt(4!)) + 4", Fault.UNDEFINED),
        ("sqrt(sqrt(4!) - 4! - 4) + 4", Fault.UNDEFINED),
        ("(-4) ^ .4 + 4 + 4", Fault.UNDEFINED),
        ("(4 / 4!)! + 4 - 4", Fault.UNDEFINED),
        ("(-4)! + 4 + 4 + 4", Fault.UNDEFINED),
        ("(sqrt(4!))! + 4 + 4 + 4", Fault.UNDEFINED),
        ("4 + 4 + 4 + 4 = 15", Fault.FALSE_EQUATION),
        ("sqrt(4!) + 4 + 4 + 4 = 16", Fault.FALSE_EQUATION),
    ],
)
def test_what_has_no_value_or_too_large_a_one_is_refused(text: str, fault: Fault) -> None:
    assert verdict_on(text).fault is fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("4 + 4 + 4", Fault.UNUSED_NUMBER),
        ("44444", Fault.REUSED_NUMBER),
        ("43 + 4 + 4", Fault.FOREIGN_NUMBER),
        (".44 + 4.0", Fault.FOREIGN_NUMBER),
    ],
)
def test_every_digit_is_a_number_of_the_board(text: str, fault: Fault) -> None:
    assert verdict_on(text, numbers=FOURS).fault is fault


@pytest.mark.parametrize("text", ["4 ^ 4 ^ 4 ^ 4", "(((4!)!)!)! + 4 + 4 + 4", "4 ^ (444!)"])
def test_towers_are_refused_before_they_are_built(text: str) -> None:
    answer = parse_formula(text)
    puzzle = Puzzle(FOURS, 0, ALL)
    check(puzzle, answer)
    began = time.process_time()
    for _ in range(100):
        assert check(puzzle, answer).fault is Fault.OUT_OF_BOUNDS
    assert (time.process_time() - began) / 100 < 1e-2  # built, they would not end at all


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        (Extra.POWER, "4 ^ 4 + 4 - 4"),
        (Extra.ROOT, "sqrt(4) + 4 + 4 + 4"),
        (Extra.FACTORIAL, "4! + 4 + 4 + 4"),
        (Extra.DECIMAL_POINT, ".4 + 4 + 4 + 4"),
        (Extra.NEGATION, "-4 + 4 + 4 + 4"),
    ],
)
def test_an_extra_counts_only_where_the_rules_allow_it(extra: Extra, text: str) -> None:
    others = Rules(extras=frozenset(Extra) - {extra})
    verdict = verdict_on(text, rules=others, numbers=FOURS)
    assert (verdict.fault, verdict.detail) == (Fault.FORBIDDEN_OPERATOR, f"{extra} is not allowed")
    assert verdict_on(text).fault is Fault.WRONG_VALUE
    plain = judge(Puzzle(FOURS, 0), text, convention="whole_text")
    assert plain.verdict.fault is Fault.UNREADABLE


def test_digits_are_joined_only_where_the_rules_allow_it() -> None:
    rules = Rules(extras=frozenset({Extra.POWER}))
    assert verdict_on("44 + 4 + 4", 52).solved
    assert verdict_on("44 + 4 + 4", 52, FOURS, rules).fault is Fault.FOREIGN_NUMBER
    assert verdict_on("44 ^ (4 / 4)", 44, (44, 4, 4), rules).solved


def test_operators_are_still_the_rules_to_choose() -> None:
    rules = Rules(frozenset({Operator.ADD}), extras=frozenset({Extra.ROOT}))
    assert verdict_on("4 + 4 + 4 * 4", rules=rules).detail == "* is not allowed"


def test_the_order_of_the_board_is_kept_where_it_must_be() -> None:
    rules = Rules(keep_order=True, extras=frozenset(Extra))
    assert verdict_on("12 + 3!", 18, (1, 2, 3), rules).solved
    assert verdict_on("3! + 12", 18, (1, 2, 3), rules).fault is Fault.WRONG_ORDER


def test_an_expression_is_judged_as_the_formula_it_is() -> None:
    eight = Operation(Operator.ADD, Number(4), Number(4))
    puzzle = Puzzle((4, 4), 8, ALL)
    assert check(puzzle, Answer.of(eight)).solved
    assert check(puzzle, FormulaAnswer(as_formula(eight))).solved
    assert check(puzzle, parse_answer("4 + 4 = 9")).fault is Fault.FALSE_EQUATION
    plain = Puzzle((4, 4), 8)
    assert check(plain, FormulaAnswer(as_formula(eight))).solved
    power = parse_formula("4 ^ 4")
    assert check(plain, power).fault is Fault.FORBIDDEN_OPERATOR


def test_rules_write_extras_only_where_there_are_some() -> None:
    assert "extras" not in Rules().to_dict()
    some = Rules(extras=["root", "power"])  # type: ignore[arg-type]
    assert some.to_dict()["extras"] == ["power", "root"]
    assert Rules.from_dict(some.to_dict()) == some
    assert repr(some).endswith("extras=['power', 'root'])")
    with pytest.raises(UnknownNameError, match="did you mean 'root'"):
        Rules(extras=["roots"])  # type: ignore[arg-type]
    with pytest.raises(InvalidParameterError, match="list of names"):
        Rules(extras="root")  # type: ignore[arg-type]
    with pytest.raises(InvalidParameterError, match="with extras, intermediates"):
        Rules(largest_intermediate=9, extras=frozenset({Extra.ROOT}))
    with pytest.raises(InvalidParameterError, match="digits"):
        Puzzle((4, 12), 3, ALL)


def test_a_wrong_value_is_told_exactly() -> None:
    verdict = verdict_on("4 ^ -4 * 4 + 4", 5)
    assert (verdict.value, verdict.detail) == (Fraction(257, 64), "257/64, not 5")
