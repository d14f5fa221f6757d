"""When a sport may be polled next: by its next start, and by what failed."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.cadence import HOUR_S, SECOND, Situation, next_poll

NOW = int(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC).timestamp()) * SECOND


def wait(**known: int | None) -> float:
    """Seconds from the last poll to the next."""
    situation = Situation(now=NOW, last_poll_at=NOW, **known)
    return (next_poll(situation, 60).at - NOW) / SECOND


def hours(n: float) -> int:
    return NOW + round(n * HOUR_S * SECOND)


def test_a_sport_never_polled_is_due_at_once() -> None:
    assert next_poll(Situation(now=NOW)).is_due(NOW)


@pytest.mark.parametrize(("away", "seconds"), [(0.2, 60), (3, 60), (3.1, 300), (24, 300), (25, 900), (73, 3600)])
def test_the_pace_quickens_as_a_start_comes_nearer(away: float, seconds: float) -> None:
    assert wait(next_start_at=hours(away), cost=3) == seconds


def test_without_a_known_start_one_look_an_hour_is_enough() -> None:
    assert wait(cost=3) == 3600


def test_a_free_feed_is_always_polled_at_the_fastest_pace() -> None:
    assert wait(next_start_at=hours(100), cost=0) == 60


def test_a_failing_feed_is_asked_less_and_less_often() -> None:
    waits = [wait(next_start_at=hours(1), cost=3, n_failed=n) for n in (0, 1, 2, 3, 10)]
    assert waits == [60, 120, 240, 480, 3600]


@given(
    cost=st.integers(0, 100),
    start=st.integers(-(10**6), 10**7),
    failed=st.integers(0, 60),
)
def test_the_wait_is_never_shorter_than_the_fastest_pace_and_never_longer_than_an_hour(
    cost: int, start: int, failed: int
) -> None:
    assert 60 <= wait(cost=cost, next_start_at=NOW + start * SECOND, n_failed=failed) <= 3600


def test_every_wait_says_why() -> None:
    for known in (
        {},
        {"cost": 3},
        {"cost": 3, "n_failed": 5, "next_start_at": NOW},
    ):
        assert len(next_poll(Situation(now=NOW, last_poll_at=NOW, **known)).reason) > 5
