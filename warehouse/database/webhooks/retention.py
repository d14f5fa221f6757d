"""How long the queue is, and forgetting what is old."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from warehouse.database.engine import Database
from warehouse.database.operations import delivery_attempts, marks, outbox
from warehouse.database.outbox import DISPATCHED
from warehouse.database.webhooks.tables import PENDING, deliveries, webhook_endpoints

# In one transaction, so that no writer waits long.
ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class QueueState:
    """How many deliveries of enabled endpoints are pending, and how long the oldest due one and the oldest message wait, in seconds."""

    n_pending: int
    oldest_due_s: float
    oldest_message_s: float


def queue_state(database: Database, now: dt.datetime) -> QueueState:
    """The state of the queue at a moment."""
    enabled = sa.select(webhook_endpoints.c.endpoint_id).where(webhook_endpoints.c.is_enabled)
    waiting = (deliveries.c.state == PENDING) & deliveries.c.endpoint_id.in_(enabled)
    reached = sa.select(sa.cast(marks.c.value, sa.BigInteger)).where(marks.c.key == DISPATCHED).scalar_subquery()
    with database.read() as connection:
        due: Any = connection.execute(
            sa.select(sa.func.count(), sa.func.min(deliveries.c.next_attempt_at)).where(waiting)
        ).one()
        message: dt.datetime | None = connection.execute(
            sa.select(sa.func.min(outbox.c.created_at)).where(outbox.c.sequence > sa.func.coalesce(reached, 0))
        ).scalar_one()
    return QueueState(due[0], _age_s(due[1], now), _age_s(message, now))


def prune(database: Database, before: dt.datetime) -> int:
    """Delete deliveries made, and attempts, before a moment, whatever came of them; gives how many of both."""
    n = 0
    for table, made_at in (
        (deliveries, deliveries.c.created_at),
        (delivery_attempts, delivery_attempts.c.attempted_at),
    ):
        (key,) = table.primary_key.columns
        some = sa.select(key).where(made_at < before).limit(ROWS_AT_ONCE)
        while True:
            with database.begin() as connection:
                deleted = connection.execute(sa.delete(table).where(key.in_(some))).rowcount
            n += deleted
            if deleted < ROWS_AT_ONCE:
                break
    return n


def release_all(database: Database) -> int:
    """Let go of every claim: for a dispatcher that is alone on its database, as it starts. Gives how many there were."""
    with database.begin() as connection:
        held = (deliveries.c.state == PENDING) & deliveries.c.claimed_until.is_not(None)
        return connection.execute(sa.update(deliveries).where(held).values(claimed_until=None)).rowcount


def _age_s(moment: dt.datetime | None, now: dt.datetime) -> float:
    return 0.0 if moment is None else max((now - moment).total_seconds(), 0.0)
