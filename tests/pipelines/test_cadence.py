"""When a sport is polled next: by its next start, by the credits left, by what failed."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.cadence import HOUR_S, LONGEST_WAIT_S, SECOND, Situation, next_poll, seconds_to_renewal

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


def test_credits_are_spread_until_they_are_renewed() -> None:
    # 9.5 days to the first of December; 1,000 credits less 5 % are 316 rounds of 3: one in 43 minutes, four times that near a start.
    spread = seconds_to_renewal(NOW) / (950 / 3)
    assert wait(next_start_at=hours(10), cost=3, credits_remaining=1000) == pytest.approx(spread)
    assert wait(next_start_at=hours(1), cost=3, credits_remaining=1000) == pytest.approx(spread / 4)


def test_with_plenty_of_credits_only_the_start_decides() -> None:
    assert wait(next_start_at=hours(1), cost=3, credits_remaining=5_000_000) == 60


@pytest.mark.parametrize("left", [0, 2, 3, -5])
def test_what_is_kept_in_reserve_is_not_spent(left: int) -> None:
    assert wait(next_start_at=hours(1), cost=3, credits_remaining=left) == LONGEST_WAIT_S


def test_a_failing_feed_is_asked_less_and_less_often() -> None:
    waits = [wait(next_start_at=hours(1), cost=3, n_failed=n) for n in (0, 1, 2, 3, 10)]
    assert waits == [60, 120, 240, 480, 3600]


def test_december_is_followed_by_january() -> None:
    december = int(dt.datetime(2026, 12, 31, 23, tzinfo=dt.UTC).timestamp()) * SECOND
    assert seconds_to_renewal(december) == 3600


@given(
    left=st.integers(-10, 10**6),
    cost=st.integers(0, 100),
    start=st.integers(-(10**6), 10**7),
    failed=st.integers(0, 60),
)
def test_the_wait_is_never_shorter_than_the_fastest_pace_and_never_longer_than_six_hours(
    left: int, cost: int, start: int, failed: int
) -> None:
    seconds = wait(credits_remaining=left, cost=cost, next_start_at=NOW + start * SECOND, n_failed=failed)
    assert 60 <= seconds <= LONGEST_WAIT_S


def test_every_wait_says_why() -> None:
    for known in (
        {},
        {"cost": 3},
        {"cost": 3, "credits_remaining": 1},
        {"cost": 3, "n_failed": 5, "next_start_at": NOW},
    ):
        assert len(next_poll(Situation(now=NOW, last_poll_at=NOW, **known)).reason) > 5
