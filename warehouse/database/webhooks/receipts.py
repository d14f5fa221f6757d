"""What a delivery was about: from the id a receiver saw, back to the messages in it."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from warehouse.database.engine import Database
from warehouse.database.outbox import CLV_FINALIZED, SIGNAL_DETECTED
from warehouse.database.webhooks.queue import messages
from warehouse.database.webhooks.tables import deliveries

TELL_OF_SIGNALS = (SIGNAL_DETECTED, CLV_FINALIZED)


@dataclass(frozen=True)
class Receipt:
    """How a delivery stands. `finished_at` is None while it is pending."""

    webhook_id: str
    endpoint_id: str
    state: str
    n_attempts: int
    created_at: dt.datetime
    finished_at: dt.datetime | None


def receipts(database: Database, webhook_id: str) -> list[Receipt]:
    """The deliveries under an id, one per endpoint, oldest first; none where it was never one, or is pruned."""
    columns = [deliveries.c[name] for name in Receipt.__dataclass_fields__]
    query = sa.select(*columns).where(deliveries.c.webhook_id == webhook_id).order_by(deliveries.c.delivery_id)
    with database.read() as connection:
        return [Receipt(**row) for row in connection.execute(query).mappings()]


def signals_told(database: Database, webhook_id: str) -> list[str]:
    """The ids of the signals that a delivery, or a message of the outbox, told of, in its order; those of pruned messages are not among them."""
    query = sa.select(deliveries.c.outbox_ids).where(deliveries.c.webhook_id == webhook_id).limit(1)
    with database.read() as connection:
        held: list[str] | None = connection.execute(query).scalar_one_or_none()
        outbox_ids = [webhook_id] if held is None else held
        found = messages(connection, outbox_ids)
    told = [found[one] for one in outbox_ids if one in found]
    return list(dict.fromkeys(one.subject_id for one in told if one.topic in TELL_OF_SIGNALS))
