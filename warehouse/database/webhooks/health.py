"""How endpoints fare, as dispatchers share it. What follows from an attempt is decided by the dispatcher."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from warehouse.database.webhooks.tables import webhook_health


@dataclass(frozen=True)
class Health:
    """How an endpoint fares: failures in a row and since when, the breaker, and until when nothing is sent.

    `n_opened` counts how often the breaker opened since an attempt succeeded; `paced_until` is where its rate stands.
    """

    n_failures: int = 0
    failing_since: dt.datetime | None = None
    is_open: bool = False
    n_opened: int = 0
    paused_until: dt.datetime | None = None
    paced_until: dt.datetime | None = None


WELL = Health()
_COLUMNS = (
    webhook_health.c.endpoint_id,
    webhook_health.c.n_failures,
    webhook_health.c.failing_since,
    webhook_health.c.is_open,
    webhook_health.c.n_opened,
    webhook_health.c.paused_until,
    webhook_health.c.paced_until,
)


def troubled(connection: sa.Connection) -> dict[str, Health]:
    """The endpoints that failed last, or are paused: all others are well."""
    query = sa.select(*_COLUMNS).where((webhook_health.c.n_failures > 0) | webhook_health.c.paused_until.is_not(None))
    return {row[0]: Health(*row[1:]) for row in connection.execute(query)}


def locked(connection: sa.Connection, endpoint_ids: Iterable[str]) -> dict[str, Health]:
    """The health of endpoints, kept from other changes until the transaction ends."""
    query = sa.select(*_COLUMNS).where(webhook_health.c.endpoint_id.in_(sorted(endpoint_ids)))
    # In the order of ids: two dispatchers then wait for each other instead of locking.
    query = query.order_by(webhook_health.c.endpoint_id).with_for_update()
    return {row[0]: Health(*row[1:]) for row in connection.execute(query)}


def store(connection: sa.Connection, healths: Mapping[str, Health]) -> None:
    """Write the health of endpoints."""
    for endpoint_id, health in sorted(healths.items()):
        mine = webhook_health.c.endpoint_id == endpoint_id
        connection.execute(sa.update(webhook_health).where(mine).values(**vars(health)))
