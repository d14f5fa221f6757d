"""Polling stands still while the day that is still open is replaced, no longer, and never only half of it."""

import datetime as dt
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from stratum_pipelines import batch, polling_pause
from stratum_pipelines.backfill import backfill
from stratum_pipelines.batch import compute_days
from stratum_pipelines.days import stale_days
from stratum_pipelines.platform import Platform
from stratum_pipelines.polling_pause import LEASE, PollingGoesOn, is_open, paused_polling
from stratum_pipelines.raw import store_answers
from tests.build import NOON, wandering
from tests.pipelines.homes import assert_same, contents, days_of, open_home, run_live
from warehouse.database import Leases
from warehouse.database.operations import leases

ANSWERS = wandering(4, 45, minutes=60, first=NOON)
DAYS = days_of(ANSWERS)


@pytest.fixture
def open_day(monkeypatch: pytest.MonkeyPatch) -> dt.date:
    """The last day of the answers, which is taken for today."""
    monkeypatch.setattr(batch, "is_open", lambda day: day >= DAYS[-1])
    return DAYS[-1]


def holder(platform: Platform) -> str | None:
    return Leases(platform.database).holder(LEASE, dt.datetime.now(dt.UTC))


def test_polling_goes_on_while_the_days_before_today_are_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_day: dt.date
) -> None:
    platform = open_home(tmp_path)
    store_answers(platform.lake, ANSWERS)
    read, replace = batch.stored_rows, platform.lake.replace
    paused: dict[dt.date, set[bool]] = {}

    def reading(lake, day: dt.date, sport_key: str):
        paused.setdefault(day, set()).add(holder(platform) is not None)
        yield from read(lake, day, sport_key)

    def replacing(table, day: dt.date, frame, **more) -> None:
        if table.name in batch.DAILY:
            paused.setdefault(day, set()).add(holder(platform) is not None)
        replace(table, day, frame, **more)

    monkeypatch.setattr(batch, "stored_rows", reading)
    monkeypatch.setattr(platform.lake, "replace", replacing)
    backfill(platform, DAYS)
    assert paused == {DAYS[0]: {False}, DAYS[1]: {False}, open_day: {True}}
    assert holder(platform) is None


def test_a_day_that_was_polled_meanwhile_keeps_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_day: dt.date
) -> None:
    platform = open_home(tmp_path)
    run_live(platform, ANSWERS)
    before = contents(platform)
    end_day = batch.end_day

    def held_up(*arguments):
        """What a process sees that was asleep for longer than its lease: somebody polls."""
        with platform.database.begin() as connection:
            connection.execute(sa.update(leases).values(expires_at=dt.datetime.now(dt.UTC)))
        assert Leases(platform.database).acquire(LEASE, "a poller", 60, dt.datetime.now(dt.UTC))
        return end_day(*arguments)

    monkeypatch.setattr(batch, "end_day", held_up)
    monkeypatch.setattr(batch, "_joined", lambda table, frames: table.empty())
    with pytest.raises(PollingGoesOn, match=f"while {open_day} was computed"):
        list(compute_days(platform, [open_day]))
    assert_same(contents(platform), before)
    assert holder(platform) == "a poller", "the lease of another is not given up"


def test_the_lease_is_renewed_for_as_long_as_polling_is_paused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = open_home(tmp_path)
    renewed = threading.Event()
    renew = Leases.renew

    def renewing(self: Leases, *arguments) -> bool:
        done = renew(self, *arguments)
        renewed.set()
        return done

    monkeypatch.setattr(Leases, "renew", renewing)
    monkeypatch.setattr(polling_pause, "RENEW_EVERY_S", 0.001)
    with paused_polling(platform):
        with platform.database.begin() as connection:
            connection.execute(sa.update(leases).values(expires_at=dt.datetime.now(dt.UTC)))
        for _ in range(2):  # one may have been under way; the one after it has seen the lease run out
            renewed.clear()
            assert renewed.wait(30)
        assert holder(platform)
    assert holder(platform) is None


def test_a_pause_outlives_its_process_for_minutes_at_most() -> None:
    assert polling_pause.PAUSE_S <= 120
    assert polling_pause.RENEW_EVERY_S * 3 <= polling_pause.PAUSE_S


def test_a_day_is_open_until_cycles_begun_before_midnight_have_ended() -> None:
    now = dt.datetime.now(dt.UTC)
    assert is_open(now.date())
    assert is_open(now.date() + dt.timedelta(days=1))
    assert not is_open(now.date() - dt.timedelta(days=2))


def test_today_computed_while_polling_goes_on_later_is_completed_by_the_next_cycle(
    tmp_path: Path, open_day: dt.date
) -> None:
    live, straight = open_home(tmp_path / "live"), open_home(tmp_path / "straight")
    run_live(live, ANSWERS[:-3])
    backfill(live, DAYS)
    run_live(live, ANSWERS[-3:])
    run_live(straight, ANSWERS)
    tables = ("odds_snapshots", "consensus", "signals", "polls")
    assert_same({n: contents(live)[n] for n in tables}, {n: contents(straight)[n] for n in tables})
    assert stale_days(live)["date"].to_list() == [open_day]
