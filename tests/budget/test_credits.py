"""What can be afforded, what a request costs, and the month that is counted."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.budget.credits import REMEMBERED, SECOND, affordable, month_of, price_of

CREDITS = st.integers(0, 5_000)


def at(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()) * SECOND


@given(
    remaining=CREDITS, reserve=CREDITS, cost=st.integers(1, 60), attempts=st.integers(1, 5), held=CREDITS, kept=CREDITS
)
def test_no_order_of_charged_attempts_takes_the_reserve(
    remaining: int, reserve: int, cost: int, attempts: int, held: int, kept: int
) -> None:
    n = affordable(remaining, reserve=reserve, cost=cost, attempts=attempts, held=held, kept=kept)
    assert n >= 0
    if n:
        # All but the last cost what they do as a rule; the last is charged every attempt, and so is all that is held.
        assert remaining - held - kept - (n - 1) * cost - attempts * cost >= reserve
    # One more would not have been safe.
    assert remaining - held - kept - n * cost - attempts * cost < reserve


@pytest.mark.parametrize("more", [{"remaining": 1}, {"reserve": -1}, {"held": -1}, {"kept": -1}])
def test_more_room_never_affords_less(more: dict[str, int]) -> None:
    given_ = {"remaining": 100, "reserve": 25, "held": 6, "kept": 9}
    wider = {name: value + more.get(name, 0) for name, value in given_.items()}
    assert affordable(**wider, cost=3, attempts=3) >= affordable(**given_, cost=3, attempts=3)


def test_what_is_free_is_asked_without_end() -> None:
    assert affordable(0, reserve=25, cost=0) == -1


@pytest.mark.parametrize(
    ("now", "reset_day", "start", "end"),
    [
        ("2026-11-21T12:00:00", 1, "2026-11-01", "2026-12-01"),
        ("2026-12-31T23:59:59", 1, "2026-12-01", "2027-01-01"),
        ("2027-01-01T00:00:00", 1, "2027-01-01", "2027-02-01"),
        ("2026-11-21T12:00:00", 22, "2026-10-22", "2026-11-22"),
        ("2026-11-22T00:00:00", 22, "2026-11-22", "2026-12-22"),
        ("2028-02-29T00:00:00", 30, "2028-02-29", "2028-03-30"),
        ("2026-03-30T23:00:00", 31, "2026-02-28", "2026-03-31"),
    ],
)
def test_the_month_runs_from_one_renewal_to_the_next(now: str, reset_day: int, start: str, end: str) -> None:
    month = month_of(at(now), reset_day)
    assert (month.start, month.end) == (at(start), at(end))


@given(now=st.integers(at("2020-01-01"), at("2040-01-01")), reset_day=st.integers(1, 31))
def test_every_moment_lies_in_one_month_of_four_weeks_to_a_little_over_a_month(now: int, reset_day: int) -> None:
    month = month_of(now, reset_day)
    assert month.start <= now < month.end
    assert 27 <= (month.end - month.start) / SECOND / 86400 <= 34
    # The next month begins where this one ends.
    assert month_of(month.end, reset_day).start == month.end


def test_a_price_that_rose_is_believed_at_once_and_one_that_fell_when_the_old_one_is_forgotten() -> None:
    price = price_of(3, [])
    assert (price.at_most, price.usual) == (3, 3.0)
    price = price.after(6)
    assert (price.at_most, price.usual) == (6, 6.0)
    for _ in range(REMEMBERED):
        price = price.after(0)
    # What the provider documents is reckoned with all the same.
    assert (price.at_most, price.usual) == (3, 0.0)
