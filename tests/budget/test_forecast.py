"""What will be left at the renewal."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.budget.forecast import (
    GUESS_ERROR,
    WIDTH,
    WISH_ERROR,
    Others,
    Wish,
    forecast,
    last_request,
    others_until,
)

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


REQUEST = last_request(3, attempts=3, planned=300)


@given(
    remaining=st.integers(0, 5_000),
    wish=st.floats(0, 5_000),
    outside=st.floats(0, 2_000),
    deviation=st.floats(0, 300),
    reserve=st.integers(0, 200),
    charge=st.floats(0, 20),
    attempts=st.integers(1, 4),
)
def test_our_own_polls_never_make_a_forecast_cross_the_reserve(
    remaining: int, wish: float, outside: float, deviation: float, reserve: int, charge: float, attempts: int
) -> None:
    last, others = last_request(charge, attempts, wish), Others(outside, deviation)
    after = Others(outside * last.share, deviation * math.sqrt(last.share))
    found = forecast(remaining, Wish(wish), last, others, after, reserve)
    assert found.low <= found.expected + 1e-9 and found.expected <= found.high + 1e-9
    if outside == deviation == 0 and remaining >= reserve:
        assert found.low >= reserve - 1e-9


def test_credits_that_do_not_suffice_are_spent_down_to_the_room_of_a_last_request() -> None:
    # A request needs 9 above the reserve, so after the last one 6, 7 or 8 are left: 32, and 0.4 of the range of 2 beside it.
    found = forecast(400, Wish(900), REQUEST, Others(), Others(), 25)
    assert (found.expected, found.low, found.high) == (32, 31.2, 32.8)
    # Others who use the key meanwhile make the plan smaller and leave no less in the end; only what they use after it counts.
    found = forecast(400, Wish(900), REQUEST, Others(200, 50), Others(4, 2), 25)
    assert found.expected == 28 and found.high - found.low == pytest.approx(2 * math.hypot(0.8, WIDTH * 2))


def test_polls_that_have_stopped_leave_what_others_do_not_use() -> None:
    # 5 above the reserve are no room for a request.
    found = forecast(30, Wish(900), last_request(3, 3, planned=0), Others(4, 2), Others(4, 2), 25)
    assert found.expected == 26 and found.low == pytest.approx(26 - WIDTH * 2) and found.crosses


def test_others_can_make_it_cross() -> None:
    # Of our own wishes we can go without, so others have to use nearly all, or go on when our polls have stopped.
    assert not forecast(400, Wish(900), REQUEST, Others(90, 40), Others(3, 2), reserve=25).crosses
    assert forecast(400, Wish(900), REQUEST, Others(350, 40), Others(3, 2), reserve=25).crosses
    assert forecast(400, Wish(900), REQUEST, Others(90, 40), Others(6, 3), reserve=25).crosses
    assert not forecast(4_000, Wish(300), REQUEST, Others(90, 40), Others(3, 2), reserve=25).crosses


def test_where_every_wish_is_met_what_is_not_wished_for_is_left() -> None:
    few, many = (
        forecast(1_000, Wish(wish, wish / 2), REQUEST, Others(50, 10), Others(1, 1), 25) for wish in (100, 800)
    )
    assert few.expected == 850 and many.expected == 150
    assert few.high == pytest.approx(850 + WIDTH * math.hypot(100 * WISH_ERROR, 50 * GUESS_ERROR, 10))
    assert many.high - many.low == pytest.approx(2 * WIDTH * math.hypot(800 * WISH_ERROR, 400 * GUESS_ERROR, 10))
