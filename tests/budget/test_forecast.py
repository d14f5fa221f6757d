"""What will be left at the renewal."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.budget.forecast import WIDTH, Others, forecast, others_until

DAY = 86_400.0


def test_what_others_use_goes_on_at_its_rate() -> None:
    found = others_until(30, 300, watched_s=3 * DAY, left_s=6 * DAY)
    assert found.expected == 60 and math.isclose(found.deviation, math.sqrt(300 * 2 * 3))
    assert others_until(0, 0, DAY, DAY) == Others()
    # A burst in the first minute is not taken for what goes on every minute.
    assert others_until(10, 100, watched_s=60, left_s=3600).expected == 10


def test_the_interval_of_what_others_use_holds_the_truth_four_times_in_five() -> None:
    chance = np.random.default_rng(5)
    within = 0
    for _ in range(2_000):
        portions = [chance.integers(1, 20, chance.poisson(40 * days)).astype(float) for days in (1.0, 1.5)]
        found = others_until(portions[0].sum(), (portions[0] ** 2).sum(), DAY, 1.5 * DAY)
        within += abs(portions[1].sum() - found.expected) <= WIDTH * found.deviation
    assert 0.77 < within / 2_000 < 0.83


@given(
    remaining=st.integers(0, 5_000),
    planned=st.floats(0, 5_000),
    outside=st.floats(0, 2_000),
    deviation=st.floats(0, 300),
    reserve=st.integers(0, 200),
)
def test_our_own_polls_never_make_a_forecast_cross_the_reserve(
    remaining: int, planned: float, outside: float, deviation: float, reserve: int
) -> None:
    found = forecast(remaining, planned, 3, Others(outside, deviation), reserve)
    assert found.low <= found.expected + 1e-9
    if outside == deviation == 0 and remaining >= reserve:
        assert not found.crosses


def test_others_can_make_it_cross() -> None:
    # Of our own 300 we can go without most, so others have to use nearly all.
    assert not forecast(400, 300, 3, Others(90, 40), reserve=25).crosses
    assert forecast(400, 300, 3, Others(350, 40), reserve=25).crosses
    assert not forecast(4_000, 300, 3, Others(90, 40), reserve=25).crosses
    assert forecast(20, 0, 3, Others(), reserve=25).crosses


def test_more_is_left_where_less_is_planned() -> None:
    few, many = (forecast(1_000, planned, 3, Others(50, 10), 25) for planned in (100, 800))
    assert few.expected == 850 and many.expected == 150 and few.low > many.low
    assert few.high == pytest.approx(850 + WIDTH * math.hypot(10, math.sqrt(300), 10))
