"""Claims the deliveries that are due, in as few statements as each engine allows.

Both engines read the partial index of what is pending from its front, so a long queue costs no more than a short one.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from warehouse.database.types import UtcTime
from warehouse.database.webhooks.tables import PENDING, deliveries

_NOW = sa.bindparam("now", type_=UtcTime())
_UNTIL = sa.bindparam("until", type_=UtcTime())
_N = sa.bindparam("n", type_=sa.Integer)
_COLUMNS = [
    deliveries.c[name]
    for name in ("delivery_id", "n_claims", "webhook_id", "endpoint_id", "outbox_ids", "n_attempts", "created_at")
]


def _is_free(now: Any) -> sa.ColumnElement[bool]:
    """Pending, due, and in nobody's hands."""
    return sa.and_(
        deliveries.c.state == PENDING,
        deliveries.c.next_attempt_at <= now,
        sa.or_(deliveries.c.claimed_until.is_(None), deliveries.c.claimed_until <= now),
    )


def _first(query: sa.Select, n: Any) -> sa.Select:
    return query.order_by(deliveries.c.next_attempt_at, deliveries.c.delivery_id).limit(n)


def _of_many() -> sa.Select:
    """On PostgreSQL: the first so many of each of several endpoints, in one statement."""
    wanted = (
        sa.func.unnest(
            sa.bindparam("endpoint_ids", type_=postgresql.ARRAY(sa.Text)),
            sa.bindparam("ns", type_=postgresql.ARRAY(sa.Integer)),
        )
        .table_valued(sa.column("endpoint_id", sa.Text), sa.column("n", sa.Integer))
        .render_derived(name="wanted")
    )
    mine = sa.select(*_COLUMNS).where(deliveries.c.endpoint_id == wanted.c.endpoint_id, _is_free(_NOW))
    first = _first(mine, wanted.c.n).with_for_update(skip_locked=True).lateral("due")
    return sa.select(first).select_from(wanted.join(first, sa.true()))


def _heads(endpoint_id: Any) -> sa.CTE:
    """The oldest pending delivery of each key, found by jumping from key to key in the index."""
    here = sa.and_(deliveries.c.endpoint_id == endpoint_id, deliveries.c.state == PENDING)
    order = (deliveries.c.ordering_key, deliveries.c.delivery_id)
    oldest = sa.select(deliveries.c.delivery_id).where(here, deliveries.c.ordering_key != "").order_by(*order).limit(1)
    heads = sa.select(oldest.scalar_subquery().label("delivery_id")).cte("heads", recursive=True)
    previous = deliveries.alias("previous")
    next_key = (
        sa.select(deliveries.c.delivery_id)
        .where(here, deliveries.c.ordering_key != "", deliveries.c.ordering_key > previous.c.ordering_key)
        .order_by(*order)
        .limit(1)
        .correlate(previous)
    )
    step = sa.select(next_key.scalar_subquery()).join_from(
        heads, previous, previous.c.delivery_id == heads.c.delivery_id
    )
    return heads.union_all(step)


def _in_order() -> sa.Select:
    heads = _heads(sa.bindparam("endpoint"))
    joined = sa.select(*_COLUMNS).join(heads, heads.c.delivery_id == deliveries.c.delivery_id).where(_is_free(_NOW))
    return _first(joined, _N).with_for_update(of=deliveries, skip_locked=True)


def _claiming(chosen: sa.Select) -> sa.Update:
    """What was chosen is claimed and given, in one statement."""
    found = chosen.cte("chosen")
    return (
        sa.update(deliveries)
        .where(deliveries.c.delivery_id == found.c.delivery_id)
        .values(claimed_until=_UNTIL, n_claims=deliveries.c.n_claims + 1)
        .returning(*_COLUMNS)
    )


_OF_MANY = _claiming(_of_many())
_OF_ONE = _claiming(
    _first(sa.select(*_COLUMNS).where(deliveries.c.endpoint_id == sa.bindparam("endpoint"), _is_free(_NOW)), _N)
)
_IN_ORDER = _claiming(_in_order())


def claim_first(
    connection: sa.Connection, wanted: Mapping[str, int], now: dt.datetime, until: dt.datetime
) -> list[Any]:
    """Rows that were claimed: of each endpoint the first ones, at most as many as wanted."""
    if connection.dialect.name == "postgresql":
        values = {"endpoint_ids": list(wanted), "ns": list(wanted.values()), "now": now, "until": until}
        return list(connection.execute(_OF_MANY, values))
    found: list[Any] = []
    for endpoint_id, n in wanted.items():
        found += connection.execute(_OF_ONE, {"endpoint": endpoint_id, "n": n, "now": now, "until": until})
    return found


def claim_in_order(
    connection: sa.Connection, endpoint_id: str, n: int, now: dt.datetime, until: dt.datetime
) -> list[Any]:
    """Rows of one endpoint that were claimed, the oldest pending one of each key: nothing overtakes it."""
    return list(connection.execute(_IN_ORDER, {"endpoint": endpoint_id, "n": n, "now": now, "until": until}))
