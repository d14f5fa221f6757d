"""The log of attempts, page by page, and what it adds up to per endpoint."""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from warehouse.database.engine import Database
from warehouse.database.operations import delivery_attempts
from warehouse.database.webhooks.tables import DEAD, PENDING, deliveries, webhook_endpoints, webhook_health

_log = delivery_attempts.c
_COLUMNS = (
    _log.attempt_id,
    _log.delivery_id,
    _log.outbox_id.label("webhook_id"),
    _log.endpoint.label("endpoint_id"),
    deliveries.c.topic,
    _log.attempt,
    _log.attempted_at,
    _log.is_delivered,
    _log.status_code,
    _log.error,
    _log.latency_ms,
    _log.response_excerpt,
)
# The newest attempts that latencies are read from: enough for a percentile, and bounded.
LATENCIES = 10_000


@dataclass(frozen=True)
class Attempt:
    """One attempt. `status_code` is None where no answer came; `error` then says why in a word, and is empty on success.

    `webhook_id` is the id the receiver saw, `attempt` counts within the delivery from 1 (a replay begins anew).
    """

    attempt_id: int
    delivery_id: int
    webhook_id: str
    endpoint_id: str
    topic: str
    attempt: int
    attempted_at: dt.datetime
    is_delivered: bool
    status_code: int | None
    error: str
    latency_ms: float
    response_excerpt: str


@dataclass(frozen=True)
class AttemptFilter:
    """Which attempts; None lets every one through. `since` is included, `until` is not."""

    endpoint_id: str | None = None
    webhook_id: str | None = None
    topic: str | None = None
    is_delivered: bool | None = None
    status_code: int | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True)
class EndpointStats:
    """How an endpoint fared since a moment, and how it stands now.

    Counts are of attempts; the latencies are those of the attempts that were answered, in milliseconds, None without any;
    `n_pending` and `n_dead` are deliveries, whenever they were made.
    """

    endpoint_id: str
    since: dt.datetime
    n_delivered: int
    n_failed: int
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    last_delivered_at: dt.datetime | None
    last_failed_at: dt.datetime | None
    n_pending: int
    n_dead: int
    oldest_pending_at: dt.datetime | None
    n_failures: int
    failing_since: dt.datetime | None
    is_open: bool
    paused_until: dt.datetime | None


class AttemptLog:
    """Reads the log."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def page(
        self, account_id: str, wanted: AttemptFilter | None = None, *, before: int | None = None, limit: int = 100
    ) -> list[Attempt]:
        """Attempts to reach an account's endpoints, newest first; `before` is the `attempt_id` of the last one seen."""
        query = sa.select(*_COLUMNS).join(deliveries, deliveries.c.delivery_id == _log.delivery_id)
        for condition in _conditions(wanted or AttemptFilter()):
            query = query.where(condition)
        if before is not None:
            query = query.where(_log.attempt_id < before)
        query = query.order_by(_log.attempt_id.desc()).limit(limit)
        mine = webhook_endpoints.c.account_id == account_id
        if self.database.is_sqlite:
            query = query.where(_log.endpoint.in_(sa.select(webhook_endpoints.c.endpoint_id).where(mine)))
        else:
            # Endpoint by endpoint, each from its end of the index: the whole log is mostly that of others.
            own = query.where(_log.endpoint == webhook_endpoints.c.endpoint_id).correlate(webhook_endpoints).lateral()
            query = sa.select(own).select_from(webhook_endpoints.join(own, sa.true())).where(mine)
            query = query.order_by(own.c.attempt_id.desc()).limit(limit)
        with self.database.read() as connection:
            return [Attempt(**row) for row in connection.execute(query).mappings()]

    def stats(self, endpoint_id: str, since: dt.datetime) -> EndpointStats:
        """How an endpoint fared since a moment."""
        mine = (_log.endpoint == endpoint_id) & (_log.attempted_at >= since)
        with self.database.read() as connection:
            by_result = {
                row[0]: row
                for row in connection.execute(
                    sa.select(_log.is_delivered, sa.func.count(), sa.func.max(_log.attempted_at))
                    .where(mine)
                    .group_by(_log.is_delivered)
                )
            }
            answered = (
                sa.select(_log.latency_ms)
                .where(mine, _log.status_code.is_not(None))
                .order_by(_log.attempt_id.desc())
                .limit(LATENCIES)
            )
            latencies: list[float] = sorted(connection.execute(answered).scalars())
            own = deliveries.c.endpoint_id == endpoint_id
            by_state = {
                row[0]: row
                for row in connection.execute(
                    sa.select(deliveries.c.state, sa.func.count(), sa.func.min(deliveries.c.created_at))
                    .where(own, deliveries.c.state.in_((PENDING, DEAD)))
                    .group_by(deliveries.c.state)
                )
            }
            health = (
                connection.execute(
                    sa.select(
                        webhook_health.c.n_failures,
                        webhook_health.c.failing_since,
                        webhook_health.c.is_open,
                        webhook_health.c.paused_until,
                    ).where(webhook_health.c.endpoint_id == endpoint_id)
                )
                .mappings()
                .one()
            )
        none: tuple[Any, ...] = (None, 0, None)
        return EndpointStats(
            endpoint_id=endpoint_id,
            since=since,
            n_delivered=by_result.get(True, none)[1],
            n_failed=by_result.get(False, none)[1],
            latency_p50_ms=_quantile(latencies, 0.50),
            latency_p95_ms=_quantile(latencies, 0.95),
            last_delivered_at=by_result.get(True, none)[2],
            last_failed_at=by_result.get(False, none)[2],
            n_pending=by_state.get(PENDING, none)[1],
            n_dead=by_state.get(DEAD, none)[1],
            oldest_pending_at=by_state.get(PENDING, none)[2],
            **health,
        )


def _conditions(wanted: AttemptFilter) -> list[sa.ColumnElement[bool]]:
    columns: dict[str, sa.ColumnElement[Any]] = {
        "endpoint_id": _log.endpoint,
        "webhook_id": _log.outbox_id,
        "topic": deliveries.c.topic,
        "is_delivered": _log.is_delivered,
        "status_code": _log.status_code,
    }
    found = [column == getattr(wanted, name) for name, column in columns.items() if getattr(wanted, name) is not None]
    if wanted.since is not None:
        found.append(_log.attempted_at >= wanted.since)
    if wanted.until is not None:
        found.append(_log.attempted_at < wanted.until)
    return found


def _quantile(values: list[float], share: float) -> float | None:
    """The smallest value that at least this share of the sorted values does not exceed."""
    if not values:
        return None
    return values[max(math.ceil(len(values) * share), 1) - 1]
