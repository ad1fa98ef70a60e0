"""What is said of a run that goes wrong, and that nothing is said of one that does not."""

from collections.abc import Mapping, Sequence

import pytest

from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.diagnostics import SIGNS, Watch

pytestmark = pytest.mark.agents

HEALTHY = {
    "entropy": 1.2,
    "solve_rate": 0.4,
    "legal_share": 0.9,
    "truncated_share": 0.1,
    "completion_tokens": 30.0,
    "explained_variance": 0.3,
    "sampling_error": 1e-6,
    "first_ratio_error": 1e-7,
}
ILLS: Mapping[str, tuple[dict[str, float], str]] = {
    "entropy": ({"entropy": 0.05}, "raise entropy_coefficient"),
    "legality": ({"legal_share": 0.3}, "lower learning_rate"),
    "length": ({"truncated_share": 0.7}, "raise max_completion_tokens"),
    "critic": ({"explained_variance": -0.1}, "raise value_learning_rate"),
    "ratio": ({"first_ratio_error": 0.01}, "nothing in it is random"),
    "sampling": ({"sampling_error": 0.01}, "what is trained is not what wrote"),
}


def said(course: Sequence[Mapping[str, float]], config: TokenPPOConfig | None = None) -> list[str]:
    watch = Watch(config or TokenPPOConfig())
    return [sentence for row in course for sentence in watch.note(row)]


def test_every_sign_is_tried_here() -> None:
    assert ILLS.keys() == SIGNS.keys()


def test_nothing_is_said_of_a_healthy_run() -> None:
    assert said([HEALTHY] * 60) == []


@pytest.mark.parametrize("sign", ILLS)
def test_what_goes_wrong_is_said_once_with_a_remedy(sign: str) -> None:
    change, remedy = ILLS[sign]
    (sentence,) = said([HEALTHY] * 8 + [{**HEALTHY, **change}] * 60)
    assert remedy in sentence


@pytest.mark.parametrize("sign", ["entropy", "legality", "length", "critic"])
def test_a_few_bad_batches_are_no_sign(sign: str) -> None:
    change, _ = ILLS[sign]
    assert said([HEALTHY] * 20 + [{**HEALTHY, **change}] * 2 + [HEALTHY] * 20) == []


@pytest.mark.parametrize("sign", ["entropy", "legality", "length"])
def test_what_was_so_from_the_start_is_no_collapse(sign: str) -> None:
    change, _ = ILLS[sign]
    assert said([{**HEALTHY, **change}] * 40) == []


def test_a_policy_that_solves_all_may_be_sure_of_itself() -> None:
    sure = {**HEALTHY, "entropy": 0.01, "solve_rate": 0.98}
    assert said([HEALTHY] * 10 + [sure] * 20) == []


def test_coarser_numbers_are_given_more_room() -> None:
    rough = {**HEALTHY, "first_ratio_error": 0.02, "sampling_error": 0.02}
    assert said([rough] * 3, TokenPPOConfig(precision="bfloat16")) == []
    assert len(said([rough] * 3)) == 2


def test_a_run_without_a_critic_hears_nothing_of_one() -> None:
    free = {name: value for name, value in HEALTHY.items() if name != "explained_variance"}
    assert said([free] * 60, TokenPPOConfig(advantage="rloo")) == []


def test_a_critic_that_has_nothing_to_explain_is_not_blamed() -> None:
    assert said([{**HEALTHY, "explained_variance": float("nan")}] * 60) == []
