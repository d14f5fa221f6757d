"""What a slow reading gave is kept: whom it is given, who waits, and what is read from the lake that way."""

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from stratum_api.newest import Newest
from stratum_api.remembered import Remembered
from tests.warehouse.frames import sample
from warehouse.lake import Lake
from warehouse.tables import BookFreshness, FreshnessBreaches, Scorecards, Table

DAY = dt.date(2026, 1, 18)
NOON = dt.datetime(2026, 1, 18, 12, tzinfo=dt.UTC)


class Reading:
    """Counts how often it is read; says which reading it was."""

    def __init__(self) -> None:
        self.now, self.n, self.fails = 0.0, 0, False
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.remembered = Remembered(self.read, 10.0, lambda: self.now)

    async def read(self) -> int:
        self.n += 1
        number = self.n
        await self.may_end.wait()
        if self.fails:
            raise OSError("the lake is away")
        return number


def with_reading(script: Callable[[Reading], Any]) -> None:
    async def run() -> None:
        await script(Reading())

    asyncio.run(run())


def test_all_who_ask_at_once_share_one_reading() -> None:
    async def script(reading: Reading) -> None:
        assert await asyncio.gather(*(reading.remembered.get() for _ in range(20))) == [1] * 20

    with_reading(script)


def test_what_is_fresh_is_not_read_again_and_what_is_not_is_given_once_more_while_it_is_read() -> None:
    async def script(reading: Reading) -> None:
        await reading.remembered.get()
        reading.now = 9.9
        assert (await reading.remembered.get(), reading.n) == (1, 1)
        reading.now = 10.0
        reading.may_end.clear()
        assert await reading.remembered.get() == 1
        await asyncio.sleep(0)
        assert reading.n == 2
        reading.may_end.set()
        await asyncio.sleep(0.01)
        assert (await reading.remembered.get(), reading.n) == (2, 2)

    with_reading(script)


def test_what_is_twice_as_old_is_waited_for() -> None:
    async def script(reading: Reading) -> None:
        await reading.remembered.get()
        reading.now = 20.0
        assert await reading.remembered.get() == 2

    with_reading(script)


def test_a_reading_that_fails_is_tried_again_and_one_who_goes_away_takes_it_from_nobody() -> None:
    async def script(reading: Reading) -> None:
        reading.fails = True
        with pytest.raises(OSError, match="away"):
            await reading.remembered.get()
        reading.fails = False
        reading.may_end.clear()
        leaving, staying = (asyncio.create_task(reading.remembered.get()) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.sleep(0)
        reading.may_end.set()
        assert (await staying, reading.n) == (2, 2)

    with_reading(script)


def rows(table: type[Table], *changed: dict[str, Any]) -> pl.DataFrame:
    return table.conform(
        pl.DataFrame([{**sample(table, 1).to_dicts()[0], **one} for one in changed], schema=table.schema())
    )


def test_the_newest_scorecards_are_those_of_the_newest_days(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for days_ago in (3, 2, 1, 0):
        at = NOON - dt.timedelta(days=days_ago)
        lake.append(Scorecards, rows(Scorecards, {"as_of": at}), batch="b")
    assert list(asyncio.run(Newest(lake).scorecards.get())) == [NOON - i * dt.timedelta(days=1) for i in (2, 1, 0)]


def test_an_empty_lake_has_nothing_newest(tmp_path: Path) -> None:
    newest = Newest(Lake(tmp_path))
    assert (
        asyncio.run(newest.scorecards.get())
        == {}
        == asyncio.run(newest.books.get())
        == asyncio.run(newest.breaches.get())
    )


def test_how_a_book_stood_at_a_moment_is_its_last_stretch_before(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    hour = dt.timedelta(hours=1)
    named = {"bookmaker": "pinnacle", "sport_key": "one", "market": "h2h"}
    stretches = rows(
        BookFreshness, *({**named, "as_of": NOON - i * hour, "first_polled_at": NOON, "n_late": i} for i in (0, 1, 13))
    )
    lake.append(BookFreshness, stretches, batch="b")
    versions = [{"breach_id": "x", "version": version, "as_of": NOON} for version in (2, 1)]
    lake.append(FreshnessBreaches, rows(FreshnessBreaches, *versions), batch="b")
    newest = Newest(lake)
    (history,) = asyncio.run(newest.books.get()).values()
    found = [history.at(NOON - after) for after in (-hour, 0 * hour, hour / 60, 12 * hour, 14 * hour)]
    assert [row and row["n_late"] for row in found] == [0, 0, 1, 13, None]
    (breach,) = asyncio.run(newest.breaches.get()).values()
    assert breach.at(NOON)["version"] == 2
