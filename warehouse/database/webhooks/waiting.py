"""How much waits to be delivered, and for how long."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from warehouse.database.engine import Database
from warehouse.database.operations import delivery_attempts, marks, outbox
from warehouse.database.outbox import DISPATCHED
from warehouse.database.webhooks.tables import PENDING, deliveries, webhook_endpoints, webhook_health

_endpoint_id = webhook_endpoints.c.endpoint_id
# A long queue is counted this far: counting a million takes seconds that delivering could use.
MOST_COUNTED = 100_000


@dataclass(frozen=True)
class QueueState:
    """How many deliveries are pending, and how long the oldest due one and the oldest message wait, in seconds.

    A number of 100,000 stands for as many and more.
    """

    n_pending: int
    oldest_due_s: float
    oldest_message_s: float


def queue_state(database: Database, endpoint_ids: Sequence[str], now: dt.datetime) -> QueueState:
    """The state of the queue of some endpoints at a moment."""
    waiting = (deliveries.c.state == PENDING) & deliveries.c.endpoint_id.in_(endpoint_ids)
    counted = sa.select(deliveries.c.delivery_id).where(waiting).limit(MOST_COUNTED).subquery()
    due = _oldest_due(now).scalar_subquery()
    reached = sa.select(sa.cast(marks.c.value, sa.BigInteger)).where(marks.c.key == DISPATCHED).scalar_subquery()
    # By its number: the oldest by its time would be looked for among all that were handed on.
    waits = sa.select(outbox.c.created_at).where(outbox.c.sequence > sa.func.coalesce(reached, 0))
    with database.read() as connection:
        n: int = connection.execute(sa.select(sa.func.count()).select_from(counted)).scalar_one()
        oldest: dt.datetime | None = connection.execute(
            sa.select(sa.func.min(due)).where(_endpoint_id.in_(endpoint_ids))
        ).scalar_one()
        message = connection.execute(waits.order_by(outbox.c.sequence).limit(1)).scalar_one_or_none()
    return QueueState(n, _age_s(oldest, now), _age_s(message, now))


def neglected_since(database: Database, endpoint_ids: Sequence[str], now: dt.datetime) -> dt.datetime | None:
    """Since when one of these endpoints has had deliveries due and none was tried; None where that is so for none.

    Those that failed last or are paused do not count, and neither do those that want order: what is due there may have to wait for
    what is not.
    """
    last = (
        sa.select(delivery_attempts.c.attempted_at)
        .where(delivery_attempts.c.endpoint == _endpoint_id)
        .order_by(delivery_attempts.c.attempt_id.desc())
        .limit(1)
    )
    is_paused = webhook_health.c.paused_until.is_not(None) & (webhook_health.c.paused_until > now)
    query = (
        sa.select(_oldest_due(now).scalar_subquery(), last.scalar_subquery())
        .join_from(webhook_endpoints, webhook_health, webhook_health.c.endpoint_id == _endpoint_id)
        .where(_endpoint_id.in_(endpoint_ids), sa.not_(webhook_endpoints.c.is_ordered))
        .where(webhook_health.c.n_failures == 0, sa.not_(is_paused))
    )
    with database.read() as connection:
        rows: Sequence[Any] = connection.execute(query).all()
    return min((max(due, last or due) for due, last in rows if due is not None), default=None)


def _oldest_due(now: dt.datetime) -> sa.Select:
    """When the delivery of an endpoint became due that has been so for longest: one look into the index per endpoint."""
    mine = (deliveries.c.endpoint_id == _endpoint_id) & (deliveries.c.state == PENDING)
    query = sa.select(deliveries.c.next_attempt_at).where(mine, deliveries.c.next_attempt_at <= now)
    return query.order_by(deliveries.c.next_attempt_at).limit(1).correlate(webhook_endpoints)


def _age_s(moment: dt.datetime | None, now: dt.datetime) -> float:
    return 0.0 if moment is None else max((now - moment).total_seconds(), 0.0)
