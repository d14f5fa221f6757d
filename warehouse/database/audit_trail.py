"""The audit trail: who changed what about accounts, entitlements and keys, and when. It only grows."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from warehouse.database.access import audit_entries
from warehouse.database.engine import Database

# Entries are written one transaction after the other on PostgreSQL, so that their numbers grow in the order of commits.
TURN_LOCK = 7_283_003


@dataclass(frozen=True)
class AuditEntry:
    """One change: who made it, what it was, on whose account, and which key or account it was about."""

    audit_id: int
    occurred_at: dt.datetime
    actor: str
    action: str
    account_id: str
    subject_id: str
    detail: Mapping[str, Any]


def note_change(
    connection: sa.Connection,
    *,
    actor: str,
    action: str,
    account_id: str,
    subject_id: str,
    detail: Mapping[str, Any],
    now: dt.datetime,
) -> None:
    """Add an entry in the transaction that makes the change: one is not there without the other."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(TURN_LOCK)))
    connection.execute(
        sa.insert(audit_entries).values(
            occurred_at=now,
            actor=actor,
            action=action,
            account_id=account_id,
            subject_id=subject_id,
            detail=json.dumps(detail, ensure_ascii=False, separators=(",", ":"), sort_keys=True),
        )
    )


class AuditTrail:
    """Reads the audit trail."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def entries(self, *, account_id: str = "", after: int = 0, limit: int = 1000) -> list[AuditEntry]:
        """Entries with a number above `after`, oldest first; of one account, or of all."""
        query = sa.select(audit_entries).where(audit_entries.c.audit_id > after)
        if account_id:
            query = query.where(audit_entries.c.account_id == account_id)
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(audit_entries.c.audit_id).limit(limit)).mappings()
            return [AuditEntry(**{**row, "detail": json.loads(row["detail"])}) for row in rows]
