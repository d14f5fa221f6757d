"""Usage of the API: events that only grow, their sums by key and billing period, and the notices near a soft limit."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from warehouse.database.access import entitlements, usage_events, usage_totals
from warehouse.database.billing_terms import WHOLE_ACCOUNT, note_terms
from warehouse.database.engine import Database
from warehouse.database.inserting import Insert
from warehouse.database.outbox import LIMIT_ALERT, Draft, add_to_outbox, draft
from warehouse.tables import TIME

THRESHOLDS = (80, 90, 100, 120)

_EVENTS = Insert(usage_events, "keep", returning="usage_event_id")


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """One billable request. The id is made where the request was served and is the same however often it is sent here."""

    usage_event_id: str
    account_id: str
    key_id: str
    period_start_at: dt.datetime
    occurred_at: dt.datetime
    operation: str
    status_code: int
    units: int
    request_id: str


@dataclass(frozen=True)
class UsageTotal:
    """What a key, or with an empty `key_id` the whole account, used in a billing period."""

    account_id: str
    key_id: str
    period_start_at: dt.datetime
    used: int


class UsageBook:
    """Adds usage events exactly once, and reads what they sum up to."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, events: Sequence[UsageEvent], now: dt.datetime, *, with_alerts: bool = True) -> int:
        """How many of the events were new; only those are counted.

        Events, sums and notices are committed together. A batch that is sent again, whole or in part, changes nothing.
        """
        if not events:
            return 0
        by_id = {event.usage_event_id: event for event in events}
        with self.database.begin() as connection:
            new = [by_id[one] for one in _EVENTS.rows(connection, _frame(list(by_id.values())))]
            added: Counter[tuple[str, str, dt.datetime]] = Counter()
            for event in new:
                for key_id in (WHOLE_ACCOUNT, event.key_id):
                    added[event.account_id, key_id, event.period_start_at] += event.units
            totals = _count(connection, added, now)
            note_terms(connection, _begun(added, totals), now)
            if with_alerts:
                add_to_outbox(connection, _alerts(connection, added, totals, now), now)
        return len(new)

    def totals(self, account_id: str, period_start_at: dt.datetime | None = None) -> list[UsageTotal]:
        """The sums of an account, of one period or of all, newest period first; the whole account before its keys."""
        query = sa.select(*_TOTAL).where(usage_totals.c.account_id == account_id)
        if period_start_at is not None:
            query = query.where(usage_totals.c.period_start_at == period_start_at)
        query = query.order_by(usage_totals.c.period_start_at.desc(), usage_totals.c.key_id)
        with self.database.read() as connection:
            return [UsageTotal(**row) for row in connection.execute(query).mappings()]

    def used(self, accounts: Collection[tuple[str, dt.datetime]]) -> dict[tuple[str, dt.datetime], int]:
        """What whole accounts used in the periods that begin then; 0 where nothing is known."""
        query = sa.select(*_TOTAL).where(
            usage_totals.c.key_id == WHOLE_ACCOUNT, usage_totals.c.account_id.in_({account for account, _ in accounts})
        )
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        found = {(row.account_id, row.period_start_at): row.used for row in rows}
        return {one: found.get(one, 0) for one in accounts}


_TOTAL = [column for column in usage_totals.columns if column.name != "updated_at"]


def _frame(events: Sequence[UsageEvent]) -> pl.DataFrame:
    times = {"period_start_at", "occurred_at"}
    return pl.DataFrame(
        {
            name: pl.Series([getattr(event, name) for event in events], dtype=TIME if name in times else None)
            for name in UsageEvent.__slots__
        }
    )


def _count(
    connection: sa.Connection, added: Mapping[tuple[str, str, dt.datetime], int], now: dt.datetime
) -> dict[tuple[str, str, dt.datetime], int]:
    """The sums after adding; rows are taken in one order, so that two workers wait for each other instead of locking."""
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    after: dict[tuple[str, str, dt.datetime], int] = {}
    for (account_id, key_id, start_at), units in sorted(added.items()):
        new = dialect.insert(usage_totals).values(
            account_id=account_id, key_id=key_id, period_start_at=start_at, used=units, updated_at=now
        )
        counted = new.on_conflict_do_update(
            index_elements=["account_id", "key_id", "period_start_at"],
            set_={"used": usage_totals.c.used + units, "updated_at": now},
        ).returning(usage_totals.c.used)
        after[account_id, key_id, start_at] = connection.execute(counted).scalar_one()
    return after


def _begun(
    added: Mapping[tuple[str, str, dt.datetime], int], totals: Mapping[tuple[str, str, dt.datetime], int]
) -> list[tuple[str, dt.datetime]]:
    """The periods of accounts in which nothing had been used before."""
    return [
        (account_id, start_at)
        for (account_id, key_id, start_at), units in added.items()
        if key_id == WHOLE_ACCOUNT and totals[account_id, key_id, start_at] == units
    ]


def _alerts(
    connection: sa.Connection,
    added: Mapping[tuple[str, str, dt.datetime], int],
    totals: Mapping[tuple[str, str, dt.datetime], int],
    now: dt.datetime,
) -> list[Draft]:
    """A notice for every threshold that these events took an account over."""
    accounts = {account_id for account_id, key_id, _ in added if key_id == WHOLE_ACCOUNT}
    if not accounts:
        return []
    query = sa.select(entitlements.c.account_id, entitlements.c.api_usage_soft_limit).where(
        entitlements.c.account_id.in_(accounts), entitlements.c.api_usage_soft_limit > 0
    )
    limits = {row.account_id: row.api_usage_soft_limit for row in connection.execute(query)}
    drafts = []
    for (account_id, key_id, start_at), units in sorted(added.items()):
        if key_id != WHOLE_ACCOUNT or account_id not in limits:
            continue
        used, limit = totals[account_id, key_id, start_at], limits[account_id]
        for percent in THRESHOLDS:
            if (used - units) * 100 < percent * limit <= used * 100:
                drafts.append(_alert(account_id, start_at, percent, used, limit, now))
    return drafts


def _alert(account_id: str, start_at: dt.datetime, percent: int, used: int, limit: int, now: dt.datetime) -> Draft:
    content = {
        "account_id": account_id,
        "period_start_at": start_at,
        "threshold_percent": percent,
        "used": used,
        "soft_limit": limit,
        "overage": max(used - limit, 0),
        "noted_at": now,
    }
    return draft(LIMIT_ALERT, content)
