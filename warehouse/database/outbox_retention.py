"""How long messages of the outbox are kept: their time, and beyond it for as long as somebody still has to be handed them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from warehouse.database.engine import Database
from warehouse.database.operations import marks, outbox
from warehouse.database.outbox import DISPATCHED
from warehouse.database.webhooks.tables import webhook_endpoints


@dataclass(frozen=True)
class Waiting:
    """Messages that no dispatcher has handed on to the enabled webhooks that may want them: how many, and when the oldest was written."""

    n: int
    oldest_at: dt.datetime


class OutboxRetention:
    """Prunes the outbox, and says what keeps it from being pruned."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def prune(self, before: dt.datetime) -> int:
        """Delete the messages ahead of the first one that was created at a moment or later; gives how many.

        What is left has no hole: whoever reads on from a sequence has missed something only where that is before the first
        message left. So the newest message always stays. A signal keeps its row longer than its message: as long as the
        signal is stored, it is not announced again. What waits for a dispatcher stays, however old it is, and all that comes
        after it.
        """
        with self.database.begin() as connection:
            # A webhook that is enabled from now on gets nothing that was written before, and the mark only grows: what may go
            # now may still go in the next statement.
            first_kept = connection.scalar(
                sa.select(sa.func.min(outbox.c.sequence)).where(outbox.c.created_at >= before)
            )
            newest = connection.scalar(sa.select(sa.func.max(outbox.c.sequence)))
            waiting = connection.scalar(sa.select(sa.func.min(outbox.c.sequence)).where(_waits()))
            bounds = [one for one in (first_kept or newest, waiting) if one is not None]
            if not bounds:
                return 0
            return connection.execute(sa.delete(outbox).where(outbox.c.sequence < min(bounds))).rowcount

    def waiting(self, before: dt.datetime) -> Waiting | None:
        """What was written before a moment and waits for a dispatcher; None where nothing does."""
        query = sa.select(sa.func.count(), sa.func.min(outbox.c.created_at)).where(
            _waits(), outbox.c.created_at < before
        )
        with self.database.read() as connection:
            found: Any = connection.execute(query).one()
        return Waiting(*found) if found[0] else None


def _waits() -> sa.ColumnElement[bool]:
    """Whether a message is one that a dispatcher has not gone past, written since the first of the enabled webhooks was enabled."""
    reached: Any = sa.select(sa.cast(marks.c.value, sa.BigInteger)).where(marks.c.key == DISPATCHED).scalar_subquery()
    enabled = sa.select(sa.func.min(webhook_endpoints.c.enabled_at)).where(webhook_endpoints.c.is_enabled)
    return (outbox.c.sequence > sa.func.coalesce(reached, 0)) & (outbox.c.created_at >= enabled.scalar_subquery())
