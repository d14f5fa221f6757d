"""Secrets that messages are signed with, as the database holds them: encrypted by whoever has the key, with an end."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from warehouse.database.audit_trail import note_change
from warehouse.database.engine import Database
from warehouse.database.webhooks.tables import webhook_endpoints, webhook_secrets
from warehouse.errors import EndpointUnknown

HMAC_SHA256, ED25519 = "v1", "v1a"
# Each adds a signature to every request.
MOST_AT_ONCE = 3


@dataclass(frozen=True)
class NewSecret:
    """A secret to be stored: its id, its scheme (v1 or v1a), its ciphertext, and the public half where it has one."""

    secret_id: str
    scheme: str
    sealed: str = field(repr=False)
    public_key: str = ""


@dataclass(frozen=True)
class StoredSecret:
    """A stored secret; without `ends_at` it signs until it is rotated."""

    secret_id: str
    endpoint_id: str
    scheme: str
    sealed: str = field(repr=False)
    public_key: str
    created_at: dt.datetime
    ends_at: dt.datetime | None


class WebhookSecrets:
    """Rotates, reads and forgets secrets."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def rotate(
        self, endpoint_id: str, new: NewSecret, *, overlap: dt.timedelta, actor: str, now: dt.datetime
    ) -> list[StoredSecret]:
        """Put a secret in the place of those of its scheme, which go on signing for `overlap`; gives all that sign now.

        One whose end was set before keeps that end. More than three at once do not sign: the oldest end at once.
        Raises EndpointUnknown.
        """
        with self.database.begin() as connection:
            account_id = connection.execute(
                sa.select(webhook_endpoints.c.account_id)
                .where(webhook_endpoints.c.endpoint_id == endpoint_id, webhook_endpoints.c.ended_at.is_(None))
                .with_for_update()
            ).scalar_one_or_none()
            if account_id is None:
                raise EndpointUnknown(f"There is no webhook endpoint {endpoint_id!r}.")
            same = (webhook_secrets.c.endpoint_id == endpoint_id) & (webhook_secrets.c.scheme == new.scheme)
            connection.execute(sa.delete(webhook_secrets).where(same, webhook_secrets.c.ends_at <= now))
            ends_at = now + overlap
            ending = sa.update(webhook_secrets).where(same, webhook_secrets.c.ends_at.is_(None))
            connection.execute(ending.values(ends_at=ends_at))
            kept = (
                sa.select(webhook_secrets.c.secret_id)
                .where(same)
                .order_by(webhook_secrets.c.created_at.desc(), webhook_secrets.c.secret_id)
                .limit(MOST_AT_ONCE - 1)
            )
            connection.execute(sa.delete(webhook_secrets).where(same, webhook_secrets.c.secret_id.not_in(kept)))
            add_secrets(connection, endpoint_id, [new], now)
            note_change(
                connection,
                actor=actor,
                action="webhook_endpoint.secret_rotated",
                account_id=account_id,
                subject_id=endpoint_id,
                detail={"secret_id": new.secret_id, "scheme": new.scheme, "old_ends_at": ends_at.isoformat()},
                now=now,
            )
        return self.signing([endpoint_id], now)

    def signing(self, endpoint_ids: Sequence[str], now: dt.datetime) -> list[StoredSecret]:
        """The secrets of these endpoints that sign at a moment, newest first."""
        query = (
            sa.select(webhook_secrets)
            .where(webhook_secrets.c.endpoint_id.in_(endpoint_ids))
            .where(sa.or_(webhook_secrets.c.ends_at.is_(None), webhook_secrets.c.ends_at > now))
            .order_by(webhook_secrets.c.created_at.desc(), webhook_secrets.c.secret_id)
        )
        with self.database.read() as connection:
            return [StoredSecret(**row) for row in connection.execute(query).mappings()]

    def forget_ended(self, now: dt.datetime) -> int:
        """Delete those whose end has come; gives how many."""
        with self.database.begin() as connection:
            return connection.execute(sa.delete(webhook_secrets).where(webhook_secrets.c.ends_at <= now)).rowcount


def add_secrets(connection: sa.Connection, endpoint_id: str, secrets: Sequence[NewSecret], now: dt.datetime) -> None:
    """Store secrets in the caller's transaction."""
    connection.execute(
        sa.insert(webhook_secrets),
        [{**vars(secret), "endpoint_id": endpoint_id, "created_at": now, "ends_at": None} for secret in secrets],
    )


def drop_secrets(connection: sa.Connection, endpoint_id: str) -> None:
    """Delete every secret of an endpoint in the caller's transaction."""
    connection.execute(sa.delete(webhook_secrets).where(webhook_secrets.c.endpoint_id == endpoint_id))
