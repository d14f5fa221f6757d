"""Replays: deliveries that are over are made pending again, under the id they always had."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from warehouse.database.audit_trail import note_change
from warehouse.database.engine import Database
from warehouse.database.outbox import IDS_AT_ONCE
from warehouse.database.webhooks.fan_out import DELIVERIES_CALLED_OUT
from warehouse.database.webhooks.ordering import put_in_order
from warehouse.database.webhooks.tables import DEAD, PENDING, deliveries, webhook_endpoints
from warehouse.errors import OperationInvalid


@dataclass(frozen=True)
class ReplaySelection:
    """Which deliveries; what is None or empty lets every one through.

    `webhook_ids` are the ids the receiver saw; `since` (included) and `until` (not) bound when the delivery was made;
    `only_failed` takes dead letters alone.
    """

    webhook_ids: Sequence[str] = ()
    topic: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    only_failed: bool = False


class Replays:
    """Counts what a replay would send, and starts one."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def count(self, endpoint_id: str, selection: ReplaySelection) -> int:
        """How many deliveries a replay would make pending. What is pending already is not among them."""
        query = sa.select(sa.func.count()).where(*_chosen(endpoint_id, selection))
        with self.database.read() as connection:
            return connection.execute(query).scalar_one()

    def start(
        self, endpoint_id: str, account_id: str, selection: ReplaySelection, *, actor: str, now: dt.datetime
    ) -> int:
        """Make the chosen deliveries pending, to be sent from now on with as many attempts as new ones; gives how many."""
        change = (
            sa.update(deliveries)
            .where(*_chosen(endpoint_id, selection))
            .values(state=PENDING, next_attempt_at=now, claimed_until=None, n_attempts=0, finished_at=None)
        )
        mine = sa.select(webhook_endpoints.c.is_ordered).where(webhook_endpoints.c.endpoint_id == endpoint_id)
        with self.database.begin() as connection:
            is_ordered: bool = connection.execute(mine.with_for_update()).scalar_one()
            n = connection.execute(change).rowcount
            if is_ordered:
                put_in_order(connection, endpoint_id)
            if n and not self.database.is_sqlite:
                connection.execute(sa.select(sa.func.pg_notify(DELIVERIES_CALLED_OUT, "")))
            note_change(
                connection,
                actor=actor,
                action="webhook_endpoint.replayed",
                account_id=account_id,
                subject_id=endpoint_id,
                detail={"n": n, "only_failed": selection.only_failed, "topic": selection.topic},
                now=now,
            )
        return n


def _chosen(endpoint_id: str, selection: ReplaySelection) -> list[sa.ColumnElement[bool]]:
    if len(selection.webhook_ids) > IDS_AT_ONCE:
        raise OperationInvalid(f"A replay takes {IDS_AT_ONCE} ids at most; choose by range instead.")
    found = [deliveries.c.endpoint_id == endpoint_id]
    found.append(deliveries.c.state == DEAD if selection.only_failed else deliveries.c.state != PENDING)
    if selection.webhook_ids:
        found.append(deliveries.c.webhook_id.in_(selection.webhook_ids))
    if selection.topic is not None:
        found.append(deliveries.c.topic == selection.topic)
    if selection.since is not None:
        found.append(deliveries.c.created_at >= selection.since)
    if selection.until is not None:
        found.append(deliveries.c.created_at < selection.until)
    return found
