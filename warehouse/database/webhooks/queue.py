"""The queue of deliveries: claimed for a while, and what came of it recorded; all in the caller's transaction.

A claim ends by itself, so whatever a killed process had claimed is claimed again. The number of a claim tells what comes of it
from what comes of a later one.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

import polars as pl
import sqlalchemy as sa

from warehouse.database.inserting import Insert
from warehouse.database.operations import delivery_attempts, outbox
from warehouse.database.outbox import IDS_AT_ONCE, Message
from warehouse.database.types import UtcTime
from warehouse.database.webhooks.claims import claim_first, claim_in_order
from warehouse.database.webhooks.tables import DELIVERED, PENDING, deliveries
from warehouse.tables import TIME

_ATTEMPTS = Insert(delivery_attempts)


@dataclass(frozen=True)
class Claim:
    """A delivery that is ours until a moment. `n_attempts` is how many times it was tried before."""

    delivery_id: int
    n_claims: int
    webhook_id: str
    endpoint_id: str
    outbox_ids: tuple[str, ...]
    n_attempts: int
    created_at: dt.datetime
    until: dt.datetime


@dataclass(frozen=True)
class Tried:
    """What came of a claim: the attempt as the log keeps it, and the state of the delivery from now on."""

    claim: Claim
    attempted_at: dt.datetime
    latency_ms: float
    status_code: int | None
    error: str
    response_excerpt: str = field(repr=False)
    state: str
    next_attempt_at: dt.datetime


def claim_due(
    connection: sa.Connection, wanted: Mapping[str, int], ordered: frozenset[str], now: dt.datetime, until: dt.datetime
) -> list[Claim]:
    """Due deliveries, at most as many per endpoint as wanted, ours until a moment; of `ordered` endpoints one per key.

    Those another process is claiming at this moment are left to it.
    """
    found: list[Any] = []
    plain = {endpoint_id: n for endpoint_id, n in wanted.items() if endpoint_id not in ordered}
    if plain:
        found += claim_first(connection, plain, now, until)
    for endpoint_id in sorted(ordered.intersection(wanted)):
        found += claim_in_order(connection, endpoint_id, wanted[endpoint_id], now, until)
    return [
        Claim(
            row.delivery_id,
            row.n_claims,
            row.webhook_id,
            row.endpoint_id,
            tuple(row.outbox_ids),
            row.n_attempts,
            row.created_at,
            until,
        )
        for row in sorted(found, key=attrgetter("delivery_id"))
    ]


def give_back(connection: sa.Connection, claims: Sequence[Claim]) -> None:
    """Let go of claims that were not tried: they are due again at once."""
    for n_claims in sorted({claim.n_claims for claim in claims}):
        ids = [claim.delivery_id for claim in claims if claim.n_claims == n_claims]
        _update(connection, ids, {"claimed_until": None}, deliveries.c.n_claims == n_claims)


def record(connection: sa.Connection, tried: Sequence[Tried], now: dt.datetime) -> None:
    """Add the attempts to the log and bring their deliveries into their new state.

    What comes of a claim that was taken over by a later one changes the delivery only if it was delivered.
    """
    if not tried:
        return
    _ATTEMPTS.rows(connection, _attempts(tried))
    rows = [
        (
            one.state,
            one.claim.n_attempts + 1,
            one.next_attempt_at,
            None if one.state == PENDING else now,
            one.claim.delivery_id,
            one.claim.n_claims,
        )
        for one in tried
    ]
    if connection.dialect.name == "sqlite":
        bind = UtcTime().process_bind_param
        dialect = connection.dialect
        timed = [(a, b, bind(c, dialect), bind(d, dialect), *rest) for a, b, c, d, *rest in rows]
        connection.exec_driver_sql(_RECORD_SQLITE, timed)
    else:
        connection.exec_driver_sql(_RECORD_POSTGRES, tuple(list(column) for column in zip(*rows, strict=True)))


def messages(connection: sa.Connection, outbox_ids: Sequence[str]) -> dict[str, Message]:
    """Messages by id; one that was pruned is not among them."""
    names = [one.name for one in fields(Message)]
    found: dict[str, Message] = {}
    for start in range(0, len(outbox_ids), IDS_AT_ONCE):
        some = outbox_ids[start : start + IDS_AT_ONCE]
        query = sa.select(*(outbox.c[name] for name in names)).where(outbox.c.outbox_id.in_(some))
        found |= {row["outbox_id"]: Message(**row) for row in connection.execute(query).mappings()}
    return found


_RECORD_SQLITE = """
update deliveries set state = ?1, n_attempts = ?2, next_attempt_at = ?3, finished_at = ?4, claimed_until = null
where delivery_id = ?5 and state = 'pending' and (n_claims = ?6 or ?1 = 'delivered')
"""
_RECORD_POSTGRES = """
update deliveries set state = r.state, n_attempts = r.n_attempts, next_attempt_at = r.next_attempt_at,
                      finished_at = r.finished_at, claimed_until = null
from unnest(%b::text[], %b::int[], %b::timestamptz[], %b::timestamptz[], %b::bigint[], %b::int[])
     as r (state, n_attempts, next_attempt_at, finished_at, delivery_id, n_claims)
where deliveries.delivery_id = r.delivery_id and deliveries.state = 'pending'
  and (deliveries.n_claims = r.n_claims or r.state = 'delivered')
"""


def _update(
    connection: sa.Connection, ids: Sequence[int], values: dict[str, Any], *conditions: sa.ColumnElement[bool]
) -> None:
    for start in range(0, len(ids), IDS_AT_ONCE):
        some = deliveries.c.delivery_id.in_(ids[start : start + IDS_AT_ONCE])
        connection.execute(sa.update(deliveries).where(some, *conditions).values(**values))


def _attempts(tried: Sequence[Tried]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "outbox_id": [one.claim.webhook_id for one in tried],
            "endpoint": [one.claim.endpoint_id for one in tried],
            "attempted_at": pl.Series([one.attempted_at for one in tried], dtype=TIME),
            "is_delivered": [one.state == DELIVERED for one in tried],
            "delivery_id": [one.claim.delivery_id for one in tried],
            "attempt": [one.claim.n_attempts + 1 for one in tried],
            "status_code": pl.Series([one.status_code for one in tried], dtype=pl.Int64),
            "error": [one.error for one in tried],
            "latency_ms": [one.latency_ms for one in tried],
            "response_excerpt": [one.response_excerpt for one in tried],
        }
    )
