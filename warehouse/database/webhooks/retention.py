"""Forgetting what is old."""

import datetime as dt

import sqlalchemy as sa

from warehouse.database.engine import Database
from warehouse.database.operations import delivery_attempts
from warehouse.database.webhooks.tables import PENDING, deliveries

# In one transaction, so that no writer waits long.
ROWS_AT_ONCE = 5_000


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
