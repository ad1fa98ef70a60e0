"""Numbers that change as training goes on."""

import pytest

from countdown_agents.token_ppo.schedules import Cosine, Linear, at_start

pytestmark = pytest.mark.agents


@pytest.mark.parametrize("schedule", [Linear(3.0, 1.0), Cosine(3.0, 1.0)])
def test_a_schedule_begins_and_ends_where_it_says(schedule: Linear | Cosine) -> None:
    assert schedule(1.0) == pytest.approx(3.0)
    assert schedule(0.5) == pytest.approx(2.0)
    assert schedule(0.0) == pytest.approx(1.0)
    assert at_start(schedule) == pytest.approx(3.0)


def test_a_cosine_is_flat_at_both_ends() -> None:
    cosine, line = Cosine(1.0), Linear(1.0)
    assert cosine(0.9) > line(0.9)
    assert cosine(0.1) < line(0.1)


def test_a_plain_number_is_its_own_start() -> None:
    assert at_start(0.2) == 0.2
