"""From messages to deliveries: each message is met once, in the transaction that moves the mark past it."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from warehouse.database.engine import Database
from warehouse.database.inserting import Insert
from warehouse.database.operations import marks, outbox
from warehouse.database.outbox import DISPATCHED, Message
from warehouse.database.webhooks.tables import PENDING, deliveries
from warehouse.tables import TIME

# What PostgreSQL calls out (NOTIFY) when deliveries are committed. A call says nothing but that there is something.
DELIVERIES_CALLED_OUT = "stratum_deliveries"

_INSERT = Insert(deliveries, "keep", conflict=("endpoint_id", "webhook_id"))


@dataclass(frozen=True)
class NewDelivery:
    """A request body that an endpoint is to get: the messages in it, and the key that orders it among others ("": none)."""

    webhook_id: str
    endpoint_id: str
    outbox_ids: tuple[str, ...]
    topic: str
    ordering_key: str = ""


Matching = Callable[[Sequence[Message]], Sequence[NewDelivery]]


class FanOut:
    """Hands messages on, page by page; several processes may call it, and one at a time does the work."""

    def __init__(self, database: Database) -> None:
        self.database = database
        dialect = sqlite if database.is_sqlite else postgresql
        first = dialect.insert(marks).values(key=DISPATCHED, value="0", updated_at=sa.bindparam("now"))
        self._first = first.on_conflict_do_nothing()

    def step(self, matching: Matching, now: dt.datetime, *, limit: int = 500) -> int:
        """How many messages were gone past: the next page, or 0 where there is none or another process is at it.

        `matching` says which deliveries a page of messages makes. They are inserted, and the mark moves, in one transaction.
        """
        mine = marks.c.key == DISPATCHED
        with self.database.begin() as connection:
            locked = sa.select(marks.c.value).where(mine).with_for_update(skip_locked=True)
            found = connection.execute(locked).scalar_one_or_none()
            if found is None:
                # It is not there yet, or another process holds it; the next step tells.
                connection.execute(self._first, {"now": now})
                return 0
            query = sa.select(outbox).where(outbox.c.sequence > int(found)).order_by(outbox.c.sequence).limit(limit)
            messages = [Message(**row) for row in connection.execute(query).mappings()]
            if not messages:
                return 0
            self._insert(connection, matching(messages), now)
            moved = {"value": str(messages[-1].sequence), "updated_at": now}
            connection.execute(sa.update(marks).where(mine).values(**moved))
        return len(messages)

    def _insert(self, connection: sa.Connection, made: Sequence[NewDelivery], now: dt.datetime) -> None:
        if not made:
            return
        moments = pl.Series([now] * len(made), dtype=TIME)
        frame = pl.DataFrame(
            {
                "webhook_id": [one.webhook_id for one in made],
                "endpoint_id": [one.endpoint_id for one in made],
                "outbox_ids": pl.Series([list(one.outbox_ids) for one in made], dtype=pl.List(pl.String)),
                "topic": [one.topic for one in made],
                "ordering_key": [one.ordering_key for one in made],
                "state": [PENDING] * len(made),
                "created_at": moments,
                "next_attempt_at": moments,
                "n_claims": [0] * len(made),
                "n_attempts": [0] * len(made),
            }
        )
        _INSERT.rows(connection, frame)
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_notify(DELIVERIES_CALLED_OUT, "")))
