"""What readiness looks at: the database and its schema, the newest poll in the lake, the dispatcher, deliveries, and the stream's tail."""

import asyncio
import datetime as dt
from typing import Any

import msgspec
import polars as pl

from stratum_api.dispatcher.directory import entitled
from stratum_api.remembered import Remembered
from stratum_api.rows import Rows, as_moment
from stratum_api.settings import ApiSettings
from stratum_api.stream import Streams
from warehouse.database import Database
from warehouse.database.outbox import DISPATCHED
from warehouse.database.webhooks.waiting import neglected_since
from warehouse.errors import WarehouseError
from warehouse.lake import Lake
from warehouse.tables import Polls

# Anybody may ask, as often as they like: however many do, this is how often is looked.
LOOK_EVERY_S = 1.0
# The lake may lie far away.
LAKE_EVERY_S = 10.0
LONGEST_LOOK_S = 5.0
# By its number: the oldest by its time would be looked for among all that were handed on.
OLDEST_AFTER = "select created_at from outbox where sequence > $1 order by sequence limit 1"


class Check(msgspec.Struct):
    """One thing that was looked at. `age_s` is how old what was found is, null where nothing was."""

    name: str
    status: str
    detail: str
    age_s: float | None = None


class Readiness:
    """Looks at what one worker needs to answer."""

    def __init__(self, settings: ApiSettings, rows: Rows, database: Database, lake: Lake, streams: Streams) -> None:
        self.settings = settings
        self.rows = rows
        self.database = database
        self.lake = lake
        self.streams = streams
        self._newest_poll = Remembered(lambda: asyncio.to_thread(self._read_newest_poll), LAKE_EVERY_S)
        self._checks = Remembered(self._look, LOOK_EVERY_S)

    async def look(self) -> list[Check]:
        """Every check, as it was within the last second or so; those that fail make the server not ready. Raises DatabaseError."""
        return await self._checks.get()

    async def _look(self) -> list[Check]:
        database = await self._database()
        if database.status == "failed":
            return [database]
        return [
            database,
            await self._lake(),
            await self._dispatcher(),
            await self._deliveries(),
            await self._stream(),
        ]

    async def _database(self) -> Check:
        try:
            rows = await asyncio.wait_for(self.rows.fetch("select version_num from alembic_version"), LONGEST_LOOK_S)
        except (WarehouseError, TimeoutError) as error:
            return Check("database", "failed", f"does not answer ({type(error).__name__})")
        known = self.database.newest_revision()
        found = rows[0][0] if rows else "none"
        if found != known:
            return Check("database", "failed", f"has revision {found}, and this program needs {known}")
        return Check("database", "ok", f"answers, revision {found}")

    async def _lake(self) -> Check:
        try:
            newest = await asyncio.wait_for(self._newest_poll.get(), LONGEST_LOOK_S)
        except (WarehouseError, OSError, TimeoutError) as error:
            return Check("lake", "failed", f"cannot be read ({type(error).__name__})")
        if newest is None:
            return _bounded("lake", "holds no poll", None, self.settings.ready_age_s)
        said = f"newest poll {newest.isoformat(timespec='seconds')}"
        return _bounded("lake", said, _age_s(newest), self.settings.ready_age_s)

    def _read_newest_poll(self) -> dt.datetime | None:
        days = self.lake.days(Polls)
        if not days:
            return None
        found: Any = self.lake.scan(Polls, first=max(days)).select(pl.col("received_at").max()).collect().item()
        return found

    async def _dispatcher(self) -> Check:
        """How long the oldest message has waited that the dispatcher has not gone past."""
        rows = await self.rows.fetch("select value from marks where key = $1", DISPATCHED)
        if not rows:
            return Check("dispatcher", "off", "has never run on this database")
        return await self._behind("dispatcher", int(rows[0][0]))

    async def _deliveries(self) -> Check:
        """For how long an endpoint that is well has had deliveries due and none was tried: is there a dispatcher for its queue?"""
        try:
            since = await asyncio.wait_for(asyncio.to_thread(self._neglected_since), LONGEST_LOOK_S)
        except (WarehouseError, TimeoutError) as error:
            return Check("deliveries", "failed", f"cannot be looked at ({type(error).__name__})")
        if since is None:
            return Check("deliveries", "ok", "none waits untried", 0.0)
        return _bounded("deliveries", "are due and not tried", _age_s(since), self.settings.ready_lag_s)

    def _neglected_since(self) -> dt.datetime | None:
        entitled_ids = [one.endpoint_id for one in entitled(self.database)]
        return neglected_since(self.database, entitled_ids, dt.datetime.now(dt.UTC))

    async def _stream(self) -> Check:
        """How long the oldest message has waited that this worker has not handed to those who follow."""
        tail = self.streams.tail
        if tail is None or not tail.is_reading:
            return Check("stream", "failed", "does not read what is new")
        return await self._behind("stream", tail.position)

    async def _behind(self, name: str, position: int) -> Check:
        """How long the oldest message after a sequence has waited."""
        waiting = await self.rows.fetch(OLDEST_AFTER, position)
        oldest = as_moment(waiting[0][0]) if waiting else None
        if oldest is None:
            return Check(name, "ok", "has worked everything through", 0.0)
        return _bounded(name, "messages wait", _age_s(oldest), self.settings.ready_lag_s)


def _age_s(moment: dt.datetime) -> float:
    return max((dt.datetime.now(dt.UTC) - moment).total_seconds(), 0.0)


def _bounded(name: str, detail: str, age_s: float | None, most_s: float) -> Check:
    """Failed where a bound is set and what was found is older, or nothing was found."""
    is_late = most_s > 0 and (age_s is None or age_s > most_s)
    return Check(name, "failed" if is_late else "ok", detail, None if age_s is None else round(age_s, 1))
