"""What readiness looks at: the database and its schema, how old the newest poll in the lake is, how far the dispatcher lags."""

import asyncio
import datetime as dt
import time
from typing import Any

import msgspec
import polars as pl

from stratum_api.dispatcher.directory import entitled
from stratum_api.rows import as_moment
from stratum_api.service import Service
from warehouse.database.outbox import DISPATCHED
from warehouse.database.webhooks.waiting import neglected_since
from warehouse.errors import WarehouseError
from warehouse.tables import Polls

# Probes come often, and the lake may lie far away.
LAKE_EVERY_S = 10.0
LONGEST_LOOK_S = 5.0


class Check(msgspec.Struct):
    """One thing that was looked at. `age_s` is how old what was found is, null where nothing was."""

    name: str
    status: str
    detail: str
    age_s: float | None = None


async def look(service: Service) -> list[Check]:
    """Every check; those that fail make the server not ready."""
    database = await _database(service)
    if database.status == "failed":
        return [database]
    return [database, await _lake(service), await _dispatcher(service), await _deliveries(service)]


async def _database(service: Service) -> Check:
    try:
        rows = await asyncio.wait_for(service.rows.fetch("select version_num from alembic_version"), LONGEST_LOOK_S)
    except (WarehouseError, TimeoutError) as error:
        return Check("database", "failed", f"does not answer ({type(error).__name__})")
    known = service.database.newest_revision()
    found = rows[0][0] if rows else "none"
    if found != known:
        return Check("database", "failed", f"has revision {found}, and this program needs {known}")
    return Check("database", "ok", f"answers, revision {found}")


_newest: dict[str, tuple[float, dt.datetime | None]] = {}


async def _lake(service: Service) -> Check:
    url = service.storage.lake_url
    looked_at, newest = _newest.get(url, (-LAKE_EVERY_S, None))
    if time.monotonic() - looked_at >= LAKE_EVERY_S:
        try:
            newest = await asyncio.wait_for(asyncio.to_thread(_newest_poll, service), LONGEST_LOOK_S)
        except (WarehouseError, OSError, TimeoutError) as error:
            return Check("lake", "failed", f"cannot be read ({type(error).__name__})")
        _newest[url] = (time.monotonic(), newest)
    if newest is None:
        return _bounded("lake", "holds no poll", None, service.settings.ready_age_s)
    age_s = (dt.datetime.now(dt.UTC) - newest).total_seconds()
    return _bounded("lake", f"newest poll {newest.isoformat(timespec='seconds')}", age_s, service.settings.ready_age_s)


def _newest_poll(service: Service) -> dt.datetime | None:
    days = service.lake.days(Polls)
    if not days:
        return None
    found: Any = service.lake.scan(Polls, first=max(days)).select(pl.col("received_at").max()).collect().item()
    return found


async def _dispatcher(service: Service) -> Check:
    """How long the oldest message has waited that the dispatcher has not gone past."""
    rows = await service.rows.fetch("select value from marks where key = $1", DISPATCHED)
    if not rows:
        return Check("dispatcher", "off", "has never run on this database")
    # By its number: the oldest by its time would be looked for among all that were handed on.
    waiting = await service.rows.fetch(
        "select created_at from outbox where sequence > $1 order by sequence limit 1", int(rows[0][0])
    )
    oldest = as_moment(waiting[0][0]) if waiting else None
    if oldest is None:
        return Check("dispatcher", "ok", "has worked everything through", 0.0)
    lag_s = (dt.datetime.now(dt.UTC) - oldest).total_seconds()
    return _bounded("dispatcher", "messages wait", lag_s, service.settings.ready_lag_s)


async def _deliveries(service: Service) -> Check:
    """For how long an endpoint that is well has had deliveries due and none was tried: is there a dispatcher for its queue?"""
    now = dt.datetime.now(dt.UTC)
    try:
        since = await asyncio.wait_for(asyncio.to_thread(_neglected_since, service, now), LONGEST_LOOK_S)
    except (WarehouseError, TimeoutError) as error:
        return Check("deliveries", "failed", f"cannot be looked at ({type(error).__name__})")
    age_s = 0.0 if since is None else max((now - since).total_seconds(), 0.0)
    said = "none waits untried" if since is None else "are due and not tried"
    return _bounded("deliveries", said, age_s, service.settings.ready_lag_s)


def _neglected_since(service: Service, now: dt.datetime) -> dt.datetime | None:
    return neglected_since(service.database, [one.endpoint_id for one in entitled(service.database)], now)


def _bounded(name: str, detail: str, age_s: float | None, most_s: float) -> Check:
    """Failed where a bound is set and what was found is older, or nothing was found."""
    is_late = most_s > 0 and (age_s is None or age_s > most_s)
    return Check(name, "failed" if is_late else "ok", detail, None if age_s is None else round(age_s, 1))
